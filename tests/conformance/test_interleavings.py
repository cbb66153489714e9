#!/usr/bin/python3
"""Somebody else writes at random moments of a fix and of its undo: nothing that they set is ever lost.

NKS_TRIAGE_SEEDS=500 runs so many sequences (make faults); without it a few. A failure names its seed, which is a sequence.
"""
import collections
import concurrent.futures
import os
import random
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from audited import AuditedPlane  # noqa: E402
from fault_rows import Row, deployment  # noqa: E402
from kube_api import ApiError  # noqa: E402
from quick_console import quick_console  # noqa: E402
from table_runbooks import patch, runbook  # noqa: E402
from tap import run, test  # noqa: E402

SEEDS = int(os.environ.get("NKS_TRIAGE_SEEDS", "16"))
TEMPLATE = ("spec", "template", "spec", "containers")
ENV = {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "ours"}]}]}}}}
MIXED = runbook("fault-mixed", "mixed", [
    patch(1, "first", {"spec": {"revisionHistoryLimit": 3}, "metadata": {"labels": {"tier": "ours"}}}),
    {"id": "set-image", "type": "patch-image", "images": [{"from": "old", "to": "{imageOwner}/new:2"}], "reversible": True,
     "target": {"kind": "Deployment", "namespace": "{namespace}", "name": "second"}, "title": {"en": "Set the image"}},
    dict(patch(3, "second", ENV), patchType="strategic"),
    patch(4, "third", {"metadata": {"labels": {"fault": "mended"}}})], verify_seconds=3)
MIXED["verify"]["holdSeconds"] = 0
PLANE = AuditedPlane()
CONSOLE = quick_console(PLANE.folder, MIXED, hold=0)
OUTCOMES = {}


def containers(document):
    return {c["name"]: c for c in document["spec"]["template"]["spec"]["containers"]}


def env(name):
    def read(document):
        return {e["name"]: e.get("value") for e in containers(document)["c"].get("env", [])}.get(name)
    return read


