#!/usr/bin/python3
"""A fix on a real apiserver, disturbed once in every way: exit status, message, journal, and what the apiserver's own
audit log says was written."""
import json
import os
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
import stages  # noqa: E402
from audited import AuditedPlane  # noqa: E402
from fault_rows import Row, build_preload, deployment, row, run_rows, status  # noqa: E402
from quick_console import quick_console  # noqa: E402
from table_runbooks import ROLLOUT, THREE  # noqa: E402
from tap import run  # noqa: E402
from wait import wait_for  # noqa: E402

PLANE = AuditedPlane()
PLANE.kwok_config = stages.write(PLANE.path("stages"), failing={
    "acme/new:2": 'Failed to pull image "acme/new:2": rpc error: code = NotFound desc = acme/new:2: not found'},
    unready={}, minutes=1)
CONSOLE = quick_console(PLANE.folder, THREE, ROLLOUT)
PRELOAD = build_preload(PLANE.folder)
DONE, BEFORE = (3, 4, "mended"), (10, 10, "three")
ALL = [("patch", "first", 200), ("patch", "second", 200), ("patch", "third", 200)]


def new_row(**more):
    return Row(PLANE, CONSOLE, **more)


def is_verified(place, answer, written=None):
    assert answer.code == 0 and "done and verified" in answer.out, answer
    assert place.values() == DONE, place.values()
    assert place.written() == (written or ALL), place.written()
    assert place.operator.journal() == ("verified", ["done"] * 3), place.operator.journal()


@row("undisturbed: three writes, three in the audit log, verified; taken back in reverse order")
def _():
    with new_row() as place:
        is_verified(place, place.fix())
        steps = place.operator.runs()[0]["steps"]
        assert all(step["auditId"] for step in steps), steps
        mark = place.mark = PLANE.audit_now()
        name = place.operator.runs()[0]["id"]
        answer = place.operator.run("undo", name, "--confirm", place.operator.digest("undo", name))
        assert answer.code == 0 and place.values() == BEFORE, answer
        assert place.written() == ALL[::-1] and mark, place.written()


@row("the connection is lost before the answer of a PATCH that happened: it is looked up and not repeated")
def _():
    with new_row() as place:
        place.disturb("second", "lose")
        answer = place.fix()
        is_verified(place, answer)
        assert "done: the answer was lost, but the object shows it" in answer.out, answer


@row("the connection is lost before a PATCH arrives: it is looked up and sent again, once")
def _():
    with new_row() as place:
        place.disturb("second", "drop")
        is_verified(place, place.fix())
        assert [r.outcome for r in place.operator.proxy.writes() if "second" in r.path] == ["dropped", 200]


@row("409 while the object is as it was: sent again")
def _():
    with new_row() as place:
        place.disturb("second", (409, status(409, "Conflict", "the object has been modified; please apply your changes")))
        is_verified(place, place.fix())


@row("409 for ever: it stops half way, says so, and writes nothing more")
def _():
    with new_row() as place:
        place.disturb("second", (409, status(409, "Conflict", "the object has been modified")), times=99)
        answer = place.fix()
        assert answer.code == 8 and "the object has been modified" in answer.err, answer
        assert place.values() == (3, 10, "three") and place.written() == ALL[:1], place.written()
        assert place.operator.journal() == ("failed", ["done", "failed"]), place.operator.journal()
        assert len([r for r in place.operator.proxy.writes() if "second" in r.path]) == 3


@row("422: a policy that came after the preview refuses the second write: its own words, 8, nothing more is written")
def _():
    with new_row() as place:
        deny(place.namespace, "revisionHistoryLimit != 4", "four is one too many")
        place.operator.proxy.on_request = None
        plan = place.operator.run("plan", "fault-three")
        assert plan.code == 6 and "four is one too many" in plan.err + plan.out, plan
        drop_policy(place.namespace)
        digest = wait_for(lambda: try_digest(place))
        place.after("first", lambda: deny(place.namespace, "revisionHistoryLimit != 4", "four is one too many"))
        place.mark = PLANE.audit_now()
        answer = place.operator.run("fix", "fault-three", "--confirm", digest)
        assert answer.code == 8 and "four is one too many" in answer.err, answer
        assert place.values() == (3, 10, "three"), place.values()
        assert place.written() == [ALL[0], ("patch", "second", 422)], place.written()
        assert place.operator.journal() == ("failed", ["done", "failed"])
        drop_policy(place.namespace)


