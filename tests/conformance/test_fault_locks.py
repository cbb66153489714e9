#!/usr/bin/python3
"""Two operators at a real apiserver: the same second, stolen and abandoned locks, clocks that differ, no right to them."""
import os
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from audited import AuditedPlane, Operator  # noqa: E402
from fault_rows import LEASES, Row, build_preload, row, run_rows  # noqa: E402
from locks import lock, objects_of  # noqa: E402
from quick_console import quick_console  # noqa: E402
from table_runbooks import THREE  # noqa: E402
from tap import run  # noqa: E402
from wait import wait_for  # noqa: E402

PLANE = AuditedPlane()
CONSOLE = quick_console(PLANE.folder, THREE)
PRELOAD = build_preload(PLANE.folder)
DONE, BEFORE = (3, 4, "mended"), (10, 10, "three")
ALL = [("patch", "first", 200), ("patch", "second", 200), ("patch", "third", 200)]


class Locked(Row):
    """A row whose Leases are known: they hold objects of its namespace."""
    HELD = "nks-triage-%010x"

    def ours(self):
        return [lease for lease in self.leases() if f"/{self.namespace}/" in "".join(objects_of(lease))]

    @property
    def lease(self):
        """The one Lease of this row, whosever it is."""
        (lease,) = self.ours()
        return f"{LEASES}/{lease['metadata']['name']}"

    def hold(self, holder, off=0.0, seconds=30, objects=("second",), **more):
        """Somebody else's lock, renewed so many seconds ago (or from now)."""
        return self.plane.api.post(LEASES, lock(
            [f"Deployment/{self.namespace}/{name}" for name in objects], holder, off=off, seconds=seconds,
            name=self.HELD % int(self.namespace.split("-")[1]), **more))

    def steal(self, holder="thief@elsewhere/other"):
        self.api.patch(self.lease, {"spec": {"holderIdentity": holder}})

    def lease_writes(self):
        """(verb, status) of what this row's console asked of Leases."""
        names = {lease["metadata"]["name"] for lease in self.ours()} | {self.HELD % int(self.namespace.split("-")[1])}
        return [(verb, code) for verb, path, code in self.plane.audit(self.mark) if path.rsplit("/", 1)[1] in names]


def new_row(**more):
    return Locked(PLANE, CONSOLE, **more)


def offset(operator, seconds):
    faults = os.path.join(operator.home, "faults")
    with open(faults, "w", encoding="utf-8") as file:
        file.write(f"{seconds} 0")
    operator.variables = {"LD_PRELOAD": PRELOAD, "PRELOAD_FAULTS": faults}


def refused(place, answer, *parts):
    assert answer.code == 6, answer
    for part in parts:
        assert part in answer.err, (part, answer)
    assert place.values() == BEFORE and place.written() == [], (place.values(), place.written())


@row("two consoles confirm in the same second: one wins, the other is refused, each object is written once")
def _():
    with new_row() as place, Operator(PLANE, CONSOLE, place.namespace) as other:
        barrier = threading.Barrier(2, timeout=60)

        def together(request):
            if request.method == "POST" and request.is_lease:
                try:
                    barrier.wait()
                except threading.BrokenBarrierError:
                    pass        # the second try of one of them
        first, second = place.operator, other
        digests = [operator.digest("plan", "fault-three") for operator in (first, second)]
        assert digests[0] != digests[1], "they are two addresses of the same server"
        first.proxy.on_request = second.proxy.on_request = together
        started = [operator.start("fix", "fault-three", "--confirm", digest) for operator, digest in zip(
            (first, second), digests)]
        answers = [one.end() for one in started]
        assert sorted(answer.code for answer in answers) == [0, 6], answers
        loser = next(answer for answer in answers if answer.code == 6)
        assert "somebody works on the same objects right now" in loser.err and " of fault-three" in loser.err, loser
        assert place.values() == DONE and place.written() == ALL, place.written()
        states = sorted(operator.journal()[0] for operator in (first, second))
        assert states == ["refused", "verified"], states
        assert not place.ours()


@row("a lock that somebody holds now is in the plan, and refuses")
def _():
    with new_row() as place:
        held = place.hold("kim@bastion/run-of-kim", off=100, seconds=120)     # and so it stays for as long as a slow machine takes
        plan = place.operator.run("plan", "fault-three")
        assert plan.code == 0 and "held now by kim@bastion/run-of-kim, run run-of-kim of E08, step 5/7" in plan.out, plan
        refused(place, place.fix(), "kim@bastion", "run-of-kim", "E08", "5/7")
        assert PLANE.api.get(place.lease)["spec"] == held["spec"] and place.lease_writes() == []
        assert place.operator.journal()[0] == "refused"


@row("a lock that a dead console left: the plan says how far it came, it is watched, then taken over")
def _():
    with new_row() as place:
        place.hold("kim@bastion/run-of-kim", off=-600, seconds=3)
        place.set("first", {"spec": {"revisionHistoryLimit": 3}})      # what the other run did
        plan = place.operator.run("plan", "fault-three")
        assert plan.code == 0, plan
        assert "one was left behind by kim@bastion/run-of-kim, run run-of-kim of E08, step 5/7" in plan.out, plan
        assert "Deployment/%s/second" % place.namespace in plan.out and "- 10\n        + 3" not in plan.out, plan
        started = time.monotonic()
        answer = place.fix()
        assert answer.code == 0 and "looks abandoned" in answer.out and "taking over the lock" in answer.out, answer
        assert time.monotonic() - started >= 5 and place.values() == DONE
        assert place.written() == ALL[1:] and place.lease_writes()[0] == ("delete", 200), place.written()
        assert not place.ours()


