#!/usr/bin/python3
"""Entries besides E08 with real controllers: E11's new policy rolls the pods, E15's finalizer goes and comes back."""
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from simulated import run_console  # noqa: E402
from stages import LIVES, NODE_STATUS, NO_STATUS, event, pod_status, stage  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

GROUP, POLICY = ".spec.securityContext.fsGroup", ".spec.securityContext.fsGroupChangePolicy"
SLOW = ("Setting volume ownership for 4f2c/volumes/kubernetes.io~csi/data/mount is taking longer than expected, consider "
        "using OnRootMismatch - https://kubernetes.io/docs/tasks/configure-pod-container/security-context/")
KUBELETS = [
    stage("node-ready", "Node", [('.status.conditions.[] | select( .type == "Ready" ) | .status', "NotIn", "True")],
          {"statusTemplate": NODE_STATUS}),
    stage("pod-gone", "Pod", [(".metadata.deletionTimestamp", "Exists")], {"finalizers": {"empty": True}, "delete": True}),
    stage("pod-ready", "Pod", [LIVES, NO_STATUS, (GROUP, "DoesNotExist")], {"statusTemplate": pod_status(True)}),
    stage("pod-quick", "Pod", [LIVES, NO_STATUS, (POLICY, "In", "OnRootMismatch")], {"statusTemplate": pod_status(True)}),
    stage("pod-slow", "Pod", [LIVES, NO_STATUS, (GROUP, "Exists"), (POLICY, "DoesNotExist")], {
        "event": event("VolumePermissionChangeInProgress", SLOW),
        "statusTemplate": pod_status(False, state="{waiting: {reason: ContainerCreating}}", phase="Pending")})]
FOLDER = tempfile.TemporaryDirectory()
with open(os.path.join(FOLDER.name, "kubelets"), "w", encoding="utf-8") as out:
    out.write("\n---\n".join(map(json.dumps, KUBELETS)))
PLANE = ControlPlane(kwok_config=os.path.join(FOLDER.name, "kubelets"))
API = Api(PLANE)
STORE = "/apis/apps/v1/namespaces/shop/deployments/store"
PROXY = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"


def console(*words):
    return run_console(FOLDER.name, *words, "--kubeconfig", PLANE.kubeconfig("admin"), timeout=300)


def workload(kind, name, **spec):
    labels = {"app": name}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": {
        "selector": {"matchLabels": labels}, **({"replicas": 2} if kind == "Deployment" else {}),
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx:1"}], **spec}}}}


def findings():
    answer = console("report", "-o", "json")
    return {finding["id"] for finding in json.loads(answer.out)["findings"]}, answer


def carry_out(*words):
    """Plans, confirms by the digest, and wants it verified."""
    plan = console("plan", *words) if words[0] != "undo" else console(*words)
    assert plan.code in (0, 6) and plan.out.splitlines()[-1].startswith("digest: "), plan
    digest = plan.out.splitlines()[-1].split()[1]
    answer = console(*(words if words[0] == "undo" else ("fix", *words)), "--confirm", digest)
    assert answer.code == 0 and "verified" in answer.out, answer
    return answer


@test("E11: pods whose files get a new group are found; the policy is set, a real rollout ends it")
def _():
    API.post("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    API.post("/apis/apps/v1/namespaces/shop/deployments", workload("Deployment", "store", securityContext={"fsGroup": 2000}))
    wait_for(lambda: PLANE.kubectl("get", "pods", "-n", "shop").stdout.count("ContainerCreating") == 2, interval=0.3,
             what=lambda: PLANE.kubectl("get", "pods", "-A").stdout + PLANE.log("kwok"))
    wait_for(lambda: "E11" in findings()[0], interval=0.5, what=lambda: findings()[1])
    carry_out("E11")
    pod = API.get(STORE)["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"fsGroup": 2000, "fsGroupChangePolicy": "OnRootMismatch"}, pod
    assert "successfully rolled out" in PLANE.kubectl("-n", "shop", "rollout", "status", "deployment/store", "--timeout=1s").stdout
    assert "E11" not in findings()[0]


@test("E15: a finalizer that is not Kubernetes' own is taken out of its place, and undone where the list moved on")
def _():
    body = workload("DaemonSet", "kube-proxy")
    body["metadata"]["finalizers"] = ["orphan", "example.com/hold"]
    API.post("/apis/apps/v1/namespaces/kube-system/daemonsets", body)
    carry_out("E15")
    assert API.get(PROXY)["metadata"]["finalizers"] == ["orphan"]
    answer = console("fix", "E15")
    assert answer.code == 0 and "nothing to do" in answer.out, answer
    API.request("PATCH", PROXY, [{"op": "add", "path": "/metadata/finalizers/0", "value": "example.com/first"}],
                "application/json-patch+json")
    last = json.loads(console("runs", "-o", "json").out)["runs"][0]["id"]
    carry_out("undo", last)
    assert API.get(PROXY)["metadata"]["finalizers"] == ["example.com/first", "orphan", "example.com/hold"]


with PLANE:
    PLANE.add_nodes(2)
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == 2, interval=0.3,
             what=lambda: PLANE.log("kwok"))
    run()
