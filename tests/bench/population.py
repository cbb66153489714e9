"""Objects of a big cluster on a real control plane, in seconds.

One object of each form is made by the API server itself, so that it has what a
server adds (defaults, uid, managedFields). Its JSON is then written under other
names straight into etcd, 64 objects a transaction: the API server decodes
stored JSON as it does its own protobuf.
"""
import base64
import json
import urllib.request
import uuid

STARTED = "2026-01-02T03:04:05Z"
BATCH = 64
PODS_OF_A_WORKLOAD = 40

# Words of the templates that another word takes the place of.
NUMBER, APP, NODE = "987654", "app-of-template", "node-of-template"
POD_ADDRESS, NODE_ADDRESS = "10.99.99.99", "10.98.98.98"
SET = APP + "-7d9c6b5f4d"
OWNER = "0123abcd-0000-4000-8000-000000000000"


def identity(kind, number):
    return str(uuid.UUID(int=uuid.uuid5(uuid.NAMESPACE_OID, kind).int & ~0xFFFFFFFF | number))


def node():
    return {"metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/arch": "amd64",
                                                  "topology.kubernetes.io/zone": "zone-1"}},
            "spec": {"podCIDR": "10.97.0.0/24"}}


def node_status():
    info = {"kubeletVersion": "v1.34.4", "containerRuntimeVersion": "containerd://1.7.2",
            "osImage": "Debian GNU/Linux 12", "kernelVersion": "6.1.0-20-amd64", "machineID": "m", "systemUUID": "u",
            "bootID": "b", "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": "amd64"}
    kinds = {"MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True"}
    image = "registry.example.com/team/image"
    images = [{"names": [f"{image}-{i}@sha256:{i:064x}", f"{image}-{i}:v1"], "sizeBytes": 123456789}
              for i in range(50)]     # as many as a kubelet reports
    return {"nodeInfo": info, "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "250"}, "images": images,
            "addresses": [{"type": "InternalIP", "address": NODE_ADDRESS}, {"type": "Hostname", "address": NODE}],
            "conditions": [{"type": kind, "status": value, "reason": f"Kubelet{kind}", "lastTransitionTime": STARTED,
                            "lastHeartbeatTime": STARTED} for kind, value in kinds.items()]}


