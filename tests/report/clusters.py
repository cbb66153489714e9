"""Dumps as other people's clusters give them: each a small cluster with one state, judged by hand. Names and forms
follow what kubeadm, k3s, EKS, GKE and OpenShift make; now is NOW."""
import hashlib

from dumps import NOW, at, claim, condition, ended, job, owner, pod, thing  # noqa: F401
from dumps import event as dump_event

RUNNING = {"running": {"startedAt": at(5000)}}


def event(about, reason, message, *more, **kwargs):
    """Named as kubelets name them: two of one reason are two."""
    made = dump_event(about, reason, message, *more, **kwargs)
    made["metadata"]["name"] += "." + hashlib.sha256(message.encode()).hexdigest()[:16]
    made["metadata"]["uid"] = "uid-Event-" + made["metadata"]["name"]
    return made


def box(name, image, ready=True, state=None, restarts=0, last=None, image_id=None):
    return {"name": name, "image": image, "imageID": image_id if image_id is not None else (image + "@sha256:0" if ready else ""),
            "ready": ready, "started": ready, "restartCount": restarts, "state": state or RUNNING,
            "lastState": {"terminated": last} if last else {}, "containerID": "containerd://1" if ready else ""}


def four(ready, since=5000, scheduled="True", initialized="True", **more):
    word = "True" if ready else "False"
    reason = {} if ready else {"reason": "ContainersNotReady", "message": "containers with unready status: [app]"}
    return [condition("PodReadyToStartContainers", "True", since), condition("Initialized", initialized, since),
            condition("Ready", word, since, **{**reason, **more}), condition("ContainersReady", word, since, **reason),
            condition("PodScheduled", scheduled, since)]


def full(name, boxes=None, phase="Running", ready=None, since=5000, inits=None, namespace="shop", kind="ReplicaSet", of=None,
         spec=None, created=6000, conditions=None, status=None, **metadata):
    boxes = [box("app", "docker.io/acme/app:1.4")] if boxes is None else boxes
    ready = all(b["ready"] for b in boxes) and phase == "Running" if ready is None else ready
    made = pod(name, phase, boxes, conditions or four(ready, since), created, {
        "containers": [{"name": b["name"], "image": b["image"]} for b in boxes],
        "serviceAccountName": "default", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
                         "tolerationSeconds": 300}], **(spec or {})}, namespace, **metadata)
    if of or kind:
        made["metadata"].setdefault("ownerReferences", owner(kind, of or name.rsplit("-", 1)[0]))
    if inits:
        made["spec"]["initContainers"] = [{"name": b["name"], "image": b["image"],
                                           **({"restartPolicy": "Always"} if b.pop("sidecar", None) else {})} for b in inits]
        made["status"]["initContainerStatuses"] = inits
    made["status"].update({"qosClass": "BestEffort", "hostIP": "10.0.0.11", "podIP": "10.100.1.7", "startTime": at(created)},
                          **(status or {}))
    return made


def bare(name, *more, **kwargs):
    made = full(name, *more, kind=None, **kwargs)
    return made


def worker(name="n1", *changed, spec=None, runtime="containerd://1.6.28", version="v1.28.3", created=90000, **metadata):
    conditions = {c["type"]: c for c in (
        condition("MemoryPressure", "False", 80000, reason="KubeletHasSufficientMemory"),
        condition("DiskPressure", "False", 80000, reason="KubeletHasNoDiskPressure"),
        condition("PIDPressure", "False", 80000, reason="KubeletHasSufficientPID"),
        condition("Ready", "True", 80000, reason="KubeletReady", message="kubelet is posting ready status"), *changed)}
    for c in conditions.values():
        c.setdefault("lastHeartbeatTime", at(1))
    return thing("Node", name, {"podCIDR": "10.100.1.0/24", **(spec or {})}, {
        "conditions": list(conditions.values()), "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        "addresses": [{"type": "InternalIP", "address": "10.0.0.11"}, {"type": "Hostname", "address": name}],
        "nodeInfo": {"containerRuntimeVersion": runtime, "kubeletVersion": version, "kernelVersion": "5.15.0-91-generic",
                     "osImage": "Ubuntu 22.04.3 LTS", "architecture": "amd64"}}, created, **metadata)


def workload(kind, name, wanted=2, available=None, updated=None, conditions=None, namespace="shop", created=90000, spec=None,
             status=None, **metadata):
    available = wanted if available is None else available
    updated = wanted if updated is None else updated
    if kind == "DaemonSet":
        numbers = {"desiredNumberScheduled": wanted, "currentNumberScheduled": wanted, "numberReady": available,
                   "numberAvailable": available, "updatedNumberScheduled": updated, "numberMisscheduled": 0}
        if available < wanted:
            numbers["numberUnavailable"] = wanted - available
        fields = {"updateStrategy": {"type": "RollingUpdate"}}
    else:
        numbers = {"replicas": wanted, "readyReplicas": available, "availableReplicas": available, "updatedReplicas": updated}
        fields = {"replicas": wanted}
        if kind == "Deployment":
            numbers["conditions"] = conditions or [
                condition("Available", "True", 80000, reason="MinimumReplicasAvailable"),
                condition("Progressing", "True", 80000, reason="NewReplicaSetAvailable")]
            fields["progressDeadlineSeconds"] = 600
    return thing(kind, name, {**fields, **(spec or {})}, {"observedGeneration": 3, **numbers, **(status or {})}, created,
                 namespace, generation=3, **metadata)


