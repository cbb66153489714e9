#!/usr/bin/python3
"""The way back: conflicts, rollouts, half-finished runs, an undo of an undo, and what cannot be taken back."""
# Waits: for rollouts that stand still.
# Takes: 40 s
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import (Copy, Proxy, Running, WORKLOADS, generations, hold_finalizer, images, kubectl, quickly,  # noqa: E402
                    runs, two_patches)
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

TYPHA = "typha/containers/calico-typha"


def finalizers(cluster):
    return cluster.get(WORKLOADS["node"])["metadata"].get("finalizers")


def digest(answer):
    assert answer.returncode == 6, answer
    return answer.stdout.splitlines()[-1].split()[1]


def undo(copy, cluster, name, **more):
    return copy.run(cluster, "undo", name, "--confirm", digest(copy.run(cluster, "undo", name)), **more)


def entry_of(cluster, name):
    (entry,) = [entry for entry in runs(cluster) if entry["id"] == name]
    return entry


@test("a field that somebody changed since is shown with its three values, and nothing is put back: 6")
def _():
    with Copy(two_patches) as copy, Simulated("calico-outage") as cluster:
        before = images(cluster)
        assert copy.run(cluster, "fix", "E08", "--confirm", copy.digest(cluster)).returncode == 7
        name = runs(cluster)[0]["id"]
        ours = images(cluster)[TYPHA]
        theirs = "registry.example/typha:mine"
        kubectl(cluster, "-n", "kube-system", "set", "image", "deployment/calico-typha", f"calico-typha={theirs}")
        answer = copy.run(cluster, "undo", name)
        assert answer.returncode == 6, answer
        for value in (before[TYPHA], ours, theirs):
            assert value in answer.stderr + answer.stdout, (value, answer)
        assert images(cluster)[TYPHA] == theirs and entry_of(cluster, name)["state"] == "not_improved"
        assert images(cluster)["controllers/containers/calico-kube-controllers"] != \
            before["controllers/containers/calico-kube-controllers"], "the other field was put back"


@test("an undo waits for the rollouts that it causes, and says of one that stands still why")
def _():
    with Copy(two_patches) as copy, Simulated("calico-outage") as cluster:
        before = images(cluster)
        assert copy.run(cluster, "fix", "E08", "--confirm", copy.digest(cluster)).returncode == 7
        name = runs(cluster)[0]["id"]
        answer = undo(copy, cluster, name)
        # What was put back is what did not work: the fields are as before, and the pods are not ready.
        assert answer.returncode == 0 and "done and verified" not in answer.stdout, answer
        assert answer.stdout.count("Wait until") == 2, answer
        assert "stands still" in answer.stdout and "ImagePull" in answer.stdout, answer
        assert "the fields are what they were, but Deployment/kube-system/calico-" in answer.stderr, answer
        assert "does not become ready" in answer.stderr and "ImagePull" in answer.stderr, answer
        assert images(cluster) == before
        newest = runs(cluster)[0]
        assert entry_of(cluster, name)["state"] == "undone" and entry_of(cluster, name)["undoneBy"] == newest["id"]
        assert newest["undoes"] == name and newest["state"] == "verified", newest
        assert newest["verification"]["result"] == "verified" and "ImagePull" in newest["note"], newest
        text = copy.run(cluster, "runs", name).stdout
        assert newest["id"] in text and "undoneBy" in text, text


@test("an undo is a run, and can be taken back itself")
def _():
    with Copy(quickly, "E15") as copy, Simulated("healthy") as cluster:
        hold_finalizer(cluster)
        assert copy.run(cluster, "fix", "E15", "--confirm", copy.digest(cluster)).returncode == 0
        assert finalizers(cluster) == ["orphan"]
        fix = runs(cluster)[0]["id"]
        assert undo(copy, cluster, fix).returncode == 0
        assert finalizers(cluster) == ["orphan", "example.com/hold"]
        way_back = runs(cluster)[0]["id"]
        assert undo(copy, cluster, way_back).returncode == 0
        assert finalizers(cluster) == ["orphan"]
        assert [entry["state"] for entry in runs(cluster)] == ["verified", "undone", "undone"]


