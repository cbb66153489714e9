#!/usr/bin/env python3
"""What happens to a simulated cluster outside of the API: nodes, mounts, volumes, pulls, and how pods take it."""
import base64
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from api import Api  # noqa: E402
from tap import test, run  # noqa: E402
from wait import wait_for  # noqa: E402

QUICK = ("--time-scale", "0.1")
PATCH = {"Content_Type": "application/merge-patch+json"}
PODS = "/api/v1/namespaces/{}/pods"


def pods(api, namespace, prefix):
    return [p for p in api.list(PODS.format(namespace))["items"] if p["metadata"]["name"].startswith(prefix)]


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def condition(node, kind):
    return next(c for c in node["status"]["conditions"] if c["type"] == kind)


def all_ready(api, namespace, prefix, count=1):
    return wait_for(lambda: len(found := pods(api, namespace, prefix)) == count and all(map(is_ready, found)) and found,
                    what=lambda: f"{prefix} to be ready: {[p['status'] for p in pods(api, namespace, prefix)]}")


@test("a pod that is held back waits with its events until the fact on its node changes")
def _():
    with Api("e09", *QUICK) as api:
        waiting = pods(api, "shop", "media-")
        assert {s["state"]["waiting"]["reason"] for p in waiting for s in p["status"]["containerStatuses"]} == {
            "ContainerCreating"}
        messages = [e["message"] for e in api.list("/api/v1/namespaces/shop/events")["items"]
                    if e["reason"] == "FailedMount" and e["involvedObject"]["name"].startswith("media-")]
        assert len(messages) == 2 and all(p["metadata"]["uid"] in "".join(messages) for p in waiting), messages
        status, facts = api.call("POST", "/sim/nodes/nks-prod-default-worker-4", {"facts": {"rpc-statd": "active"}})
        assert (status, facts) == (200, {"rpc-statd": "active"})
        all_ready(api, "shop", "media-", 2)
        assert not is_ready(pods(api, "batch", "archive-")[0])


@test("a field of the pod releases it: the controller makes new pods of the patched template")
def _():
    with Api("e11", *QUICK) as api:
        path = "/apis/apps/v1/namespaces/batch/deployments/indexer"
        status, _ = api.call("PATCH", path, {"spec": {"template": {"spec": {"securityContext": {
            "fsGroupChangePolicy": "OnRootMismatch"}}}}}, **PATCH)
        assert status == 200
        all_ready(api, "batch", "indexer-")


@test("a node joins without a network, and is ready with its calico-node pod")
def _():
    with Api("healthy", *QUICK) as api:
        version = api.list("/api/v1/nodes")["metadata"]["resourceVersion"]
        with api.watch(f"/api/v1/nodes?watch=1&fieldSelector=metadata.name%3Dextra-1&resourceVersion={version}") as watch:
            status, _ = api.call("POST", "/sim/nodes", {"name": "extra-1", "group": "default-worker"})
            assert status == 200
            # All that it ever was, whatever it is by the time it is read: with a kubelet, too, Ready comes once and last.
            seen = []
            while not seen or condition(seen[-1], "Ready")["status"] != "True":
                seen.append((watch.next() or {"object": None})["object"])
                assert seen[-1] and seen[-1].get("kind") == "Node", seen
        assert len(seen) > 1, seen
        for node in seen[:-1]:
            ready = condition(node, "Ready")
            assert ready["status"] == "False" and "cni plugin" in ready["message"], ready
            assert [t["key"] for t in node["spec"]["taints"]] == ["node.kubernetes.io/not-ready"], node["spec"]
        assert not seen[-1]["spec"].get("taints"), seen[-1]["spec"]
        assert any(p["spec"].get("nodeName") == "extra-1" and is_ready(p)
                   for p in pods(api, "kube-system", "calico-node-")), pods(api, "kube-system", "calico-node-")
        assert api.call("POST", "/sim/nodes", {"name": "extra-1", "group": "default-worker"})[0] == 400
        assert api.call("POST", "/sim/nodes", {"name": "extra-2", "group": "nobody"})[0] == 400


@test("a node that is deleted takes its pods and its Lease with it; the same name comes back with a new uid")
def _():
    with Api("healthy", *QUICK) as api:
        name = "nks-prod-default-worker-3"
        before = api.list("/api/v1/nodes/" + name)["metadata"]["uid"]
        assert api.call("DELETE", "/api/v1/nodes/" + name)[0] == 200
        assert api.call("GET", "/api/v1/nodes/" + name)[0] == 404
        assert api.call("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/" + name)[0] == 404
        assert not [p for p in api.list("/api/v1/pods")["items"] if p["spec"].get("nodeName") == name]
        api.call("POST", "/sim/nodes", {"name": name, "group": "default-worker"})
        assert api.list("/api/v1/nodes/" + name)["metadata"]["uid"] != before


