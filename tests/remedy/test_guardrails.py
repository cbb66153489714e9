#!/usr/bin/python3
"""Guardrails, and ways that somebody in a hurry would try around them: each ends with 6 and changes nothing."""
import datetime
import json
import os
import pty
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from quick_console import quick_console  # noqa: E402
from remedy import generations, kubectl, our_leases, plan, runs  # noqa: E402
from simulated import Simulated, environment, run_console  # noqa: E402
from tap import run, test  # noqa: E402

CLUSTER = Simulated("calico-outage")
GENERATIONS = generations(CLUSTER)
DIGEST = plan(CLUSTER)["digest"]
FIX = ("fix", "E08", "--confirm", DIGEST)


def refused(answer, *parts):
    assert answer.code == 6, answer
    for part in parts:
        assert part in answer.err + answer.out, (part, answer)
    assert generations(CLUSTER) == GENERATIONS and not our_leases(CLUSTER), "something was changed"


def configured(settings, *words, cluster=CLUSTER, **more):
    path = os.path.join(cluster.folder, "config.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(settings, file)
    return cluster.console(*words, "--config", path, **more)


def renamed(context):
    """The kubeconfig with another name of its context."""
    path = os.path.join(CLUSTER.folder, "renamed")
    with open(CLUSTER.kubeconfig, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("simulated", context))
    os.chmod(path, 0o600)
    return path


@test("nothing is written by default: no confirmation, one from a pipe, an empty or shortened one")
def _():
    refused(CLUSTER.console("fix", "E08"), "not confirmed")
    refused(CLUSTER.console("fix", "E08", stdin="y\n"), "not confirmed")
    refused(CLUSTER.console("fix", "E08", "--confirm", ""))
    refused(CLUSTER.console("fix", "E08", "--confirm", DIGEST[:32]))
    refused(CLUSTER.console("fix", "E08", "--confirm", DIGEST.upper()))
    assert not runs(CLUSTER)


def at_terminal(answer, *words):
    """Exit status and everything shown of a console with a terminal of its own, on which this is typed when it asks."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(CLUSTER.command()[0], CLUSTER.command(*words), environment(CLUSTER.folder, TERM="xterm"))
    text, asked = b"", False
    try:
        while piece := os.read(terminal, 65536):
            text += piece
            if not asked and b"anything else cancels: " in text:
                asked = True
                os.write(terminal, answer.encode())
    except OSError:
        pass        # the other end is closed
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert asked, text
    return os.waitstatus_to_exitcode(status), text.decode()


@test("a terminal that answers with Enter, a jamo or Y has not said y")
def _():
    for answer in ("\n", "ㅛ\n", "Y\n", "yes\n", " y\n"):
        code, text = at_terminal(answer, "fix", "E08")
        assert code == 6 and "not confirmed: nothing was changed" in text, (answer, code, text[-500:])
    assert generations(CLUSTER) == GENERATIONS and not runs(CLUSTER)


@test("read-only from any one place holds, whatever the others say")
def _():
    refused(CLUSTER.console(*FIX, "--read-only"), "read-only")
    refused(CLUSTER.console("--read-only", *FIX, NKS_TRIAGE_READ_ONLY="0"), "read-only")
    refused(CLUSTER.console(*FIX, NKS_TRIAGE_READ_ONLY="1"), "read-only")
    refused(configured({"readOnly": True}, *FIX), "read-only")
    refused(configured({"readOnly": True}, *FIX, NKS_TRIAGE_READ_ONLY="0"), "read-only")


@test("a protected context is protected however it is written, and by its own name alone")
def _():
    for context in ("nks-prod-kr1", "Nks-PROD-kr1", "reproduction"):
        kubeconfig = renamed(context)
        digest = run_console(CLUSTER.folder, "plan", "E08", "--kubeconfig", kubeconfig).out.splitlines()[-1].split()[1]
        words = ["fix", "E08", "--kubeconfig", kubeconfig, "--confirm", digest]
        refused(run_console(CLUSTER.folder, *words), context, "typed out")
        for name in ("", "y", "prod", context.swapcase(), context + " "):
            refused(run_console(CLUSTER.folder, *words, "--confirm-name", name), "typed out")


@test("outside the maintenance windows neither the digest nor a wrong name is enough")
def _():
    hour = (datetime.datetime.now().hour + 2) % 24
    settings = {"maintenance": [{"from": f"{hour:02}:00", "to": f"{hour:02}:30"}]}
    refused(configured(settings, *FIX), "typed out")
    refused(configured(settings, *FIX, "--confirm-name", "maintenance"), "typed out")


@test("an object on the deny list is safe by any spelling; leaving the others out does not open a way to it")
def _():
    for pattern in ("DaemonSet/kube-system/calico-node", "daemonset/KUBE-SYSTEM/*", "*/calico-node", "*"):
        refused(configured({"denyObjects": [pattern]}, *FIX), "DaemonSet/kube-system/calico-node")
    only = ("--target", "DaemonSet/kube-system/calico-node")
    digest = plan(CLUSTER, *only)["digest"]
    refused(configured({"denyObjects": ["DaemonSet/*"]}, "fix", "E08", *only, "--confirm", digest), "deny list")


def drain_alone(runbook):
    runbook["steps"] = [dict(s, onlyAfter=[]) for s in runbook["steps"] if s["type"] in ("cordon", "drain", "uncordon")]
    for step in runbook["steps"]:
        del step["onlyAfter"]
    return runbook


@test("a drain does not evict the pods of what is on the deny list, nor a pod that is named there")
def _():
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "assets", "runbooks", "E07.json"),
              encoding="utf-8") as file:
        runbook = drain_alone(json.load(file))
    with Simulated("e07") as cluster:
        console = quick_console(cluster.folder, runbook)

        def drain(*words, **settings):
            path = os.path.join(cluster.folder, "config.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(settings, file)
            done = subprocess.run([console, "plan", "E07", "-o", "json", "--kubeconfig", cluster.kubeconfig, "--config", path, *words],
                                  capture_output=True, text=True, env=environment(cluster.folder), timeout=180)
            return done.returncode, json.loads(done.stdout), done.stderr
        code, found, _error = drain()
        assert code == 0, found
        pods = [line["path"] for line in next(s for s in found["steps"] if s["type"] == "drain")["diff"]]
        assert pods, found
        code, _found, error = drain(denyObjects=[pods[0]])
        assert code == 6 and "deny list" in error and pods[0] in error, error
        kind, place, name = pods[0].split("/")
        owner = kubectl(cluster, "get", "pod", name, "--namespace", place, "-o",
                        "jsonpath={.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name}").stdout.split("/")
        if owner[0] == "ReplicaSet":
            owner = ["Deployment", owner[1].rsplit("-", 1)[0]]
        code, _found, error = drain(denyObjects=[f"{owner[0]}/{place}/{owner[1]}"])
        assert code == 6 and "deny list" in error and owner[1] in error, (error, kind)


@test("an undo is a change like any other: the deny list, read-only and the digest hold for it")
def _():
    with Simulated("healthy") as cluster:
        kubectl(cluster, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=json", "--patch",
                '[{"op":"add","path":"/metadata/finalizers","value":["example.com/hold"]}]')
        console = quick_console(cluster.folder)

        def own(*words):
            return subprocess.run([console, *words, "--kubeconfig", cluster.kubeconfig], capture_output=True, text=True,
                                  env=environment(cluster.folder), timeout=180)
        digest = own("plan", "E15").stdout.splitlines()[-1].split()[1]
        assert own("fix", "E15", "--confirm", digest).returncode == 0
        name = runs(cluster)[0]["id"]
        digest = own("undo", name).stdout.splitlines()[-1].split()[1]
        path = os.path.join(cluster.folder, "config.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"denyObjects": ["DaemonSet/*"]}, file)
        for words in (["--config", path, "--confirm", digest], ["--read-only", "--confirm", digest], ["--confirm", digest[::-1]], []):
            done = own("undo", name, *words)
            assert done.returncode == 6, (words, done)
        assert not cluster.get("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")["metadata"].get("finalizers")


try:
    run()
finally:
    CLUSTER.stop()
