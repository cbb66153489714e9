#!/usr/bin/python3
"""After any fault between us and a real apiserver the snapshot is what a fresh list says; none makes a hot loop.

NKS_TRIAGE_SEEDS is how many sequences of faults the random test tries (20), NKS_TRIAGE_CHANGES how many changes each
of them meets (1000).
"""
import contextlib
import os
import random
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane"), HERE]
from changes import Changes, truth  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from kube_api import Api  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402
from watcher import Watcher  # noqa: E402

SEEDS = int(os.environ.get("NKS_TRIAGE_SEEDS", "20"))
CHANGES = int(os.environ.get("NKS_TRIAGE_CHANGES", "1000"))
AT_ONCE = 10            # sequences of faults that meet the same changes
KINDS = 7

PLANE = ControlPlane(controllers=False)
API = Api(PLANE)


@contextlib.contextmanager
def watched(plane=PLANE, user="admin"):
    """A watcher behind a proxy of its own."""
    with FaultProxy(plane.port) as proxy, Watcher(plane.kubeconfig(user, proxy.port)) as watcher:
        yield proxy, watcher


def states(view):
    return {kind: state for kind, (state, _) in view["states"].items()}


def all_are(view, *wanted):
    return set(states(view).values()) <= set(wanted)


def converge(watcher, api=API, seconds=90, name=""):
    """Nobody changes anything now: what is known becomes what a list says, and all of it is called current."""
    versions, events = truth(api)
    last = {}

    def same():
        view = last["view"] = watcher.view()
        return view["versions"] == versions and view["events"] == events and all_are(view, "current")

    def difference():
        view = last["view"]
        known, lost = view["versions"], [uid for uid in versions if view["versions"].get(uid) != versions[uid]]
        return (f"{name} the list: {len(known)} known, {len(versions)} listed, {len(lost)} missing or old, "
                f"{len(known.keys() - versions.keys())} that are gone; {view['states']}")
    wait_for(same, seconds, 0.2, difference)


def change(changes, count):
    for _ in range(count):
        changes.one()


# -- random faults

def random_fault(draw, proxy):
    mode = draw.choice(["reset now", "reset now", "cut", "break", "stall", "refuse", "reset", "delay", "drip", "pass",
                        "pass"])
    if mode == "reset now":
        proxy.set("pass")
        proxy.reset()
    elif mode in ("cut", "break"):
        proxy.set(mode, after=draw.randint(1, 200000))
    elif mode == "delay":
        proxy.set(mode, delay=draw.uniform(0.01, 0.3))
    elif mode == "drip":
        proxy.set(mode, after=draw.randint(1, 3000))
    else:
        proxy.set(mode)


def server_fault(draw):
    """What happens to the servers themselves, for all that watch."""
    what = draw.choice(["kill", "stop", "compact", "compact"])
    if what == "kill":
        PLANE.restart_apiserver()
    elif what == "stop":
        PLANE.signal("kube-apiserver", signal.SIGSTOP)
        assert not PLANE.ready()
        PLANE.signal("kube-apiserver", signal.SIGCONT)
        wait_for(PLANE.ready)
    else:
        PLANE.compact(API.get("/api/v1/pods?limit=1")["metadata"]["resourceVersion"])


def random_faults(seeds):
    """One stream of changes; each seed's watcher has a proxy whose faults that seed draws."""
    changes, draw = Changes(API, seeds[0], PLANE.ready), random.Random(seeds[0])
    with contextlib.ExitStack() as stack:
        all_watched = [(seed, random.Random(seed), *stack.enter_context(watched())) for seed in seeds]
        for _, _, _, watcher in all_watched:
            watcher.wait_complete()
        while changes.count < CHANGES:
            for _, own, proxy, _ in all_watched:
                if own.random() < 0.6:
                    random_fault(own, proxy)
            change(changes, min(draw.randint(20, 90), CHANGES - changes.count))
            if draw.random() < 0.3:
                server_fault(draw)
        for _, _, proxy, _ in all_watched:
            proxy.set("pass")
        for seed, _, proxy, watcher in all_watched:
            assert proxy.connections > KINDS, (seed, proxy.connections)
            converge(watcher, name=f"seed {seed}:")


@test(f"{CHANGES} random changes under {SEEDS} sequences of faults: the snapshot is the list")
def _():
    for first in range(1, SEEDS + 1, AT_ONCE):
        random_faults(range(first, min(first + AT_ONCE, SEEDS + 1)))


# -- one fault each

@test("an apiserver that is killed: the last picture stays, called stale, with the reason; then all is current")
def _():
    with Watcher(PLANE.kubeconfig("admin")) as watcher:
        before = watcher.wait_complete()["versions"]
        changes = Changes(API, 1000, PLANE.ready)
        PLANE.processes["kube-apiserver"].kill()
        PLANE.processes["kube-apiserver"].wait()
        try:
            view = wait_for(lambda: (lambda v: all_are(v, "stale") and all(
                "refuses connections" in text for _, text in v["states"].values()) and v)(watcher.view()),
                what=lambda: watcher.view()["states"])
            assert view["versions"].items() >= before.items(), "the picture is gone"
        finally:
            PLANE.start_apiserver()
        change(changes, 50)
        converge(watcher)


