"""Nodes and pods in every state that a kubelet can report, as bodies for a real apiserver.

Each is (name, body, status, life); life says what happens after the status was written: "" nothing, "finalizer"
deletes a pod that a finalizer keeps, "grace" deletes a pod that a kubelet would have to end.
"""
import random
import time

STATES = {
    "none": {},
    "creating": {"waiting": {"reason": "ContainerCreating"}},
    "pulling": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}},
    "invalid": {"waiting": {"reason": "InvalidImageName"}},
    "config": {"waiting": {"reason": "CreateContainerConfigError", "message": "configmap not found"}},
    "crash": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
    "initializing": {"waiting": {"reason": "PodInitializing"}},
    "silent": {"waiting": {}},
    "running": {"running": {"startedAt": "2026-01-02T03:04:05Z"}},
    "completed": {"terminated": {"exitCode": 0, "reason": "Completed"}},
    "zero": {"terminated": {"exitCode": 0}},
    "error": {"terminated": {"exitCode": 1, "reason": "Error"}},
    "oom": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    "exit": {"terminated": {"exitCode": 3}},
    "signal": {"terminated": {"exitCode": 137, "signal": 9}},
    "cannotrun": {"terminated": {"exitCode": 128, "reason": "ContainerCannotRun"}},
}
PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"]
# Seconds: each threshold of kubectl's ages, from both sides.
AGES = [0, 1, 59, 119, 125, 599, 605, 660, 10795, 10805, 28790, 28805, 172790, 172805, 691190, 691205, 700000,
        63071990, 63072005, 252287990, 252288005, 400000000]


def stamp(seconds_ago):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds_ago))


def container(name, **more):
    return {"name": name, "image": "registry.example/app:1", **more}


def status(name, state, ready=False, restarts=0, last=None, **more):
    one = {"name": name, "image": "registry.example/app:1", "imageID": "", "ready": ready, "restartCount": restarts,
           "state": STATES[state], **more}
    if last is not None:
        one["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": stamp(last)}}
    return one


def condition(kind, value, reason=""):
    return {"type": kind, "status": value, "reason": reason, "lastTransitionTime": stamp(60)}


def pod(name, main, init=(), node="state-0", **spec):
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "states"},
            "spec": {"containers": main, "initContainers": list(init), "terminationGracePeriodSeconds": 3600, **spec}}
    if node:
        body["spec"]["nodeName"] = node
    return body


def singles():
    """One container in each state, in each phase."""
    for state in STATES:
        for phase in PHASES:
            yield (f"single-{state}-{phase.lower()}", pod("", [container("app")]),
                   {"phase": phase, "containerStatuses": [status("app", state, state == "running")],
                    "conditions": [condition("Initialized", "True")]}, "")


def pairs():
    """Completed beside running, ready or not: Running, NotReady, Completed."""
    for other in ("completed", "error", "running", "crash"):
        for ready in (True, False):
            for pod_ready in ("True", "False", None):
                conditions = [condition("Initialized", "True")] + ([condition("Ready", pod_ready)] if pod_ready else [])
                yield (f"pair-{other}-{str(ready).lower()}-{str(pod_ready).lower()}",
                       pod("", [container("a"), container("b")]),
                       {"phase": "Running", "conditions": conditions,
                        "containerStatuses": [status("a", other), status("b", "running", ready)]}, "")


def inits():
    """An init container in each state, ordinary and sidecar, with and without the condition Initialized."""
    for state in STATES:
        for sidecar in (False, True):
            for done in ("True", "False", None):
                policy = {"restartPolicy": "Always"} if sidecar else {}
                yield (f"init-{state}-{'sidecar' if sidecar else 'plain'}-{str(done).lower()}",
                       pod("", [container("app")], [container("first", **policy), container("second")]),
                       {"phase": "Pending", "conditions": [condition("Initialized", done)] if done else [],
                        "initContainerStatuses": [status("first", state, state == "running", 2, 300, started=(
                            state == "running" and done is not None)), status("second", "initializing")],
                        "containerStatuses": [status("app", "initializing", False, 1, 30)]}, "")


def restarts():
    for seconds in AGES:
        yield (f"restarted-{seconds}", pod("", [container("app"), container("other")]),
               {"phase": "Running", "conditions": [condition("Initialized", "True"), condition("Ready", "True")],
                "containerStatuses": [status("app", "running", True, 7, seconds),
                                      status("other", "running", True, 1, seconds + 50)]}, "")
    yield ("restarted-unknown-when", pod("", [container("app")]),
           {"phase": "Running", "containerStatuses": [status("app", "running", True, 4)]}, "")
    yield ("ended-before-never-restarted", pod("", [container("app")]),
           {"phase": "Running", "containerStatuses": [status("app", "running", True, 0, 90)]}, "")


