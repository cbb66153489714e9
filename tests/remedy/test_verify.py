#!/usr/bin/python3
"""How a run can end that was carried out but did not help, or of which that cannot be known.

The console looks for its runbooks beside itself: a copy of it with an E08 whose steps and deadlines are changed
brings these ends about in seconds.
"""
# Waits: for the hold times of fixes.
# Takes: 30 s
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Proxy, Running, images, kubectl, our_leases, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402


def without_waiting(runbook):
    """The rollouts are not waited for, so that the signs are still there when verification looks."""
    runbook["steps"] = [step for step in runbook["steps"] if step["type"] != "wait-rollout"]
    runbook["verify"] = {"when": "gone", "deadlineSeconds": 1, "holdSeconds": 0}


@test("signs that are still there at the deadline: 7, not improved, and what to look at next")
def _():
    with Copy(without_waiting) as copy, Simulated("calico-outage") as cluster:
        answer = copy.run(cluster, "fix", "E08", "--confirm", copy.digest(cluster))
        assert answer.returncode == 7, answer
        assert "E03" in answer.stderr, answer
        assert runs(cluster)[0]["state"] == "not_improved"
        assert not our_leases(cluster)


@test("a cluster that cannot be seen any more: 5, could not verify, never verified")
def _():
    def edit(runbook):
        without_waiting(runbook)
        runbook["verify"]["deadlineSeconds"] = 8
        runbook["verify"]["holdSeconds"] = 60
    with Copy(edit) as copy, Simulated("calico-outage") as cluster:
        running = Running(cluster, "fix", "E08", "--confirm", copy.digest(cluster), console=copy.console)
        running.wait_line("verifying")
        cluster.process.kill()
        assert running.end() == 5, running.text()
        assert "verified" not in running.text().replace("could not", ""), running.text()
        assert runs(cluster)[0]["state"] == "could_not_verify"


@test("what breaks again while it must stay mended is no success")
def _():
    def edit(runbook):
        runbook["verify"] = {"when": "gone", "deadlineSeconds": 10, "holdSeconds": 60}
        runbook["steps"] = [step for step in runbook["steps"] if step["id"] in ("patch-typha", "wait-typha")]
        for precondition in runbook["preconditions"]:
            if "ofSteps" in precondition:
                precondition["ofSteps"] = ["patch-typha"]
    with Copy(edit) as copy, Simulated("calico-outage") as cluster:
        running = Running(cluster, "fix", "E08", "--confirm", copy.digest(cluster), console=copy.console)
        running.wait_line("must stay so for 60 s")
        kubectl(cluster, "-n", "kube-system", "set", "image", "deployment/calico-typha",
                "calico-typha=harbor-kr1.cloud.toastoven.net/container_service/calico/typha:v3.24.1")
        assert running.end() == 7, running.text()
        assert "not ready" in running.text(), running.text()


def named(name):
    return {"field": {"path": "metadata.name", "op": "eq", "value": name}}


@test("a step whose condition does not hold is left out; one whose condition holds stays")
def _():
    def edit(runbook):
        for step in runbook["steps"]:
            if step["id"] == "patch-kube-controllers":
                step["if"] = named("no-such-name")
            if step["id"] == "patch-typha":
                step["if"] = {"none": [named("no-such-name")]}
    with Copy(edit) as copy, Simulated("calico-outage") as cluster:
        answer = copy.run(cluster, "plan", "E08", "-o", "json")
        assert answer.returncode == 0, answer
        steps = json.loads(answer.stdout)["steps"]
        assert [s["target"].split("/")[-1] for s in steps if s["type"] == "patch-image"] == \
            ["calico-typha", "calico-node"], steps


@test("a verification that asks for more than the signs to be gone gets what it asks for")
def _():
    def edit(runbook):
        runbook["steps"] = [step for step in runbook["steps"] if step["id"] in ("patch-typha", "wait-typha")]
        for precondition in runbook["preconditions"]:
            if "ofSteps" in precondition:
                precondition["ofSteps"] = ["patch-typha"]
        runbook["verify"] = {"when": named("no-such-name"), "deadlineSeconds": 3}
    with Copy(edit) as copy, Simulated("calico-outage") as cluster:
        answer = copy.run(cluster, "fix", "E08", "--confirm", copy.digest(cluster))
        assert answer.returncode == 7 and "says otherwise" in answer.stderr, answer


@test("a rollout that does not end: 8, with the kubelet's own reason; what was changed can be undone")
def _():
    def edit(runbook):
        runbook["parameters"]["registry"]["default"] = "harbor-kr1.cloud.toastoven.net/container_service/calico"
        for step in runbook["steps"]:
            if step["type"] == "wait-rollout":
                step["timeoutSeconds"] = 14
    with Copy(edit) as copy, Simulated("calico-outage") as cluster:
        before = images(cluster)
        answer = copy.run(cluster, "fix", "E08", "--confirm", copy.digest(cluster))
        assert answer.returncode == 8, answer
        assert "not rolled out in time" in answer.stderr and "ImagePull" in answer.stdout, answer
        (entry,) = runs(cluster)
        assert entry["state"] == "failed", entry["state"]
        assert [s["state"] for s in entry["steps"]] == ["done", "done", "failed"] + ["pending"] * 4, entry["steps"]
        assert images(cluster)["node/containers/calico-node"] == before["node/containers/calico-node"]
        shown = copy.run(cluster, "undo", entry["id"])
        assert shown.returncode == 6, shown
        undone = copy.run(cluster, "undo", entry["id"], "--confirm", shown.stdout.splitlines()[-1].split()[1])
        assert undone.returncode == 0 and images(cluster) == before, undone


@test("the link that is lost during a rollout is waited for")
def _():
    def edit(runbook):
        runbook["steps"] = [step for step in runbook["steps"] if step["id"] in ("patch-typha", "wait-typha")]
        for precondition in runbook["preconditions"]:
            if "ofSteps" in precondition:
                precondition["ofSteps"] = ["patch-typha"]
        runbook["verify"] = {"when": "gone", "deadlineSeconds": 30, "holdSeconds": 1}
    state = {"patched": False, "lost": 0}

    def on_request(method, path):
        if method == "PATCH" and "dryRun" not in path:
            state["patched"] = True
        elif method == "GET" and path.endswith("/deployments/calico-typha") and state["patched"] and state["lost"] < 2:
            state["lost"] += 1
            return "drop"
        return None
    with Copy(edit) as copy, Simulated("calico-outage") as cluster:
        proxy = Proxy(cluster, on_request)
        try:
            digest = copy.digest(cluster, kubeconfig=proxy.kubeconfig)
            answer = copy.run(cluster, "fix", "E08", "--confirm", digest, kubeconfig=proxy.kubeconfig)
            assert answer.returncode == 0 and state["lost"] == 2, answer
            assert len(proxy.writes("/apis/apps/")) == 1, proxy.writes()
        finally:
            proxy.stop()


run(at_a_time=4)
