#!/usr/bin/env python3
"""The simulated cluster driven by real kubectl: what operators type does what it does on a real cluster."""
# Takes: 60 s
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kubectl import Kubectl  # noqa: E402
from tap import test, run  # noqa: E402
from wait import wait_for  # noqa: E402

SYSTEM = ("-n", "kube-system")
TYPHA = "docker.io/calico/typha:v3.24.1"


def pods_of(cluster, label):
    return cluster.json(*SYSTEM, "get", "pods", "-l", label)["items"]


@test("get nodes: twelve, Ready, with the wide columns")
def _():
    rows = shared.rows("get", "nodes")
    assert len(rows) == 12 and all(row[1] == "Ready" for row in rows), rows
    wide = shared.ok("get", "nodes", "-o", "wide")
    assert "INTERNAL-IP" in wide and "containerd://1.6.24" in wide and "Ubuntu 22.04.3 LTS" in wide, wide


@test("get pods -A: READY, STATUS and RESTARTS of the outage")
def _():
    rows = shared.rows("get", "pods", "-A")
    assert 140 <= len(rows) <= 160, len(rows)
    typha = [row for row in rows if row[1].startswith("calico-typha-")]
    assert len(typha) == 3 and all(row[2] == "0/1" and row[3] in ("ImagePullBackOff", "ErrImagePull")
                                   for row in typha), typha
    nodes = [row for row in rows if row[1].startswith("calico-node-")]
    assert sorted(row[2] for row in nodes) == ["0/1"] * 7 + ["1/1"] * 5, nodes
    assert all(row[3] == "Running" for row in nodes)
    assert any(row[3] == "Completed" for row in rows)
    assert "NOMINATED NODE" in shared.ok("get", "pods", "-A", "-o", "wide")


@test("get -o json: lists whose items have names, uids, one resourceVersion")
def _():
    pods = shared.json("get", "pods", "-A")["items"]
    assert len({pod["metadata"]["uid"] for pod in pods}) == len(pods)
    assert all(pod["spec"]["nodeName"] and pod["status"]["phase"] for pod in pods)


@test("paging gives the same pods in any size of page")
def _():
    whole = shared.ok("get", "pods", "-A", "-o", "name", "--chunk-size=0")
    for size in ("1000", "50", "7"):
        assert shared.ok("get", "pods", "-A", "-o", "name", f"--chunk-size={size}") == whole, size


@test("selectors choose by label and field")
def _():
    assert len(shared.rows(*SYSTEM, "get", "pods", "-l", "k8s-app in (calico-typha,calico-kube-controllers)")) == 4
    node = "nks-prod-default-worker-3"
    rows = shared.rows("get", "pods", "-A", "-o", "wide", "--field-selector", f"spec.nodeName={node}")
    assert rows and all(node in row for row in rows), rows
    assert "field label not supported: spec.foo" in shared.fails("get", "pods", "--field-selector", "spec.foo=1")
    assert "unable to parse requirement" in shared.fails("get", "--raw", "/api/v1/pods?labelSelector=a%20b")


@test("describe pod: the kubelet's words and counted events")
def _():
    name = pods_of(shared, "k8s-app=calico-typha")[0]["metadata"]["name"]
    text = shared.ok(*SYSTEM, "describe", "pod", name)
    assert "ImagePullBackOff" in text or "ErrImagePull" in text
    assert 'Failed to pull image "calico-typha:v3.24.1": rpc error: code = Unknown desc = failed to pull and unpack ' \
           'image "docker.io/library/calico-typha:v3.24.1"' in text, text
    assert 'Back-off pulling image "calico-typha:v3.24.1"' in text and " over 1" in text, text


@test("describe node: its conditions and pods")
def _():
    text = shared.ok("describe", "node", "nks-prod-default-worker-0")
    assert "kubelet is posting ready status" in text and "calico-node-" in text, text


@test("get events -A: readiness failures that count up")
def _():
    def count():
        events = shared.json("get", "events", "-A", "--field-selector", "reason=Unhealthy")["items"]
        return [e["count"] for e in events if "readiness probe reporting 503" in e["message"]]
    first = count()
    assert len(first) == 7 and min(first) > 60, first
    wait_for(lambda: sum(count()) > sum(first) + 7, what="more failures")


