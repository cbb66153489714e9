"""The faults of the guide's API entries on a real control plane: objects, and what kwok's kubelets make of them."""
import base64
import json

from stages import LIVES, NODE_STATUS, NO_STATUS, event, pod_status, stage

IMAGE, GROUP, POLICY = ".spec.containers.[].image", ".spec.securityContext.fsGroup", ".spec.securityContext.fsGroupChangePolicy"
TAG, NEW = "v3.24.1", "v3.28.0"
HARBOR = f"harbor-kr1.cloud.toastoven.net/container_service/calico/%s:{TAG}"
HUB, FLANNEL = "docker.io/acme/web-api:4.1.0", "quay.io/coreos/flannel:v0.14.0"
PACKAGES = "docker.pkg.github.com/acme/tools/worker:2.4.1"
TYPHA, CONTROLLERS, NODE = (f"calico-{name}:{TAG}" for name in ("typha", "kube-controllers", "node"))
# What the public registries show.
REGISTRY = {"ghcr.io/acme/worker:2.4.1", "docker.io/flannel/flannel:v0.14.0",
            *(f"docker.io/calico/{name}:{TAG}" for name in ("node", "cni", "typha", "kube-controllers"))}
FRESH = "fresh-0"      # the node that E16 is about


def refusal(image, why):
    return f'Failed to pull image "{image}": rpc error: code = Unknown desc = failed to pull and unpack image "{image}": {why}'


FAILING = {
    TYPHA: refusal(TYPHA, f'failed to resolve reference "docker.io/library/{TYPHA}": not found'),
    CONTROLLERS: refusal(CONTROLLERS, f'failed to resolve reference "docker.io/library/{CONTROLLERS}": not found'),
    FLANNEL: refusal(FLANNEL, f'failed to resolve reference "{FLANNEL}": unexpected status from HEAD request to '
                              "https://quay.io/v2/coreos/flannel/manifests/v0.14.0: 401 UNAUTHORIZED"),
    PACKAGES: refusal(PACKAGES, f'failed to resolve reference "{PACKAGES}": unexpected status from HEAD request to '
                                "https://docker.pkg.github.com/v2/acme/tools/worker/manifests/2.4.1: 405 Method Not Allowed")}
LIMIT = refusal(HUB, "failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/acme/"
                     "web-api/manifests/sha256:5b3f: 429 Too Many Requests - Server message: toomanyrequests: You have "
                     "reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit")
SLOW = ("Setting volume ownership for 4f2c/volumes/kubernetes.io~csi/data/mount is taking longer than expected, consider "
        "using OnRootMismatch - https://kubernetes.io/docs/tasks/configure-pod-container/security-context/")
WAITING = '{waiting: {reason: ImagePullBackOff, message: {{ printf "Back-off pulling image \\"%s\\"" .image | Quote }}}}'
OLD_KUBELET = NODE_STATUS.replace("v1.34.4", "v1.28.3")
NOT_READY = """
conditions:
- {type: Ready, status: "False", reason: KubeletNotReady, message: "cni plugin not initialized",
   lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ Now | Quote }}}
""" + OLD_KUBELET[OLD_KUBELET.index("addresses:"):]


def failing_stage(name, text, *when):
    return stage(name, "Pod", [LIVES, NO_STATUS, *when], {
        "event": event("Failed", text), "statusTemplate": pod_status(False, state=WAITING, phase="Pending")})


