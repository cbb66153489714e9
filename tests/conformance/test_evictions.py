#!/usr/bin/python3
"""Evictions at a real apiserver: budgets that say 429, what is left where it is, batches; and back again."""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
import stages  # noqa: E402
from audited import AuditedPlane, Operator  # noqa: E402
from entry_faults import EVERYWHERE, workload  # noqa: E402
from quick_console import quick_console  # noqa: E402
from table_runbooks import runbook  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

NODE = {"kind": "Node", "name": "{name}"}
DRAIN = runbook("fault-drain", "drain", [
    {"id": "cordon", "type": "cordon", "target": NODE, "reversible": True, "title": {"en": "Cordon"}},
    {"id": "drain", "type": "drain", "target": NODE, "timeoutSeconds": 25, "title": {"en": "Drain"}},
    {"id": "uncordon", "type": "uncordon", "target": NODE, "reversible": True, "title": {"en": "Uncordon"}}], kind="Node")
DRAIN["verify"]["when"] = {"field": {"path": "metadata.name", "op": "exists"}}
EVICT = runbook("fault-evict", "evict", [
    {"id": "evict", "type": "evict", "target": {"kind": "Pod", "each": "object"}, "timeoutSeconds": 25,
     "title": {"en": "Evict"}}], kind="Pod")
PLANE = AuditedPlane()
API = PLANE.api
PLANE.kwok_config = stages.write(PLANE.path("stages"), failing={"none:1": "none"}, unready={}, minutes=1)
CONSOLE = quick_console(PLANE.folder, DRAIN, EVICT)
PODS, POLICY = "/api/v1/namespaces/shop/pods", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets"
EMPTY = {"volumes": [{"name": "scratch", "emptyDir": {}}]}


def pods(node=None):
    """name -> uid of what lives."""
    return {p["metadata"]["name"]: p["metadata"]["uid"] for p in API.get(PODS)["items"]
            if not p["metadata"].get("deletionTimestamp") and (not node or p["spec"].get("nodeName") == node)}


def running(count):
    wait_for(lambda: PLANE.kubectl("get", "pods", "-n", "shop").stdout.count("1/1") == count, interval=0.3,
             what=lambda: PLANE.kubectl("get", "pods", "-n", "shop", "-o", "wide").stdout)


def evictions(mark):
    return [(re.search(r"/pods/([^/]+)/eviction", path).group(1), code) for verb, path, code in PLANE.audit(mark)
            if path.endswith("/eviction")]


