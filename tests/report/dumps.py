"""Saved objects by hand: one fault each, or health with the noise of every day. Now is NOW."""
NOW = "2026-11-21T10:00:00Z"


def at(minutes):
    """A time so many minutes before NOW (after it where negative)."""
    total = 10 * 60 - minutes
    day, rest = divmod(total, 24 * 60)
    return f"2026-11-{21 + day:02}T{rest // 60:02}:{rest % 60:02}:00Z"


def thing(kind, name, spec=None, status=None, created=600, namespace="shop", **metadata):
    api = {"Job": "batch/v1", "StorageClass": "storage.k8s.io/v1", "Deployment": "apps/v1", "DaemonSet": "apps/v1",
           "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1"}.get(kind, "v1")
    meta = {"name": name, "uid": f"uid-{kind}-{name}", "creationTimestamp": at(created), **metadata}
    if kind not in ("Node", "Namespace", "PersistentVolume", "StorageClass"):
        meta["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec or {}, "status": status or {}}


def condition(kind, status, since=60, **more):
    return {"type": kind, "status": status, "lastTransitionTime": at(since), **more}


def owner(kind, name):
    return [{"kind": kind, "name": name, "uid": f"uid-{kind}-{name}", "controller": True, "apiVersion": "apps/v1"}]


def container(state, ready=False, restarts=0, last=None):
    return {"name": "app", "image": "app:1", "imageID": "", "ready": ready, "restartCount": restarts, "state": state,
            "lastState": {"terminated": last} if last else {}}


def waits(reason, message="", **more):
    return container({"waiting": {"reason": reason, "message": message}}, **more)


RUNS = {"running": {"startedAt": at(30)}}


def ended(reason, minutes, code=1):
    return {"reason": reason, "exitCode": code, "finishedAt": at(minutes)}


def pod(name, phase="Running", containers=None, conditions=None, created=600, spec=None, namespace="shop", reason=None,
        message=None, **metadata):
    status = {"phase": phase, "conditions": conditions or [], "containerStatuses": containers or []}
    status.update({key: value for key, value in (("reason", reason), ("message", message)) if value})
    return thing("Pod", name, {"nodeName": "n1", "containers": [{"name": "app", "image": "app:1"}], **(spec or {})}, status,
                 created, namespace, **metadata)


def well(name="well-1", **more):
    return pod(name, containers=[container(RUNS, ready=True)], conditions=[condition("Ready", "True")], **more)


def starting(name, **more):
    return pod(name, "Pending", [waits("ContainerCreating")],
               [condition("Ready", "False", 30, reason="ContainersNotReady"), condition("PodScheduled", "True")],
               **{"created": 30, **more})


def node(*conditions, name="n1", spec=None, **metadata):
    return thing("Node", name, spec, {"conditions": [condition("Ready", "True", 6000), *conditions], "nodeInfo": {}},
                 6000, **metadata)


def event(about, reason, message, minutes=1, count=5, first=None, kind="Warning"):
    meta = about["metadata"]
    made = thing("Event", f"{meta['name']}.{reason}", namespace=meta.get("namespace", "default"))
    del made["spec"], made["status"]
    return {**made, "type": kind, "reason": reason, "message": message, "count": count,
            "firstTimestamp": at(first or minutes), "lastTimestamp": at(minutes),
            "involvedObject": {"kind": about["kind"], "name": meta["name"], "uid": meta["uid"],
                               "namespace": meta.get("namespace", "")}}


def deployment(name, wanted, available, *conditions, **metadata):
    return thing("Deployment", name, {"replicas": wanted, "progressDeadlineSeconds": 600},
                 {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": available,
                  "availableReplicas": available, "conditions": list(conditions)}, 6000, **metadata)


def claim(name, phase, storage_class="fast", created=600, **metadata):
    return thing("PersistentVolumeClaim", name, {"storageClassName": storage_class} if storage_class else {},
                 {"phase": phase}, created, **metadata)


def storage_class(mode):
    return {**thing("StorageClass", "fast"), "volumeBindingMode": mode, "provisioner": "cinder.csi.openstack.org"}


def job(name, kind, created=60, **more):
    return thing("Job", name, {}, {"conditions": [condition(kind, "True", created, **more)]}, created,
                 ownerReferences=owner("CronJob", "nightly"))


DNS = thing("Service", "kube-dns", {"selector": {"k8s-app": "kube-dns"}, "clusterIP": "10.254.0.10"},
            namespace="kube-system")
DNS_POD = {"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}
AUTOSCALER = well("dns-autoscaler", namespace="kube-system", labels={"k8s-app": "kube-dns-autoscaler"})
UNPLACED = condition("PodScheduled", "False", 10, reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient cpu.")
DEADLINE = condition("Progressing", "False", 20, reason="ProgressDeadlineExceeded", message="has timed out progressing")
MOUNTING, ATTACHING, BOXING = (starting(name) for name in ("mounting", "attaching", "boxing"))
CLAIMED = claim("data", "Pending")
CUT_BY_PROBE = pod("probed", containers=[container(RUNS, ready=True, restarts=2)], conditions=[condition("Ready", "True")])

# name: (objects, ids that are found, exit status)
SICK = {
    "memory-pressure": ([node(condition("MemoryPressure", "True"))], {"memory-pressure"}, 3),
    "pid-pressure": ([node(condition("PIDPressure", "True"))], {"pid-pressure"}, 3),
    "network-unavailable": ([node(condition("NetworkUnavailable", "True"))], {"network-unavailable"}, 3),
    "cordoned since two days": ([node(spec={"unschedulable": True, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": at(2880)}]})], {"node-cordoned"}, 4),
    "killed for memory once": ([pod("oom", containers=[container(RUNS, True, 1, ended("OOMKilled", 90, 137))],
                                    conditions=[condition("Ready", "True")])], {"oom-killed"}, 4),
    "killed for memory again and again": ([pod("oom", containers=[container(RUNS, True, 7, ended("OOMKilled", 5, 137))],
                                               created=50, conditions=[condition("Ready", "True")])],
                                          {"oom-killed", "restarting"}, 3),
    "a secret is missing": ([pod("conf", "Pending", [waits("CreateContainerConfigError", 'secret "db" not found')])],
                            {"config-error"}, 4),
    "a liveness probe kills": ([CUT_BY_PROBE, event(CUT_BY_PROBE, "Killing", "Container app failed liveness probe, will be "
                                                    "restarted", 5, 3, 50, "Normal")], {"restarting"}, 4),
    "no node has room": ([pod("big", "Pending", conditions=[UNPLACED], spec={"nodeName": ""})], {"unschedulable"}, 4),
    "evicted": ([pod("out", "Failed", reason="Evicted", message="The node was low on resource: memory.")], {"evicted"}, 4),
    "deadline of a bare pod": ([pod("late", "Failed", reason="DeadlineExceeded")], {"pod-failed"}, 4),
    "a job gave up": ([job("nightly-1", "Failed", reason="BackoffLimitExceeded")], {"job-failed"}, 4),
    "a rollout passed its deadline": ([deployment("web", 3, 2, condition("Available", "True"), DEADLINE)],
                                      {"rollout-stuck"}, 4),
    "a config map that is a volume is missing": ([MOUNTING, event(
        MOUNTING, "FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "app" not found')],
        {"volume-mount"}, 4),
    "two nodes want one volume": ([ATTACHING, event(
        ATTACHING, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0'),
        event(ATTACHING, "FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data]: timed out")],
        {"volume-attach"}, 4),
    "no sandbox": ([BOXING, event(BOXING, "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = "
                                  "Unknown desc = failed to setup network for sandbox: plugin type=\"x\" failed (add)")],
                   {"sandbox-failed"}, 4),
    "a claim that is not provisioned": ([CLAIMED, event(CLAIMED, "ProvisioningFailed", 'storageclass "fast" not found')],
                                        {"pvc-pending"}, 4),
    "a claim that waits at once": ([CLAIMED, storage_class("Immediate")], {"pvc-pending"}, 4),
    "a lost claim": ([claim("gone", "Lost")], {"pvc-pending"}, 4),
    "a volume that cannot be reclaimed": ([thing("PersistentVolume", "pv1", {}, {"phase": "Failed", "message": "busy"})],
                                          {"pv-failed"}, 4),
    "a pod that does not go": ([well(deletionTimestamp=at(40), deletionGracePeriodSeconds=30)], {"terminating-stuck"}, 4),
    "a namespace that does not go": ([thing("Namespace", "old", {"finalizers": ["kubernetes"]}, {"phase": "Terminating"},
                                            deletionTimestamp=at(90))], {"terminating-stuck"}, 4),
    "no DNS": ([DNS, AUTOSCALER, pod("coredns-1", containers=[waits("CrashLoopBackOff", restarts=9)],
                                     conditions=[condition("Ready", "False", reason="ContainersNotReady")], **DNS_POD)],
               {"crash-loop", "dns-down"}, 3),
}

SLOW, PLACED, BOUND = starting("slow"), well("placed"), claim("waits", "Pending")
HEALTHY = {
    "nothing but well": [node(), well()],
    "pressure unknown": [node(condition("MemoryPressure", "Unknown", reason="NodeStatusUnknown"))],
    "cordoned for a drain": [node(spec={"unschedulable": True, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": at(5)}]}),
        well(deletionTimestamp=at(-1), deletionGracePeriodSeconds=60)],
    "cordoned for two hours is information": [node(spec={"unschedulable": True, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": at(120)}]}), well()],
    "killed for memory last week": [pod("old", containers=[container(RUNS, True, 1, ended("OOMKilled", 9000, 137))],
                                        conditions=[condition("Ready", "True")])],
    "exit code 137 alone": [pod("stop", containers=[container(RUNS, True, 1, ended("Error", 90, 137))],
                                conditions=[condition("Ready", "True")])],
    "restarts of last month": [pod("many", containers=[container(RUNS, True, 14, ended("Error", 9000))],
                                   conditions=[condition("Ready", "True")])],
    "a pod of this minute": [starting("young", created=0)],
    "a secret that comes late": [pod("conf", "Pending", [waits("CreateContainerConfigError")], created=0)],
    "placed after a while": [PLACED, event(PLACED, "FailedScheduling", "0/3 nodes are available", 8),
                             event(PLACED, "Scheduled", "Successfully assigned", 5, 1, kind="Normal")],
    "not placed for seconds": [pod("new", "Pending", conditions=[dict(UNPLACED, lastTransitionTime=at(0))], created=0)],
    "gated on purpose": [pod("gated", "Pending", conditions=[condition("PodScheduled", "False", 90, reason="SchedulingGated")])],
    "completed": [pod("done", "Succeeded", [container({"terminated": ended("Completed", 60, 0)})],
                      [condition("Ready", "False", reason="PodCompleted")])],
    "a retry that succeeded": [job("nightly-1", "Complete"), pod("nightly-1-a", "Failed", ownerReferences=owner("Job", "nightly-1"))],
    "a later run succeeded": [job("nightly-1", "Failed", 3000, reason="BackoffLimitExceeded"), job("nightly-2", "Complete", 60)],
    "replaced after a node shut down": [
        pod("web-a", "Failed", reason="Terminated", ownerReferences=owner("ReplicaSet", "web")),
        thing("ReplicaSet", "web", {"replicas": 1}, {"replicas": 1, "readyReplicas": 1}), well("web-b")],
    "a rollout in progress": [deployment("web", 4, 3, condition("Available", "True"),
                                         condition("Progressing", "True", 1, reason="ReplicaSetUpdated")),
                              thing("ReplicaSet", "web-1", {"replicas": 4}, {"replicas": 4, "readyReplicas": 3}), well()],
    "revisions at zero": [deployment("off", 0, 0, condition("Available", "True")),
                          thing("ReplicaSet", "web-0", {"replicas": 0}, {"replicas": 0}), well()],
    "mounted in the end": [SLOW, event(SLOW, "FailedMount", 'MountVolume.SetUp failed for volume "x" : failed to sync '
                                       "configmap cache: timed out", 9), event(SLOW, "Pulling", "Pulling image", 8, kind="Normal"),
                           event(SLOW, "Pulled", "Successfully pulled image", 7, kind="Normal")],
    "a claim that waits for its pod": [BOUND, storage_class("WaitForFirstConsumer")],
    "a claim of this minute": [claim("new", "Pending", created=0), storage_class("Immediate")],
    "a released volume": [thing("PersistentVolume", "pv1", {}, {"phase": "Released"})],
    "a pod in its grace period": [well(deletionTimestamp=at(2), deletionGracePeriodSeconds=30)],
    "one DNS pod of two": [DNS, pod("coredns-1", containers=[container(RUNS)], conditions=[condition("Ready", "False", 1)],
                                    **DNS_POD), well("coredns-2", **DNS_POD), node()],
}