def move_finalizers(cluster, *names):
    kubectl(cluster, "-n", "kube-system", "patch", "daemonset", "calico-node", "--type=merge", "-p",
            json.dumps({"metadata": {"finalizers": list(names)}}))


@test("a list whose items moved in the last moment is somebody else's change: refused, and nothing is written")
def _():
    with Copy(quickly, "E15") as copy, Simulated("healthy") as cluster:
        hold_finalizer(cluster)
        moved = {}

        def on_request(method, path):
            if method == "PATCH" and "dryRun" not in path and moved["to"]:
                move_finalizers(cluster, *moved.pop("to"))
                moved["to"] = None

        proxy = Proxy(cluster, on_request)
        try:
            def confirmed(*words):
                shown = copy.run(cluster, *words, kubeconfig=proxy.kubeconfig).stdout
                more = ["--confirm", shown.splitlines()[-1].split()[1]]
                words = ["fix", *words[1:]] if words[0] == "plan" else words
                return copy.run(cluster, *words, *more, kubeconfig=proxy.kubeconfig)

            moved["to"] = ["example.com/hold", "orphan"]
            answer = confirmed("plan", "E15")
            assert answer.returncode == 6 and "changed since the preview" in answer.stderr, answer
            assert finalizers(cluster) == ["example.com/hold", "orphan"] and runs(cluster)[0]["state"] == "refused"
            assert confirmed("plan", "E15").returncode == 0 and finalizers(cluster) == ["orphan"]
            moved["to"] = ["example.com/theirs", "orphan"]
            answer = confirmed("undo", runs(cluster)[0]["id"])
            assert answer.returncode == 6 and "changed since the preview" in answer.stderr, answer
            assert finalizers(cluster) == ["example.com/theirs", "orphan"] and runs(cluster)[0]["state"] == "refused"
        finally:
            proxy.stop()


@test("a run that stopped after its first write is taken back as far as it came")
def _():
    with Copy(two_patches) as copy, Simulated("calico-outage") as cluster:
        before = images(cluster)
        state = {}

        def on_request(method, path):
            if method == "PATCH" and "calico-typha" in path and "dryRun" not in path:
                state["running"].process.send_signal(signal.SIGTERM)

        proxy = Proxy(cluster, on_request)
        try:
            words = ["fix", "E08", "--confirm", copy.run(cluster, "plan", "E08", kubeconfig=proxy.kubeconfig)
                     .stdout.splitlines()[-1].split()[1]]
            state["running"] = Running(cluster, *words, kubeconfig=proxy.kubeconfig, console=copy.console)
            assert state["running"].end() == 8, state["running"].text()
            (entry,) = runs(cluster)
            assert [step["state"] for step in entry["steps"]] == ["done", "pending"], entry["steps"]
            shown = copy.run(cluster, "undo", entry["id"], kubeconfig=proxy.kubeconfig)
            assert "calico-kube-controllers" not in shown.stdout, shown
            answer = copy.run(cluster, "undo", entry["id"], "--confirm", digest(shown), kubeconfig=proxy.kubeconfig)
            assert answer.returncode == 0, answer
            assert images(cluster) == before and generations(cluster)["controllers"] == 1
            assert entry_of(cluster, entry["id"])["state"] == "undone"
        finally:
            proxy.stop()