def newer_event(about, reason, note, minutes=1, kind="Warning", count=None, api="events.k8s.io/v1"):
    made = event(about, reason, note, minutes, kind=kind)
    regarding, message = made.pop("involvedObject"), made.pop("message")
    for key in ("count", "firstTimestamp", "lastTimestamp"):
        made.pop(key)
    made.update(apiVersion=api, regarding=regarding, note=message, eventTime=at(minutes), reportingController="kubelet",
                deprecatedCount=count or 1, deprecatedLastTimestamp=None if count else at(minutes))
    if count:
        made["series"] = {"count": count, "lastObservedTime": at(minutes)}
    return made


def other(api, kind, name, namespace="shop", **fields):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace, "uid": f"u-{kind}-{name}",
                                                          "creationTimestamp": at(9000)}, **fields}


def done(reason="Completed", minutes=60, code=0):
    return {"terminated": ended(reason, minutes, code)}


WAITS = {"waiting": {"reason": "ContainerCreating"}}
LOOP = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app pod=web-1"}}


def pulls(message="Back-off pulling image \"docker.io/acme/app:9\"", reason="ImagePullBackOff", image="docker.io/acme/app:9", **more):
    return box("app", image, False, {"waiting": {"reason": reason, "message": message}}, **more)


def unready(name="web-7c5-x", **more):
    return full(name, [box("app", "acme/app:1", ready=False, state=RUNNING)], **{"since": 40, **more})


NODES = [worker("n1"), worker("n2")]
WEB = [workload("Deployment", "web"), workload("ReplicaSet", "web-7c5", ownerReferences=owner("Deployment", "web")),
       full("web-7c5-a"), full("web-7c5-b")]
CREATING = full("slow-5d9-a", [box("app", "acme/app:1", False, WAITS)], "Pending", since=30, created=30)
FRESH = full("new-5d9-a", [box("app", "acme/app:1", False, WAITS)], "Pending", since=0, created=0)
UNPLACED = [condition("PodScheduled", "False", 20, reason="Unschedulable",
                      message="0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available")]
UNPLACED_POD = full("big-66d-a", [], "Pending", spec={"nodeName": ""}, conditions=UNPLACED, created=20)
NIGHTLY = job("nightly-28", "Complete", 30)
HUB = ("Failed to pull image \"redis:7\": failed to pull and unpack image \"docker.io/library/redis:7\": failed to copy: "
       "httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/redis/manifests/sha256:1: "
       "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.")
SC_LATE = {**thing("StorageClass", "late"), "volumeBindingMode": "WaitForFirstConsumer", "provisioner": "ebs.csi.aws.com"}
DNS_SERVICE = thing("Service", "kube-dns", {"selector": {"k8s-app": "kube-dns"}, "clusterIP": "10.96.0.10"}, namespace="kube-system")
DNS_PODS = [full(f"coredns-5d7-{x}", namespace="kube-system", labels={"k8s-app": "kube-dns"}) for x in "ab"]

