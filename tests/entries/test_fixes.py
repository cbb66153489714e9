#!/usr/bin/python3
"""Entries whose fix goes over the API, on their scenarios: fixed, verified, gone, nothing left to do, undone."""
# Waits: for the hold times of fixes.
# Takes: 110 s
import concurrent.futures
import json
import os
import sys
import traceback
import types
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from registries import Registries  # noqa: E402
from remedy import Running, kubectl, our_leases, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

APPS = "/apis/apps/v1/namespaces/"
REGISTRIES = Registries({
    "ghcr.io/acme/worker:2.4.1", "docker.io/flannel/flannel:v0.14.0", "docker.io/flannel/flannel-cni-plugin:v0.3.0",
    *(f"docker.io/calico/{name}:v3.24.1" for name in ("node", "cni", "typha", "kube-controllers"))})
AT_WORK = 13  # clusters at once; they mostly wait for a symptom to stay away


class Story:
    """One fix of one finding, told by the console alone; tests look at what it left."""

    def __init__(self, entry, target, objects, *, name=None, undo=True, words=(), acts=(), stays=False,
                 breaks=False):
        """acts: (what the console prints, what people do outside when it does); stays: undone, it is not broken at once;
        breaks: undone, pods are made anew of what did not work."""
        self.entry = entry
        self.target = target  # of the finding that is fixed
        self.objects = objects  # paths of what the fix changes
        # The steps of these name their targets: to name one would leave the others out.
        self.words = [] if entry in ("E08", "E10", "E12", "E14", "E16") else ["--target", target]
        self.confirm_name = ["--confirm-name", name] if name else []
        self.extra = words
        self.acts = acts
        self.stays = stays
        self.breaks = breaks
        self.undo_it = undo
        self.failure = None
        self.at = {}

    def console(self, *words):
        return self.cluster.console(*words, timeout=400, **REGISTRIES.environment)

    def meaning(self):
        """What of the objects somebody has decided: not versions, managers and status."""
        found = {}
        for path in self.objects:
            try:
                value = self.cluster.get(path)
            except OSError:
                found[path] = None
                continue
            metadata = {k: value["metadata"].get(k) for k in ("labels", "annotations", "finalizers", "uid")}
            metadata["annotations"] = {k: v for k, v in (metadata["annotations"] or {}).items()
                                       if not k.startswith("deployment.kubernetes.io/")}
            found[path] = {"metadata": metadata, **{k: v for k, v in value.items() if k in ("spec", "data",
                                                                                            "imagePullSecrets")}}
        return found

    def findings(self):
        answer = self.console("report", "-o", "json")
        assert answer.out, answer
        return [f for f in json.loads(answer.out)["findings"] if f["id"] == self.entry]

    def of_target(self):
        """Those with the target or one of its pods."""
        name = self.target.split("/")[-1]
        return [f for f in self.findings() if any(o["name"] == name or o["name"].startswith(name + "-")
                                                  for o in f["objects"])]

    def digest(self, *words):
        answer = self.console(*words)
        last = answer.out.splitlines()[-1] if answer.out else ""
        assert answer.code in (0, 6) and last.startswith("digest: "), answer
        return last.split()[1]

    def secrets(self):
        words = []
        for name, value in self.extra:
            path = os.path.join(self.cluster.folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(value)
            os.chmod(path, 0o600)
            words += ["--secret-file", f"{name}={path}"]
        return words

    def fix(self, *words):
        running = Running(self.cluster, "fix", self.entry, *self.words, *words, **REGISTRIES.environment)
        for part, act in self.acts:
            running.wait_line(part)
            act(self.cluster)
        code = running.end()
        return types.SimpleNamespace(code=code, out=running.text())

    def tell(self):
        self.at["before"] = self.meaning()
        self.at["found"] = len(self.of_target())
        digest = self.digest("plan", self.entry, *self.words)
        self.at["fix"] = self.fix("--confirm", digest, *self.confirm_name, *self.secrets())
        self.at["after"] = self.meaning()
        self.at["left"] = len(self.of_target())
        self.at["again"] = self.console("fix", self.entry, *self.words)
        self.at["runs"] = runs(self.cluster)
        self.at["leases"] = our_leases(self.cluster)
        if self.undo_it:
            name = self.at["runs"][0]["id"]
            self.at["undo"] = self.console("undo", name, "--confirm", self.digest("undo", name), *self.confirm_name)
            self.at["undone"] = self.meaning()
            wait_for(lambda: self.of_target() or self.stays,
                     what=lambda: f"{self.entry} to come back: {self.findings()}")

    def run(self):
        try:
            with Simulated(self.entry.lower()) as self.cluster:
                self.tell()
        except BaseException:
            self.failure = traceback.format_exc()


def post(cluster, path, body):
    request = urllib.request.Request(cluster.server + path, json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request, timeout=90).close()


def join_node(cluster):
    post(cluster, "/sim/nodes", {"name": "nks-prod-scaleout-1", "group": "scaleout"})


def remove_node(cluster):
    kubectl(cluster, "delete", "node", "nks-prod-scaleout-0", "--wait=false")


def set_images(cluster, workload, *images):
    kubectl(cluster, "-n", "kube-system", "set", "image", workload, *images)


def enable_registry(cluster):
    """What the cloud console does: default images get names of the registry in the closed network."""
    post(cluster, "/sim/registry", [{"image": "k8s.gcr.io/pause:*", "seconds": 0.2}])
    for workload, name in (("daemonset/kube-proxy", "kube-proxy"), ("deployment/metrics-server", "metrics-server")):
        set_images(cluster, workload, f"{name}=a1b2c3d4-kr1-registry.container.nhncloud.com/nks/{name}:v1.28.3")


def update_addon(cluster):
    set_images(cluster, "daemonset/calico-node", "calico-node=docker.io/calico/node:v3.28.2",
               "upgrade-ipam=docker.io/calico/cni:v3.28.2", "install-cni=docker.io/calico/cni:v3.28.2",
               "mount-bpffs=docker.io/calico/node:v3.28.2")
    set_images(cluster, "deployment/calico-kube-controllers",
               "calico-kube-controllers=docker.io/calico/kube-controllers:v3.28.2")


def restart_database(cluster):
    kubectl(cluster, "-n", "shop", "delete", "pod", "orders-db-0", "--wait=false")


STORIES = [
    Story("E03", "Deployment/shop/web-api", ["/api/v1/namespaces/shop/serviceaccounts/default",
                                             "/api/v1/namespaces/shop/secrets/nks-triage-docker-hub"],
          name="simulated", words=[("username", "shop-robot"), ("password", "not-a-real-token")], stays=True),
    Story("E04", "Deployment/shop/pricing", [APPS + "kube-system/daemonsets/kube-proxy"],
          acts=[("[1/", enable_registry)], undo=False),
    Story("E14", "Node/nks-prod-readded-0", [APPS + "kube-system/deployments/calico-kube-controllers"],
          acts=[("[1/", update_addon)], undo=False),
    Story("E05", "DaemonSet/kube-system/kube-flannel-ds", [APPS + "kube-system/daemonsets/kube-flannel-ds"], stays=True,
          breaks=True),
    Story("E06", "Deployment/shop/order-worker", [APPS + "shop/deployments/order-worker"], stays=True, breaks=True),
    Story("E10", "PersistentVolumeClaim/shop/data-orders-db-0",
          ["/api/v1/namespaces/kube-system/secrets/cinder-csi-cloud-config"],
          acts=[("verifying by the signs", restart_database)], stays=True),
    Story("E12", "DaemonSet/kube-system/calico-node", [APPS + "kube-system/daemonsets/calico-node"]),
    Story("E16", "Node/nks-prod-scaleout-0",
          [APPS + "kube-system/" + name for name in ("daemonsets/calico-node", "deployments/calico-typha",
                                                     "deployments/calico-kube-controllers")],
          acts=[("[1/", remove_node), ("[9/", join_node)], stays=True, breaks=True),
    Story("E08", "DaemonSet/kube-system/calico-node",
          [APPS + "kube-system/" + name for name in ("daemonsets/calico-node", "deployments/calico-typha",
                                                     "deployments/calico-kube-controllers")], stays=True, breaks=True),
    Story("E11", "StatefulSet/shop/asset-store", [APPS + "shop/statefulsets/asset-store"], breaks=True),
    Story("E11", "Deployment/batch/indexer", [APPS + "batch/deployments/indexer"], breaks=True),
    Story("E15", "DaemonSet/kube-system/csi-cinder-nodeplugin", [APPS + "kube-system/daemonsets/csi-cinder-nodeplugin"]),
    Story("E15", "Deployment/kube-system/kubernetes-dashboard", [APPS + "kube-system/deployments/kubernetes-dashboard"],
          name="simulated", undo=False),
]


def fixed(story):
    def check():
        assert not story.failure, story.failure
        assert story.at["found"] == 1, story.at["found"]
        assert story.at["fix"].code == 0 and "done and verified" in story.at["fix"].out, story.at["fix"]
        assert story.at["after"] != story.at["before"]
        assert story.at["left"] == 0
        assert story.at["again"].code == 0 and "nothing to do" in story.at["again"].out, story.at["again"]
        assert [r["state"] for r in story.at["runs"]] == ["verified"] and story.at["leases"] == [], story.at
    return check


def undone(story):
    def check():
        assert not story.failure, story.failure
        # What was put back is what did not work: where pods have to be made anew of it, they do not become ready.
        assert story.at["undo"].code == 0, story.at["undo"]
        assert ("does not become ready" in story.at["undo"].err) == story.breaks, story.at["undo"]
        assert story.at["undone"] == story.at["before"], (story.at["before"], story.at["undone"])
    return check


for _story in STORIES:
    test(f"{_story.entry} on {_story.target}: fixed, verified, gone; run again there is nothing to do")(fixed(_story))
    if _story.undo_it:
        test(f"{_story.entry} on {_story.target}: undone, what it changed is as before")(undone(_story))


@test("E15 on an object that is being deleted: with its last finalizer it is gone, and its pods with it")
def _():
    story = next(s for s in STORIES if s.target.endswith("kubernetes-dashboard"))
    assert not story.failure, story.failure
    assert story.at["before"][story.objects[0]] and story.at["after"][story.objects[0]] is None


with concurrent.futures.ThreadPoolExecutor(AT_WORK) as _pool:
    list(_pool.map(Story.run, STORIES))
REGISTRIES.stop()
run()
