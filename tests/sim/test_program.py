#!/usr/bin/env python3
"""nks-triage-sim as a program: its arguments, its scenarios, its beginning and its end."""
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from api import Api  # noqa: E402
from simulated import SIMULATOR  # noqa: E402
from tap import test, run  # noqa: E402
from wait import wait_for  # noqa: E402


def sim(*words, **more):
    return subprocess.run([SIMULATOR, *words], capture_output=True, text=True, timeout=90, check=False, **more)


def start(*words, **more):
    process = subprocess.Popen([SIMULATOR, *words], stdout=subprocess.PIPE, text=True, **more)
    return process, json.loads(process.stdout.readline())


@test("--list names every scenario with what it shows")
def _():
    rows = dict(line.split("\t") for line in sim("--list").stdout.splitlines())
    assert {"healthy", "calico-outage", "calico-outage-addon", "scale", "hostile"} <= set(rows), rows
    assert all(rows.values())


@test("every scenario of --list starts")
def _():
    for line in sim("--list").stdout.splitlines():
        with Api(line.split("\t")[0], *(["--nodes", "5", "--pods", "60"] if line.startswith("scale") else [])) as api:
            assert api.list("/api/v1/nodes")["items"], line


@test("wrong arguments end with 1 and a reason")
def _():
    for words, why in ((["--scenario", "nope"], "nope"), (["--nodes", "many"], "many"), (["--what"], "--what"),
                       (["extra"], "extra"), (["--fault", "nonsense=1"], "nonsense"), (["--port", "70000"], "70000")):
        done = sim(*words)
        assert done.returncode == 1 and why in done.stderr and not done.stdout, (words, done)
    assert "--scenario" in sim("--help").stdout


@test("the state folder is private, holds both files, and is gone afterwards")
def _():
    with tempfile.TemporaryDirectory() as temporary:
        process, ready = start("--scenario", "hostile", env=dict(os.environ, TMPDIR=temporary))
        folder = os.path.dirname(ready["kubeconfig"])
        assert folder.startswith(temporary) and stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert stat.S_IMODE(os.stat(ready["kubeconfig"]).st_mode) == 0o600
        assert ready["pid"] == process.pid and ready["scenario"] == "hostile"
        with open(ready["sshConfig"], encoding="utf-8") as file:
            text = file.read()
        assert "\nHost nks-prod-default-worker-0 10.0.0.21\n    HostName 127.0.0.1\n" in text
        process.terminate()
        assert process.wait(90) == 0
        assert os.listdir(temporary) == []


@test("each of SIGTERM, SIGINT, SIGHUP ends it with 0, also while watches are open")
def _():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Api("hostile") as api:
            watch = api.watch("/api/v1/pods?watch=1")
            watch.next()
            api.fault(hang=True)
            pending = api.connection()
            pending.request("GET", "/api/v1/nodes")
            api.process.send_signal(number)
            assert api.process.wait(90) == 0, number
            watch.connection.close()
            pending.close()


@test("--child ends with its parent, even when that is killed")
def _():
    script = ("import subprocess,sys,time;p=subprocess.Popen(sys.argv[1:]);time.sleep(60)")
    parent = subprocess.Popen([sys.executable, "-c", script, SIMULATOR, "--scenario", "hostile", "--child"],
                              stdout=subprocess.PIPE, text=True)
    ready = json.loads(parent.stdout.readline())
    parent.kill()
    parent.wait()

    def gone():
        try:
            with open(f"/proc/{ready['pid']}/stat", encoding="ascii") as file:
                return file.read().split(")")[-1].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True
    wait_for(gone, what="the child to end")
    wait_for(lambda: not os.path.exists(ready["kubeconfig"]), what="its folder to go")


def names_of(*words):
    with Api("calico-outage", *words) as api:
        return [(p["metadata"]["name"], p["metadata"]["uid"]) for p in api.list("/api/v1/pods")["items"]]


@test("the same seed gives the same names and uids, another seed others")
def _():
    assert names_of("--seed", "7") == names_of("--seed", "7")
    assert names_of("--seed", "7") != names_of("--seed", "8")