def bare(name, **metadata):
    return {"metadata": {"name": name, **metadata}, "spec": {
        "nodeName": "node-0", "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "nginx:1"}]}}


def operator():
    return Operator(PLANE, CONSOLE)


def fix(place, entry, *words):
    return place.run("fix", entry, "--confirm", place.digest("plan", entry), *words)


def unschedulable():
    return API.get("/api/v1/nodes/node-0")["spec"].get("unschedulable")


@test("a budget that allows none is waited for, asked again, and given up at the deadline: 8, undo takes pods again")
def _():
    API.post("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    API.post("/apis/apps/v1/namespaces/shop/deployments", workload("Deployment", "web", ["nginx:1"], 4, **EMPTY))
    API.post("/apis/apps/v1/namespaces/shop/daemonsets", workload("DaemonSet", "agent", ["nginx:1"], tolerations=EVERYWHERE))
    running(6)
    API.post(POLICY, {"metadata": {"name": "web"}, "spec": {"minAvailable": 4, "selector": {"matchLabels": {"app": "web"}}}})
    wait_for(lambda: API.get(POLICY + "/web").get("status", {}).get("expectedPods") == 4, interval=0.3)
    API.patch("/api/v1/nodes/node-0", {"metadata": {"labels": {"fault": "drain"}}})
    before, mark = pods(), PLANE.audit_now()
    with operator() as place:
        plan = place.plan("fault-drain")
        assert plan["blastRadius"]["pdbBlocked"] == 1 and plan["blastRadius"]["emptyDir"], plan["blastRadius"]
        answer = fix(place, "fault-drain", "--confirm-name", "admin")
        assert answer.code == 8 and "budget" in answer.out, answer
        asked = evictions(mark)
        assert len(asked) >= 2 and {code for _, code in asked} == {429}, asked
        assert pods() == before and unschedulable() is True
        assert place.journal()[0] in ("failed", "stopped") and place.journal()[1][:2] == ["done", "failed"]
        name = place.runs()[0]["id"]
        words = ["undo", name, "--confirm", place.digest("undo", name)]
        undone = place.run(*words, "--confirm-name", "admin")
        assert undone.code == 0 and not unschedulable(), undone


@test("drained as the budget allows: what a DaemonSet made stays, no eviction is sent for it; the node takes pods again")
def _():
    API.patch(POLICY + "/web", {"spec": {"minAvailable": 3}})
    wait_for(lambda: API.get(POLICY + "/web")["status"].get("disruptionsAllowed") == 1, interval=0.3)
    mark, before = PLANE.audit_now(), pods("node-0")
    web = {name for name in before if name.startswith("web-")}
    assert len(web) >= 2, before
    with operator() as place:
        answer = fix(place, "fault-drain", "--confirm-name", "admin")
        assert answer.code in (0, 7) and "all pods are gone" in answer.out, answer
        asked = evictions(mark)
        assert {name for name, code in asked if code == 201} == web and {name for name, _ in asked} == web, asked
        assert not set(before.values()) & {pods("node-0").get(name) for name in web}
        assert {n: u for n, u in before.items() if n.startswith("agent")} == {
            n: u for n, u in pods("node-0").items() if n.startswith("agent")}
        assert not unschedulable() and place.journal()[1] == ["done"] * 3
    running(6)


@test("a mirror pod stays; a bare pod refuses the plan and is named")
def _():
    node = API.get("/api/v1/nodes/node-0")["metadata"]
    API.post(PODS, bare("static-node-0", annotations={"kubernetes.io/config.mirror": "x"}, ownerReferences=[
        {"apiVersion": "v1", "kind": "Node", "name": "node-0", "uid": node["uid"], "controller": True}]))
    API.post(PODS, bare("lonely"))
    with operator() as place:
        answer = place.run("plan", "fault-drain")
        assert answer.code == 6 and "lonely" in answer.err and "digest:" not in answer.out, answer
        API.delete(PODS + "/lonely", 0)
        plan = wait_for(lambda: json.loads(place.run("plan", "fault-drain", "-o", "json").out).get("digest") and place.plan(
            "fault-drain"), interval=0.5)
        moved = next(step for step in plan["steps"] if step["type"] == "drain")["diff"]
        assert not [line for line in moved if "static" in line["path"] or "agent" in line["path"]], moved
    API.patch("/api/v1/nodes/node-0", {"metadata": {"labels": {"fault": None}}})


@test("evict takes the pods that are named, one by one, each bound to its uid")
def _():
    names = sorted(name for name in pods() if name.startswith("web-"))[:2]
    for name in names:
        API.patch(f"{PODS}/{name}", {"metadata": {"labels": {"fault": "evict"}}})
    mark, before = PLANE.audit_now(), pods()
    with operator() as place:
        answer = fix(place, "fault-evict", "--confirm-name", "admin")
        assert answer.code == 0, answer
        assert {name for name, code in evictions(mark) if code == 201} == set(names), evictions(mark)
        wait_for(lambda: not set(names) & set(pods()) and len(pods()) == len(before), what=lambda: f"others for {names}: {pods()}")
        again = place.run("fix", "fault-evict")
        assert again.code == 0 and "nothing to do" in again.out, again


with PLANE:
    PLANE.add_nodes(2)
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == 2, interval=0.3, what=lambda: PLANE.log("kwok"))
    run()