# Field: (object, how it is read, how a value is patched in, values that others set); some are touched by our steps.
FIELDS = {
    "limit": ("first", lambda d: d["spec"]["revisionHistoryLimit"], lambda v: ("merge", {"spec": {"revisionHistoryLimit": v}}),
              (5, 6, 10)),
    "tier": ("first", lambda d: d["metadata"].get("labels", {}).get("tier"), lambda v: ("merge", {"metadata": {"labels": {"tier": v}}}),
             ("theirs", "other", None)),
    "note": ("first", lambda d: d["metadata"].get("annotations", {}).get("note"),
             lambda v: ("merge", {"metadata": {"annotations": {"note": v}}}), ("x", "y", None)),
    "image": ("second", lambda d: containers(d)["c"]["image"],
              lambda v: ("strategic", {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": v}]}}}}),
              ("acme/their:1", "acme/old:1")),
    "env A": ("second", env("A"), lambda v: ("strategic", env_patch("A", v)), ("theirs", "other")),
    "env B": ("second", env("B"), lambda v: ("strategic", env_patch("B", v)), ("theirs", "other")),
    # In front of ours: every index that the plan knows is another one then.
    "sidecar": ("second", lambda d: containers(d).get("side", {}).get("image"),
                lambda v: ("strategic", {"spec": {"template": {"spec": {
                    "$setElementOrder/containers": [{"name": "side"}, {"name": "c"}],
                    "containers": [{"name": "side", "image": v}]}}}}), ("side:1", "side:2")),
    "pause": ("second", lambda d: d["spec"].get("minReadySeconds", 0), lambda v: ("merge", {"spec": {"minReadySeconds": v}}),
              (0, 4)),
    "fault": ("third", lambda d: d["metadata"].get("labels", {}).get("fault"), lambda v: ("merge", {"metadata": {"labels": {"fault": v}}}),
              ("theirs", "mixed")),
}


def env_patch(name, value):
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": name, "value": value}]}]}}}}


class Writer:
    """Somebody else: writes at random moments, and remembers what the server took."""

    def __init__(self, place, seed):
        self.place, self.draw, self.lock = place, random.Random(seed), threading.Lock()
        self.last, self.log = {}, []
        self.chance = self.draw.choice((0.02, 0.1, 0.3))

    def now(self, moment):
        with self.lock:
            if self.draw.random() > self.chance:
                return
            name = self.draw.choice(list(FIELDS))
            target, _read, make, values = FIELDS[name]
            value = self.draw.choice(values)
            kind, body = make(value)
            try:
                self.place.api.patch(f"{self.place.apps}/{target}", body, kind)
            except ApiError as error:
                assert error.code == 409, error     # the server gave up after a race
                return
            self.last[name] = value
            self.log.append((moment, name, value))

    def join(self, operator):
        """Beside all but watches and the lock, whose requests are the same few in every run."""
        def on_request(request):
            if "watch=" not in request.path and "/leases" not in request.path:
                self.now(f"before {request.method} {request.path.split('?')[0]}")

        def on_answer(request, _status):
            if "watch=" not in request.path and "/leases" not in request.path:
                self.now(f"after {request.method} {request.path.split('?')[0]}")
        operator.proxy.on_request, operator.proxy.on_answer = on_request, on_answer

    def leave(self, operator):
        operator.proxy.on_request = operator.proxy.on_answer = None

    def check(self, start, ours, what):
        """start: the values when the plan was made; ours: those that our steps set (undo: what it puts back)."""
        for name, (target, read, _make, _values) in FIELDS.items():
            value = read(self.place.get(target))
            if name in self.last and self.last[name] != start[name]:
                allowed = {self.last[name]}
            else:
                allowed = {start[name], ours.get(name, start[name])}
            assert value in allowed, (what, name, value, allowed, self.log)


OURS = {"limit": 3, "tier": "ours", "image": "acme/new:2", "env A": "ours", "fault": "mended"}


class Mixed(Row):
    def objects(self):
        return [deployment("first", {"tier": "before"}), deployment("second"), deployment("third", {"fault": "mixed"})]

    def read(self):
        return {name: read(self.get(target)) for name, (target, read, _make, _values) in FIELDS.items()}


def one(seed):
    with Mixed(PLANE, CONSOLE) as place:
        operator = place.operator
        start = place.read()
        digest = operator.digest("plan", "fault-mixed")
        writer = Writer(place, seed)
        writer.join(operator)
        answer = operator.run("fix", "fault-mixed", "--confirm", digest)
        writer.leave(operator)
        assert answer.code in (0, 5, 6, 7, 8), answer
        writer.check(start, OURS, answer)
        undo(place, writer, answer)
        return answer.code


def undo(place, writer, answer):
    operator = place.operator
    runs = operator.runs()
    if answer.code not in (0, 7, 8) or not runs:
        return
    before = place.read()
    name = runs[0]["id"]
    shown = operator.run("undo", name)
    last = shown.out.splitlines()[-1] if shown.out else ""
    if not last.startswith("digest: "):
        return      # somebody changed what would be put back: refused, with both values
    writer.last, writer.log = {}, []
    writer.join(operator)
    undone = operator.run("undo", name, "--confirm", last.split()[1])
    writer.leave(operator)
    assert undone.code in (0, 5, 6, 7, 8), undone
    writer.check(before, {"limit": 10, "tier": "before", "image": "acme/old:1", "env A": None, "fault": "mixed"}, undone)


@test(f"{SEEDS} random sequences: what others set is never lost, in a fix and in its undo")
def _():
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        futures = {pool.submit(one, seed): seed for seed in range(1, SEEDS + 1)}
        for future in concurrent.futures.as_completed(futures):
            assert not future.exception(), f"seed {futures[future]}: {future.exception()}"
            OUTCOMES[futures[future]] = future.result()


@test("the sequences were of all sorts: some were refused, some stopped half way, some went through")
def _():
    def of_all_sorts():
        return {0, 8} <= set(OUTCOMES.values()) and {6, 7, 5} & set(OUTCOMES.values())
    # When the other one writes is chance and a matter of how fast a machine is: as many more as it takes.
    for seed in range(SEEDS + 1, 5 * SEEDS):
        if of_all_sorts():
            break
        OUTCOMES[seed] = one(seed)
    print(f"# {collections.Counter(OUTCOMES.values())}")
    assert of_all_sorts(), OUTCOMES


with PLANE:
    run()
