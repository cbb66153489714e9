#!/usr/bin/python3
"""What a plan says that it will bring about: pods, budgets, single replicas, lost data, room elsewhere, time."""
# Waits: for pods that are ready, and for previews of many requests.
# Takes: 65 s
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, kubectl  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

NODE = "nks-prod-centos-worker-1"
IMAGE = "a1b2c3d4-kr1-registry.container.nhncloud.com/shop/catalog:1.0"
CACHE = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cache", "namespace": "shop"},
    "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "cache"}},
        "template": {
            "metadata": {"labels": {"app": "cache", "tier": "data"}},
            "spec": {"nodeSelector": {"kubernetes.io/hostname": NODE},
                     "containers": [{"name": "cache", "image": IMAGE}],
                     "volumes": [{"name": "scratch", "emptyDir": {}},
                                 {"name": "data", "persistentVolumeClaim": {"claimName": "cache-data"}}]}}}}


def budget(name, selector):
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"minAvailable": 1, "selector": selector}}


VOLUME = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "local-1"},
          "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "local": {"path": "/mnt/data"},
                   "storageClassName": "local"}}
CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "cache-data", "namespace": "shop"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                  "storageClassName": "local", "volumeName": "local-1"}}

CLUSTER = Simulated("e07")
for thing in (CACHE, budget("covers", {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["data"]}]}),
              budget("beside", {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["data"]},
                                                     {"key": "app", "operator": "In", "values": ["cache"]}]}),
              VOLUME, CLAIM):
    kubectl(CLUSTER, "create", "--filename", "-", input=json.dumps(thing))
wait_for(lambda: "1/1" in kubectl(CLUSTER, "get", "deployment/cache", "--namespace", "shop").stdout)


def plan():
    """Refused, as no node is reached from here; what it would bring about is said all the same."""
    answer = CLUSTER.console("plan", "E07", "-o", "json")
    assert answer.code == 6, answer
    return json.loads(answer.out)


PLAN = plan()
RADIUS = PLAN["blastRadius"]
CACHE_POD = next(item["object"] for item in RADIUS["leaving"] if item["owner"] == "Deployment/shop/cache")


@test("every pod that the drain evicts is named with its owner and node, and none of a DaemonSet")
def _():
    on_node = [pod for pod in CLUSTER.get("/api/v1/pods")["items"] if pod["spec"].get("nodeName") == NODE]
    owned = [pod for pod in on_node if pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"]
    names = {f"Pod/{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in on_node if pod not in owned}
    assert {item["object"] for item in RADIUS["leaving"]} == names != set()
    assert {(item["node"], item["how"]) for item in RADIUS["leaving"]} == {(NODE, "evicted")}
    assert RADIUS["drains"] == [{"node": NODE, "daemonSetPodsStay": len(owned)}]
    assert RADIUS["pods"] == len(names)


@test("budgets are compared with their expressions, too, and their headroom is said")
def _():
    found = {item["name"]: item for item in RADIUS["budgets"] if item["namespace"] == "shop"}
    assert set(found) == {"covers"}, found
    assert (found["covers"]["allowed"], found["covers"]["evicted"]) == (0, 1)
    assert RADIUS["pdbBlocked"] == 1


@test("a single replica, lost emptyDir data and a volume that stays behind are told")
def _():
    assert "Deployment/shop/cache" in RADIUS["singleReplicas"]
    assert {"object": CACHE_POD, "volumes": ["scratch"]} in RADIUS["emptyDir"]
    assert {"object": CACHE_POD, "kind": "local", "volume": "cache-data"} in RADIUS["localVolumes"]
    text = CLUSTER.console("plan", "E07").out
    for part in ("Deployment/shop/cache has one replica", "emptyDir volumes is lost: scratch",
                 "the data of cache-data stays on the node", "shop/covers allows none to go now",
                 "Takes about:"):
        assert part in text, (part, text)


@test("room elsewhere: a pod that is tied to the node finds none, others do; what was not looked at is said")
def _():
    room = RADIUS["room"]
    assert room["evicted"] == room["judged"] == len(RADIUS["leaving"])
    assert CACHE_POD in room["unplaced"] and len(room["unplaced"]) < room["judged"], room
    assert 0 < room["nodesLookedAt"] <= room["nodesReady"] and "affinity" in room["notLookedAt"]


@test("requests that no other node has left find no room; the same pod without them does")
def _():
    nodes = [node["metadata"]["name"] for node in CLUSTER.get("/api/v1/nodes")["items"]]
    kubectl(CLUSTER, "cordon", *[name for name in nodes if name != NODE])
    for name, requests in (("huge", {"cpu": "4000"}), ("small", {"cpu": "1m"})):
        thing = json.loads(json.dumps(CACHE).replace('"cache"', f'"{name}"'))
        thing["spec"]["template"]["spec"] = {
            "containers": [{"name": name, "image": IMAGE, "resources": {"requests": requests}}]}
        kubectl(CLUSTER, "create", "--filename", "-", input=json.dumps(thing))
        wait_for(lambda: "1/1" in kubectl(CLUSTER, "get", f"deployment/{name}", "--namespace", "shop").stdout)
    kubectl(CLUSTER, "uncordon", *nodes)
    radius = plan()["blastRadius"]
    pods = {item["owner"]: item["object"] for item in radius["leaving"]}
    assert pods["Deployment/shop/huge"] in radius["room"]["unplaced"], radius["room"]
    assert pods["Deployment/shop/small"] not in radius["room"]["unplaced"], radius["room"]


@test("a rollout: one pod after the other, on every node of a DaemonSet, and a gap where the only replica is recreated")
def _():
    with Simulated("calico-outage") as cluster:
        answer = cluster.console("plan", "E08", "-o", "json")
        assert answer.code == 0, answer
        radius = json.loads(answer.out)["blastRadius"]
        found = {item["object"].split("/")[-1]: item for item in radius["restarts"]}
        assert found["calico-node"]["everyNode"] and found["calico-node"]["pods"] == 12
        assert found["calico-kube-controllers"]["how"] == "recreate" and found["calico-kube-controllers"]["gap"]
        assert found["calico-typha"]["how"] == "rolling" and not found["calico-typha"]["gap"]
        assert radius["expectedSeconds"] > sum(s["expectedSeconds"] for s in json.loads(answer.out)["steps"])


def nowhere(runbook):
    """No registry of the new images has an address."""
    for step in runbook["steps"]:
        if "hosts" in step:
            step["hosts"] = ["registry.invalid"]
        for image in step.get("images", []):
            image["to"] = ["registry.invalid/" + image["from"] + "{imageVersion}"]


@test("no registry could be asked: that is no answer, neither that the images are there nor that they are not")
def _():
    with Copy(nowhere, "E05") as copy, Simulated("e05") as cluster:
        answer = copy.run(cluster, "plan", "E05", "-o", "json")
        assert answer.returncode == 6, answer
        found = json.loads(answer.stdout)
        (registry,) = [p for p in found["preconditions"] if p["text"] == "The new images are in the registry"]
        assert registry["ok"] is None and "registry.invalid" in registry["reason"], registry
        text = copy.run(cluster, "plan", "E05").stdout
        assert "could not check: The new images are in the registry" in text, text
        assert "whether another place has quay.io/coreos/flannel" in text and "no other place has" not in text, text


try:
    run()
finally:
    CLUSTER.stop()
