#!/usr/bin/python3
"""What the engine itself takes: from `y` to the first request of a run, and what it adds to each step.

    tests/bench/remedy.py [--rounds 5]

The first is measured from outside: the key is written to the terminal of `fix`, a proxy notes when the next request
arrives. The second comes from the times at the named places of a run (probes/base/fault_point.h): all that lies
between the answer of one step and the request of the next, the journal's fsync for the intent among it.
"""
import argparse
import os
import pty
import select
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from remedy import WORKLOADS, Copy, Proxy, two_patches  # noqa: E402
from simulated import Simulated, environment  # noqa: E402
from sources import ROOT  # noqa: E402
from wait import pause  # noqa: E402

PROGRAM = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/remedy/nks-triage-faults")
AIM_FIRST_MS = 20
AIM_STEP_MS = 5


def read_until(screen, part, seconds=60):
    text = ""
    deadline = time.monotonic() + seconds
    while part not in text:
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: the terminal never showed {part!r}:\n{text}")
        if select.select([screen], [], [], 0.1)[0]:
            text += os.read(screen, 65536).decode("utf-8", "replace")


def first_request(copy, trace):
    """Milliseconds from the key to the first request; trace gets the places of the run."""
    with Simulated("calico-outage") as cluster:
        arrived = []

        def note(method, path):
            # The run looks at its objects first.
            if method == "GET" and path.startswith(WORKLOADS["typha"]):
                arrived.append(time.monotonic())

        proxy = Proxy(cluster, note)
        child, screen = pty.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(environment(cluster.folder, NKS_TRIAGE_FAULT_TRACE=trace))
            os.execv(copy.console, [copy.console, "fix", "E08", "--kubeconfig", proxy.kubeconfig])
        read_until(screen, "y runs it")
        before = len(arrived)
        pressed = time.monotonic()
        os.write(screen, b"y\n")
        while len(arrived) == before:
            if time.monotonic() > pressed + 10:
                raise SystemExit("bench: no request after y")
            pause(0.0002)
        took = (arrived[before] - pressed) * 1000
        while True:
            try:
                if select.select([screen], [], [], 0.1)[0] and not os.read(screen, 65536):
                    break
            except OSError:
                break
        os.waitpid(child, 0)
        os.close(screen)
        proxy.stop()
        return took


def overheads(trace):
    """Milliseconds that the engine itself took for each step: before its request and after its answer."""
    with open(trace, encoding="utf-8") as file:
        places = [(name, int(at)) for name, at in (line.split() for line in file)]
    start = next(i for i, (name, _) in enumerate(places) if name == "run.looked")
    found = []
    last = None         # when the step before was over, or the lock was there
    answered = None
    for name, at in places[start:]:
        if name == "write.next" and last is not None:
            found.append(at - last)
            last = None
        elif name == "write.answered":
            answered = last = at
        elif name == "step.ended" and answered is not None:
            found[-1] += at - answered
            last = at
            answered = None
        elif name == "state.verifying":
            break
    return [value / 1000 for value in found]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    first = []
    steps = []
    with Copy(two_patches, program=PROGRAM) as copy:
        for number in range(arguments.rounds):
            trace = os.path.join(copy.folder, f"trace-{number}")
            first.append(first_request(copy, trace))
            steps += overheads(trace)
    print(f"  from y to the first request {statistics.median(first):7.1f} ms     aim: under {AIM_FIRST_MS} ms;"
          f" the worst {max(first):.1f} ms")
    print(f"  the engine adds to a step   {statistics.median(steps):7.1f} ms     aim: under {AIM_STEP_MS} ms, the"
          f" journal's fsync included; the worst {max(steps):.1f} ms of {len(steps)}")


if __name__ == "__main__":
    main()