@test("a reboot changes the boot id, says so, and restarts what ran")
def _():
    with Api("healthy", *QUICK) as api:
        name = "nks-prod-default-worker-3"
        boot = api.list("/api/v1/nodes/" + name)["status"]["nodeInfo"]["bootID"]
        api.call("POST", "/sim/nodes/" + name, {"reboot": True})
        after = api.list("/api/v1/nodes/" + name)["status"]["nodeInfo"]["bootID"]
        assert after != boot
        assert any(e["reason"] == "Rebooted" and after in e["message"] for e in api.list("/api/v1/events")["items"])
        here = [p for p in pods(api, "kube-system", "kube-proxy-") if p["spec"]["nodeName"] == name]
        assert [s["restartCount"] for p in here for s in p["status"]["containerStatuses"]] == [1]


@test("a pull secret of the service account lets new pods pull, and only those")
def _():
    with Api("e03", *QUICK) as api:
        config = base64.b64encode(json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": "eDp5"}}}).encode()).decode()
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hub"},
                  "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": config}}
        assert api.call("POST", "/api/v1/namespaces/shop/secrets", secret, Content_Type="application/json")[0] == 201
        api.call("PATCH", "/api/v1/namespaces/shop/serviceaccounts/default", {"imagePullSecrets": [{"name": "hub"}]},
                 **PATCH)
        old = pods(api, "shop", "web-api-")
        assert len(old) == 2 and not any(map(is_ready, old))
        api.call("DELETE", PODS.format("shop") + "/" + old[0]["metadata"]["name"])
        (young,) = wait_for(lambda: [p for p in pods(api, "shop", "web-api-") if is_ready(p)], what="a ready pod")
        assert young["spec"]["imagePullSecrets"] == [{"name": "hub"}]
        assert not is_ready(next(p for p in pods(api, "shop", "web-api-") if p["metadata"]["uid"] == old[1]["metadata"]["uid"]))


def capacity(api, claim):
    for node in api.list("/api/v1/nodes")["items"]:
        summary = api.list(f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary")
        for pod in summary["pods"]:
            for volume in pod["volume"]:
                if volume.get("pvcRef", {}).get("name") == claim:
                    return volume["capacityBytes"]
    return None


@test("a kubelet tells the size of file systems; they grow when the plugin rescans and the pod comes anew")
def _():
    with Api("e10", *QUICK) as api:
        gib = 1 << 30
        assert capacity(api, "data-orders-db-0") < 50 * gib < 90 * gib < capacity(api, "data-audit-db-0")
        assert capacity(api, "raw-raw-store-0") is None
        assert api.call("GET", "/api/v1/nodes/nks-prod-default-worker-0/proxy/stats/summary",
                        Impersonate_User="viewer")[0] == 403

        def again(prefix, namespace, count):
            present = pods(api, namespace, prefix)
            old = {p["metadata"]["uid"] for p in present}
            for pod in present:
                api.call("DELETE", PODS.format(namespace) + "/" + pod["metadata"]["name"])
            wait_for(lambda: not old & {p["metadata"]["uid"] for p in pods(api, namespace, prefix)}, what="new pods")
            all_ready(api, namespace, prefix, count)

        path = "/api/v1/namespaces/kube-system/secrets/cinder-csi-cloud-config"
        config = base64.b64decode(api.list(path)["data"]["cloud-config"]).decode()
        config = config.replace("[BlockStorage]\n", "[BlockStorage]\nrescan-on-resize = true\n")
        api.call("PATCH", path, {"data": {"cloud-config": base64.b64encode(config.encode()).decode()}}, **PATCH)
        again("orders-db-", "shop", 1)
        assert capacity(api, "data-orders-db-0") < 50 * gib, "the plugins have not read the new configuration yet"
        again("csi-cinder-nodeplugin-", "kube-system", 12)
        again("orders-db-", "shop", 1)
        assert capacity(api, "data-orders-db-0") > 90 * gib


@test("registries answer by new rules from then on; what waits for an image goes on")
def _():
    with Api("e04", *QUICK) as api:
        assert api.call("POST", "/sim/registry", [{"image": "k8s.gcr.io/pause:*", "seconds": 0.1}])[0] == 200
        all_ready(api, "shop", "pricing-", 3)
        assert api.call("POST", "/sim/registry", {"no": "list"})[0] == 400


@test("an object that is being deleted takes no new finalizer, and goes with its last, with what it owns")
def _():
    with Api("e15", *QUICK) as api:
        path = "/apis/apps/v1/namespaces/kube-system/deployments/kubernetes-dashboard"
        status, refusal = api.call("PATCH", path, {"metadata": {"finalizers": ["cleanup.example.com/hold", "other/x"]}},
                                   **PATCH)
        assert status == 422 and "no new finalizers can be added" in refusal["message"], refusal
        assert api.call("PATCH", path, {"metadata": {"finalizers": []}}, **PATCH)[0] == 200
        assert api.call("GET", path)[0] == 404
        wait_for(lambda: not pods(api, "kube-system", "kubernetes-dashboard-"), what="its pods to go")


@test("what a scenario includes is there, what it leaves out is not, and what both have is the later one's")
def _():
    with Api("e05") as api:
        assert api.call("GET", "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")[0] == 404
        assert api.call("GET", "/apis/apps/v1/namespaces/shop/deployments/storefront")[0] == 200
        assert len(api.list("/api/v1/nodes")["items"]) == 10
        assert condition(api.list("/api/v1/nodes/nks-prod-default-worker-1"), "NetworkUnavailable")["reason"] == "FlannelIsUp"


run()