@test("every kind can be listed")
def _():
    for kind in ("ns", "ds", "deploy", "rs", "sts", "controllerrevisions", "jobs", "cronjobs", "svc", "ep", "cm", "secrets",
                 "sa", "pvc", "pv", "pdb", "leases", "sc", "events.v1.events.k8s.io", "rc"):
        shared.ok("get", kind, "-A", "-o", "wide")
    assert "daemonset.apps/calico-node" in shared.ok(*SYSTEM, "get", "all")


@test("api-resources and version know the server")
def _():
    text = shared.ok("api-resources", "--no-headers")
    assert "poddisruptionbudgets" in text and "leases" in text
    assert shared.json("version")["serverVersion"]["gitVersion"] == "v1.28.3"


@test("users: viewer reads but not secrets, nobody is forbidden in the server's words")
def _():
    shared.ok("get", "pods", "-A", "--as", "viewer")
    assert 'secrets is forbidden: User "viewer" cannot list resource "secrets" in API group "" at the cluster scope' \
        in shared.fails("get", "secrets", "-A", "--as", "viewer")
    assert 'nodes is forbidden: User "nobody" cannot list resource "nodes" in API group "" at the cluster scope' \
        in shared.fails("get", "nodes", "--as", "nobody")
    assert 'pods "x" is forbidden: User "viewer" cannot delete resource "pods" in API group "" in the namespace "shop"' \
        in shared.fails("delete", "pod", "x", "-n", "shop", "--as", "viewer")
    shared.ok("get", "deploy", "-n", "shop", "--as", "shop-dev")
    assert "in the namespace \"batch\"" in shared.fails("get", "deploy", "-n", "batch", "--as", "shop-dev")


@test("auth can-i answers truly")
def _():
    assert shared.ok(*SYSTEM, "auth", "can-i", "patch", "ds").strip() == "yes"
    assert shared.run(*SYSTEM, "auth", "can-i", "patch", "ds", "--as", "viewer").stdout.strip() == "no"
    assert shared.ok("auth", "can-i", "list", "pods", "--as", "viewer").strip() == "yes"
    assert shared.run("auth", "can-i", "get", "secrets", "--as", "viewer").stdout.strip() == "no"
    assert shared.ok("auth", "can-i", "get", "pods", "--subresource=log", "-n", "shop", "--as", "shop-dev").strip() == "yes"
    assert shared.run("auth", "can-i", "get", "pods", "-n", "batch", "--as", "shop-dev").stdout.strip() == "no"
    assert "pods" in shared.ok("auth", "can-i", "--list", "--as", "viewer")


@test("logs: of a container, its tail, its times; refused in words where there are none")
def _():
    sick = next(pod for pod in pods_of(shared, "k8s-app=calico-node")
                if not pod["status"]["containerStatuses"][0]["ready"])["metadata"]["name"]
    text = shared.ok(*SYSTEM, "logs", sick, "-c", "calico-node", "--tail=8")
    assert len(text.splitlines()) == 8 and "Didn't find any ready Typha instances." in text, text
    stamped = shared.ok(*SYSTEM, "logs", sick, "-c", "calico-node", "--tail=1", "--timestamps")
    assert stamped[:2] == "20" and "T" in stamped.split()[0] and stamped.split()[0].endswith("Z"), stamped
    assert shared.ok(*SYSTEM, "logs", sick, "-c", "calico-node", "--previous", "--tail=1")
    typha = pods_of(shared, "k8s-app=calico-typha")[0]["metadata"]["name"]
    assert "is waiting to start" in shared.fails(*SYSTEM, "logs", typha)
    assert "container nope is not valid for pod" in shared.fails(*SYSTEM, "logs", sick, "-c", "nope")
    assert "a container name must be specified for pod" in shared.fails(
        "get", "--raw", f"/api/v1/namespaces/kube-system/pods/{sick}/log".replace(sick, csi()))


def csi():
    return "csi-cinder-controllerplugin-0"


@test("logs -f goes on while the container runs")
def _():
    sick = next(pod for pod in pods_of(shared, "k8s-app=calico-node")
                if not pod["status"]["containerStatuses"][0]["ready"])["metadata"]["name"]
    follow = shared.start(*SYSTEM, "logs", "-f", sick, "-c", "calico-node", "--tail=1")
    try:
        assert len([follow.stdout.readline() for _ in range(5)][-1]) > 10
    finally:
        follow.kill()
        follow.communicate()