@test("scale: as many nodes and pods as asked for, in pages, with churn")
def _():
    with Api("scale", "--nodes", "40", "--pods", "900", "--churn", "200") as api:
        assert len(api.list("/api/v1/nodes")["items"]) == 40
        page = api.list("/api/v1/pods?limit=500")
        assert len(page["items"]) == 500 and page["metadata"]["remainingItemCount"] == 400
        assert all(s["ready"] for p in page["items"] for s in p["status"]["containerStatuses"])
        version = page["metadata"]["resourceVersion"]
        with api.watch(f"/api/v1/pods?watch=1&resourceVersion={version}") as watch:
            assert [watch.next()["type"] for _ in range(100)] == ["MODIFIED"] * 100


@test("healthy: nothing waits, nothing is unready")
def _():
    with Api("healthy") as api:
        def unready_pods():
            return {p["metadata"]["name"] for p in api.list("/api/v1/pods")["items"] if p["status"]["phase"] != "Succeeded"
                    and not all(s["ready"] for s in p["status"].get("containerStatuses", [{"ready": False}]))}

        def unready_workloads():
            items = [i for kind in ("daemonsets", "deployments", "statefulsets")
                     for i in api.list(f"/apis/apps/v1/{kind}")["items"]]
            return {i["metadata"]["name"] for i in items
                    if i["status"].get("numberReady", i["status"].get("readyReplicas"))
                    != i["status"].get("desiredNumberScheduled", i["spec"].get("replicas"))}
        # All but the rollout that has just begun, and that comes to its end.
        assert all(name.startswith("notify-") for name in unready_pods())
        assert unready_workloads() <= {"notify"}
        wait_for(lambda: not unready_pods() | unready_workloads(), what="the rollout to end")
        assert not [e for e in api.list("/api/v1/events")["items"] if e["type"] == "Warning"]


@test("the add-on variant: its manager owns the images by server-side apply")
def _():
    with Api("calico-outage-addon") as api:
        typha = api.list("/apis/apps/v1/namespaces/kube-system/deployments/calico-typha")
        entry = next(e for e in typha["metadata"]["managedFields"] if e["operation"] == "Apply")
        assert entry["manager"] == "nks-addon-manager"
        fields = entry["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"calico-typha"}']
        assert "f:image" in fields


CRASHING = {
    "format": 1, "shows": "a container that ends again and again", "kubernetesVersion": "v1.28.3",
    "nodeGroups": [{"name": "w", "count": 1, "pattern": "w-{n}", "firstAddress": "10.0.0.1", "age": "1d"}],
    "namespaces": [{"name": "default", "age": "1d"}, {"name": "kube-node-lease", "age": "1d"}],
    "workloads": [{"kind": "Deployment", "namespace": "default", "name": "loop", "replicas": 1, "age": "1d",
                   "image": "docker.io/library/x:1", "crash": {"afterSeconds": 2, "exitCode": 3}}]}


@test("a scenario of one's own: a container that crashes backs off, and its restarts count up")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mine.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(CRASHING, file)
        with Api(path, "--time-scale", "0.02") as api:
            def container():
                return api.list("/api/v1/pods")["items"][0]["status"]["containerStatuses"][0]
            wait_for(lambda: container()["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff", what="back-off")
            status = wait_for(lambda: container()["restartCount"] >= 2 and container(), what="a second restart")
            assert status["lastState"]["terminated"]["exitCode"] == 3, status
            messages = [e["message"] for e in api.list("/api/v1/events")["items"] if e["reason"] == "BackOff"]
            assert messages and messages[0].startswith("Back-off restarting failed container loop in pod loop-"), messages


@test("hostile: names are valid, texts hold what they hold")
def _():
    with Api("hostile") as api:
        messages = "".join(e["message"] for e in api.list("/api/v1/events")["items"])
        for character in ("\u001b", "\u0000", "\u202e", "\u009b"):
            assert character in messages, repr(character)
        pod = next(p["metadata"]["name"] for p in api.list("/api/v1/pods")["items"] if "loud" in p["metadata"]["name"])
        log = api.send("GET", f"/api/v1/namespaces/default/pods/{pod}/log")[2]
        assert b"\x1b]52;" in log and b"\x00" in log


run()
