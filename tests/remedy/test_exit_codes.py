#!/usr/bin/python3
"""Every exit code of interfaces.md for fix, undo and resume: 0, 1, 5, 6, 7, 8 and 130, each brought about."""
# Waits: for results that cannot be verified.
# Takes: 60 s
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import (Copy, Proxy, Running, WORKLOADS, hold_finalizer, kubectl, quickly, runs,  # noqa: E402
                    two_patches)
from simulated import Simulated  # noqa: E402
from tap import run, side_by_side, test  # noqa: E402
from wait import wait_for  # noqa: E402

NODE = WORKLOADS["node"]
FORBIDDEN = (403, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
                   "message": "no"})
UNAVAILABLE = (503, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "ServiceUnavailable",
                     "code": 503, "message": "later"})


class Stage:
    """A cluster behind a proxy whose answers a test may change, and a console of its own."""

    def __init__(self, edit=quickly, entry="E15", scenario="healthy"):
        self.copy = Copy(edit, entry)
        self.entry = entry
        self.cluster = Simulated(scenario)
        self.answer = lambda method, path: None
        self.proxy = Proxy(self.cluster, lambda method, path: self.answer(method, path))
        if scenario == "healthy":
            hold_finalizer(self.cluster)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.stop()
        self.cluster.stop()
        self.copy.__exit__()

    def run(self, *words, **more):
        return self.copy.run(self.cluster, *words, kubeconfig=self.proxy.kubeconfig, **more)

    def digest(self, *words):
        answer = self.run(*words)
        assert answer.returncode in (0, 6) and answer.stdout.splitlines()[-1].startswith("digest: "), answer
        return answer.stdout.splitlines()[-1].split()[1]

    def fix_words(self):
        return ["fix", self.entry, "--confirm", self.digest("plan", self.entry)]

    def fixed(self):
        """A run that is over; its id."""
        assert self.run(*self.fix_words()).returncode in (0, 7)
        return runs(self.cluster)[0]["id"]

    def stopped(self):
        """A run that was killed before its first write; its id."""
        running = self.start(*self.fix_words())
        self.answer = lambda method, path: self.kill(running) if is_write(method, path) else None
        running.end()
        self.answer = lambda method, path: None
        return runs(self.cluster)[0]["id"]

    def kill(self, running):
        running.process.kill()
        return "drop"

    def words_of(self, name):
        """The confirmed words of fix, undo or resume, after what each of them needs."""
        if name == "fix":
            return self.fix_words()
        target = self.fixed() if name == "undo" else self.stopped()
        return [name, target, "--confirm", self.digest(name, target)]

    def start(self, *words):
        return Running(self.cluster, *words, kubeconfig=self.proxy.kubeconfig, console=self.copy.console)


def is_write(method, path):
    return method == "PATCH" and "dryRun" not in path


COMMANDS = ("fix", "undo", "resume")


@test("0: done and verified, and nothing to do")
def _():
    def one(name):
        with Stage() as stage:
            words = stage.words_of(name)
            answer = stage.run(*words)
            assert answer.returncode == 0 and "verified" in answer.stdout, (name, answer)
            again = stage.run(*words[:2])
            assert again.returncode == 0 and "nothing to do" in again.stdout, (name, again)
    side_by_side(one, COMMANDS)


@test("1: wrong words, an unknown run or entry, a state folder that cannot be used")
def _():
    with Stage() as stage:
        for words in (["fix"], ["fix", "E99"], ["undo"], ["undo", "none"], ["resume"], ["resume", "none"]):
            answer = stage.run(*words)
            assert answer.returncode == 1 and answer.stderr, (words, answer)
        file = os.path.join(stage.cluster.folder, "file")
        with open(file, "w", encoding="utf-8"):
            pass
        for words in (["fix", "E15"], ["undo", "x"], ["resume", "x"]):
            answer = stage.run(*words, "--state-dir", file)
            assert answer.returncode == 1 and file in answer.stderr, (words, answer)


def impatiently(runbook):
    runbook["verify"].update(deadlineSeconds=4, holdSeconds=3)


