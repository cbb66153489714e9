#!/usr/bin/python3
"""A node is drained on a real control plane: pod by pod as a budget allows, bound to what was previewed."""
import json
import os
import sys
import tempfile
import threading
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from remedy import Copy, runs  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
PLANE = ControlPlane()
API = Api(PLANE)
NODES = 3


def edit(runbook):
    """What E07 does over the API alone, wherever a pod is labelled as sick."""
    runbook["steps"] = [s for s in runbook["steps"] if s["type"] in ("cordon", "drain", "uncordon")]
    for step in runbook["steps"]:
        step.pop("onlyAfter", None)
    runbook["when"] = {"field": {"path": "metadata.labels[sick]", "op": "eq", "value": "yes"}}
    for name in ("collect", "confirm", "confidence", "exclude"):
        runbook.pop(name, None)
    runbook["verify"] = {"when": "gone", "deadlineSeconds": 60, "holdSeconds": 1}


def cluster():
    """What Copy and runs() want of a cluster."""
    kubeconfig = PLANE.kubeconfig("admin")
    return types.SimpleNamespace(
        folder=FOLDER.name, kubeconfig=kubeconfig,
        console=lambda *words: run_console(FOLDER.name, *words, "--kubeconfig", kubeconfig))


def pods(node=None):
    return {pod["metadata"]["uid"]: pod for pod in API.get("/api/v1/namespaces/default/pods")["items"]
            if not pod["metadata"].get("deletionTimestamp") and node in (None, pod["spec"].get("nodeName"))}


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", []))


class Counting:
    """How many pods are ready, again and again."""

    def __init__(self):
        self.ready, self.ended = [], threading.Event()
        self.thread = threading.Thread(target=self.count)

    def count(self):
        while not self.ended.is_set():
            self.ready.append(sum(is_ready(pod) for pod in pods().values()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


@test("every pod of the node goes by eviction, the budget is never broken, and the node takes pods again")
def _():
    API.post("/apis/apps/v1/namespaces/default/deployments", {
        "metadata": {"name": "web"}, "spec": {
            "replicas": 6, "selector": {"matchLabels": {"app": "web"}}, "template": {
                "metadata": {"labels": {"app": "web", "tier": "front"}}, "spec": {
                    "tolerations": [{"operator": "Exists"}], "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "web", "image": "registry.example/web:1"}]}}}})
    API.post("/apis/policy/v1/namespaces/default/poddisruptionbudgets", {
        "metadata": {"name": "web"}, "spec": {"minAvailable": 5, "selector": {
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}}})
    wait_for(lambda: sum(is_ready(pod) for pod in pods().values()) == 6, interval=0.3)
    wait_for(lambda: API.get("/apis/policy/v1/namespaces/default/poddisruptionbudgets/web")
             .get("status", {}).get("disruptionsAllowed") == 1, 60, 0.3)
    node = next(pod["spec"]["nodeName"] for pod in pods().values())
    before = pods(node)
    sick = next(iter(before.values()))
    API.patch(f"/api/v1/namespaces/default/pods/{sick['metadata']['name']}", {"metadata": {"labels": {"sick": "yes"}}})
    with Copy(edit, "E07") as copy:
        wait_for(lambda: json.loads(copy.run(cluster(), "report", "--only", "E07", "-o", "json").stdout)["findings"],
                 30, 1)
        answer = copy.run(cluster(), "plan", "E07", "-o", "json")
        assert answer.returncode == 0, answer
        plan = json.loads(answer.stdout)
        assert plan["state"] == "previewed", answer
        radius = plan["blastRadius"]
        assert {item["object"].split("/")[-1] for item in radius["leaving"]} == \
            {pod["metadata"]["name"] for pod in before.values()}, radius
        (budget,) = radius["budgets"]
        assert (budget["allowed"], budget["evicted"]) == (1, len(before)), budget
        assert radius["room"]["nodesLookedAt"] == NODES - 1 and not radius["room"]["unplaced"], radius["room"]
        assert "couldNotLook" not in radius, radius
        with Counting() as counting:
            answer = copy.run(cluster(), "fix", "E07", "--confirm", plan["digest"], "--confirm-name",
                              PLANE.kubectl("config", "current-context").stdout.strip())
        assert answer.returncode == 0, answer
        assert len(counting.ready) > 1 and min(counting.ready) >= 5, counting.ready
    assert not set(before) & set(pods())
    assert not API.get(f"/api/v1/nodes/{node}")["spec"].get("unschedulable")
    assert [s["state"] for s in runs(cluster())[0]["steps"]] == ["done"] * 3


with PLANE:
    PLANE.add_nodes(NODES)
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == NODES, interval=0.3,
             what=lambda: PLANE.log("kwok"))
    run()