def pod_spec():
    env = [{"name": f"VARIABLE_{i}", "value": f"a value of the usual length {NUMBER}"} for i in range(40)]
    volumes = [{"name": f"volume-{i}", "configMap": {"name": f"{APP}-configuration-{i}", "optional": True}}
               for i in range(8)]
    mounts = [{"name": f"volume-{i}", "mountPath": f"/etc/{APP}/{i}", "readOnly": True} for i in range(8)]
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    return {"volumes": volumes, "containers": [
        {"name": "app", "image": f"registry.example.com/team/{APP}:v1.2.3", "env": env, "volumeMounts": mounts,
         "ports": [{"containerPort": 8080}], "readinessProbe": probe, "livenessProbe": probe,
         "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}]}


def labels():
    return {"app": APP, "pod-template-hash": "7d9c6b5f4d", "team": "team-1"}


def pod():
    return {"metadata": {"name": f"{SET}-x{NUMBER}", "namespace": "bench", "labels": labels(),
                         "annotations": {"checksum/configuration": f"{int(NUMBER):064}"},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": SET, "uid": OWNER,
                                              "controller": True, "blockOwnerDeletion": True}]},
            "spec": dict(pod_spec(), nodeName=NODE)}


def pod_status():
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    image = f"registry.example.com/team/{APP}"
    return {"phase": "Running", "startTime": STARTED, "hostIP": NODE_ADDRESS, "podIP": POD_ADDRESS,
            "conditions": [{"type": kind, "status": "True", "lastTransitionTime": STARTED} for kind in kinds],
            "containerStatuses": [{"name": "app", "ready": True, "started": True, "restartCount": 0,
                                   "image": image + ":v1.2.3", "imageID": f"{image}@sha256:{int(NUMBER):064}",
                                   "state": {"running": {"startedAt": STARTED}}}]}


def workload(name):
    return {"metadata": {"name": name, "namespace": "bench", "labels": labels()},
            "spec": {"replicas": PODS_OF_A_WORKLOAD, "selector": {"matchLabels": {"app": APP}},
                     "template": {"metadata": {"labels": labels()}, "spec": pod_spec()}}}


def workload_status():
    count = PODS_OF_A_WORKLOAD
    return {"observedGeneration": 1, "replicas": count, "readyReplicas": count, "availableReplicas": count}


def event(kind, name, identity_of, reason, message, component, name_space):
    return {"metadata": {"name": f"{name}.{NUMBER}", "namespace": name_space}, "type": "Normal", "reason": reason,
            "involvedObject": {"kind": kind, "namespace": name_space if kind == "Pod" else "", "name": name,
                               "uid": identity_of, "apiVersion": "v1"},
            "message": message, "source": {"component": component, "host": NODE}, "reportingComponent": component,
            "firstTimestamp": STARTED, "lastTimestamp": STARTED, "count": 1}


class Population:
    """grow() makes the cluster as big as that; what is there stays. One event a pod and two a node."""

    def __init__(self, plane, api):
        self.plane, self.api = plane, api
        self.nodes = self.pods = self.workloads = 0
        api.post("/api/v1/namespaces", {"metadata": {"name": "bench"}})
        pods, nodes, apps = "/api/v1/namespaces/bench/pods", "/api/v1/nodes", "/apis/apps/v1/namespaces/bench/"
        status = dict(workload_status(), updatedReplicas=PODS_OF_A_WORKLOAD)
        self.node = self.template(nodes, node(), node_status())
        self.set = self.template(apps + "replicasets", workload(SET), workload_status())
        self.deployment = self.template(apps + "deployments", workload(APP), status)
        self.pod = self.template(pods, pod(), pod_status())
        identity_of = json.loads(self.pod)["metadata"]["uid"]
        self.pod_event = self.template("/api/v1/namespaces/bench/events", event(
            "Pod", f"{SET}-x{NUMBER}", identity_of, "Started", "Started container app", "kubelet", "bench"))
        self.node_event = self.template("/api/v1/namespaces/default/events", event(
            "Node", NODE, NODE, "RegisteredNode", f"Node {NODE} event: Registered Node {NODE} in Controller",
            "node-controller", "default"))

    def template(self, path, body, status=None):
        """The JSON of such an object as the server stores it; the object itself goes again."""
        name = f"{path}/{body['metadata']['name']}"
        self.api.post(path, body)
        made = self.api.patch(name + "/status", {"status": status}) if status else self.api.get(name)
        self.api.delete(name, 0)
        made["metadata"].pop("resourceVersion")
        made["metadata"]["creationTimestamp"] = STARTED
        return json.dumps(made)

    @staticmethod
    def filled(template, kind, number, **words):
        """words: what takes the place of the templates' words, the longest first."""
        text = template.replace(json.loads(template)["metadata"]["uid"], identity(kind, number))
        for word, value in sorted(words.items(), key=lambda item: -len(item[0])):
            text = text.replace(word, value)
        return text

    def put(self, objects):
        """(key, JSON) pairs, into etcd."""
        batch = []
        for key, text in objects:
            batch.append({"requestPut": {"key": base64.b64encode(f"/registry/{key}".encode()).decode(),
                                         "value": base64.b64encode(text.encode()).decode()}})
            if len(batch) == BATCH:
                self.send(batch)
                batch = []
        if batch:
            self.send(batch)

    def send(self, batch):
        request = urllib.request.Request(f"http://127.0.0.1:{self.plane.etcd_port}/v3/kv/txn",
                                         json.dumps({"success": batch}).encode())
        if not json.load(urllib.request.urlopen(request, timeout=60)).get("succeeded"):
            raise RuntimeError("etcd did not take the objects")

    @staticmethod
    def address(block, number):
        return f"10.{block}.{number // 250}.{number % 250}"

    def new_nodes(self, nodes):
        for number in range(self.nodes, nodes):
            words = {NODE: f"node-{number}", NODE_ADDRESS: self.address(1, number)}
            yield f"minions/node-{number}", self.filled(self.node, "node", number, **words)
            for event_number in (2 * number, 2 * number + 1):
                yield (f"events/default/node-{number}.{event_number}", self.filled(
                    self.node_event, "node-event", event_number, **words, **{NUMBER: str(event_number)}))

    def new_workloads(self, count):
        for number in range(self.workloads, count):
            words = {APP: f"app-{number}", OWNER: identity("set", number)}
            owned = json.loads(self.filled(self.set, "set", number, **words))
            owned["metadata"]["ownerReferences"] = [{
                "apiVersion": "apps/v1", "kind": "Deployment", "name": f"app-{number}",
                "uid": identity("deployment", number), "controller": True}]
            yield f"deployments/bench/app-{number}", self.filled(self.deployment, "deployment", number, **words)
            yield f"replicasets/bench/app-{number}-7d9c6b5f4d", json.dumps(owned)

    def new_pods(self, pods, nodes):
        pod_identity = json.loads(self.pod)["metadata"]["uid"]
        for number in range(self.pods, pods):
            app, host = number // PODS_OF_A_WORKLOAD, number % nodes
            name = f"app-{app}-7d9c6b5f4d-x{number:06}"
            words = {APP: f"app-{app}", OWNER: identity("set", app), NODE: f"node-{host}", NUMBER: f"{number:06}",
                     POD_ADDRESS: self.address(100, number), NODE_ADDRESS: self.address(1, host),
                     pod_identity: identity("pod", number)}
            yield f"pods/bench/{name}", self.filled(self.pod, "pod", number, **words)
            yield (f"events/bench/{name}.{number:06}", self.filled(self.pod_event, "pod-event", number, **words))

    def grow(self, nodes, pods):
        workloads = -(-pods // PODS_OF_A_WORKLOAD)
        self.put(self.new_nodes(nodes))
        self.put(self.new_workloads(workloads))
        self.put(self.new_pods(pods, nodes))
        self.nodes, self.pods, self.workloads = nodes, pods, workloads
