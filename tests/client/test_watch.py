#!/usr/bin/env python3
"""Lists and watches against simulated clusters: what we know equals what kubectl prints, and does so again after
every fault of the link."""
# Takes: 30 s
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from ports import own_port  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

OUT = os.path.join(ROOT, os.environ.get("OUT", ".build/release"))


class Cluster:
    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen([os.path.join(ROOT, "nks-triage-sim"), "--state-dir", self.folder.name,
                                         *arguments], stdout=subprocess.PIPE, text=True)
        hello = json.loads(self.process.stdout.readline())
        self.server, self.kubeconfig = hello["server"], hello["kubeconfig"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def kubectl(self, *arguments):
        return subprocess.run(["kubectl", "--kubeconfig", self.kubeconfig, *arguments], check=True,
                              capture_output=True, text=True).stdout

    def fault(self, **faults):
        request = urllib.request.Request(self.server + "/sim/fault", method="POST",
                                         data=json.dumps(faults).encode())
        urllib.request.urlopen(request).read()

    def pods(self):
        rows = []
        for line in self.kubectl("get", "pods", "-A", "--no-headers").splitlines():
            line = re.sub(r"\(\S+ ago\)", "", line)
            name_space, name, ready, status, restarts = line.split()[:5]
            rows.append([name_space, name, ready, status, int(restarts)])
        return sorted(rows)

    def versions(self):
        """uid to resourceVersion of everything that is watched, events aside (they come and go by themselves)."""
        versions = {}
        for path in ("api/v1/nodes", "api/v1/pods", *("apis/apps/v1/" + resource for resource in (
                "daemonsets", "deployments", "replicasets", "statefulsets"))):
            with urllib.request.urlopen(f"{self.server}/{path}") as answer:
                for item in json.load(answer)["items"]:
                    versions[item["metadata"]["uid"]] = item["metadata"]["resourceVersion"]
        return versions

    def nodes(self):
        return sorted([line.split()[i] for i in (0, 1, 2, 4)]
                      for line in self.kubectl("get", "nodes", "--no-headers").splitlines())


class Watch:
    def __init__(self, cluster, *arguments):
        self.process = subprocess.Popen([os.path.join(OUT, "tests/client/watch"), cluster.kubeconfig, *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0

    def view(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait_complete(self):
        return wait_for(lambda: (lambda view: view["complete"] and view)(self.view()), what="the lists")


def assert_same(cluster, watch):
    """Both views are equal at some moment soon: the cluster may change between the two questions."""
    last = {}

    def same():
        ours = watch.view()
        last["ours"], last["theirs"] = (sorted(ours["pods"]), sorted(ours["nodes"])), (cluster.pods(), cluster.nodes())
        return last["ours"] == last["theirs"] and ours["versions"] == cluster.versions()

    def difference():
        return "; ".join(f"ours {a}, kubectl {b}" for ours, theirs in zip(last["ours"], last["theirs"])
                         for a, b in ((x, None) for x in ours if x not in theirs)) or str(
            [x for ours, theirs in zip(last["ours"], last["theirs"]) for x in theirs if x not in ours])

    wait_for(same, what=lambda: "the same view: " + difference())


def follow_changes(cluster, watch):
    """A deleted pod, a cordoned node: seen after whatever happened before."""
    victim = next(pod for pod in cluster.pods() if pod[1].startswith("coredns"))
    node = cluster.nodes()[0][0]
    cordoned = "SchedulingDisabled" in cluster.nodes()[0][1]
    cluster.kubectl("uncordon" if cordoned else "cordon", node)
    cluster.kubectl("delete", "pod", "-n", victim[0], victim[1], "--wait=false")
    assert_same(cluster, watch)
    assert victim[1] not in [pod[1] for pod in watch.view()["pods"]] or \
        victim[1] in [pod[1] for pod in cluster.pods()]


@test("columns of the calico outage equal kubectl's")
def _():
    with Cluster("--scenario", "calico-outage") as cluster, Watch(cluster) as watch:
        view = watch.wait_complete()
        assert len(view["pods"]) > 100 and len(view["nodes"]) == 12, (len(view["pods"]), len(view["nodes"]))
        assert any(pod[3] == "ImagePullBackOff" or pod[3] == "ErrImagePull" for pod in view["pods"])
        assert_same(cluster, watch)


@test("columns of the hostile scenario equal kubectl's")
def _():
    with Cluster("--scenario", "hostile") as cluster, Watch(cluster) as watch:
        view = watch.wait_complete()
        assert view["pods"] and all(state[0] == "current" for state in view["states"].values()), view["states"]
        assert_same(cluster, watch)


@test("changes are followed, each told once")
def _():
    with Cluster("--scenario", "healthy") as cluster, Watch(cluster) as watch:
        watch.wait_complete()
        assert_same(cluster, watch)
        follow_changes(cluster, watch)
        wait_for(lambda: all(state == ["current", ""] for state in watch.view()["states"].values()),
                 what=lambda: str(watch.view()["states"]))


FAULTS = [("an ERROR event 410", {"gone": "event", "watchEnd": False}, {"gone": None}),
          ("HTTP 410 on watches", {"gone": "http"}, {"gone": None}),
          ("watches that end at once", {"watchEnd": True}, {"watchEnd": False}),
          ("connections that are reset", {"reset": True}, {"reset": False}),
          ("JSON cut in the middle", {"half": True}, {"half": False}),
          ("a page of HTML", {"html": True}, {"html": False}),
          ("429 with Retry-After", {"throttle": 1}, {"throttle": 0}),
          ("401 for a while", {"unauthorized": True}, {"unauthorized": False})]


def meet_fault(cluster, watch, name, begin, end):
    watch.wait_complete()
    before = watch.view()["requests"]
    # Watches that are open end, so that each kind meets the fault.
    cluster.fault(**{"watchEnd": True, **begin})
    wait_for(lambda: watch.view()["requests"] >= before + 14, what=f"seven kinds to meet {name}")
    cluster.fault(**{"watchEnd": False, **end})
    follow_changes(cluster, watch)
    wait_for(lambda: all(state[0] == "current" for state in watch.view()["states"].values()),
             what=lambda: str(watch.view()["states"]))


@test("the view converges after every fault")
def _():
    with Cluster("--scenario", "healthy") as cluster:
        for name, begin, end in FAULTS:
            try:
                with Watch(cluster) as watch:
                    meet_fault(cluster, watch, name, begin, end)
            except AssertionError as error:
                raise AssertionError(f"after {name}: {error}") from error


@test("a forbidden kind is said, with verb and resource; the others are known")
def _():
    with Cluster("--scenario", "healthy", "--fault", "forbidden=pods") as cluster, Watch(cluster) as watch:
        view = watch.wait_complete()
        assert view["states"]["pods"][0] == "forbidden" and "list pods" in view["states"]["pods"][1], view["states"]
        assert view["states"]["nodes"] == ["current", ""]
        assert len(view["nodes"]) > 0 and view["pods"] == []


@test("a user who may nothing sees only that")
def _():
    with Cluster("--scenario", "healthy") as cluster, Watch(cluster, "--as", "nobody") as watch:
        view = watch.wait_complete()
        assert all(state[0] == "forbidden" and "list " in state[1] for state in view["states"].values()), view["states"]


@test("a server that is not there is a failure with its layer, and mends by itself")
def _():
    port = str(own_port())
    cluster = Cluster("--scenario", "healthy", "--port", port)
    with Watch(cluster) as watch:
        watch.wait_complete()
        cluster.process.terminate()
        cluster.process.wait()
        view = wait_for(lambda: (lambda v: v["states"]["pods"][0] == "stale" and v)(watch.view()), what="stale")
        assert len(view["pods"]) > 20 and view["states"]["pods"][1]     # what was known stays
        with Cluster("--scenario", "healthy", "--port", port) as again:
            wait_for(lambda: watch.view()["states"]["pods"][0] == "current", what="the link")
            assert_same(again, watch)
    cluster.process.stdout.close()
    cluster.folder.cleanup()


run()