def stages(long_ago):
    """long_ago: when the containers of E08's calico-node became unready."""
    special = (*FAILING, HUB, NODE, HARBOR % "node")
    ready = ".status.conditions.[] | select( .type == \"Ready\" ) | .status"
    yield stage("node-ready", "Node", [(ready, "NotIn", "True"), (".metadata.name", "NotIn", FRESH)],
                {"statusTemplate": OLD_KUBELET})
    yield stage("node-not-ready", "Node", [(ready, "NotIn", "False"), (".metadata.name", "In", FRESH)],
                {"statusTemplate": NOT_READY})
    yield stage("pod-gone", "Pod", [(".metadata.deletionTimestamp", "Exists")],
                {"finalizers": {"empty": True}, "delete": True})
    yield stage("pod-ready", "Pod", [LIVES, NO_STATUS, (IMAGE, "NotIn", *special), (GROUP, "DoesNotExist")],
                {"statusTemplate": pod_status(True)})
    for number, (image, text) in enumerate(FAILING.items()):
        yield failing_stage(f"pod-failing-{number}", text, (IMAGE, "In", image))
    secrets = ".spec.imagePullSecrets.[].name"
    yield failing_stage("pod-limited", LIMIT, (IMAGE, "In", HUB), (secrets, "DoesNotExist"))
    yield stage("pod-paid", "Pod", [LIVES, NO_STATUS, (IMAGE, "In", HUB), (secrets, "Exists")],
                {"statusTemplate": pod_status(True)})
    harbor = HARBOR % "node"
    yield failing_stage("pod-no-harbor", refusal(harbor, "not found"), (IMAGE, "In", harbor), (".spec.nodeName", "In", FRESH))
    yield stage("pod-harbor-copy", "Pod", [LIVES, NO_STATUS, (IMAGE, "In", harbor), (".spec.nodeName", "NotIn", FRESH)],
                {"statusTemplate": pod_status(True)})
    yield stage("pod-unready", "Pod", [LIVES, NO_STATUS, (IMAGE, "In", NODE)], {
        "event": event("Unhealthy", "Readiness probe failed: calico/node is not ready: felix is not ready: readiness probe "
                                    "reporting 503"), "statusTemplate": pod_status(False, json.dumps(long_ago))})
    yield stage("pod-quick", "Pod", [LIVES, NO_STATUS, (POLICY, "In", "OnRootMismatch")], {"statusTemplate": pod_status(True)})
    yield stage("pod-slow", "Pod", [LIVES, NO_STATUS, (GROUP, "Exists"), (POLICY, "DoesNotExist")], {
        "event": event("VolumePermissionChangeInProgress", SLOW),
        "statusTemplate": pod_status(False, state="{waiting: {reason: ContainerCreating}}", phase="Pending")})


def workload(kind, name, images, replicas=None, init=(), **pod):
    """images: of its containers, which are called c0, c1 … unless a name is given as "name=image"."""
    labels = {"app": name}

    def containers(wanted):
        pairs = [one.split("=", 1) if "=" in one else (f"c{number}", one) for number, one in enumerate(wanted)]
        return [{"name": own, "image": image} for own, image in pairs]
    template = {"terminationGracePeriodSeconds": 0, "containers": containers(images), **pod}
    if init:
        template["initContainers"] = containers(init)
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": template}}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


EVERYWHERE = [{"operator": "Exists"}]


def calico(node, cni, typha, controllers):
    return [("daemonsets", workload("DaemonSet", "calico-node", ["calico-node=" + node], init=["install-cni=" + cni],
                                    hostNetwork=True, tolerations=EVERYWHERE)),
            ("deployments", workload("Deployment", "calico-typha", ["calico-typha=" + typha], 2)),
            ("deployments", workload("Deployment", "calico-kube-controllers", ["calico-kube-controllers=" + controllers], 1))]


CLOUD = base64.b64encode(b"[Global]\nauth-url = https://kr1-api/v2.0\nusername = robot\npassword = never-shown-9\n\n"
                         b"[BlockStorage]\nbs-version = v2\n").decode()


def grown_volume(namespace):
    """(path, object) of a claim that has grown, its volume, its pod, and what reads the cloud configuration."""
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": "pv-1",
                                                    "resources": {"requests": {"storage": "100Gi"}}}}
    volume = {"metadata": {"name": "pv-1"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "100Gi"}, "storageClassName": "",
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": "data"},
        "csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": "3f6c"}}}
    pod = {"metadata": {"name": "db"}, "spec": {
        "nodeName": "node-0", "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "postgres:15"}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}}
    secret = {"metadata": {"name": "cinder-csi-cloud-config"}, "data": {"cloud-config": CLOUD}}
    return [("/api/v1/persistentvolumes", volume), (f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", claim),
            ("/api/v1/namespaces/kube-system/secrets", secret), (f"/api/v1/namespaces/{namespace}/pods", pod)]


def summary(namespace, node):
    """What a kubelet's /stats/summary says of that claim: half of it is the file system's."""
    return {"node": {"nodeName": node}, "pods": [{"podRef": {"name": "db", "namespace": namespace, "uid": "u"}, "volume": [
        {"name": "data", "capacityBytes": 52613349376, "availableBytes": 2 ** 30, "usedBytes": 2 ** 30,
         "pvcRef": {"name": "data", "namespace": namespace}}]}]}