@test("what is not simulated says so in words")
def _():
    pod = csi()
    for words in ((*SYSTEM, "exec", pod, "-c", "csi-attacher", "--", "true"),
                  (*SYSTEM, "scale", "deploy/coredns", "--replicas=3"),
                  ("delete", "ns", "shop")):
        assert "the simulated cluster does not simulate" in shared.fails(*words), words


LEASE = """
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: t1, namespace: kube-system}
spec: {holderIdentity: me, leaseDurationSeconds: 30}
"""


@test("server-side apply: made, taken over by force, and what is applied no more is gone")
def _():
    def apply(name, data, *words):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": data}
        return ("apply", "--server-side", f"--field-manager={name}", "-f", "-", *words), json.dumps(body)

    def now():
        return shared.json("get", "cm", "applied", "--show-managed-fields")

    words, body = apply("one", {"a": "1", "b": "1"})
    assert "serverside-applied" in shared.ok(*words, stdin=body)
    version = now()["metadata"]["resourceVersion"]
    shared.ok(*words, stdin=body)
    assert now()["metadata"]["resourceVersion"] == version, "the same again is no change"
    words, body = apply("two", {"a": "2"})
    assert 'conflict with "one": .data.a' in shared.fails(*words, stdin=body)
    assert now()["data"] == {"a": "1", "b": "1"}
    words, body = apply("two", {"a": "2"}, "--force-conflicts")
    shared.ok(*words, stdin=body)
    assert now()["data"] == {"a": "2", "b": "1"}
    assert {m["manager"]: m["fieldsV1"]["f:data"] for m in now()["metadata"]["managedFields"]} == {
        "one": {"f:b": {}}, "two": {"f:a": {}}}
    words, body = apply("one", {"c": "1"})
    shared.ok(*words, stdin=body)
    assert now()["data"] == {"a": "2", "c": "1"}
    shared.ok("delete", "cm", "applied")


@test("leases: create, create again, replace, delete")
def _():
    assert "created" in shared.ok("create", "-f", "-", stdin=LEASE)
    assert "already exists" in shared.fails("create", "-f", "-", stdin=LEASE)
    assert "replaced" in shared.ok("replace", "-f", "-", stdin=LEASE.replace("30", "40"))
    lease = shared.json(*SYSTEM, "get", "lease", "t1")
    assert lease["spec"] == {"holderIdentity": "me", "leaseDurationSeconds": 40}, lease
    old = json.dumps(dict(lease, metadata=dict(lease["metadata"], resourceVersion="1")))
    assert "the object has been modified; please apply your changes to the latest version" in \
        shared.fails("replace", "-f", "-", stdin=old)
    assert "deleted" in shared.ok(*SYSTEM, "delete", "lease", "t1")
    assert 'leases.coordination.k8s.io "t1" not found' in shared.fails(*SYSTEM, "get", "lease", "t1")


@test("a manifest with a misspelt field is refused, and what is missing is named")
def _():
    bad = LEASE.replace("holderIdentity", "holderIdentty")
    done = shared.run("create", "-f", "-", stdin=bad)
    if done.returncode == 0:    # kubectl before 1.25 asks for no validation: the field is dropped, as a server does
        lease = shared.json(*SYSTEM, "get", "lease", "t1")
        assert lease["spec"] == {"leaseDurationSeconds": 30}, lease
        shared.ok(*SYSTEM, "delete", "lease", "t1")
    else:
        assert 'unknown field "spec.holderIdentty"' in done.stderr, done.stderr
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p1}\nspec: {containers: [{name: a}]}\n"
    assert "spec.containers[0].image: Required value" in shared.fails("create", "-f", "-", stdin=pod)


@test("create KIND, whichever encoding this kubectl sends")
def _():
    shared.ok("create", "secret", "generic", "c1", "--from-literal=a=b")
    assert shared.json("get", "secret", "c1")["data"] == {"a": "Yg=="}
    shared.ok("create", "configmap", "c1", "--from-literal=a=b")
    assert shared.json("get", "configmap", "c1")["data"] == {"a": "b"}
    shared.ok("create", "sa", "c1")
    shared.ok("delete", "secret/c1", "configmap/c1", "sa/c1")
    done = shared.run("create", "pdb", "c1", "--selector=a=b", "--min-available=50%")
    if done.returncode:     # kubectl before 1.21 knows policy/v1beta1 alone, which a server of 1.28 does not serve
        assert "policy/v1beta1" in done.stderr, done.stderr
        return
    assert shared.json("get", "pdb", "c1")["spec"] == {
        "minAvailable": "50%", "selector": {"matchLabels": {"a": "b"}}}
    shared.ok("delete", "pdb/c1")


