#!/usr/bin/python3
"""Faults that have broken nothing yet, from saved objects: warnings in their own words, and what only looks alike."""
import atexit
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from dumps import at, condition, node, thing  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.mkdtemp(prefix="nks-triage-test-")
atexit.register(shutil.rmtree, HOME)
RUNS = {"running": {"startedAt": at(300)}}


def worker(version="v1.28.3", runtime="containerd://1.6.33", name="n1"):
    made = node(name=name)
    made["status"]["nodeInfo"] = {"kubeletVersion": version, "containerRuntimeVersion": runtime}
    made["status"]["conditions"] = [condition("Ready", "True", 6000)]
    return made


def daemon_set(name, *images, namespace="kube-system", init=(), **metadata):
    template = {"initContainers": [{"name": f"i{n}", "image": image} for n, image in enumerate(init)],
                "containers": [{"name": f"c{n}", "image": image} for n, image in enumerate(images)]}
    return thing("DaemonSet", name, {"template": {"spec": template}},
                 {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1,
                  "updatedNumberScheduled": 1, "numberMisscheduled": 0}, 60000, namespace, **metadata)


def app(image, phase="Running"):
    return {**thing("Pod", "web-1", {"nodeName": "n1", "containers": [{"name": "app", "image": image}]},
                    {"phase": phase, "conditions": [condition("Ready", "True", 600)],
                     "containerStatuses": [{"name": "app", "image": image, "imageID": "", "ready": True, "restartCount": 0,
                                            "state": RUNS}]})}


def report(*objects, language="en"):
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    answer = run_console(HOME, "--lang", language, "report", "-o", "json", "--from", "-", stdin=text)
    assert answer.code in (0, 3, 4), answer
    return json.loads(answer.out)["findings"], answer.code


def warns(entry, title, *objects):
    findings, code = report(*objects)
    assert [(f["id"], f["severity"]) for f in findings] == [(entry, "warning")], findings
    assert findings[0]["title"] == title, findings[0]["title"]
    assert code == 4
    return findings[0]


def quiet(*objects):
    findings, code = report(*objects)
    assert findings == [] and code == 0, findings


FLANNEL = "quay.io/coreos/flannel:v0.12.0-amd64"
GITHUB = "docker.pkg.github.com/acme/shop/web:1.2"
BARE = "calico-node:v3.24.1"


@test("E05: Flannel from quay.io runs from copies; init containers count, a mirror's path does not")
def _():
    title = "Flannel's images will be missing on the next new node"
    found = warns("E05", title, daemon_set("kube-flannel-ds", FLANNEL), worker())
    assert found["confidence"] == "certain" and found["objects"][0]["name"] == "kube-flannel-ds"
    assert any("image" in line["source"] and FLANNEL in line["text"] for line in found["evidence"]), found["evidence"]
    warns("E05", title, daemon_set("kube-flannel-ds", "docker.io/flannel/flannel:v0.24.0",
                                   init=["quay.io/coreos/flannel-cni:v0.3.0"]), worker())
    quiet(daemon_set("kube-flannel-ds", "docker.io/flannel/flannel:v0.24.0"), worker())
    quiet(daemon_set("kube-flannel-ds", "mirror.example/quay.io/coreos/flannel:v0.12.0"), worker())
    quiet(daemon_set("other", "quay.io/coreos/flannel-migrator:v1"), worker())


@test("E06: a pod that still runs from docker.pkg.github.com; another host of GitHub does not count")
def _():
    title = "An image from docker.pkg.github.com stops the way to 1.24"
    warns("E06", title, app(GITHUB), worker("v1.23.3", "docker://20.10.9"))
    quiet(app("ghcr.io/acme/web:1.2"), worker("v1.23.3", "docker://20.10.9"))
    quiet(app("mirror.example/docker.pkg.github.com/acme/shop/web:1.2"), worker("v1.23.3", "docker://20.10.9"))
    quiet(app("docker.pkg.github.com.example/acme/shop/web:1.2"), worker("v1.23.3", "docker://20.10.9"))


@test("E16: images that no registry answers for, on clusters that it concerns")
def _():
    title = "The next new node will not get Calico's images"
    warns("E16", title, daemon_set("calico-node", BARE), worker("v1.29.3"))
    warns("E16", title, daemon_set("calico-node", "docker.io/calico/node:v3.24.1", init=[
        "harbor-kr1.cloud.toastoven.net/container_service/calico/cni:v3.24.1"]), worker("v1.27.3"))
    quiet(daemon_set("calico-node", BARE), worker("v1.30.4"))
    quiet(daemon_set("calico-node", "docker.io/calico/node:v3.24.1"), worker("v1.28.3"))
    quiet(daemon_set("calico-node", "calico/node:v3.24.1"), worker("v1.28.3"))
    quiet(daemon_set("calico-node", "mirror.example/calico/node:v3.24.1"), worker("v1.28.3"))
    quiet(daemon_set("calico-node", "a1b2c3d4-kr1-registry.container.nhncloud.com/calico/node:v3.24.1"), worker("v1.28.3"))


@test("E15: a finalizer that nobody knows on a default resource; ordinary ones, and resources of one's own, are left alone")
def _():
    title = "A finalizer on a default resource will stop the next upgrade"
    warns("E15", title, daemon_set("csi-cinder-nodeplugin", "x:1", finalizers=["acme.example/keep"]), worker())
    role = thing("ClusterRole", "calico-node", finalizers=["acme.example/keep"])
    role["apiVersion"] = "rbac.authorization.k8s.io/v1"
    del role["metadata"]["namespace"]
    warns("E15", title, role, worker())
    for known in ("foregroundDeletion", "orphan", "external-attacher/cinder-csi-openstack-org",
                  "kubernetes.io/pv-protection"):
        quiet(daemon_set("csi-cinder-nodeplugin", "x:1", finalizers=[known]), worker())
    quiet(daemon_set("shop-agent", "x:1", finalizers=["acme.example/keep"]), worker())
    quiet(daemon_set("calico-node", "docker.io/calico/node:v3.24.1", namespace="shop", finalizers=["acme.example/keep"]),
          worker())


@test("E15: while it is being deleted it is the fault itself: critical, certain, in other words")
def _():
    findings, code = report(daemon_set("csi-cinder-nodeplugin", "x:1", finalizers=["acme.example/keep"],
                                       deletionTimestamp=at(30), deletionGracePeriodSeconds=0), worker())
    assert [(f["id"], f["severity"], f["confidence"]) for f in findings] == [("E15", "critical", "certain")], findings
    assert findings[0]["title"] == "A finalizer on a default resource stops the cluster's upgrade" and code == 3


@test("the words are there in three languages")
def _():
    titles = {report(daemon_set("kube-flannel-ds", FLANNEL), worker(), language=language)[0][0]["title"]
              for language in ("en", "ko", "ja")}
    assert len(titles) == 3, titles


run()