def deletions():
    for life in ("finalizer", "grace"):
        for phase in PHASES:
            for reason in ("", "NodeLost", "Evicted"):
                yield (f"deleted-{life}-{phase.lower()}-{reason.lower() or 'plain'}", pod("", [container("app")]),
                       {"phase": phase, "reason": reason, "containerStatuses": [status("app", "running", True)]}, life)
    yield ("evicted", pod("", [container("app")]), {"phase": "Failed", "reason": "Evicted"}, "")
    yield ("nodelost-alive", pod("", [container("app")]), {"phase": "Running", "reason": "NodeLost"}, "")


def specials():
    yield "unscheduled", pod("", [container("app")], node=""), {"phase": "Pending", "conditions": [
        condition("PodScheduled", "False", "Unschedulable")]}, ""
    yield ("nominated", pod("", [container("app")], node=""),
           {"phase": "Pending", "nominatedNodeName": "state-1"}, "")
    yield "gated", pod("", [container("app")], node="", schedulingGates=[{"name": "example.com/wait"}]), None, ""
    yield "fresh", pod("", [container("app")]), None, ""
    yield ("addressed", pod("", [container("app")]),
           {"phase": "Running", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}, {"ip": "fd00::3"}],
            "containerStatuses": [status("app", "running", True)]}, "")
    for values in ((), ("True",), ("False", "True"), ("True", "True")):
        gates = [{"conditionType": f"example.com/gate-{i}"} for i in range(2)]
        yield ("gates-" + ("-".join(values).lower() or "unset"), pod("", [container("app")], readinessGates=gates),
               {"phase": "Running", "containerStatuses": [status("app", "running", True)],
                "conditions": [condition(f"example.com/gate-{i}", value) for i, value in enumerate(values)]}, "")
    yield ("statuses-missing", pod("", [container("a"), container("b")], [container("i")]),
           {"phase": "Running", "containerStatuses": [status("b", "running", True)]}, "")
    yield ("long-reason", pod("", [container("app")]),
           {"phase": "Pending", "containerStatuses": [dict(status("app", "none"), state={
               "waiting": {"reason": "A" * 300}})]}, "")


def mixtures(count, seed):
    """Up to three init and three main containers in states drawn at random, the same in every run."""
    draw = random.Random(seed)
    for i in range(count):
        init = [container(f"i{k}", **({"restartPolicy": "Always"} if draw.random() < 0.4 else {}))
                for k in range(draw.randint(0, 3))]
        main = [container(f"m{k}") for k in range(draw.randint(1, 3))]

        def some(container_list):
            return [status(one["name"], draw.choice(list(STATES)), draw.random() < 0.6, draw.choice([0, 0, 1, 12]),
                           draw.choice([None, None] + AGES),
                           **({"started": draw.random() < 0.5} if draw.random() < 0.7 else {}))
                    for one in container_list]
        conditions = [condition(kind, draw.choice(["True", "False", "Unknown"]))
                      for kind in ("Initialized", "Ready", "PodScheduled") if draw.random() < 0.6]
        yield (f"mixture-{i}", pod("", main, init),
               {"phase": draw.choice(PHASES), "reason": draw.choice(["", "", "", "NodeLost", "Evicted"]),
                "conditions": conditions, "initContainerStatuses": some(init), "containerStatuses": some(main)},
               draw.choice(["", "", "", "finalizer", "grace"]))


def all_pods():
    for source in (singles(), pairs(), inits(), restarts(), deletions(), specials(), mixtures(160, 20)):
        for name, body, one, life in source:
            body["metadata"]["name"] = name
            if life == "finalizer":
                body["metadata"]["finalizers"] = ["example.com/keep"]
            yield name, body, one, life


def all_nodes():
    """Name, labels, unschedulable, status."""
    info = {"kubeletVersion": "v1.34.4", "containerRuntimeVersion": "containerd://1.7.2",
            "osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": "6.1.0-20-amd64", "machineID": "m",
            "systemUUID": "u", "bootID": "b", "kubeProxyVersion": "", "operatingSystem": "linux",
            "architecture": "amd64"}
    addresses = [{"type": "Hostname", "address": "here"}, {"type": "InternalIP", "address": "10.0.0.7"}]
    labels = [{}, {"node-role.kubernetes.io/control-plane": ""},
              {"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "gpu"},
              {"kubernetes.io/role": ""},
              {"node-role.kubernetes.io/b": "", "node-role.kubernetes.io/a": "x", "kubernetes.io/role": "b"}]
    number = 0
    for ready in ("True", "False", "Unknown", None):
        for unschedulable in (False, True):
            for more in labels[:3] if ready != "True" else labels:
                status_of = {"nodeInfo": info, "addresses": addresses, "conditions": (
                    [{"type": "Ready", "status": ready, "reason": "r"}] if ready else []) + [
                    {"type": "DiskPressure", "status": "True" if number % 3 else "False"}]}
                if number % 4 == 1:
                    status_of["addresses"] = addresses + [{"type": "ExternalIP", "address": "203.0.113.9"}]
                if number % 7 == 2:
                    status_of = {"conditions": status_of["conditions"]}
                yield f"state-{number}", more, unschedulable, status_of
                number += 1