@test("a pod of one's own runs and goes")
def _():
    shared.ok("run", "mine", "--image=docker.io/library/nginx:1.25")
    shared.ok("wait", "--for=condition=Ready", "pod/mine", "--timeout=120s")
    reasons = [e["reason"] for e in shared.json("get", "events", "--field-selector", "involvedObject.name=mine")["items"]]
    assert {"Scheduled", "Pulling", "Pulled", "Created", "Started"} <= set(reasons), reasons
    shared.ok("delete", "pod", "mine", "--timeout=120s")
    assert "NotFound" in shared.fails("get", "pod", "mine")


@test("a pod whose image does not exist goes through ErrImagePull and ImagePullBackOff")
def _():
    shared.ok("run", "stuck", "--image=docker.io/library/x:does-not-exist")
    seen = set()

    def both():
        status = shared.json("get", "pod", "stuck")["status"].get("containerStatuses", [{}])[0]
        seen.add(status.get("state", {}).get("waiting", {}).get("reason"))
        return {"ErrImagePull", "ImagePullBackOff"} <= seen
    wait_for(both, what=lambda: f"both reasons; saw {seen}")
    shared.ok("set", "image", "pod/stuck", "stuck=docker.io/library/nginx:1.25")
    shared.ok("wait", "--for=condition=Ready", "pod/stuck", "--timeout=120s")
    assert "pod updates may not change fields other than" in shared.fails(
        "patch", "pod", "stuck", "-p", '{"spec":{"nodeName":"other"}}')
    shared.ok("delete", "pod", "stuck", "--timeout=120s")


