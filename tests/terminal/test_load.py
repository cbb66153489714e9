#!/usr/bin/python3
"""The console under load and at rest: a storm, a thousand changes a second, a long stream, and nothing at all.

The figures themselves are printed by `make bench`; here are bounds that hold on a busy machine too.
"""
# Takes: 25 s
import os
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "bench")]
import latency  # noqa: E402
import soak  # noqa: E402
import stream_server as api  # noqa: E402
from tap import run, test  # noqa: E402
from wait import pause  # noqa: E402

NODES, PODS, EVENTS = "api/v1/nodes", "api/v1/pods", "api/v1/events"
IS_SANITIZED = "sanitize" in os.environ.get("OUT", "")
STORM = 2000 if IS_SANITIZED else 10000
MEASUREMENTS = 8
FRAMES_A_SECOND = 1000 / 30


def at_a_calm_moment(measure, told):
    """What this machine does besides may slow a measurement down, and never makes it better: one that is good counts."""
    assert any(measure() for _ in range(MEASUREMENTS)), told


@test("an object that changes ten thousand times is painted once a frame, and its newest state is the last")
def storm():
    with api.StreamServer({NODES: [api.node(0, 1)]}) as server, api.Console(server.kubeconfig) as console:
        server.wait_for_watches(NODES, PODS)
        server.send(NODES, api.event("MODIFIED", api.node(0, 2, kubelet="v1." + api.stamp(0))))
        console.wait_stamp(api.stamp(0))
        changes = b"".join(api.event("MODIFIED", api.node(0, 3 + i, kubelet="v1." + api.stamp(i)))
                           for i in range(1, STORM + 1))
        start = time.monotonic()
        server.send(NODES, changes)
        took = console.wait_stamp(api.stamp(STORM)) - start
        painted = sum(api.stamp(i) in console.stamps for i in range(1, STORM + 1))
    assert painted <= took * FRAMES_A_SECOND + 2, f"{painted} paints in {took:.2f} s"
    assert painted < STORM / 2, f"{painted} of {STORM} states were painted"


@test("a thousand changes a second are on the screen within a quarter of a second, even on a busy machine")
def stream():
    rate = "200" if IS_SANITIZED else "1000"
    arguments = latency.parser().parse_args(["--seconds", "4", "--pods", "500", "--rate", rate])
    told = []

    def is_quick():
        waits, sent, _share, painted = latency.measure(arguments)
        told.append(f"{sent:.0f} events/s, {painted} of {len(waits)} painted, the median {waits[len(waits) // 2]:.0f} ms")
        return sent > arguments.rate * 0.8 and painted > len(waits) / 20 and waits[len(waits) // 2] < 250
    at_a_calm_moment(is_quick, told)


@test("memory after a long stream is what it was after its first part")
def long_stream():
    seen = []
    count = 10000 if IS_SANITIZED else 200000
    soak.run(count, [count * part // 4 for part in range(1, 5)], lambda sent, kib, cpu: seen.append(kib))
    assert len(seen) == 4
    # A sanitizer keeps freed memory: there only its own checks count. Half a day's changes in five seconds leave holes
    # in the heap, more of them on a busy machine, but not in every quarter; one small block forgotten for each object
    # is seven percent in each.
    growth = min(after / before - 1 for before, after in zip(seen, seen[1:]))
    assert IS_SANITIZED or growth < 0.035, seen


@test("a console at rest wakes for its clock and little else")
def rest():
    lists = {NODES: [api.node(i, 1) for i in range(100)], PODS: [api.pod(i, 1) for i in range(1000)]}
    with api.StreamServer(lists) as server, api.Console(server.kubeconfig) as console:
        server.wait_for_watches(NODES, PODS, EVENTS)
        server.send(NODES, api.event("MODIFIED", api.node(0, 2, kubelet="v1." + api.stamp(0))))
        console.wait_stamp(api.stamp(0))
        pause(soak.SETTLE_SECONDS)
        told = []

        def is_at_rest():
            wakeups, cpu, start = console.wakeups(), console.cpu(), time.monotonic()
            pause(5)
            seconds = time.monotonic() - start
            wakeups, cpu = (console.wakeups() - wakeups) / seconds, (console.cpu() - cpu) / seconds
            told.append(f"{wakeups:.1f} wakeups and {cpu:.3f} s of CPU a second")
            return wakeups < 6 and cpu < 0.02
        at_a_calm_moment(is_at_rest, told)


if __name__ == "__main__":
    run()
