#!/usr/bin/python3
"""A day's watch events in minutes: memory after the last beside memory after the first hundred thousand.

    tests/bench/soak.py [--events 1000000]

The console runs on a terminal against a server that sends what a cluster of 100 nodes and 2,000 pods goes through:
pods come with new names, change and go; events come with new names and texts, are counted up and expire; pods get
sick and well, nodes lose and find their kubelets, so that findings come and go; every node has its heartbeats.
Prints anonymous memory as it goes; the exit status says whether it stayed within 2 %.
"""
import argparse
import collections
import os
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import stream_server as api  # noqa: E402
from wait import pause  # noqa: E402

NODES, PODS, EVENTS = "api/v1/nodes", "api/v1/pods", "api/v1/events"
NODE_COUNT, POD_COUNT = 100, 2000
LIVE_EVENTS = 5000          # the server forgets older ones, as a real one does after an hour
AT_ONCE = 100               # watch events in one write
SICK_EVERY, SICK_FOR = 37, 60
AIM_PERCENT = 2
SETTLE_SECONDS = 3


class Churn:
    """The stream; next() gives {path: [watch events]} of the next step, about 16 of them."""

    def __init__(self):
        self.version = 10
        self.step = 0
        self.next_pod = POD_COUNT
        self.next_event = 0
        self.pods = collections.deque(range(POD_COUNT))
        self.sick = collections.deque()
        self.events = collections.deque()
        self.out = {}

    def put(self, path, kind, item):
        self.out.setdefault(path, []).append(api.event(kind, item))

    def new_version(self):
        self.version += 1
        return self.version

    def pod(self, kind, number, **state):
        self.put(PODS, kind, api.pod(number, self.new_version(), NODE_COUNT, **state))

    def event(self, of, reason, text, kind="Warning"):
        self.next_event += 1
        item = (self.next_event, of, reason, text, kind)
        self.put(EVENTS, "ADDED", api.pod_event(self.next_event, self.new_version(), of, reason, text, kind))
        self.put(EVENTS, "MODIFIED", api.pod_event(self.next_event, self.new_version(), of, reason, text, kind, 2))
        self.events.append(item)
        if len(self.events) > LIVE_EVENTS:
            number, of, reason, text, kind = self.events.popleft()
            self.put(EVENTS, "DELETED", api.pod_event(number, self.new_version(), of, reason, text, kind))

    def replace_pod(self):
        old, new = self.pods.popleft(), self.next_pod
        self.next_pod += 1
        self.pods.append(new)
        self.pod("MODIFIED", old, restarts=1)
        self.pod("DELETED", old)
        self.pod("ADDED", new, waiting="ContainerCreating")
        self.pod("MODIFIED", new)
        self.event(new, "Scheduled", f"Successfully assigned bench/app-{new} to node-{new % NODE_COUNT:03}", "Normal")
        self.event(new, "Unhealthy", f"Readiness probe failed: Get \"http://10.1.2.3/{new}\": deadline exceeded")

    def sicken(self):
        pod = self.pods[len(self.pods) // 2]
        self.pod("MODIFIED", pod, waiting="ImagePullBackOff",
                 message=f"Back-off pulling image \"registry.example.com/{pod}\"")
        self.event(pod, "Failed", f"Failed to pull image \"registry.example.com/{pod}\": rpc error: code = NotFound")
        self.sick.append((self.step, pod))
        number = 1 + self.step % (NODE_COUNT - 1)
        self.put(NODES, "MODIFIED", api.node(number, self.new_version(), ready=False))

    def heal(self):
        step, pod = self.sick.popleft()
        self.pod("MODIFIED", pod)
        self.put(NODES, "MODIFIED", api.node(1 + step % (NODE_COUNT - 1), self.new_version()))

    def next(self):
        self.out = {}
        self.step += 1
        self.replace_pod()
        if self.step % SICK_EVERY == 0:
            self.sicken()
        if self.sick and self.step - self.sick[0][0] >= SICK_FOR:
            self.heal()
        for i in range(3):
            self.put(NODES, "MODIFIED", api.node(1 + (self.step * 3 + i) % (NODE_COUNT - 1), self.new_version(),
                                                 heartbeat=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())))
        return self.out


def settled_memory(console):
    """The console tidies its memory when it has been quiet for a second: what it has when that has ended."""
    least, since = console.memory(), time.monotonic()
    while time.monotonic() - since < SETTLE_SECONDS:
        pause(0.1)
        if console.memory() < least:
            least, since = console.memory(), time.monotonic()
    return console.memory()


def run(events, marks, on_mark):
    """Sends that many events; at each of the marks on_mark(count, KiB of anonymous memory, seconds of CPU)."""
    churn = Churn()
    lists = {NODES: [api.node(i, 1) for i in range(NODE_COUNT)], PODS: [api.pod(i, 1) for i in range(POD_COUNT)]}
    sent, stamps, marks = 0, 0, list(marks)
    with api.StreamServer(lists) as server, api.Console(server.kubeconfig) as console:
        server.wait_for_watches(NODES, PODS, EVENTS)
        waiting = {}
        while sent < events:
            for path, items in churn.next().items():
                waiting.setdefault(path, []).extend(items)
            count = sum(map(len, waiting.values()))
            if count < AT_ONCE:
                continue
            for path, items in waiting.items():
                server.send(path, b"".join(items))
            waiting, sent = {}, sent + count
            if sent >= marks[0]:
                marks.pop(0)
                stamps += 1
                # Events and pods have streams of their own: each has been read when its socket is empty.
                server.wait_until_taken(PODS, EVENTS)
                stamped = api.node(0, churn.new_version(), kubelet="v1." + api.stamp(stamps))
                server.send(NODES, api.event("MODIFIED", stamped))
                console.wait_stamp(api.stamp(stamps))
                on_mark(sent, settled_memory(console), console.cpu())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1000000)
    arguments = parser.parse_args()
    first = min(100000, arguments.events // 2)
    seen = []
    started = time.monotonic()

    def on_mark(count, kib, cpu):
        seen.append(kib)
        print(f"    {count:9} events  {kib / 1024:6.2f} MiB  {cpu:6.1f} s CPU  {time.monotonic() - started:6.1f} s",
              flush=True)

    marks = [*range(first, arguments.events, max(first, arguments.events // 10)), arguments.events]
    run(arguments.events, marks, on_mark)
    growth = (seen[-1] / seen[0] - 1) * 100
    print(f"  soak, memory at the end    {growth:+8.2f} %      of that after {first} events;"
          f" aim: within {AIM_PERCENT} %")
    return 0 if abs(growth) <= AIM_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