@test("5: the result could not be verified")
def _():
    def one(name):
        with Stage(impatiently) as stage:
            words = stage.words_of(name)
            state = {"written": False}

            def blind(method, path):
                """After the write nobody says any more what the objects look like."""
                if is_write(method, path):
                    state["written"] = True
                elif method == "GET" and state["written"]:
                    return UNAVAILABLE
                return None

            stage.answer = blind
            running = stage.start(*words)
            wait_for(lambda: state["written"], what="the write")
            if name != "undo":
                # Its verification rests on watches: they must end, too.
                wait_for(lambda: "verifying" in running.text(), what=running.text)
                stage.cluster.process.kill()
            assert running.end() == 5, (name, running.text())
            stage.answer = lambda method, path: None
    side_by_side(one, COMMANDS)


@test("6: not confirmed, another digest, read-only, a lock of somebody else, changed since the preview")
def _():
    def one(name):
        with Stage() as stage:
            words = stage.words_of(name)
            assert stage.run(*words[:2]).returncode == 6, name
            assert stage.run(*words[:3], "0" * 64).returncode == 6, name
            assert stage.run(*words, "--read-only").returncode == 6, name
            kubectl(stage.cluster, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=json",
                    "--patch", '[{"op":"add","path":"/metadata/finalizers/0","value":"example.com/new"}]')
            answer = stage.run(*words)
            assert answer.returncode == 6, (name, answer)
            assert not [r for r in stage.proxy.writes(NODE) if name == "fix" and r[0] == "PATCH"]
    side_by_side(one, COMMANDS)


@test("7: done, and it is still there")
def _():
    def one(name):
        with Stage(two_patches, "E08", "calico-outage") as stage:
            answer = stage.run(*stage.words_of(name))
            assert answer.returncode == 7, (name, answer)
    side_by_side(one, ("fix", "resume"))


@test("7: an undo whose field is another one right after it was put back")
def _():
    with Stage() as stage:
        words = stage.words_of("undo")
        state = {"written": False}

        def meddle(method, path):
            if is_write(method, path):
                state["written"] = True
            elif method == "GET" and state["written"] and path.startswith(NODE):
                document = stage.cluster.get(NODE)
                document["metadata"]["finalizers"] = ["orphan"]
                return 200, document
            return None

        stage.answer = meddle
        answer = stage.run(*words)
        assert answer.returncode == 7, answer
        assert runs(stage.cluster)[0]["state"] == "not_improved"


@test("8: stopped or failed half way")
def _():
    def one(name):
        with Stage(two_patches, "E08", "calico-outage") as stage:
            words = stage.words_of(name)
            seen = []

            def once(method, path):
                """The second object may not be changed."""
                if is_write(method, path):
                    seen.append(path)
                    return FORBIDDEN if len(seen) > 1 else None
                return None

            stage.answer = once
            answer = stage.run(*words)
            assert answer.returncode == 8 and len(seen) == 2, (name, answer)
            assert runs(stage.cluster)[0]["state"] == "failed"
    side_by_side(one, COMMANDS)


@test("8: a person's step that is not done in its time; it can be gone on with")
def _():
    def hurry(runbook):
        for step in runbook["steps"]:
            if step["type"] == "manual":
                step["timeoutSeconds"] = 1
    with Stage(hurry, "E14", "e14") as stage:
        answer = stage.run(*stage.fix_words())
        assert answer.returncode == 8, answer
        (entry,) = runs(stage.cluster)
        assert entry["state"] == "stopped" and "not done in time" in entry["note"], entry
        left = stage.run("resume", entry["id"])
        assert left.returncode == 6 and "digest: " in left.stdout, left


@test("130: interrupted before anything was changed")
def _():
    def one(name):
        with Stage() as stage:
            words = stage.words_of(name)
            before = len(stage.proxy.arrived)
            stage.cluster.fault(hang=True)
            running = stage.start(*words, "--wait", "60")
            wait_for(lambda: len(stage.proxy.arrived) > before, what="a request")
            running.process.send_signal(signal.SIGINT)
            assert running.end() == 130, (name, running.text())
            stage.cluster.fault(hang=False)
    side_by_side(one, COMMANDS)


run(at_a_time=2)
