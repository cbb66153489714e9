#!/usr/bin/python3
"""Our columns of pods and nodes equal those of `kubectl get -o wide` on a real apiserver, line by line, in every
state: as they come by the watch, and as a list has them."""
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane"), HERE]
import pod_states  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402
from watcher import Watcher  # noqa: E402

# Nothing but the apiserver: no controller may change what the test wrote.
PLANE = ControlPlane(controllers=False)
API = Api(PLANE)
PODS = "/api/v1/namespaces/states/pods"


def make_node(node):
    name, labels, unschedulable, status = node
    body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
            "spec": {"unschedulable": unschedulable}}
    made = API.post("/api/v1/nodes", body)
    API.put(f"/api/v1/nodes/{name}/status", dict(made, status=status))


def make_pod(pod):
    name, body, status, life = pod
    made = API.post(PODS, body)
    if status is not None:
        API.put(f"{PODS}/{name}/status", dict(made, status=status))
    if life:
        API.delete(f"{PODS}/{name}")


def table(*arguments):
    """The cells of kubectl's lines, cut where its header's columns begin."""
    lines = PLANE.kubectl("get", *arguments, "-o", "wide").stdout.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+(?: \S+)*", lines[0])]
    return [tuple(line[a:b].strip() for a, b in zip(starts, starts[1:] + [None])) for line in lines[1:]]


def compare(watcher, kind, *arguments):
    """Each line of kubectl's is ours at one of the seconds in which kubectl was asked: ages go on."""
    begin = int(time.time())
    theirs = table(kind, *arguments)
    seconds = range(begin, int(time.time()) + 1)
    ours = [{tuple(row) for row in watcher.wide(second)[kind]} for second in seconds]
    known = {row[:2] if kind == "pods" else row[0]: row for row in ours[0]}
    wrong = [f"kubectl {row}, ours {known.get(row[:2] if kind == 'pods' else row[0])}" for row in theirs
             if not any(row in at for at in ours)]
    assert not wrong, f"{len(wrong)} of {len(theirs)} lines differ:\n" + "\n".join(wrong[:20])
    assert len(ours[0]) == len(theirs), (len(ours[0]), len(theirs))
    return theirs


def current(watcher, count):
    wait_for(lambda: watcher.view()["complete"])
    versions = {item["metadata"]["uid"]: item["metadata"]["resourceVersion"]
                for path in ("/api/v1/pods", "/api/v1/nodes") for item in API.get(path)["items"]}
    assert len(versions) >= count, len(versions)
    wait_for(lambda: watcher.view()["versions"].items() >= versions.items(), what="every change")


def stays(pod):
    """A pod that has ended needs no kubelet to be deleted: the apiserver removes it at once."""
    _, _, status, life = pod
    return life != "grace" or status["phase"] not in ("Succeeded", "Failed")


@test("pods and nodes as the watch brought them")
def _():
    nodes, pods = list(pod_states.all_nodes()), list(pod_states.all_pods())
    assert len(nodes) >= 20 and len(pods) >= 200, (len(nodes), len(pods))
    with Watcher(PLANE.kubeconfig("admin")) as watcher:
        watcher.wait_complete()
        API.each(make_node, nodes)
        API.each(make_pod, pods)
        remaining = [pod for pod in pods if stays(pod)]
        current(watcher, len(nodes) + len(remaining))
        assert len(compare(watcher, "nodes")) == len(nodes)
        rows = compare(watcher, "pods", "-A")
        assert len(rows) == len(remaining), (len(rows), len(remaining))
        # The table is worth something only if it holds the whole variety.
        statuses = {row[3] for row in rows}
        for status in ("Running", "NotReady", "Completed", "Terminating", "Unknown", "Evicted", "CrashLoopBackOff",
                       "Init:0/2", "Init:1/2", "Init:Error", "Init:Signal:9", "Init:ExitCode:3", "Signal:9",
                       "ExitCode:3", "SchedulingGated", "Init:CrashLoopBackOff", "OOMKilled", "Pending"):
            assert status in statuses, (status, sorted(statuses))


@test("the same as a fresh list has them")
def _():
    with Watcher(PLANE.kubeconfig("admin")) as watcher:
        current(watcher, 220)
        compare(watcher, "nodes")
        compare(watcher, "pods", "-A")


@test("an ephemeral container counts nowhere")
def _():
    name = "restarted-125"
    with Watcher(PLANE.kubeconfig("admin")) as watcher:
        before = [row[2:5] for row in table("pods", "-A") if row[1] == name]
        API.patch(f"{PODS}/{name}/ephemeralcontainers", {"spec": {"ephemeralContainers": [
            {"name": "debugger", "image": "busybox", "terminationMessagePolicy": "File",
             "imagePullPolicy": "Always"}]}}, "strategic")
        API.patch(f"{PODS}/{name}/status", {"status": {"ephemeralContainerStatuses": [
            pod_states.status("debugger", "error", False, 9, 10)]}}, "strategic")
        current(watcher, 220)
        rows = compare(watcher, "pods", "-A")
        assert [row[2:4] for row in rows if row[1] == name] == [row[:2] for row in before], before


with PLANE:
    API.post("/api/v1/namespaces", {"metadata": {"name": "states"}})
    run()
