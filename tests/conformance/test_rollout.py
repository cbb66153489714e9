#!/usr/bin/python3
"""Rollouts are judged as `kubectl rollout status` does: objects in many states on a real apiserver, without controllers
that would move them."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402

PLANE = ControlPlane(controllers=False)
JUDGE = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/conformance/rollout")
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
SELECTOR = {"matchLabels": {"app": "x"}}


def progressing(reason, status="True"):
    return {"type": "Progressing", "status": status, "reason": reason}


def deployment(replicas, status, changed=0, **spec):
    """changed: how often the object was changed after it was made (its generation is one more)."""
    return "Deployment", {"replicas": replicas, **spec}, status, changed


def numbers(observed, replicas=0, updated=0, ready=0, available=0, **more):
    return {"observedGeneration": observed, "replicas": replicas, "updatedReplicas": updated, "readyReplicas": ready,
            "availableReplicas": available, **more}


def daemon_set(observed, desired, updated, available, changed=0, strategy=None):
    return ("DaemonSet", {"updateStrategy": strategy} if strategy else {},
            {"observedGeneration": observed, "desiredNumberScheduled": desired, "currentNumberScheduled": desired,
             "numberMisscheduled": 0, "numberReady": available, "updatedNumberScheduled": updated,
             "numberAvailable": available}, changed)


def stateful_set(replicas, status, changed=0, strategy=None):
    spec = {"replicas": replicas, "serviceName": "s"}
    if strategy:
        spec["updateStrategy"] = strategy
    return "StatefulSet", spec, status, changed


def revisions(current, update):
    return {"currentRevision": current, "updateRevision": update}


def rolling(partition=None):
    """Type alone keeps the server from filling in a partition."""
    return {"type": "RollingUpdate", **({} if partition is None else {"rollingUpdate": {"partition": partition}})}


ON_DELETE = {"type": "OnDelete"}
LATE = [progressing("ProgressDeadlineExceeded", "False")]
ROWS = [
    # Deployments
    deployment(3, {}),
    deployment(3, numbers(1)),
    deployment(3, numbers(1, 3, 3, 3, 3)),
    deployment(3, numbers(1, 3, 3, 3, 3), changed=1),
    deployment(3, numbers(2, 3, 3, 3, 3), changed=1),
    deployment(3, numbers(9, 3, 3, 3, 3), changed=1),
    deployment(3, numbers(1, 3, 2, 3, 3)),
    deployment(3, numbers(1, 4, 3, 4, 4)),
    deployment(3, numbers(1, 3, 3, 3, 2)),
    deployment(3, numbers(1, 3, 3, 0, 0)),
    deployment(3, numbers(1, 5, 5, 5, 5)),
    deployment(3, numbers(1, 5, 4, 5, 5)),
    deployment(0, numbers(1)),
    deployment(0, numbers(1, 2, 0, 2, 2)),
    deployment(0, numbers(0)),
    deployment(1, numbers(1, 1, 1, 1, 1, conditions=LATE)),
    deployment(3, numbers(1, 3, 1, 3, 3, conditions=LATE)),
    deployment(3, numbers(1, 3, 1, 3, 3, conditions=LATE), changed=1),
    deployment(3, numbers(1, 3, 1, 3, 3, conditions=[progressing("ReplicaSetUpdated")])),
    deployment(3, numbers(1, 3, 3, 3, 3, conditions=[progressing("NewReplicaSetAvailable")])),
    deployment(3, numbers(1, 3, 3, 3, 3, conditions=[
        {"type": "Available", "status": "True", "reason": "ProgressDeadlineExceeded"}])),
    deployment(3, numbers(1, 3, 1, 3, 3, conditions=[
        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}, *LATE])),
    deployment(3, numbers(1, 3, 3, 3, 3), paused=True),
    deployment(3, numbers(1, 3, 1, 3, 3), paused=True),
    deployment(2, numbers(1, 2, 2, 2, 2), strategy={"type": "Recreate"}),
    # DaemonSets
    daemon_set(0, 0, 0, 0),
    daemon_set(1, 0, 0, 0),
    daemon_set(1, 3, 3, 3),
    daemon_set(1, 3, 3, 3, changed=1),
    daemon_set(2, 3, 3, 3, changed=1),
    daemon_set(1, 3, 2, 3),
    daemon_set(1, 3, 3, 2),
    daemon_set(1, 3, 0, 0),
    daemon_set(1, 3, 4, 4),
    daemon_set(1, 3, 3, 3, strategy=ON_DELETE),
    daemon_set(0, 3, 1, 1, strategy=ON_DELETE),
    # StatefulSets
    stateful_set(3, {"replicas": 0}),
    stateful_set(3, numbers(0, 3, 3, 3, 3)),
    stateful_set(3, numbers(1, 3, 3, 3, 3, **revisions("a", "a"))),
    stateful_set(3, numbers(1, 3, 3, 3, 3, **revisions("a", "b"))),
    stateful_set(3, numbers(1, 3, 2, 3, 3, **revisions("a", "b"))),
    stateful_set(3, numbers(1, 3, 2, 3, 3, **revisions("a", "a"))),
    stateful_set(3, numbers(1, 3, 3, 2, 2, **revisions("a", "a"))),
    stateful_set(3, numbers(1, 3, 3, 3, 3, **revisions("a", "a")), changed=1),
    stateful_set(3, numbers(2, 3, 3, 3, 3, **revisions("a", "a")), changed=1),
    stateful_set(0, numbers(1)),
    stateful_set(0, numbers(0)),
    stateful_set(3, numbers(1, 3, 0, 3, 3, **revisions("a", "b")), strategy=rolling(0)),
    stateful_set(3, numbers(1, 3, 3, 3, 3, **revisions("a", "b")), strategy=rolling(0)),
    stateful_set(3, numbers(1, 3, 1, 3, 3, **revisions("a", "b")), strategy=rolling(1)),
    stateful_set(3, numbers(1, 3, 2, 3, 3, **revisions("a", "b")), strategy=rolling(1)),
    stateful_set(3, numbers(1, 3, 0, 3, 3, **revisions("a", "b")), strategy=rolling(3)),
    stateful_set(3, numbers(1, 3, 0, 3, 3, **revisions("a", "b")), strategy=rolling(9)),
    stateful_set(3, numbers(1, 3, 0, 2, 2, **revisions("a", "b")), strategy=rolling(9)),
    stateful_set(3, numbers(1, 3, 3, 3, 3, **revisions("a", "a")), strategy=rolling()),
    stateful_set(3, numbers(1, 3, 1, 3, 3, **revisions("a", "b")), strategy=rolling()),
    stateful_set(3, numbers(1, 3, 3, 3, 3, **revisions("a", "b")), strategy=rolling()),
    stateful_set(3, numbers(1, 3, 1, 2, 2, **revisions("a", "b")), strategy=rolling()),
    stateful_set(3, numbers(1, 3, 3, 3, 3), strategy=ON_DELETE),
    stateful_set(3, numbers(0, 3, 1, 1, 1), strategy=ON_DELETE),
]


def put_on_server(number, row):
    """The object as the apiserver has it."""
    kind, spec, status, changed = row
    name = f"row-{number}"
    what = f"{kind.lower()}s/{name}"
    document = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
                "spec": {"selector": SELECTOR, "template": TEMPLATE, **spec}}
    PLANE.kubectl("create", "-f", "-", input=json.dumps(document))
    for time in range(changed):
        PLANE.kubectl("patch", what, "--type=merge", "-p",
                      json.dumps({"spec": {"template": {"metadata": {"labels": {"time": str(time)}}}}}))
    PLANE.kubectl("patch", what, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    return json.loads(PLANE.kubectl("get", what, "-o", "json").stdout)


def kubectl_says(document):
    done = PLANE.kubectl("rollout", "status", "--watch=false", f"{document['kind'].lower()}s/{document['metadata']['name']}",
                         check=False)
    text = done.stdout + done.stderr
    if done.returncode:
        return "failed", text
    if "Waiting for" in done.stdout or "waiting for" in done.stdout:
        return "waiting", text
    assert "complete" in done.stdout or "successfully rolled out" in done.stdout, text
    return "done", text


@test("sixty objects are judged as kubectl judges them")
def _():
    documents = [put_on_server(number, row) for number, row in enumerate(ROWS)]
    told = subprocess.run([JUDGE], input="\n".join(map(json.dumps, documents)) + "\n", text=True, capture_output=True,
                          check=True).stdout.splitlines()
    assert len(told) == len(ROWS) >= 60, (len(told), len(ROWS))
    wrong = []
    seen = set()
    for row, document, ours in zip(ROWS, documents, told):
        theirs, text = kubectl_says(document)
        seen.add((document["kind"], theirs))
        if ours.split(" ")[0] != theirs:
            wrong.append(f"{row}: kubectl {theirs}: {text.strip()}; ours {ours}")
    assert not wrong, f"{len(wrong)} of {len(ROWS)}:\n" + "\n".join(wrong)
    assert len(seen) == 9, seen     # each kind waits, is done and fails somewhere in the table


with PLANE:
    run()