def try_digest(place):
    try:
        return place.operator.digest("plan", "fault-three")
    except AssertionError:
        return None


def deny(namespace, expression, message):
    """Returns when the policy is in force."""
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    PLANE.api.post(policies, {"metadata": {"name": namespace}, "spec": {
        "failurePolicy": "Fail", "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"row": namespace}}, "resourceRules": [
                {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"]}]},
        "validations": [{"expression": f"object.spec.{expression}", "message": message, "reason": "Invalid"}]}})
    PLANE.api.post(policies.replace("policies", "policybindings"), {"metadata": {"name": namespace}, "spec": {
        "policyName": namespace, "validationActions": ["Deny"]}})
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/second?dryRun=All"

    def is_denied():
        try:
            PLANE.api.patch(path, {"spec": {"revisionHistoryLimit": 4}})
        except OSError:
            raise
        except Exception as error:      # ApiError: the policy speaks
            return message in str(error)
        return False
    wait_for(is_denied)


def drop_policy(namespace):
    for what in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        PLANE.api.delete(f"/apis/admissionregistration.k8s.io/v1/{what}/{namespace}")


@row("429 with Retry-After: it waits as long as it was told, then sends it again")
def _():
    with new_row() as place:
        place.disturb("second", (429, status(429, "TooManyRequests", "too many requests"), {"Retry-After": "3"}))
        times = []
        before = place.operator.proxy.on_request

        def on_request(request):
            if request.is_write and "second" in request.path:
                times.append(time.monotonic())
            return before(request)
        place.operator.proxy.on_request = on_request
        is_verified(place, place.fix())
        assert len(times) == 2 and times[1] - times[0] >= 3, times


for _code, _reason in ((500, "InternalError"), (504, "Timeout")):
    def _register(code, reason):
        @row(f"{code} to a PATCH that happened: the object tells, it is not repeated")
        def _():
            with new_row() as place:
                place.disturb("second", ("after", code, status(code, reason, "etcdserver: request timed out")))
                is_verified(place, place.fix())

        @row(f"{code} to a PATCH that did not happen: sent again, in its own time")
        def _():
            with new_row() as place:
                place.disturb("second", (code, status(code, reason, "etcdserver: request timed out")), times=2)
                is_verified(place, place.fix())
                arrived = [r for r in place.operator.proxy.writes() if "second" in r.path]
                assert [r.outcome for r in arrived] == [code, code, 200], arrived
    _register(_code, _reason)


@row("500 for ever: 8, what was done stays, nothing more is written")
def _():
    with new_row() as place:
        place.disturb("second", (500, status(500, "InternalError", "etcd is away")), times=99)
        answer = place.fix()
        assert answer.code == 8 and "second" in answer.err and "etcd is away" in answer.out, answer
        assert place.values() == (3, 10, "three") and place.written() == ALL[:1], place.written()
        assert place.operator.journal() == ("failed", ["done", "failed"])


@row("500 for ever to the first write: nothing was changed, 1")
def _():
    with new_row() as place:
        place.disturb("first", (500, status(500, "InternalError", "etcd is away")), times=99)
        answer = place.fix()
        assert answer.code == 1 and place.values() == BEFORE and place.written() == [], (answer, place.written())
        assert place.operator.journal() == ("failed", ["failed"])


@row("deleted and made again after the preview: another uid is another object; 6, nothing is written")
def _():
    with new_row() as place:
        digest = place.operator.digest("plan", "fault-three")
        old = place.get("first")["metadata"]["uid"]
        place.api.delete(f"{place.apps}/first", 0)
        wait_for(lambda: make(place, "first"))
        answer = place.operator.run("fix", "fault-three", "--confirm", digest)
        assert answer.code == 6 and "digest" in answer.err and place.values() == BEFORE, answer
        assert place.written() == [] and place.get("first")["metadata"]["uid"] != old


def make(place, name):
    try:
        place.api.post(place.apps, deployment(name))
        return True
    except Exception:       # the old one is still going
        return False


@row("deleted and made again between the last look and the write: the request's own test refuses it; 6")
def _():
    with new_row() as place:
        def replace():
            place.api.delete(f"{place.apps}/first", 0)
            wait_for(lambda: make(place, "first"))
        place.disturb("first", None, before=replace)
        answer = place.fix()
        assert answer.code == 6 and "changed since the preview" in answer.err, answer
        assert place.values() == BEFORE and place.written() == [("patch", "first", 422)], place.written()
        assert place.operator.journal() == ("refused", ["failed"])


@row("deleted and made again half way: 8, the new object is not touched")
def _():
    with new_row() as place:
        def replace():
            place.api.delete(f"{place.apps}/second", 0)
            wait_for(lambda: make(place, "second"))
        place.after("first", replace)
        answer = place.fix()
        assert answer.code == 8 and "changed since the preview" in answer.err, answer
        assert place.values() == (3, 10, "three")
        assert place.written() == [ALL[0], ("patch", "second", 422)], place.written()
        assert place.operator.journal() == ("failed", ["done", "failed"])


@row("a rollout that never ends: stopped at its deadline with the reason; 8; the rest is not done; undo puts it back")
def _():
    with new_row() as place:
        place.api.post(place.apps, deployment("app", {"fault": "rollout"}, replicas=1))
        wait_for(lambda: place.get("app").get("status", {}).get("readyReplicas") == 1, interval=0.2)
        place.mark = PLANE.audit_now()
        answer = place.operator.run("fix", "fault-rollout", "--confirm", place.operator.digest("plan", "fault-rollout"))
        assert answer.code == 8, answer
        assert "ImagePullBackOff" in answer.out + answer.err and "app" in answer.err, answer
        assert place.written() == [("patch", "app", 200)], place.written()
        assert place.operator.journal() == ("failed", ["done", "failed"]), place.operator.journal()
        name = place.operator.runs()[0]["id"]
        undone = place.operator.run("undo", name, "--confirm", place.operator.digest("undo", name))
        image = place.get("app")["spec"]["template"]["spec"]["containers"][0]["image"]
        assert undone.code == 0 and image == "acme/old:1", (undone, image)


@row("no room for the journal: 1, nothing is written to the cluster")
def _():
    with new_row() as place:
        digest = place.operator.digest("plan", "fault-three")
        limit = 1024

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        answer = place.operator.run("fix", "fault-three", "--confirm", digest, preexec_fn=small_files)
        assert answer.code == 1 and "journal" in answer.err, answer
        assert place.values() == BEFORE and place.written() == [] and not place.operator.proxy.writes()


def preload_after_first(place, what):
    """The faults of tests/lib/preload.c from the first write on; returns the file that holds them."""
    faults = os.path.join(place.operator.home, "faults")
    place.operator.variables = {"LD_PRELOAD": PRELOAD, "PRELOAD_FAULTS": faults}

    def begin():
        with open(faults, "w", encoding="utf-8") as file:
            file.write(what)
    place.after("first", begin)
    return faults


@row("the disk is full half way: the next write is not sent; 8; with room again the run can be resumed")
def _():
    with new_row() as place:
        faults = preload_after_first(place, "0 1")
        answer = place.fix()
        assert answer.code == 8 and "journal" in answer.err, answer
        assert place.values() == (3, 10, "three") and place.written() == ALL[:1], place.written()
        os.unlink(faults)
        name = place.operator.runs()[0]["id"]
        answer = place.operator.run("resume", name, "--confirm", place.operator.digest("resume", name))
        assert answer.code == 0 and place.values() == DONE and place.written() == ALL, (answer, place.written())


@row("the clock is set back an hour in the middle: the run ends as it would")
def _():
    with new_row() as place:
        preload_after_first(place, "-3600 0")
        started = time.monotonic()
        answer = place.fix()
        is_verified(place, answer)
        assert time.monotonic() - started < 300
        hours = {line[:2] for line in answer.out.splitlines() if "[1/3]" in line or "[3/3]" in line}
        assert len(hours) == 2, ("the clock was not set", answer)


with PLANE:
    PLANE.add_nodes(2)
    run_rows(4)
    run()
