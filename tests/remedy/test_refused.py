#!/usr/bin/python3
"""What refuses a fix: each ends with 6 and changes nothing."""
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from locks import lock  # noqa: E402
from remedy import LEASES, generations, images, kubectl, our_leases, plan, runs  # noqa: E402
from simulated import Simulated, environment, run_console  # noqa: E402
from tap import run, test  # noqa: E402

CLUSTER = Simulated("calico-outage")
BEFORE = images(CLUSTER)
GENERATIONS = generations(CLUSTER)
DIGEST = plan(CLUSTER)["digest"]


def unchanged(cluster=CLUSTER, before=BEFORE):
    assert images(cluster) == before, "something was changed"


def refused(answer, *parts):
    assert answer.code == 6, answer
    for part in parts:
        assert part in answer.err + answer.out, (part, answer)
    unchanged()
    assert generations(CLUSTER) == GENERATIONS, "something was changed"


def configured(text, *words, **more):
    """The console with this configuration file."""
    path = os.path.join(CLUSTER.folder, "config.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(text, file)
    return CLUSTER.console(*words, "--config", path, **more)


@test("--read-only, its variable and the configuration are latches: a right digest does not override them")
def _():
    refused(CLUSTER.console("fix", "E08", "--confirm", DIGEST, "--read-only"), "read-only")
    refused(CLUSTER.console("fix", "E08", "--confirm", DIGEST, NKS_TRIAGE_READ_ONLY="1"), "read-only")
    refused(configured({"readOnly": True}, "fix", "E08", "--confirm", DIGEST), "read-only")


@test("a read-only plan is still a plan")
def _():
    assert CLUSTER.console("plan", "E08", "--read-only").code == 0


@test("a viewer is told every verb that is missing, at once")
def _():
    answer = CLUSTER.console("plan", "E08", "--as", "viewer")
    refused(answer, "patch deployments.apps kube-system/calico-typha",
            "patch deployments.apps kube-system/calico-kube-controllers",
            "patch daemonsets.apps kube-system/calico-node")
    assert "digest:" not in answer.out
    refused(CLUSTER.console("fix", "E08", "--confirm", DIGEST, "--as", "viewer"), "missing")


@test("who can see nothing is not told that there is nothing to do")
def _():
    answer = CLUSTER.console("fix", "E08", "--as", "nobody")
    refused(answer, "could not be checked")
    assert "nothing to do" not in answer.out


@test("the digest is another one for another context's name")
def _():
    other = os.path.join(CLUSTER.folder, "other")
    with open(CLUSTER.kubeconfig, encoding="utf-8") as file:
        text = file.read()
    with open(other, "w", encoding="utf-8") as file:
        file.write(text.replace("simulated", "elsewhere"))
    os.chmod(other, 0o600)
    answer = run_console(CLUSTER.folder, "fix", "E08", "--confirm", DIGEST, "--kubeconfig", other)
    refused(answer, "elsewhere", "digest")


@test("a protected context needs its name typed out, beside the digest")
def _():
    settings = {"protectedContexts": ["sim*"]}
    refused(configured(settings, "fix", "E08", "--confirm", DIGEST), "simulated")
    refused(configured(settings, "fix", "E08", "--confirm", DIGEST, "--confirm-name", "other"), "simulated")


@test("outside the maintenance windows the name has to be typed, too")
def _():
    hour = (datetime.datetime.now().hour + 2) % 24
    settings = {"maintenance": [{"from": f"{hour:02}:00", "to": f"{hour:02}:30"}]}
    refused(configured(settings, "fix", "E08", "--confirm", DIGEST), "simulated")
    shown = configured(settings, "plan", "E08")
    assert shown.code == 0 and "outside the windows" in shown.out, shown


@test("an object on the deny list is not touched")
def _():
    refused(configured({"denyObjects": ["DaemonSet/kube-system/*"]}, "fix", "E08", "--confirm", DIGEST),
            "DaemonSet/kube-system/calico-node")


@test("a lock that another console holds refuses, with its holder and its run")
def _():
    held = lock(["DaemonSet/kube-system/calico-node"])
    name = held["metadata"]["name"]
    kubectl(CLUSTER, "create", "-f", "-", input=json.dumps(held))
    refused(CLUSTER.console("fix", "E08", "--confirm", DIGEST), "kim@bastion", "run-of-kim")
    assert our_leases(CLUSTER) == [name], "somebody else's lock was taken"
    held = CLUSTER.get(f"{LEASES}/{name}")
    assert held["spec"]["holderIdentity"] == "kim@bastion/run-of-kim"
    kubectl(CLUSTER, "delete", "lease", name, "-n", "kube-system")
    assert runs(CLUSTER)[0]["state"] == "refused"


@test("a journal that cannot be written refuses: nothing is changed without one")
def _():
    state = os.path.join(CLUSTER.folder, "open-state")
    os.mkdir(state)
    os.chmod(state, 0o777)
    answer = CLUSTER.console("fix", "E08", "--confirm", DIGEST, "--state-dir", state)
    assert answer.code in (1, 6) and "others can write" in answer.err, answer
    unchanged()


@test("a target that the plan does not have is refused; one that it has leaves the others out")
def _():
    refused(CLUSTER.console("plan", "E08", "--target", "Deployment/web/api"), "Deployment/web/api")
    only = plan(CLUSTER, "--target", "Deployment/kube-system/calico-typha")
    assert {s["target"] for s in only["steps"] if s["target"]} == {"Deployment/kube-system/calico-typha"}
    assert only["digest"] != DIGEST


@test("an add-on manager that owns the fields refuses, and the way through the console is named")
def _():
    with Simulated("calico-outage-addon") as cluster:
        before = images(cluster)
        answer = cluster.console("fix", "E08")
        assert answer.code == 6 and "nks-addon-manager" in answer.err and "update the add-on" in answer.err, answer
        assert "digest:" not in answer.out, answer
        assert cluster.console("plan", "E08").code == 6
        unchanged(cluster, before)


@test("a cluster that changed between preview and confirmation is refused, nothing is written, and the new plan is shown")
def _():
    kubectl(CLUSTER, "-n", "kube-system", "set", "image", "deployment/calico-kube-controllers",
            "calico-kube-controllers=mirror.example/calico/kube-controllers:v3.24.1")
    now, versions = images(CLUSTER), generations(CLUSTER)
    answer = CLUSTER.console("fix", "E08", "--confirm", DIGEST)
    assert answer.code == 6 and "digest" in answer.err, answer
    shown = answer.out.splitlines()[-1]
    assert shown.startswith("digest: ") and DIGEST not in shown and "mirror.example" in answer.out, answer
    assert images(CLUSTER) == now and generations(CLUSTER) == versions and not our_leases(CLUSTER)


@test("an image of another version than the one that runs is refused: no silent change of version")
def _():
    kubectl(CLUSTER, "-n", "kube-system", "set", "image", "deployment/calico-kube-controllers",
            "calico-kube-controllers=calico-kube-controllers:v3.24.1-1")
    answer = CLUSTER.console("plan", "E08")
    assert answer.code == 6 and "v3.24.1-1" in answer.out, answer
    assert images(CLUSTER)["typha/containers/calico-typha"] == BEFORE["typha/containers/calico-typha"]


@test("a cluster that cannot be reached is a failure, not a refusal")
def _():
    CLUSTER.stop()
    home = CLUSTER.folder
    os.makedirs(home, exist_ok=True)
    path = os.path.join(home, "kubeconfig")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "x",
                   "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
                   "users": [{"name": "x", "user": {}}],
                   "clusters": [{"name": "x", "cluster": {"server": CLUSTER.server}}]}, file)
    answer = run_console(home, "fix", "E08", "--kubeconfig", path, "--wait", "2")
    assert answer.code == 1 and "refuse" in answer.err, answer
    assert environment(home)["HOME"] == home


run()