@row("an expired lock that still moves is not taken: its holder's clock is wrong, or its link is slow")
def _():
    with new_row() as place:
        place.hold("kim@bastion/run-of-kim", off=-3600, seconds=15)
        running = place.start()
        running.wait_line("looks abandoned")
        place.api.patch(place.lease, {"metadata": {"annotations": {"nks-triage/step": "6/7"}}})
        refused(place, running.end(), "kim@bastion", "6/7")


@row("our clock is an hour ahead, and an hour behind: the lock of somebody who works is respected")
def _():
    for seconds in (3600, -3600):
        with new_row() as place:
            place.hold("kim@bastion/run-of-kim", seconds=15)
            offset(place.operator, seconds)
            running = place.start()
            running.wait_line("looks abandoned")
            place.api.patch(place.lease, {"metadata": {"annotations": {"nks-triage/step": "6/7"}}})
            refused(place, running.end(), "6/7")


@row("the lock is stolen: seen at the next renewal, the next write is not sent, the thief keeps it; 8")
def _():
    with new_row() as place:
        place.after("first", place.steal)
        renewals = threading.Event()

        def slow(request):
            # The second write is under way until the renewal has found out.
            if request.is_write and "second" in request.path:
                assert renewals.wait(90)

        def seen(request, status):
            if request.method == "PUT" and request.is_lease and status == 409:
                renewals.set()
            elif request.is_write and "first" in request.path:
                place.steal()
        place.operator.proxy.on_request, place.operator.proxy.on_answer = slow, seen
        answer = place.fix()
        assert answer.code == 8 and "the lock was lost" in answer.err and "thief@elsewhere" in answer.out, answer
        assert place.values() == (3, 4, "three") and place.written() == ALL[:2], place.written()
        assert place.operator.journal()[0] == "failed"
        assert PLANE.api.get(place.lease)["spec"]["holderIdentity"] == "thief@elsewhere/other"


@row("the answer to a renewal is lost: the lock is still ours, and the run goes on")
def _():
    with new_row() as place:
        lost, renewed = [], threading.Event()

        def on_request(request):
            if request.is_write and "second" in request.path:
                assert renewed.wait(90)
            if request.method == "PUT" and request.is_lease and not lost:
                lost.append(request)
                return "lose"
            return None

        def on_answer(request, status):
            if request.method == "GET" and request.is_lease and lost and status == 200:
                renewed.set()
        place.operator.proxy.on_request, place.operator.proxy.on_answer = on_request, on_answer
        answer = place.fix()
        assert answer.code == 0 and place.written() == ALL, (answer, place.written())


@row("a console that slept longer than its lock holds writes nothing before it has it again")
def _():
    with new_row() as place:
        asleep = threading.Event()

        def on_request(request):
            if request.is_write and "first" in request.path:
                asleep.set()
                return "lose"       # so that it looks, and sends, when it wakes up
            return None
        place.operator.proxy.on_request = on_request
        running = place.start()
        assert asleep.wait(90)
        running.process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        place.steal("other@elsewhere/quick")
        wait_for(lambda: time.monotonic() - started > 29, interval=0.5)
        running.process.send_signal(signal.SIGCONT)
        answer = running.end()
        assert answer.code == 8 and "the lock was lost" in answer.err, answer
        assert place.written() == ALL[:1], place.written()


@row("killed: the same machine knows that nobody renews the lock any more, and takes it over at once")
def _():
    with new_row() as place:
        place.after("first", lambda: running.process.kill())
        running = place.start()
        running.process.wait(90)
        with Operator(PLANE, CONSOLE, place.namespace) as other:
            # Or a console of another row has cleared it away by now: it is in nobody's way any more.
            plan = other.run("plan", "fault-three")
            assert "held now by" not in plan.out, plan
            started = time.monotonic()
            answer = other.run("fix", "fault-three", "--confirm", plan.out.splitlines()[-1].split()[1])
            assert answer.code == 0 and not place.ours(), answer
            assert "looks abandoned" not in answer.out and time.monotonic() - started < 60
        assert place.values() == DONE and place.written() == ALL, place.written()


@row("no right to Leases: the plan says so, the name is asked for, and it runs without a lock")
def _():
    with new_row(user="viewer") as place:
        allow(place.namespace)
        plan = place.operator.run("plan", "fault-three")
        assert plan.code == 0, plan
        assert "no right to" in plan.out and "the name viewer has to be typed" in plan.out, plan
        digest = plan.out.splitlines()[-1].split()[1]
        refused(place, place.operator.run("fix", "fault-three", "--confirm", digest), "viewer", "typed")
        answer = place.operator.run("fix", "fault-three", "--confirm", digest, "--confirm-name", "viewer")
        assert answer.code == 0 and "no lock is held" in answer.out, answer
        assert place.written() == ALL and ("create", 201) not in place.lease_writes(), place.written()


def allow(namespace):
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/"
    PLANE.api.post(rbac + "roles", {"metadata": {"name": "mender"}, "rules": [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}]})
    PLANE.api.post(rbac + "rolebindings", {
        "metadata": {"name": "mender"}, "subjects": [{"kind": "User", "name": "viewer"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "mender"}})

    def is_allowed():
        words = ["auth", "can-i", "patch", "deployments.apps", "-n", namespace]
        return PLANE.kubectl(*words, user="viewer", check=False).stdout.strip() == "yes"
    wait_for(is_allowed)


with PLANE:
    run_rows(10)
    run()