@test("a run whose process was killed is taken back, and reads undone")
def _():
    with Copy(two_patches) as copy, Simulated("calico-outage") as cluster:
        before = images(cluster)
        state = {"patches": 0}

        def on_request(method, path):
            if method == "PATCH" and "dryRun" not in path:
                state["patches"] += 1
                if state["patches"] == 2:
                    state["running"].process.kill()
                    return "drop"
            return None

        proxy = Proxy(cluster, on_request)
        try:
            shown = copy.run(cluster, "plan", "E08", kubeconfig=proxy.kubeconfig).stdout
            state["running"] = Running(cluster, "fix", "E08", "--confirm", shown.splitlines()[-1].split()[1],
                                       kubeconfig=proxy.kubeconfig, console=copy.console)
            state["running"].end()
            (entry,) = runs(cluster)
            assert entry["state"] == "interrupted", entry["state"]
            words = ["undo", entry["id"], "--confirm", digest(copy.run(cluster, "undo", entry["id"],
                                                                       kubeconfig=proxy.kubeconfig))]
            answer = copy.run(cluster, *words, kubeconfig=proxy.kubeconfig)
            assert answer.returncode == 0 and images(cluster) == before, answer
            assert entry_of(cluster, entry["id"])["state"] == "undone"
        finally:
            proxy.stop()


def with_hand(runbook):
    """A person's step that was done when it is looked for, then one write."""
    two_patches(runbook)
    by_hand = {"id": "by-hand", "type": "manual", "timeoutSeconds": 30, "expectedSeconds": 1,
               "target": {"kind": "Deployment", "namespace": "kube-system", "name": "calico-typha"},
               "until": "present", "changed": "/metadata/labels/by-hand",
               "title": {"en": "Do it by hand", "ko": "Do it by hand", "ja": "Do it by hand"},
               "instruction": {"en": "Label it.", "ko": "Label it.", "ja": "Label it."},
               "why": {"en": "So.", "ko": "So.", "ja": "So."}}
    del by_hand["until"]
    runbook["steps"].insert(0, by_hand)


@test("what cannot be taken back is said in the plan of the way back, and kept in the journal")
def _():
    with Copy(with_hand) as copy, Simulated("calico-outage") as cluster:
        running = Running(cluster, "fix", "E08", "--confirm", copy.digest(cluster), console=copy.console)
        running.wait_line("Label it.")
        kubectl(cluster, "-n", "kube-system", "label", "deployment/calico-typha", "by-hand=yes")
        assert running.end() == 7, running.text()
        name = runs(cluster)[0]["id"]
        shown = copy.run(cluster, "undo", name)
        assert "cannot be undone: Do it by hand" in shown.stdout and "partial" in shown.stdout, shown
        answer = copy.run(cluster, "undo", name, "--confirm", digest(shown))
        assert answer.returncode == 0, answer
        newest = runs(cluster)[0]
        assert len(newest["notUndone"]) == 1 and "Do it by hand" in newest["notUndone"][0], newest["notUndone"]
        assert "cannot be undone: Do it by hand" in copy.run(cluster, "runs", newest["id"]).stdout
        note = copy.run(cluster, "runs", newest["id"], "-o", "md").stdout
        assert "cannot be undone: Do it by hand" in note, note


@test("who, from where, by which program: the journal has it, and the screen's list as JSON too")
def _():
    with Copy(quickly, "E15") as copy, Simulated("healthy") as cluster:
        hold_finalizer(cluster)
        more = {"SSH_CONNECTION": "203.0.113.7 50022 192.0.2.1 22", "SUDO_USER": "somebody-else"}
        answer = copy.run(cluster, "fix", "E15", "--confirm", copy.digest(cluster), **more)
        assert answer.returncode == 0, answer
        (entry,) = json.loads(copy.run(cluster, "runs", "-o", "json").stdout)["runs"]
        assert entry["client"] == "203.0.113.7" and entry["sudoUser"] == "somebody-else", entry
        assert entry["osUser"] and not entry["osUser"].startswith("uid"), entry["osUser"]
        assert entry["host"] == os.uname().nodename and entry["tool"], entry
        assert any("PATCH" in line["text"] for line in entry["output"]), entry["output"]
        assert entry["verification"]["result"] == "verified" and entry["verification"]["holdSeconds"] == 1, entry
        note = copy.run(cluster, "runs", entry["id"], "-o", "md").stdout
        for part in ("203.0.113.7", "somebody-else", entry["osUser"], "the signs that raised it", "PATCH"):
            assert part in note, (part, note)


run(at_a_time=4)
