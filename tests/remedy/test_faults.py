#!/usr/bin/python3
"""Runs that are disturbed: answers that get lost, others who write, servers that say no."""
# Waits: for the hold times of fixes.
# Takes: 50 s
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Place, generations, images, kubectl, our_leases, runs  # noqa: E402
from tap import run, test  # noqa: E402

TYPHA = "typha/containers/calico-typha"


def first_only(wanted, method, text):
    """Does wanted to the first request with this method and this text in its path that is no dry run."""
    seen = []

    def on_request(got, path):
        if got == method and text in path and "dryRun" not in path and not seen:
            seen.append(path)
            return wanted
        return None
    return on_request


@test("an answer that is lost is looked up: the write is not repeated, and the fix is verified")
def _():
    with Place(first_only("lose", "PATCH", "calico-typha")) as place:
        answer = place.fix()
        assert answer.code == 0, answer
        assert "the answer was lost" in answer.out, answer
        assert [r[2] for r in place.proxy.writes("deployments/calico-typha")] == ["lost"], place.proxy.writes()
        assert generations(place.cluster)["typha"] == 2


@test("a request that never arrived is sent again, and only then")
def _():
    with Place(first_only("drop", "PATCH", "calico-typha")) as place:
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[3/7]")
        assert [r[2] for r in place.proxy.writes("deployments/calico-typha")] == ["dropped", 200], place.proxy.writes()
        assert generations(place.cluster)["typha"] == 2
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == 8, running.text()


@test("500 says nothing about what happened: the object does")
def _():
    refusal = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "etcdserver: request timed out",
               "reason": "InternalError", "code": 500}
    with Place(first_only((500, refusal), "PATCH", "calico-typha")) as place:
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[3/7]")
        assert [r[2] for r in place.proxy.writes("deployments/calico-typha")] == [500, 200], place.proxy.writes()
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == 8, running.text()


@test("somebody who writes between the last look and the first write is respected: 6, nothing is written")
def _():
    holder = {}

    def on_request(method, path):
        if method == "POST" and path.startswith("/apis/coordination") and "done" not in holder:
            holder["done"] = True
            kubectl(holder["place"].cluster, "-n", "kube-system", "set", "image", "deployment/calico-typha",
                    "calico-typha=mirror.example/calico/typha:v3.24.1")
        return None
    with Place(on_request) as place:
        holder["place"] = place
        answer = place.fix()
        assert answer.code == 6 and "changed since the preview" in answer.err, answer
        wanted = dict(place.before, **{TYPHA: "mirror.example/calico/typha:v3.24.1"})
        assert images(place.cluster) == wanted
        assert [r[2] for r in place.proxy.writes("/apis/apps/")] == [422], place.proxy.writes()
        assert not our_leases(place.cluster)
        assert runs(place.cluster)[0]["state"] == "refused"


@test("somebody who writes half way stops the run: what is done stays done, nothing more is written, 8")
def _():
    holder = {}

    def on_request(method, path):
        if method == "PATCH" and "calico-typha" in path and "dryRun" not in path and "done" not in holder:
            holder["done"] = True
            kubectl(holder["place"].cluster, "-n", "kube-system", "set", "image", "daemonset/calico-node",
                    "calico-node=mirror.example/calico/node:v3.24.1")
        return None
    with Place(on_request) as place:
        holder["place"] = place
        answer = place.fix()
        assert answer.code == 8 and "changed since the preview" in answer.err, answer
        now = images(place.cluster)
        assert now["node/containers/calico-node"] == "mirror.example/calico/node:v3.24.1"
        assert now["node/initContainers/install-cni"] == place.before["node/initContainers/install-cni"]
        assert now[TYPHA] == "docker.io/calico/typha:v3.24.1"
        assert runs(place.cluster)[0]["state"] == "failed"


@test("a dry run that a webhook refuses is named; the plan can still be confirmed")
def _():
    refusal = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "BadRequest", "code": 400,
               "message": "admission webhook \"hook.example\" does not support dry run"}

    def on_request(method, path):
        return (400, refusal) if method == "PATCH" and "dryRun" in path and "calico-typha" in path else None
    with Place(on_request) as place:
        answer = place.console("plan", "E08")
        assert answer.code == 0 and "cannot be previewed: " in answer.out and "hook.example" in answer.out, answer
        assert answer.out.splitlines()[-1].split()[1] != place.digest
        assert place.console("fix", "E08", "--dry-run").code == 6


@test("a dry run that the server refuses refuses the plan")
def _():
    refusal = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422,
               "message": "admission says no"}

    def on_request(method, path):
        return (422, refusal) if method == "PATCH" and "dryRun" in path else None
    with Place(on_request) as place:
        answer = place.console("plan", "E08")
        assert answer.code == 6 and "admission says no" in answer.out, answer


@test("a write that is forbidden after all changes nothing and ends with 1")
def _():
    refusal = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
               "message": "deployments.apps \"calico-typha\" is forbidden"}
    with Place(first_only((403, refusal), "PATCH", "calico-typha")) as place:
        answer = place.fix()
        assert answer.code == 1 and "forbidden" in answer.err, answer
        assert images(place.cluster) == place.before


@test("a lock that the plan promised and the server refuses: 6, nothing is written without it")
def _():
    refusal = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
               "message": "leases is forbidden"}

    def on_request(method, path):
        return (403, refusal) if method == "POST" and path.startswith("/apis/coordination") else None
    with Place(on_request) as place:
        answer = place.fix()
        assert answer.code == 6 and "the lock that the plan promised cannot be had" in answer.err, answer
        assert images(place.cluster) == place.before and not place.proxy.writes("/apis/apps/")


run(at_a_time=4)
