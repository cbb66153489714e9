#!/usr/bin/python3
"""The plans of entries besides E08 on the command line: fixed, verified, nothing left to do, undone."""
# Waits: for the hold times of fixes.
# Takes: 65 s
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import kubectl, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

CLUSTER = Simulated("healthy")
NODE = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"


def digest(*words, **environment):
    """Of a plan, or of what `undo` would do (then it is not confirmed and ends with 6)."""
    answer = CLUSTER.console(*words, **environment)
    assert answer.code in (0, 6) and answer.out.splitlines()[-1].startswith("digest: "), answer
    return answer.out.splitlines()[-1].split()[1]


def carry_out(*words, **environment):
    answer = CLUSTER.console(*words, timeout=240, **environment)
    assert answer.code == 0 and "verified" in answer.out, answer
    return answer


def steps(entry, **environment):
    answer = CLUSTER.console("plan", entry, "-o", "json", **environment)
    assert answer.code == 0, answer
    return json.loads(answer.out)["steps"]


def finalizers():
    return CLUSTER.get(NODE)["metadata"].get("finalizers")


@test("E15 takes one named finalizer out, bound to its place, and leaves the others")
def _():
    kubectl(CLUSTER, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=json", "--patch",
            '[{"op":"add","path":"/metadata/finalizers","value":["orphan","example.com/hold"]}]')
    (step,) = steps("E15")
    assert step["request"]["body"][1:] == [
        {"op": "test", "path": "/metadata/finalizers/1", "value": "example.com/hold"},
        {"op": "remove", "path": "/metadata/finalizers/1"}], step
    assert step["diff"] == [{"path": "/metadata/finalizers/1", "before": "example.com/hold", "after": None}], step
    carry_out("fix", "E15", "--confirm", digest("plan", "E15"))
    assert finalizers() == ["orphan"]
    answer = CLUSTER.console("fix", "E15")
    assert answer.code == 0 and "nothing to do" in answer.out, answer


@test("E15 is undone where the list moved on meanwhile: the value counts, not the place")
def _():
    kubectl(CLUSTER, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=json", "--patch",
            '[{"op":"add","path":"/metadata/finalizers/0","value":"foregroundDeletion"}]')
    name = runs(CLUSTER)[0]["id"]
    carry_out("undo", name, "--confirm", digest("undo", name))
    assert finalizers() == ["foregroundDeletion", "orphan", "example.com/hold"]
    answer = CLUSTER.console("undo", name)
    assert answer.code == 0 and "nothing to do" in answer.out, answer


@test("E15 on an object that is being deleted cannot be undone: the name has to be typed")
def _():
    kubectl(CLUSTER, "delete", "daemonset/calico-node", "--namespace", "kube-system", "--wait=false")
    (step,) = steps("E15")
    assert not step["reversible"], step
    answer = CLUSTER.console("fix", "E15", "--confirm", digest("plan", "E15"))
    assert answer.code == 6 and "typed out" in answer.err, answer
    assert "example.com/hold" in finalizers()


try:
    run()
finally:
    CLUSTER.stop()