HEALTHY = {
    "nothing but pods": WEB[2:],
    "a small cluster": NODES + WEB + [DNS_SERVICE] + DNS_PODS,
    "completed pods of jobs": NODES + [full("nightly-28-x", [box("app", "acme/job:1", False, done())], "Succeeded", kind="Job", of="nightly-28",
                                            conditions=four(False, 60, reason="PodCompleted")), NIGHTLY],
    "a job that tries again": NODES + [
        thing("Job", "import-1", {"backoffLimit": 6}, {"active": 1, "failed": 2, "startTime": at(20)}, 20),
        full("import-1-a", [box("app", "acme/job:1", False, done("Error", 15, 1))], "Failed", kind="Job", of="import-1", created=20),
        full("import-1-b", [box("app", "acme/job:1")], kind="Job", of="import-1", created=10)],
    "a job that is suspended": [thing("Job", "batch", {"suspend": True}, {"conditions": [condition("Suspended", "True", 900)]})],
    "init containers that are done, one after two tries": NODES + [full("db-0", inits=[
        box("wait", "acme/init:1", True, done(minutes=5000)), box("migrate", "acme/init:1", True, done(minutes=5000), 2)],
        kind="StatefulSet", of="db")],
    "native sidecars": NODES + [full("api-1-x", inits=[{**box("proxy", "istio/proxyv2:1.22", True, RUNNING), "sidecar": True}])],
    "restarts of three weeks ago": NODES + [full("old-1-x", [box("app", "acme/app:1", restarts=31,
                                                                 last=ended("Error", 30000, 137))])],
    "one restart by a reboot two hours ago": NODES + [full("node-agent-x", [box(
        "app", "acme/agent:1", restarts=1, last=ended("Unknown", 120, 255))], kind="DaemonSet", of="node-agent")],
    "a crash loop that ended two days ago": NODES + [full("was-1-x", [box("app", "acme/app:1", restarts=14,
                                                                          last=ended("Error", 2900, 1))])],
    "scaled to zero": NODES + [workload("Deployment", "idle", 0), workload("ReplicaSet", "idle-1", 0), workload("StatefulSet", "cold", 0)],
    "a rollout of two minutes": NODES + [
        workload("Deployment", "api", 4, 3, 2, [condition("Available", "True", 9000), condition(
            "Progressing", "True", 1, reason="ReplicaSetUpdated")]),
        workload("ReplicaSet", "api-2", 2, 1, ownerReferences=owner("Deployment", "api")),
        full("api-2-a", created=2, since=1), full("api-2-b", [box("app", "acme/app:2", False, RUNNING)], created=1, since=1)],
    "a rollout that is paused": NODES + [workload("Deployment", "paused", 3, 3, 1, spec={"paused": True})] +
    [full(f"paused-1-{x}") for x in "abc"],
    "an autoscaler scales up": NODES + [
        workload("Deployment", "shop", 4, 3, 4, [condition("Available", "True", 9000), condition("Progressing", "True", 900)],
                 spec={"replicas": 6}), FRESH,
        other("autoscaling/v2", "HorizontalPodAutoscaler", "shop", spec={"maxReplicas": 10},
              status={"currentReplicas": 4, "desiredReplicas": 6})],
    "a DaemonSet that leaves tainted nodes out": [worker("cp1", spec={"taints": [
        {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]})] + NODES +
    [workload("DaemonSet", "agent", 2), full("agent-a", kind="DaemonSet"), full("agent-b", kind="DaemonSet")],
    "static pods": NODES + [full(f"{n}-cp1", kind="Node", of="cp1", namespace="kube-system") for n in (
        "kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager")],
    "a StatefulSet updated on delete": NODES + [workload("StatefulSet", "db", 3, 3, 1, spec={"updateStrategy": {"type": "OnDelete"}},
                                                         status={"currentRevision": "db-1", "updateRevision": "db-2"})] +
    [full(f"db-{i}", kind="StatefulSet", of="db") for i in range(3)],
    "a node cordoned for a drain": [worker("n3", spec={"unschedulable": True, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": at(20)}]})] + NODES +
    [full("web-1-x", deletionTimestamp=at(-1), deletionGracePeriodSeconds=120)],
    "a claim that waits for its consumer": NODES + [claim("later", "Pending", "late", 9000), SC_LATE],
    "a claim that waits, known from its event alone": [claim("later", "Pending", "late", 9000), event(
        claim("later", "Pending", "late"), "WaitForFirstConsumer", "waiting for first consumer to be created before binding", 2, 900,
        9000, "Normal")],
    "a pod that is deleted with an hour of grace": NODES + [full("queue-1-x", deletionTimestamp=at(-30),
                                                                 deletionGracePeriodSeconds=3600)],
    "a debug container that ended badly": NODES + [full("web-1-x", status={"ephemeralContainerStatuses": [
        box("debugger-x", "busybox", False, done("Error", 50, 1))]})],
    "conditions of the node problem detector": [worker("n1", condition("KernelDeadlock", "False", 9000, reason="KernelHasNoDeadlock"),
                                                       condition("ReadonlyFilesystem", "False", 9000),
                                                       condition("NetworkUnavailable", "False", 9000, reason="CalicoIsUp"))] + WEB,
    "a virtual node with one condition": [thing("Node", "virtual-kubelet", {}, {
        "conditions": [condition("Ready", "True", 9000)], "nodeInfo": {"kubeletVersion": "v1.27.1-vk"}})] + WEB[2:],
    "kinds that nobody asked for": NODES + WEB + [
        other("policy/v1beta1", "PodDisruptionBudget", "web", spec={"minAvailable": 1}, status={"disruptionsAllowed": 0}),
        other("v1", "ConfigMap", "app", data={"a": "b"}), other("v1", "Endpoints", "web", subsets=[]),
        other("networking.k8s.io/v1", "Ingress", "web", spec={}, status={"loadBalancer": {}}),
        other("batch/v1beta1", "CronJob", "nightly", spec={"schedule": "0 3 * * *", "suspend": True}, status={}),
        other("coordination.k8s.io/v1", "Lease", "n1", spec={"holderIdentity": "n1"}),
        other("cert-manager.io/v1", "Certificate", "tls", status={"conditions": [condition("Ready", "False", 9000)]})],
    "a volume mounted after a slow cache": NODES + [full("late-1-x", created=20, since=17), event(
        full("late-1-x"), "FailedMount", 'MountVolume.SetUp failed for volume "cfg" : failed to sync configmap cache: timed out waiting '
        "for the condition", 20, 2, 20), event(full("late-1-x"), "Pulled", "Container image already present on machine", 18, 1, kind="Normal"),
        event(full("late-1-x"), "Started", "Started container app", 18, 1, kind="Normal")],
    "placed after the autoscaler brought a node": NODES + [full("big-1-x", created=30, since=20), event(
        full("big-1-x"), "FailedScheduling", "0/2 nodes are available: 2 Insufficient memory.", 28, 4, 30),
        event(full("big-1-x"), "TriggeredScaleUp", "pod triggered scale-up", 29, 1, kind="Normal"),
        event(full("big-1-x"), "Scheduled", "Successfully assigned shop/big-1-x to n2", 25, 1, kind="Normal")],
    "an image that came at the third try": NODES + [full("img-1-x", created=30, since=25), event(
        full("img-1-x"), "Failed", HUB, 28, 3, 30), event(full("img-1-x"), "BackOff", 'Back-off pulling image "redis:7"', 27, 3, 30, "Normal"),
        event(full("img-1-x"), "Pulled", 'Successfully pulled image "redis:7" in 3s', 26, 1, kind="Normal")],
    "a probe that failed forty minutes ago": NODES + [full("web-1-x"), event(
        full("web-1-x"), "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", 40, 2, 41)],
    "pressure that is over": [worker("n1", condition("DiskPressure", "False", 100, reason="KubeletHasNoDiskPressure")), event(
        worker("n1"), "NodeHasDiskPressure", "Node n1 status is now: NodeHasDiskPressure", 130, 1, kind="Normal"), event(
        worker("n1"), "NodeHasNoDiskPressure", "Node n1 status is now: NodeHasNoDiskPressure", 100, 1, kind="Normal")],
    "events of every day, without objects": [
        event(full("web-1-x"), "Scheduled", "Successfully assigned shop/web-1-x to n1", 9, 1, kind="Normal"),
        event(full("web-1-x"), "DNSConfigForming", "Nameserver limits were exceeded, some nameservers have been omitted", 3, 90),
        event(worker("n1"), "NodeSysctlChange", "ok", 5, 1, kind="Normal"),
        event(thing("HorizontalPodAutoscaler", "web"), "FailedGetResourceMetric", "missing request for cpu", 30, 2, 31),
        event(thing("Service", "web"), "UpdatedLoadBalancer", "Updated load balancer with new hosts", 20, 1, kind="Normal"),
        event(full("web-1-x"), "Killing", "Stopping container app", 8, 1, kind="Normal")],
    "events of the newer API": [newer_event(full("web-1-x"), "Scheduled", "Successfully assigned", 9, "Normal"),
                                newer_event(full("web-1-x"), "Pulled", "Container image present", 9, "Normal", api="events.k8s.io/v1beta1")],
    "a pod of this minute and its volume": NODES + [FRESH, event(FRESH, "SuccessfulAttachVolume", "AttachVolume.Attach succeeded", 0, 1, kind="Normal")],
    "memory ran out three days ago": NODES + [full("jvm-1-x", [box("app", "acme/jvm:1", restarts=3, last=ended("OOMKilled", 4400, 137))])],
    "helm jobs of k3s": NODES + [full("helm-install-traefik-x", [box("helm", "rancher/klipper-helm:v0.8", False, done(minutes=9000), 1)],
                                      "Succeeded", kind="Job", of="helm-install-traefik", namespace="kube-system")],
    "one of two DNS pods rolls": NODES + [DNS_SERVICE, DNS_PODS[0], full("coredns-9f1-c", [box("coredns", "coredns:1.11", False, WAITS)],
                                          "Pending", namespace="kube-system", created=0, since=0, labels={"k8s-app": "kube-dns"})],
    "volumes that are free or released": [thing("PersistentVolume", f"pv{p}", {}, {"phase": p}) for p in ("Available", "Released", "Bound")],
    "a readiness gate that is met": NODES + [full("lb-1-x", spec={"readinessGates": [{"conditionType": "target-health"}]},
                                                  conditions=four(True) + [condition("target-health", "True", 4000)])],
    "one liveness kill an hour ago": NODES + [full("web-1-x", [box("app", "acme/app:1", restarts=1, last=ended("Error", 55, 137))]),
                                              event(full("web-1-x"), "Killing", "Container app failed liveness probe, will be restarted",
                                                    55, 1, kind="Normal")],
    "an image pull that just began": NODES + [full("pull-1-x", [box("app", "acme/huge:1", False, WAITS)], "Pending", created=4, since=4),
                                              event(full("pull-1-x"), "Pulling", 'Pulling image "acme/huge:1"', 4, 1, kind="Normal")],
    "a failed run of a CronJob, and a good one after it": NODES + [
        job("nightly-1", "Failed", 1500, reason="BackoffLimitExceeded"), NIGHTLY],
    "a deployment short of one for two minutes": NODES + [
        workload("Deployment", "api", 3, 2, 3, [condition("Available", "True", 9000), condition(
            "Progressing", "True", 9000, reason="NewReplicaSetAvailable")]), full("api-3-a"), full("api-3-b"),
        full("api-3-c", [box("app", "acme/app:1", False, RUNNING)], created=2, since=2)],
    "a namespace that is going since a minute": [thing("Namespace", "old", {"finalizers": ["kubernetes"]}, {"phase": "Terminating"},
                                                       deletionTimestamp=at(1))],
    "calico that is well": NODES + [
        workload("DaemonSet", "calico-node", 2, namespace="kube-system"), workload("Deployment", "calico-typha", 1, namespace="kube-system"),
        full("calico-node-a", [box("calico-node", "docker.io/calico/node:v3.24.1")], kind="DaemonSet", of="calico-node", namespace="kube-system"),
        full("calico-node-b", [box("calico-node", "docker.io/calico/node:v3.24.1")], kind="DaemonSet", of="calico-node", namespace="kube-system"),
        event(full("calico-node-a", namespace="kube-system"), "Unhealthy", "Readiness probe failed: calico/node is not ready: felix is not ready: "
              "Get \"http://localhost:9099/readiness\": dial tcp 127.0.0.1:9099: connect: connection refused", 50, 2, 51)],
}

SYSTEM = {"namespace": "kube-system"}

# name: (objects, ids with their severity, exit status)
SICK = {
    "a crash loop": (NODES + [full("web-1-x", [box("app", "acme/app:1", False, LOOP, 9, ended("Error", 3, 1))], since=30)],
                     {"crash-loop": "warning"}, 4),
    "a crash loop in kube-system": (NODES + [full("proxy-x", [box("app", "acme/app:1", False, LOOP, 9, ended("Error", 3, 1))], since=30,
                                                  kind="DaemonSet", of="proxy", **SYSTEM)], {"crash-loop": "critical"}, 3),
    "an init container in a crash loop": (NODES + [full("web-1-x", [box("app", "acme/app:1", False, {"waiting": {"reason": "PodInitializing"}})],
                                                        "Pending", inits=[box("wait", "acme/init:1", False, LOOP, 7, ended("Error", 3, 1))],
                                                        since=30, created=40)], {"crash-loop": "warning"}, 4),
    "a native sidecar in a crash loop": (NODES + [full("web-1-x", ready=False, since=30, inits=[{**box(
        "proxy", "istio/proxyv2:1", False, LOOP, 7, ended("Error", 3, 1)), "sidecar": True}])], {"crash-loop": "warning"}, 4),
    "between two restarts": (NODES + [full("web-1-x", [box("app", "acme/app:1", False, done("Error", 1, 1), 6, ended("Error", 6, 1))],
                                           since=30, created=40)], {"crash-loop": "warning"}, 4),
    "an image without its events": ([full("web-1-x", [pulls()], "Pending", since=30, created=40)], {"image-pull": "warning"}, 4),
    "an image of Hub's limit without its events": ([full("web-1-x", [pulls('Back-off pulling image "redis:7"', image="redis:7")], "Pending",
                                                         since=30, created=40)], {"image-pull": "warning"}, 4),
    "an image of Hub's limit, said by a new kubelet": (NODES + [full("web-1-x", [pulls(
        'Back-off pulling image "redis:7": ErrImagePull: ' + HUB, image="redis:7")], "Pending", since=30, created=40)], {"E03": "warning"}, 4),
    "an image of Hub's limit with its event": (NODES + [full("web-1-x", [pulls('Back-off pulling image "redis:7"', image="redis:7")], "Pending",
                                                             since=30, created=40), event(full("web-1-x"), "Failed", HUB, 2, 9, 40)],
                                               {"E03": "warning"}, 4),
    "an image name that is none": (NODES + [full("web-1-x", [pulls("Failed to apply default image tag \"a//b\"", "InvalidImageName", "a//b")],
                                                 "Pending", since=30, created=40)], {"image-pull": "warning"}, 4),
    "an image that may not be pulled": (NODES + [full("web-1-x", [pulls("Container image is not present with pull policy of Never",
                                                                        "ErrImageNeverPull")], "Pending", since=30, created=40)],
                                        {"image-pull": "warning"}, 4),
    "an image in kube-system": (NODES + [full("metrics-server-x", [pulls()], "Pending", since=30, created=40, **SYSTEM)],
                                {"image-pull": "critical"}, 3),
    "an image of an init container": (NODES + [full("web-1-x", [box("app", "acme/app:1", False, {"waiting": {"reason": "PodInitializing"}})],
                                                    "Pending", inits=[pulls()], since=30, created=40)], {"image-pull": "warning"}, 4),
    "a quay limit is not Hub's": (NODES + [full("web-1-x", [pulls(
        'Back-off pulling image "quay.io/a/b:1": ErrImagePull: unexpected status from HEAD request to https://quay.io/v2/a/b/manifests/1: 429 '
        "Too Many Requests", image="quay.io/a/b:1")], "Pending", since=30, created=40)], {"image-pull": "warning"}, 4),
    "a secret that is missing": (NODES + [full("web-1-x", [box("app", "acme/app:1", False, {"waiting": {
        "reason": "CreateContainerConfigError", "message": 'secret "db" not found'}})], "Pending", since=30, created=40)],
        {"config-error": "warning"}, 4),
    "a command that is not there": (NODES + [full("web-1-x", [box("app", "acme/app:1", False, {"waiting": {
        "reason": "CrashLoopBackOff", "message": "back-off"}}, 5, {**ended("StartError", 3, 128), "message": "exec: \"serve\": not found"})],
        since=30, created=40)], {"crash-loop": "warning", "config-error": "warning"}, 4),
    "memory runs out again and again": (NODES + [full("jvm-1-x", [box("app", "acme/jvm:1", False, LOOP, 8, ended("OOMKilled", 3, 137))],
                                                      since=10, created=90)], {"oom-killed": "critical", "crash-loop": "warning"}, 3),
    "memory ran out this morning": (NODES + [full("jvm-1-x", [box("app", "acme/jvm:1", restarts=1, last=ended("OOMKilled", 200, 137))])],
                                    {"oom-killed": "warning"}, 4),
    "a node that says nothing any more": ([worker("n1", *[condition(t, "Unknown", 20, reason="NodeStatusUnknown", message="Kubelet stopped "
                                                         "posting node status.") for t in ("Ready", "DiskPressure", "MemoryPressure",
                                                                                           "PIDPressure")]), NODES[1],
                                           full("web-1-x", ready=False, since=19, conditions=four(False, 19)[:2] + [
                                               condition("Ready", "False", 19)] + [condition("PodScheduled", "True", 900)])],
                                          {"node-not-ready": "critical"}, 3),
    "a node whose network plugin is not there": ([worker("n1", condition(
        "Ready", "False", 90, reason="KubeletNotReady", message="container runtime network not ready: NetworkReady=false "
        "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"))], {"node-not-ready": "critical"}, 3),
    "a full disk under containerd": ([worker("n1", condition("DiskPressure", "True", 30, reason="KubeletHasDiskPressure"))],
                                     {"disk-pressure": "critical"}, 3),
    "memory and processes": ([worker("n1", condition("MemoryPressure", "True", 30)), worker("n2", condition("PIDPressure", "True", 30))],
                             {"memory-pressure": "critical", "pid-pressure": "critical"}, 3),
    "no route to a node": ([worker("n1", condition("NetworkUnavailable", "True", 30, reason="NoRouteCreated"))],
                           {"network-unavailable": "critical"}, 3),
    "cordoned since three days": ([worker("n1", spec={"unschedulable": True, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": at(4320)}]})], {"node-cordoned": "warning"}, 4),
    "no room": (NODES + [UNPLACED_POD], {"unschedulable": "warning"}, 4),
    "no room, of events alone": ([event(UNPLACED_POD, "FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu.", 1, 20, 60)],
                                 {"unschedulable": "warning"}, 4),
    "evicted": (NODES + [full("web-1-x", [], "Failed", status={"reason": "Evicted", "message": "The node was low on resource: memory. "
                                                                "Threshold quantity: 100Mi, available: 90Mi."}, conditions=[])],
                {"evicted": "warning"}, 4),
    "a bare pod that failed": (NODES + [bare("migrate", [box("app", "acme/app:1", False, done("Error", 60, 1))], phase="Failed",
                                             spec={"restartPolicy": "Never"})], {"pod-failed": "warning"}, 4),
    "a job that gave up": (NODES + [job("import-1", "Failed", 30, reason="BackoffLimitExceeded", message="Job has reached the specified "
                                        "backoff limit"), full("import-1-a", [box("app", "acme/job:1", False, done("Error", 40, 1))], "Failed",
                                                               kind="Job", of="import-1")], {"job-failed": "warning"}, 4),
    "a deployment past its deadline": (NODES + [workload("Deployment", "api", 3, 2, 1, [condition("Available", "True", 9000), condition(
        "Progressing", "False", 60, reason="ProgressDeadlineExceeded", message='ReplicaSet "api-2" has timed out progressing.')])],
        {"rollout-stuck": "warning"}, 4),
    "a quota that is used up": (NODES + [workload("Deployment", "api", 3, 0, 0, [
        condition("Available", "False", 60, reason="MinimumReplicasUnavailable"), condition("Progressing", "False", 50, reason=
                                                                                            "ProgressDeadlineExceeded"),
        condition("ReplicaFailure", "True", 60, reason="FailedCreate", message='pods "api-2-" is forbidden: exceeded quota: compute')])],
        {"rollout-stuck": "warning"}, 4),
    "a DaemonSet of kube-system that is short": (NODES + [workload("DaemonSet", "kube-proxy", 2, 1, **SYSTEM), unready(
        "kube-proxy-a", kind="DaemonSet", of="kube-proxy", **SYSTEM)], {"not-ready": "critical", "rollout-stuck": "critical"}, 3),
    "a StatefulSet whose first pod is not ready": (NODES + [workload("StatefulSet", "db", 3, 0, 3, status={"replicas": 1}), unready(
        "db-0", kind="StatefulSet", of="db")], {"not-ready": "warning", "rollout-stuck": "warning"}, 4),
    "a config map that is a volume": (NODES + [CREATING, event(CREATING, "FailedMount", 'MountVolume.SetUp failed for volume "cfg" : '
                                                               'configmap "app" not found', 1, 20, 30)], {"volume-mount": "warning"}, 4),
    "two nodes want one disk": (NODES + [CREATING, event(CREATING, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already '
                                                         "exclusively attached to one node and can't be attached to another", 1, 9, 30),
                                         event(CREATING, "FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data], unattached "
                                               "volumes=[data kube-api-access-x]: timed out waiting for the condition", 2, 9, 28)],
                                {"volume-attach": "warning"}, 4),
    "a sandbox that cannot be made": (NODES + [CREATING, event(CREATING, "FailedCreatePodSandBox", 'Failed to create pod sandbox: rpc error: code '
                                                               '= Unknown desc = failed to setup network for sandbox "1": plugin type="calico" '
                                                               "failed (add): error getting ClusterInformation: connection is unauthorized", 1,
                                                               30, 30)], {"sandbox-failed": "warning"}, 4),
    "a sandbox in kube-system, of events of the newer API": ([newer_event(full("coredns-x", **SYSTEM), "FailedCreatePodSandBox",
                                                                          "Failed to create pod sandbox: no IP addresses available", 1, count=40)],
                                                             {"sandbox-failed": "critical"}, 3),
    "a closed network": (NODES + [CREATING, event(CREATING, "FailedCreatePodSandBox", 'Failed to create pod sandbox: rpc error: code = Unknown desc = '
                                                  'failed to get sandbox image "k8s.gcr.io/pause:3.7": failed to pull image "k8s.gcr.io/pause:3.7": '
                                                  'failed to do request: Head "https://k8s.gcr.io/v2/pause/manifests/3.7": dial tcp 142.250.0.1:443: '
                                                  "i/o timeout", 1, 30, 30)], {"E04": "critical"}, 3),
    "a claim whose driver fails": (NODES + [claim("data", "Pending", "fast", 600), event(
        claim("data", "Pending", "fast"), "ProvisioningFailed", 'failed to provision volume with StorageClass "fast": rpc error: code = '
        "ResourceExhausted desc = quota exceeded", 2, 40, 600)], {"pvc-pending": "warning"}, 4),
    "a claim that is lost": ([claim("data", "Lost", "fast", 600)], {"pvc-pending": "warning"}, 4),
    "a volume that failed": ([thing("PersistentVolume", "pv1", {}, {"phase": "Failed", "message": "error deleting"})], {"pv-failed": "warning"}, 4),
    "a pod that does not go": (NODES + [full("web-1-x", deletionTimestamp=at(60), deletionGracePeriodSeconds=30)],
                               {"terminating-stuck": "warning"}, 4),
    "a namespace that does not go": ([thing("Namespace", "old", {"finalizers": ["kubernetes"]}, {"phase": "Terminating", "conditions": [
        condition("NamespaceContentRemaining", "True", 900, reason="SomeResourcesRemain", message="Some resources are remaining: x has 1")]},
        deletionTimestamp=at(900))], {"terminating-stuck": "warning"}, 4),
    "a claim that does not go": ([claim("data", "Bound", "fast", 900, deletionTimestamp=at(100), finalizers=["kubernetes.io/pvc-protection"])],
                                 {"terminating-stuck": "warning"}, 4),
    "no DNS pod is ready": (NODES + [DNS_SERVICE] + [unready(f"coredns-5d7-{x}", labels={"k8s-app": "kube-dns"}, **SYSTEM) for x in "ab"],
                            {"dns-down": "critical", "not-ready": "critical"}, 3),
    "not ready for forty minutes": (NODES + [unready()], {"not-ready": "warning"}, 4),
    "a readiness gate that is not met": (NODES + [full("lb-1-x", conditions=[condition("Initialized", "True", 900), condition(
        "Ready", "False", 40, reason="ReadinessGatesNotReady"), condition("ContainersReady", "True", 40), condition(
            "PodScheduled", "True", 900)], spec={"readinessGates": [{"conditionType": "target-health"}]})], {"not-ready": "warning"}, 4),
    "killed by its probe again and again": (NODES + [full("web-1-x", [box("app", "acme/app:1", restarts=6, last=ended("Error", 5, 137))], since=4),
                                                     event(full("web-1-x"), "Killing", "Container app failed liveness probe, will be restarted", 5,
                                                           6, 55, "Normal"), event(full("web-1-x"), "Unhealthy", "Liveness probe failed: HTTP probe "
                                                                                   "failed with statuscode: 500", 5, 18, 55)],
                                            {"restarting": "warning"}, 4),
    "rpc.statd": (NODES + [CREATING, event(CREATING, "FailedMount", 'MountVolume.SetUp failed for volume "nas" : mount failed: exit status 32 '
                                           "Output: mount.nfs: rpc.statd is not running but is required for remote locking.", 1, 20, 30),
                           event(CREATING, "FailedMount", "Unable to attach or mount volumes: unmounted volumes=[nas], unattached volumes=[nas]: "
                                 "timed out waiting for the condition", 2, 9, 28)], {"E09": "warning"}, 4),
    "memory cgroups": (NODES + [CREATING, event(CREATING, "FailedCreatePodContainer", "unable to ensure pod container exists: failed to create "
                                                "container for [kubepods besteffort pod1] : mkdir /sys/fs/cgroup/memory/kubepods/besteffort/pod1: "
                                                "cannot allocate memory", 1, 20, 30)], {"E07": "critical"}, 3),
    "GitHub Packages": (NODES + [full("web-1-x", [pulls('Back-off pulling image "docker.pkg.github.com/o/r/i:1"', image=
                                                        "docker.pkg.github.com/o/r/i:1")], "Pending", since=30, created=40)], {"E06": "warning"}, 4),
    "an evicted pod of a DaemonSet, and a full disk": (
        [worker("n1", condition("DiskPressure", "True", 30, reason="KubeletHasDiskPressure")), full(
            "agent-a", [], "Failed", kind="DaemonSet", of="agent", conditions=[], status={
                "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."})],
        {"disk-pressure": "critical", "evicted": "warning"}, 3),
}

POD, SYSTEM_POD, NODE = full("web-1-x"), full("proxy-x", **SYSTEM), worker("n1")
QUOTA = 'Error creating: pods "api-1-" is forbidden: exceeded quota: compute'


def again(about, reason, message, minutes=1, kind="Warning"):
    return event(about, reason, message, minutes, 9, 40, kind)


def once(about, reason, message="", minutes=5, kind="Normal"):
    return event(about, reason, message, minutes, 1, kind=kind)


# What events alone tell. name: (events, ids, exit status)
EVENTS = {
    "Hub's limit": ([again(POD, "Failed", HUB, 2), again(POD, "BackOff", 'Back-off pulling image "redis:7"'),
                     again(POD, "Failed", "Error: ImagePullBackOff")], {"E03"}, 4),
    "an image": ([again(POD, "Failed", 'Failed to pull image "x:1": not found'),
                  again(POD, "BackOff", 'Back-off pulling image "x:1"', kind="Normal")], {"image-pull"}, 4),
    "an image that came": ([again(POD, "Failed", 'Failed to pull image "x:1": not found', 9),
                            once(POD, "Pulled", "Successfully pulled image", 3)], set(), 0),
    "a crash loop": ([again(POD, "BackOff", "Back-off restarting failed container app in pod web-1-x_shop(1)"),
                      again(POD, "Started", "Started container", 6, "Normal")], {"crash-loop"}, 4),
    "a crash loop of the system": ([again(SYSTEM_POD, "BackOff", "Back-off restarting failed container")], {"crash-loop"}, 3),
    "a crash loop long ago": ([again(POD, "BackOff", "Back-off restarting failed container", 50), once(NODE, "Starting", minutes=0)],
                              set(), 0),
    "a node that is lost": ([once(NODE, "NodeNotReady", "Node n1 status is now: NodeNotReady")], {"node-not-ready"}, 3),
    "a node that is back": ([once(NODE, "NodeNotReady", minutes=15), once(NODE, "NodeReady")], set(), 0),
    "a full disk": ([once(NODE, "NodeHasDiskPressure"), again(NODE, "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage")],
                    {"disk-pressure"}, 3),
    "a disk with room again": ([once(NODE, "NodeHasDiskPressure", minutes=15), once(NODE, "NodeHasNoDiskPressure")], set(), 0),
    "a kubelet that started": ([once(NODE, r, minutes=14) for r in ("Starting", "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeReady")]
                               + [once(NODE, "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", 15, "Warning")], set(), 0),
    "an eviction": ([once(POD, "Evicted", "The node was low on resource: memory.", kind="Warning")], {"evicted"}, 4),
    "a job that gave up": ([once(thing("Job", "import-1"), "BackoffLimitExceeded", kind="Warning")], {"job-failed"}, 4),
    "a quota": ([again(thing("ReplicaSet", "api-1"), "FailedCreate", QUOTA)], {"rollout-stuck"}, 4),
    "a quota that was raised": ([again(thing("ReplicaSet", "api-1"), "FailedCreate", QUOTA, 9),
                                 once(thing("ReplicaSet", "api-1"), "SuccessfulCreate", minutes=2)], set(), 0),
    "GitHub Packages": ([again(POD, "Failed", 'Failed to pull image "docker.pkg.github.com/o/r/i:1": unexpected status code '
                               "https://docker.pkg.github.com/v2/o/r/i/manifests/1: 401 Unauthorized")], {"E06"}, 4),
    "Flannel's images": ([again(SYSTEM_POD, "Failed", 'Failed to pull image "quay.io/coreos/flannel:v0.12.0": rpc error: code = Unknown '
                                "desc = unauthorized: access to the requested resource is not authorized")], {"E05"}, 3),
    "a probe once": ([once(POD, "Unhealthy", "Readiness probe failed: x", kind="Warning")], set(), 0),
    **{name: ([o for o in SICK[name][0] if o["kind"] == "Event"], set(SICK[name][1]), SICK[name][2]) for name in (
        "rpc.statd", "memory cgroups", "a closed network", "two nodes want one disk", "a config map that is a volume")},
}