@test("the three patches, with 409, 422 and 500 as a real server answers them")
def _():
    deploy = (*SYSTEM, "patch", "deploy", "coredns")
    before = shared.json(*SYSTEM, "get", "deploy", "coredns")
    shared.ok(*deploy, "--type=merge", "-p", '{"metadata":{"annotations":{"a":"1"}}}')
    uid = before["metadata"]["uid"]
    shared.ok(*deploy, "--type=json", "-p", json.dumps([
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "add", "path": "/metadata/annotations/b", "value": "2"}]))
    shared.ok(*deploy, "-p", '{"metadata":{"annotations":{"a":null,"c":"3"}}}')
    notes = shared.json(*SYSTEM, "get", "deploy", "coredns")["metadata"]["annotations"]
    assert notes.get("b") == "2" and notes.get("c") == "3" and "a" not in notes, notes
    assert "request is invalid" in shared.fails(
        *deploy, "--type=json", "-p", '[{"op":"test","path":"/metadata/uid","value":"x"}]')
    assert "the object has been modified" in shared.fails(*deploy, "-p", '{"metadata":{"resourceVersion":"7"}}')
    assert 'metadata.uid: Invalid value: "7": field is immutable' in shared.fails(*deploy, "-p", '{"metadata":{"uid":"7"}}')
    assert "does not contain declared merge key: name" in shared.fails(
        *deploy, "-p", '{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}')
    assert "field is immutable" in shared.fails(
        *SYSTEM, "patch", "ds", "calico-node", "--type=merge", "-p",
        '{"spec":{"selector":{"matchLabels":{"x":"y"}},"template":{"metadata":{"labels":{"x":"y"}}}}}')
    assert "cannot unmarshal number" in shared.fails(
        *deploy, "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"coredns","image":7}]}}}}')


@test("dry-run=server shows the result and changes nothing")
def _():
    before = shared.json(*SYSTEM, "get", "ds", "kube-proxy")
    shown = json.loads(shared.ok(*SYSTEM, "set", "image", "ds/kube-proxy", "kube-proxy=x:1", "--dry-run=server", "-o", "json"))
    assert shown["spec"]["template"]["spec"]["containers"][0]["image"] == "x:1"
    assert shown["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert shared.json(*SYSTEM, "get", "ds", "kube-proxy") == before
    shared.ok("delete", "pod", "-n", "shop", "--all", "--dry-run=server")


@test("set image of one container writes its manager and leaves the other fields alone")
def _():
    before = shared.json("-n", "shop", "get", "deploy", "search")
    shared.ok("-n", "shop", "set", "image", "deploy/search", "search=docker.io/library/nginx:1.25", "--field-manager=tester")
    after = json.loads(shared.ok("get", "--raw", "/apis/apps/v1/namespaces/shop/deployments/search"))
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    entry = next(e for e in after["metadata"]["managedFields"] if e["manager"] == "tester")
    assert entry["fieldsV1"] == {"f:spec": {"f:template": {"f:spec": {"f:containers": {
        'k:{"name":"search"}': {"f:image": {}}}}}}}, entry
    shared.ok("-n", "shop", "rollout", "status", "deploy/search", "--timeout=120s")


@test("rollout restart replaces every pod, and history and undo know the revisions")
def _():
    before = {p["metadata"]["uid"] for p in pods_of(shared, "k8s-app=kube-dns")}
    shared.ok(*SYSTEM, "rollout", "restart", "deploy/coredns")
    shared.ok(*SYSTEM, "rollout", "status", "deploy/coredns", "--timeout=120s")
    live = [p for p in pods_of(shared, "k8s-app=kube-dns") if "deletionTimestamp" not in p["metadata"]]
    assert len(live) == 2 and not before & {p["metadata"]["uid"] for p in live}
    assert len(shared.ok(*SYSTEM, "rollout", "history", "deploy/coredns").strip().splitlines()) == 4
    shared.ok(*SYSTEM, "rollout", "undo", "deploy/coredns")
    shared.ok(*SYSTEM, "rollout", "status", "deploy/coredns", "--timeout=120s")


@test("a deleted pod of a DaemonSet, a Deployment, a StatefulSet is replaced")
def _():
    for name, kind in (("kube-proxy", "ds"), ("metrics-server", "deploy"), ("csi-cinder-controllerplugin", "sts")):
        pod = shared.json(*SYSTEM, "get", "pods")["items"]
        pod = next(p for p in pod if p["metadata"]["name"].startswith(name + "-"))
        shared.ok(*SYSTEM, "delete", "pod", pod["metadata"]["name"], "--timeout=120s")
        shared.ok(*SYSTEM, "rollout", "status", f"{kind}/{name}", "--timeout=120s") if kind != "sts" else wait_for(
            lambda: shared.json(*SYSTEM, "get", "sts", name)["status"].get("readyReplicas") == 1, what="the pod")
        assert pod["metadata"]["uid"] not in shared.ok(*SYSTEM, "get", "pods", "-o", "json")


@test("deleting a Deployment takes its ReplicaSets and pods along")
def _():
    shared.ok("create", "deployment", "d1", "--image=docker.io/library/nginx:1.25", "--replicas=2")
    shared.ok("rollout", "status", "deploy/d1", "--timeout=120s")
    shared.ok("delete", "deploy", "d1")
    wait_for(lambda: "d1-" not in shared.ok("get", "rs,pods", "-o", "name"), what="the pods to go")


@test("cordon taints the node with the time, uncordon takes it back")
def _():
    node = "nks-prod-default-worker-7"
    shared.ok("cordon", node)
    taints = wait_for(lambda: shared.json("get", "node", node)["spec"].get("taints"), what="the taint")
    assert taints[0]["key"] == "node.kubernetes.io/unschedulable" and taints[0]["timeAdded"], taints
    assert "SchedulingDisabled" in shared.ok("get", "node", node)
    shared.ok("uncordon", node)
    wait_for(lambda: not shared.json("get", "node", node)["spec"].get("taints"), what="the taint to go")


@test("drain evicts, and a disruption budget holds it up")
def _():
    node = next(p for p in shared.json("-n", "shop", "get", "pods", "-l", "app=checkout")["items"])["spec"]["nodeName"]
    shared.ok("-n", "shop", "patch", "pdb", "checkout", "--type=merge", "-p", '{"spec":{"minAvailable":6}}')
    wait_for(lambda: shared.json("-n", "shop", "get", "pdb", "checkout")["status"]["disruptionsAllowed"] == 0,
             what="the budget")
    # kubectl 1.20 ends with its time-out, newer ones too: the budget never allows it.
    text = shared.fails("drain", node, "--ignore-daemonsets", "--force", "--timeout=2s")
    assert "Cannot evict pod as it would violate the pod's disruption budget." in text, text
    shared.ok("-n", "shop", "patch", "pdb", "checkout", "--type=merge", "-p", '{"spec":{"minAvailable":4}}')
    shared.ok("drain", node, "--ignore-daemonsets", "--force", "--timeout=120s")
    left = shared.json("get", "pods", "-A", "--field-selector", f"spec.nodeName={node}")["items"]
    assert all(p["metadata"].get("ownerReferences", [{}])[0].get("kind") == "DaemonSet"
               or p["status"]["phase"] in ("Succeeded", "Failed") for p in left), left
    shared.ok("uncordon", node)


@test("get -w prints the changes of a rollout")
def _():
    watch = shared.start(*SYSTEM, "get", "pods", "-l", "k8s-app=metrics-server", "-w", "--no-headers")
    try:
        first = watch.stdout.readline()
        assert "metrics-server-" in first and "Running" in first, first
        shared.ok(*SYSTEM, "delete", "pod", first.split()[0], "--wait=false")
        seen = []
        while not (any("Terminating" in line for line in seen) and any("ContainerCreating" in line for line in seen)):
            seen.append(watch.stdout.readline())
            assert seen[-1], seen
    finally:
        watch.kill()
        watch.communicate()


@test("the way out of the outage: typha, kube-controllers, calico-node")
def _():
    with Kubectl("calico-outage") as cluster:
        shown = cluster.run(*SYSTEM, "rollout", "status", "deploy/calico-typha", "--timeout=1s")
        assert shown.returncode != 0, shown.stdout
        cluster.ok(*SYSTEM, "set", "image", "deploy/calico-typha", f"calico-typha={TYPHA}")
        cluster.ok(*SYSTEM, "rollout", "status", "deploy/calico-typha", "--timeout=120s")
        cluster.ok(*SYSTEM, "set", "image", "deploy/calico-kube-controllers",
                   "calico-kube-controllers=docker.io/calico/kube-controllers:v3.24.1")
        cluster.ok(*SYSTEM, "rollout", "status", "deploy/calico-kube-controllers", "--timeout=120s")
        wait_for(lambda: cluster.json(*SYSTEM, "get", "ds", "calico-node")["status"]["numberReady"] == 12,
                 what="felix to find typha on every node")
        before = {p["metadata"]["uid"] for p in pods_of(cluster, "k8s-app=calico-node")}
        node, cni = "docker.io/calico/node:v3.24.1", "docker.io/calico/cni:v3.24.1"
        cluster.ok(*SYSTEM, "set", "image", "ds/calico-node", f"calico-node={node}", f"mount-bpffs={node}",
                   f"install-cni={cni}", f"upgrade-ipam={cni}")
        cluster.ok(*SYSTEM, "rollout", "status", "ds/calico-node", "--timeout=120s")
        pods = [p for p in pods_of(cluster, "k8s-app=calico-node") if "deletionTimestamp" not in p["metadata"]]
        assert len(pods) == 12 and not before & {p["metadata"]["uid"] for p in pods}
        assert all(p["status"]["containerStatuses"][0]["ready"] for p in pods)
        status = cluster.json(*SYSTEM, "get", "ds", "calico-node")["status"]
        assert status["numberAvailable"] == status["updatedNumberScheduled"] == 12 and "numberUnavailable" not in status
        assert status["observedGeneration"] == 2, status


@test("rolled before typha, calico-node stays unready: order matters")
def _():
    with Kubectl("calico-outage") as cluster:
        cluster.ok(*SYSTEM, "set", "image", "ds/calico-node", "calico-node=docker.io/calico/node:v3.24.1",
                   "install-cni=docker.io/calico/cni:v3.24.1")
        done = cluster.run(*SYSTEM, "rollout", "status", "ds/calico-node", "--timeout=4s")
        assert done.returncode != 0, done.stdout
        status = cluster.json(*SYSTEM, "get", "ds", "calico-node")["status"]
        assert status["numberReady"] == 5 and status["updatedNumberScheduled"] == 7, status


@test("a Deployment that makes no progress by its deadline says so")
def _():
    shared.ok("create", "deployment", "late", "--image=docker.io/library/x:does-not-exist")
    shared.ok("patch", "deploy", "late", "--type=merge", "-p", '{"spec":{"progressDeadlineSeconds":2}}')
    assert "exceeded its progress deadline" in shared.fails("rollout", "status", "deploy/late", "--timeout=120s")
    shared.ok("delete", "deploy", "late")


with Kubectl("calico-outage") as shared:
    run()
