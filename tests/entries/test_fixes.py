#!/usr/bin/python3
"""Entries whose fix goes over the API, on their scenarios: fixed, verified, gone, nothing left to do, undone."""
import concurrent.futures
import json
import os
import sys
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from registries import Registries  # noqa: E402
from remedy import our_leases, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

APPS = "/apis/apps/v1/namespaces/"
REGISTRIES = Registries({
    "ghcr.io/acme/worker:2.4.1",
    *(f"docker.io/calico/{name}:v3.24.1" for name in ("node", "cni", "typha", "kube-controllers"))})
AT_WORK = 6  # clusters at once; they mostly wait for a symptom to stay away


class Story:
    """One fix of one finding, told by the console alone; tests look at what it left."""

    def __init__(self, entry, target, objects, *, name=None, undo=True, words=()):
        self.entry = entry
        self.target = target  # of the finding that is fixed
        self.objects = objects  # paths of what the fix changes
        self.words = ["--target", target] if target else []
        self.confirm_name = ["--confirm-name", name] if name else []
        self.extra = list(words)
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

    def tell(self):
        self.at["before"] = self.meaning()
        self.at["found"] = len(self.of_target())
        digest = self.digest("plan", self.entry, *self.words)
        self.at["fix"] = self.console("fix", self.entry, *self.words, "--confirm", digest, *self.confirm_name,
                                      *self.extra)
        self.at["after"] = self.meaning()
        self.at["left"] = len(self.of_target())
        self.at["again"] = self.console("fix", self.entry, *self.words)
        self.at["runs"] = runs(self.cluster)
        self.at["leases"] = our_leases(self.cluster)
        if self.undo_it:
            name = self.at["runs"][0]["id"]
            self.at["undo"] = self.console("undo", name, "--confirm", self.digest("undo", name), *self.confirm_name)
            self.at["undone"] = self.meaning()
            wait_for(lambda: self.of_target() or self.entry in ("E06", "E08", "E16", "E05"), 60,
                     what=lambda: f"{self.entry} to come back: {self.findings()}")

    def run(self):
        try:
            with Simulated(self.entry.lower()) as self.cluster:
                self.tell()
        except BaseException:
            self.failure = traceback.format_exc()


STORIES = [
    Story("E06", "Deployment/shop/order-worker", [APPS + "shop/deployments/order-worker"]),
    Story("E08", "DaemonSet/kube-system/calico-node",
          [APPS + "kube-system/" + name for name in ("daemonsets/calico-node", "deployments/calico-typha",
                                                     "deployments/calico-kube-controllers")]),
    Story("E11", "StatefulSet/shop/asset-store", [APPS + "shop/statefulsets/asset-store"]),
    Story("E11", "Deployment/batch/indexer", [APPS + "batch/deployments/indexer"]),
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
        assert story.at["undo"].code == 0, story.at["undo"]
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