@test("versions that the server has forgotten (410): listed again, deletions are seen")
def _():
    # Without its cache the apiserver watches etcd itself, so that a compaction is what a watch meets.
    with ControlPlane(controllers=False, apiserver=["--watch-cache=false"]) as plane:
        api = Api(plane)
        api.post("/api/v1/namespaces", {"metadata": {"name": "faults"}})
        changes = Changes(api, 2000, plane.ready)
        change(changes, 150)
        with watched(plane) as (proxy, watcher):
            watcher.wait_complete()
            converge(watcher, api)
            lists = watcher.view()["lists"]
            proxy.set("refuse")
            for path in list(changes.alive[::2]):
                api.delete(path, 0)
                changes.alive.remove(path)
            change(changes, 40)
            plane.compact(api.get("/api/v1/pods?limit=1")["metadata"]["resourceVersion"])
            proxy.set("pass")
            converge(watcher, api)
            assert watcher.view()["lists"] > lists, "no relist: the version was not forgotten"


@test("resets alone: the watch goes on from where it was, without a list")
def _():
    changes = Changes(API, 3000, PLANE.ready)
    with watched() as (proxy, watcher):
        watcher.wait_complete()
        converge(watcher)
        lists = watcher.view()["lists"]
        for _ in range(3):
            open_before = watcher.view()["requests"]
            proxy.reset()
            change(changes, 30)
            wait_for(lambda: watcher.view()["requests"] >= open_before + KINDS, what="seven new watches")
            converge(watcher)
        assert watcher.view()["lists"] == lists, (watcher.view()["lists"], lists)


@test("outages of twenty seconds: seven kinds ask some times each, not in a hot loop; all are called stale")
def _():
    outages = [("reset", {}), ("brief", {"delay": 0.3}), ("break", {"after": 3}), ("blackhole", {})]
    with contextlib.ExitStack() as stack:
        all_watched = [(mode, keywords, *stack.enter_context(watched())) for mode, keywords in outages]
        for mode, keywords, proxy, watcher in all_watched:
            watcher.wait_complete()
            proxy.set(mode, **keywords)
            if mode != "blackhole":
                proxy.reset()
            proxy.connections = 0
        began = time.monotonic()
        wait_for(lambda: time.monotonic() > began + 20)
        counts = {mode: proxy.connections for mode, _, proxy, _ in all_watched}
        seconds = time.monotonic() - began
        for mode, _, proxy, watcher in all_watched:
            # Waits of 0.8 s doubled, with jitter: six to eight in twenty seconds, fifteen with bad luck.
            assert counts[mode] <= KINDS * 15 * seconds / 20, (mode, counts[mode], seconds)
            if mode != "blackhole":
                assert counts[mode] >= KINDS, (mode, counts[mode])
                # A watch that begins is current until it is cut off again.
                wait_for(lambda: all_are(watcher.view(), "stale"), what=lambda: watcher.view()["states"])
            proxy.set("pass")
        change(Changes(API, 4000, PLANE.ready), 20)
        for mode, _, proxy, watcher in all_watched:
            if mode == "blackhole":
                proxy.reset()
            converge(watcher, name=mode)


FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1/"


@test("429 by priority and fairness: said so, asked again as told, then all is current")
def _():
    # The role `view` is put together by a controller that does not run here.
    PLANE.kubectl("create", "clusterrole", "watcher", "--verb=get,list,watch", "--resource=*.*")
    PLANE.kubectl("create", "clusterrolebinding", "watcher", "--clusterrole=watcher", "--user=viewer")
    # No seats: one request waits in the queue until its time is over, the others are refused at once.
    API.post(FLOW + "prioritylevelconfigurations", {"metadata": {"name": "closed"}, "spec": {
        "type": "Limited", "limited": {
            "nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0, "limitResponse": {
                "type": "Queue", "queuing": {"queues": 1, "handSize": 1, "queueLengthLimit": 1}}}}})
    everything = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}]
    with watched(user="viewer") as (proxy, watcher):
        wait_for(lambda: all_are(watcher.view(), "current"), what=lambda: watcher.view()["states"])
        API.post(FLOW + "flowschemas", {"metadata": {"name": "closed"}, "spec": {
            "matchingPrecedence": 2, "priorityLevelConfiguration": {"name": "closed"},
            "rules": [{"subjects": [{"kind": "User", "user": {"name": "viewer"}}], "resourceRules": everything}]}})
        wait_for(lambda: API.get(FLOW + "flowschemas/closed")["status"].get("conditions"))
        asked, began = watcher.view()["requests"], time.monotonic()
        proxy.reset()
        wait_for(lambda: all_are(watcher.view(), "stale") and all(
            "429" in text or "too many requests" in text.lower() for _, text in watcher.view()["states"].values()), 90, 0.2,
            lambda: watcher.view()["states"])
        # Retry-After says one second: at most that often, for each kind.
        count, seconds = watcher.view()["requests"] - asked, time.monotonic() - began
        assert count <= KINDS * (seconds + 2), (count, seconds)
        API.delete(FLOW + "flowschemas/closed")
        converge(watcher)


with PLANE:
    API.post("/api/v1/namespaces", {"metadata": {"name": "faults"}})
    run()
