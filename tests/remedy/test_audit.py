#!/usr/bin/python3
"""Events on what was touched: only where the configuration wants them, and no right to write them stops nothing."""
# Waits: for the hold times of fixes.
# Takes: 20 s
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Proxy, kubectl, runs  # noqa: E402
from simulated import Simulated, run_console  # noqa: E402
from tap import run, test  # noqa: E402

CLUSTER = Simulated("healthy")
CONFIG = os.path.join(CLUSTER.folder, "audit.json")
with open(CONFIG, "w", encoding="utf-8") as file:
    json.dump({"audit": {"events": True}}, file)


def hold_back():
    kubectl(CLUSTER, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=merge", "--patch",
            '{"metadata":{"finalizers":["example.com/hold"]}}')


def told():
    return [event for event in CLUSTER.get("/api/v1/namespaces/kube-system/events")["items"]
            if event.get("source", {}).get("component") == "nks-triage"]


def edit(runbook):
    runbook["verify"]["holdSeconds"] = 1


COPY = Copy(edit, "E15")


def carry_out(*words, kubeconfig=None):
    """The answers to a plan of E15 and to its fix."""
    plan = COPY.run(CLUSTER, "plan", "E15", *words, kubeconfig=kubeconfig)
    assert plan.returncode == 0, plan
    answer = COPY.run(CLUSTER, "fix", "E15", "--confirm", plan.stdout.splitlines()[-1].split()[1], *words,
                      kubeconfig=kubeconfig)
    assert answer.returncode == 0, answer
    return plan.stdout, answer.stdout


@test("without a word in the configuration no event is written")
def _():
    hold_back()
    plan, _ = carry_out()
    assert not told() and "Events can tell" not in plan


@test("with it the object tells what was done, by whom, in which run; kubectl describe shows it")
def _():
    hold_back()
    plan, _ = carry_out("--config", CONFIG)
    assert "yes: Events can tell on the objects what was done to them" in plan, plan
    (event,) = told()
    node = CLUSTER.get("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")
    assert event["involvedObject"]["uid"] == node["metadata"]["uid"] and event["type"] == "Normal", event
    assert f"run {runs(CLUSTER)[0]['id']}" in event["message"] and "E15" in event["message"], event
    assert "as admin" in event["message"], event
    assert "nks-triage fix of E15" in kubectl(CLUSTER, "describe", "daemonset/calico-node", "--namespace",
                                              "kube-system").stdout


@test("an event that cannot be written is said in the run and stops nothing")
def _():
    def on_request(method, path):
        if method == "POST" and "/events" in path:
            return 403, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden",
                         "code": 403, "message": "events is forbidden"}
        return None
    proxy = Proxy(CLUSTER, on_request)
    try:
        hold_back()
        _, answer = carry_out("--config", CONFIG, kubeconfig=proxy.kubeconfig)
        assert "no event tells of it" in answer, answer
    finally:
        proxy.stop()


@test("who may not create events is told so in the plan, which stays a plan")
def _():
    state = {"asked": 0}

    def on_request(method, path):
        if method == "POST" and path.endswith("/selfsubjectaccessreviews"):
            state["asked"] += 1
        return None
    proxy = Proxy(CLUSTER, on_request)
    try:
        hold_back()
        run_console(CLUSTER.folder, "plan", "E15", "--kubeconfig", proxy.kubeconfig)
        before = state["asked"]
        run_console(CLUSTER.folder, "plan", "E15", "--kubeconfig", proxy.kubeconfig, "--config", CONFIG)
        assert state["asked"] == 2 * before + 1, state
    finally:
        proxy.stop()
    answer = CLUSTER.console("plan", "E15", "--config", CONFIG, "--as", "viewer")
    assert answer.code == 6 and "no right to create events in kube-system (does not stop the change)" in answer.out, \
        answer


try:
    run()
finally:
    COPY.__exit__()
    CLUSTER.stop()
