#!/usr/bin/python3
"""A verification does not believe what it cannot see: watches that are silent or cut, faults that come back later."""
# Waits: for the hold times of fixes.
# Takes: 60 s
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Proxy, Running, kubectl, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

BROKEN = "calico-typha=harbor-kr1.cloud.toastoven.net/container_service/calico/typha:v3.24.1"


def typha_alone(hold, deadline=12):
    def edit(runbook):
        runbook["verify"] = {"when": "gone", "deadlineSeconds": deadline, "holdSeconds": hold}
        runbook["steps"] = [step for step in runbook["steps"] if step["id"] in ("patch-typha", "wait-typha")]
        for precondition in runbook["preconditions"]:
            if "ofSteps" in precondition:
                precondition["ofSteps"] = ["patch-typha"]
    return edit


def break_again(cluster):
    kubectl(cluster, "-n", "kube-system", "set", "image", "deployment/calico-typha", BROKEN)


def held(copy, cluster, proxy, seconds):
    """A fix of E08 behind the proxy whose signs are gone, and must stay so for these seconds."""
    digest = copy.digest(cluster, kubeconfig=proxy.kubeconfig)
    running = Running(cluster, "fix", "E08", "--confirm", digest, console=copy.console, kubeconfig=proxy.kubeconfig)
    running.wait_line(f"must stay so for {seconds} s")
    return running


@test("watches that tell nothing any more: what broke again meanwhile is seen all the same, and nothing is verified")
def _():
    with Copy(typha_alone(6)) as copy, Simulated("calico-outage") as cluster:
        proxy = Proxy(cluster, lambda method, path: None)
        try:
            running = held(copy, cluster, proxy, 6)
            proxy.is_silent = True
            break_again(cluster)
            assert running.end() in (5, 7), running.text()
            assert runs(cluster)[0]["state"] in ("not_improved", "could_not_verify")
        finally:
            proxy.stop()


@test("watches that are cut and not opened again: 5, could not verify")
def _():
    state = {"is_cut": False}

    def on_request(method, path):
        return "drop" if state["is_cut"] and method == "GET" and "/leases/" not in path else None
    with Copy(typha_alone(4)) as copy, Simulated("calico-outage") as cluster:
        proxy = Proxy(cluster, on_request)
        try:
            running = held(copy, cluster, proxy, 4)
            state["is_cut"] = proxy.is_cut = True
            assert running.end() == 5, running.text()
            assert runs(cluster)[0]["state"] == "could_not_verify"
        finally:
            proxy.stop()


@test("a good end is read anew before it is believed: one list of each kind that it rests on")
def _():
    with Copy(typha_alone(1)) as copy, Simulated("calico-outage") as cluster:
        proxy = Proxy(cluster, lambda method, path: None)
        try:
            running = held(copy, cluster, proxy, 1)
            before = len(proxy.requests)
            assert running.end() == 0, running.text()
            lists = [path for method, path, _ in proxy.requests[before:]
                     if method == "GET" and "watch" not in path and path.split("?")[0] == "/api/v1/pods"]
            assert lists, proxy.requests[before:]
        finally:
            proxy.stop()


NODE = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node"


def hold_back(cluster):
    kubectl(cluster, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=merge", "--patch",
            '{"metadata":{"finalizers":["example.com/hold"]}}')


@test("a hold of more than a minute is watched by every console of this machine; what returns says after which fix")
def _():
    def edit(runbook):
        runbook["verify"] = {"when": "gone", "deadlineSeconds": 10, "holdSeconds": 3600}
    with Copy(edit, "E15") as copy, Simulated("healthy") as cluster:
        hold_back(cluster)
        answer = copy.run(cluster, "fix", "E15", "--confirm", copy.digest(cluster))
        assert answer.returncode == 0 and "watched" in answer.stdout, answer
        name = runs(cluster)[0]["id"]
        watch = Running(cluster, "report", "--watch", "--only", "E15", "-o", "json", console=copy.console)
        watch.wait_line('"Report"')
        assert "cameBackAfter" not in watch.text()
        hold_back(cluster)
        watch.wait_line(f'"cameBackAfter":"{name}"')
        watch.process.terminate()
        watch.process.wait(90)
        # Another console that starts only now knows it, too.
        found = json.loads(copy.run(cluster, "report", "-o", "json").stdout)["findings"]
        assert [f.get("cameBackAfter") for f in found if f["id"] == "E15"] == [name], found
        assert f"came back after fix {name}" in copy.run(cluster, "report").stdout


run(at_a_time=4)
