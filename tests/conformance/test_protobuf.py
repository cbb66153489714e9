#!/usr/bin/python3
"""A real apiserver says the same in protobuf as in JSON: our numbers are its own, and so are the records, the watch
events and the errors that we read from either."""
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import ssl

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane"), HERE]
import pod_states  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from go_api import GoApi  # noqa: E402
from kube_api import Api  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402
from watcher import Watcher  # noqa: E402

RECORDS = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/client/records")
PLANE = ControlPlane()
API = Api(PLANE)
PROTOBUF, JSON = "application/vnd.kubernetes.protobuf", "application/json"
KINDS = {"Pod": "/api/v1/pods", "Node": "/api/v1/nodes", "Event": "/api/v1/events",
         "DaemonSet": "/apis/apps/v1/daemonsets", "Deployment": "/apis/apps/v1/deployments",
         "ReplicaSet": "/apis/apps/v1/replicasets", "StatefulSet": "/apis/apps/v1/statefulsets"}
MINOR, SCHEMA_MINOR = int(PLANE.version.split(".")[1]), 34     # the schema was taken from 1.34
WATCH_LIST_MINOR = 32   # before, a watch cannot begin with what is there, if nobody switched that on
TYPES = ["string", "bool", "int32", "int64", "time", "micro time", "quantity", "int or string", "message"]
SHAPES = ["one", "list", "map", "inline"]
FOLDER = tempfile.TemporaryDirectory()


def schema():
    """Message to number to (name, type, shape, zero is absent, message), as the program has it."""
    messages = {}
    out = subprocess.run([RECORDS, "schema"], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        message, name, number, kind, shape, zero, inner = line.split()
        messages.setdefault(message, {})[int(number)] = (name, TYPES[int(kind)], SHAPES[int(shape)], int(zero), inner)
    return messages


SCHEMA = schema()


def fetch(path, accept, user="admin", token=None):
    """Status, content type and body."""
    request = urllib.request.Request(PLANE.server + path, headers={
        "Authorization": "Bearer " + (token or PLANE.tokens[user]), "Accept": accept})
    try:
        with urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def records(kind, mode, encoding, body, paths=()):
    file = os.path.join(FOLDER.name, "answer")
    with open(file, "wb") as out:
        out.write(body)
    result = subprocess.run([RECORDS, kind, mode, encoding, file, *paths], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


FIELDS = dict.fromkeys(SCHEMA)


def fields(message):
    if FIELDS[message] is None:
        FIELDS[message] = {}
        for name, kind, shape, _, inner in SCHEMA[message].values():
            FIELDS[message].update(fields(inner) if shape == "inline" else {name: (kind, shape, inner)})
    return FIELDS[message]


def walk(value, message, prefix, found, unknown):
    """Every path of the object that has a number in protobuf goes to found, the others to unknown."""
    for key, inner in value.items():
        path = f"{prefix}.{key}" if prefix else key
        if key not in fields(message):
            unknown.add(f"{message}.{key}")
            continue
        kind, shape, name = fields(message)[key]
        if inner is None:
            continue
        found.add(path)
        if shape == "map":
            found.update(f"{path}[{label}]" for label in inner if not label.isdigit())
        elif shape == "list":
            found.add(path + "[*]")
            for item in inner:
                if kind == "message":
                    walk(item, name, path + "[*]", found, unknown)
        elif kind == "message":
            walk(inner, name, path, found, unknown)


def compare(ours, theirs):
    wrong = [f"JSON {json.dumps(a)[:1500]}\nprotobuf {json.dumps(b)[:1500]}" for a, b in zip(ours, theirs) if a != b]
    assert not wrong, f"{len(wrong)} of {len(ours)} records differ:\n" + "\n".join(wrong[:3])
    assert len(ours) == len(theirs), (len(ours), len(theirs))


def workloads():
    probe = {"httpGet": {"path": "/", "port": "web", "scheme": "HTTP", "httpHeaders": [{"name": "A", "value": ""}]},
             "periodSeconds": 7}
    container = {"name": "app", "image": "nginx:1", "ports": [{"name": "web", "containerPort": 80}],
                 "env": [{"name": "EMPTY", "value": ""}, {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                         {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
                         {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}],
                 "envFrom": [{"configMapRef": {"name": "c", "optional": True}}],
                 "resources": {"requests": {"cpu": "1500m", "memory": "0.5Gi"}, "limits": {"cpu": "2", "memory": "1e9"}},
                 "readinessProbe": probe, "livenessProbe": {"tcpSocket": {"port": 80}, "initialDelaySeconds": 3},
                 "startupProbe": {"exec": {"command": ["true", "", "\u0001é노드😀"]}},
                 "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
                 "securityContext": {"runAsUser": 0, "privileged": False, "capabilities": {"add": ["NET_ADMIN"]},
                                     "seccompProfile": {"type": "RuntimeDefault"}},
                 "volumeMounts": [{"name": "tmp", "mountPath": "/tmp", "subPath": "a", "readOnly": True}]}
    spec = {"containers": [container], "initContainers": [{"name": "side", "image": "b", "restartPolicy": "Always"}],
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "10Mi"}}, {"name": "h", "hostPath": {"path": "/x", "type": ""}},
                        {"name": "s", "secret": {"secretName": "s", "defaultMode": 256, "items": [{"key": "k", "path": "p"}]}},
                        {"name": "c", "configMap": {"name": "c", "optional": True}}],
            "securityContext": {"fsGroup": 2000, "supplementalGroups": [0, 5], "sysctls": [{"name": "a.b", "value": "1"}]},
            "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}],
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{
                "matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-0", "node-1"]}]}]}},
                         "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 5, "podAffinityTerm": {"topologyKey": "t", "labelSelector": {"matchLabels": {"app": "x"}}}}]}},
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway"}],
            "dnsConfig": {"nameservers": ["1.1.1.1"], "options": [{"name": "ndots", "value": "2"}, {"name": "rotate"}]},
            "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}], "terminationGracePeriodSeconds": 2}
    for kind, name, more in (
            ("Deployment", "web", {"replicas": 3, "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}}),
            ("Deployment", "paused", {"replicas": 0, "paused": True, "progressDeadlineSeconds": 7, "strategy": {"type": "Recreate"}}),
            ("DaemonSet", "agent", {"minReadySeconds": 1, "updateStrategy": {"rollingUpdate": {"maxUnavailable": "10%"}}}),
            ("DaemonSet", "slow", {"updateStrategy": {"type": "OnDelete"}}),
            ("StatefulSet", "db", {"serviceName": "db", "replicas": 2, "podManagementPolicy": "Parallel",
                                   "updateStrategy": {"rollingUpdate": {"partition": 1}}})):
        yield {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "states", "labels": {"app": name, "empty": ""},
               "annotations": {"note": "line\nline\ttab \u007f ￿ 노드 😀"}},
               "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}, **more}}


def events():
    for number in range(20):
        event = {"metadata": {"name": f"e{number}", "namespace": "states"}, "reason": "Test", "type": "Warning" if number % 2 else "Normal",
                 "involvedObject": {"kind": "Pod", "namespace": "states", "name": "p", "uid": "u", "fieldPath": "spec.containers{a}"},
                 "message": "x" * (number * 50), "source": {"component": "kubelet", "host": "h"}, "count": number,
                 "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": None if number % 3 else "2026-01-02T03:05:05Z"}
        if number % 4 == 0:
            event.update(eventTime="2026-01-02T03:04:05.678901Z", reportingComponent="c", reportingInstance="i", action="a",
                         series={"count": 2, "lastObservedTime": "2026-01-02T03:04:06.000001Z"}, source={})
        yield event


def fill():
    API.post("/api/v1/namespaces", {"metadata": {"name": "states"}})
    for name, labels, unschedulable, status in list(pod_states.all_nodes()):
        API.post("/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "spec": {
            "unschedulable": unschedulable, "taints": [{"key": "k", "effect": "NoExecute", "timeAdded": "2026-01-02T03:04:05Z"}],
            "podCIDRs": ["10.0.0.0/24"], "podCIDR": "10.0.0.0/24"}})
        status.update(allocatable={"cpu": "3920m", "memory": "16Gi", "pods": "110"}, images=[{"names": ["a", "b"], "sizeBytes": 7}])
        API.patch(f"/api/v1/nodes/{name}/status", {"status": status})
    for name, body, status, life in pod_states.all_pods():
        API.post("/api/v1/namespaces/states/pods", body)
        if status is not None:  # a controller may have been there before us
            API.patch(f"/api/v1/namespaces/states/pods/{name}/status", {"status": status})
        if life:
            API.delete(f"/api/v1/namespaces/states/pods/{name}")
    API.patch("/api/v1/namespaces/states/pods/restarted-125/ephemeralcontainers", {"spec": {"ephemeralContainers": [
        {"name": "debugger", "image": "busybox", "terminationMessagePolicy": "File",
         "imagePullPolicy": "Always"}]}}, "strategic")
    for event in events():
        API.post("/api/v1/namespaces/states/events", event)
    PLANE.add_nodes(2)
    for body in workloads():
        API.post(f"/apis/apps/v1/namespaces/states/{body['kind'].lower()}s", body)
    wait_for(lambda: API.get("/apis/apps/v1/namespaces/states/deployments/web").get("status", {}).get("availableReplicas") == 3,
             what=lambda: PLANE.kubectl("get", "pods", "-n", "states", "-l", "app=web", "-o", "wide").stdout)


@test("the numbers, types and shapes of our schema are those of generated.proto and types.go")
def _():
    api = GoApi(PLANE.version)
    wrong, absent = [], []
    for message, numbers in SCHEMA.items():
        for number, ours in numbers.items():
            theirs = api.field(message, number)
            if theirs is None:  # older than the field, or the field was given up; a number is never given again
                absent.append((message, number))
                continue
            # Until when an empty value was left out of JSON is no matter of how it is read.
            older = MINOR < SCHEMA_MINOR and theirs[:3] + theirs[4:] == ours[:3] + ours[4:]
            if theirs != ours and not older:
                wrong.append((message, number, ours, theirs))
            label, kind, name = api.protos[message].get(number, (None, None, None))
            repeated = "repeated" if ours[2] == "list" else "map" if ours[2] == "map" else "optional"
            if label != repeated or (ours[2] != "inline" and name != ours[0]):
                wrong.append((message, number, ours, label, kind, name))
    assert len(SCHEMA) > 100 and not wrong, wrong
    assert len(absent) < (1 if MINOR == SCHEMA_MINOR else 80), absent


@test("every record is the same from both encodings, with every path that its object has")
def _():
    unknown = set()
    for kind, path in KINDS.items():
        status, content_type, body = fetch(path, JSON)
        assert (status, content_type) == (200, JSON), (status, content_type)
        document = json.loads(body)
        found = set()
        for item in document["items"]:
            walk(item, kind, "", found, unknown)
        version = document["metadata"]["resourceVersion"]
        status, content_type, proto = fetch(f"{path}?resourceVersion={version}&resourceVersionMatch=Exact", f"{PROTOBUF},{JSON}")
        assert (status, content_type) == (200, PROTOBUF), (status, content_type)
        paths = sorted(found)[:950]
        ours, theirs = records(kind, "list", "json", body, paths), records(kind, "list", "protobuf", proto, paths)
        compare(sorted(ours, key=str), sorted(theirs, key=str))
        least = {"Pod": 200, "Node": 20, "Event": 20, "DaemonSet": 2, "Deployment": 2, "ReplicaSet": 1, "StatefulSet": 1}[kind]
        assert len(ours) > least and len(found) > 30, (kind, len(ours), len(found))
        assert any(len(record.get("extras", [])) > 5 for record in ours), kind
    assert MINOR > SCHEMA_MINOR or unknown <= {"ManagedFieldsEntry.fieldsV1"}, unknown


@test("pages have the same token and the same rest")
def _():
    _, _, body = fetch("/api/v1/pods?limit=7", JSON)
    _, _, proto = fetch("/api/v1/pods?limit=7", PROTOBUF)
    ours, theirs = records("Pod", "list", "json", body), records("Pod", "list", "protobuf", proto)
    meta = [next(line for line in lines if "continue" in line) for lines in (ours, theirs)]
    assert meta[0]["remaining"] == meta[1]["remaining"] > 100 and meta[0]["continue"] and meta[1]["continue"], meta
    assert len(ours) == len(theirs) == 8


@test("watch events are the same, with deletions")
def _():
    start = API.get("/api/v1/pods?limit=1")["metadata"]["resourceVersion"]
    for number in range(10):
        name, body, status, _ = [pod for pod in pod_states.all_pods()][number]
        body["metadata"]["name"] = f"watched-{number}"
        API.post("/api/v1/namespaces/states/pods", body)
        API.patch(f"/api/v1/namespaces/states/pods/watched-{number}/status", {"status": status or {}})
        API.delete(f"/api/v1/namespaces/states/pods/watched-{number}", 0)
    path = f"/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion={start}"
    answers = {accept: fetch(path, accept) for accept in (JSON, f"{PROTOBUF},{JSON}")}
    assert [answer[1] for answer in answers.values()] == [JSON, PROTOBUF + ";stream=watch"], [a[1] for a in answers.values()]
    ours, theirs = (records("Pod", "watch", encoding, body) for encoding, (_, _, body) in zip(("json", "protobuf"), answers.values()))
    changes = [[line for line in lines if line.get("metadata.name", "").startswith("watched-")] for lines in (ours, theirs)]
    assert {line["event"] for line in changes[0]} == {0, 1, 2} and len(changes[0]) >= 30, len(changes[0])
    compare(*changes)
    path = "/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=2"
    if MINOR < WATCH_LIST_MINOR:
        assert fetch(path, JSON)[0] == fetch(path, PROTOBUF)[0] == 422
        return
    ours = records("Node", "watch", "json", fetch(path, JSON)[2])
    theirs = records("Node", "watch", "protobuf", fetch(path, PROTOBUF)[2])
    assert [line["end"] for line in ours if "bookmark" in line][:1] == [line["end"] for line in theirs if "bookmark" in line][:1] == [1]
    assert len(theirs) > 20, len(theirs)


@test("errors are understood in protobuf: 401, 403, 404, 422, 500, and the ERROR event of a watch")
def _():
    for path, user, token, code in (("/api/v1/pods", None, "wrong", 401), ("/api/v1/pods", "nobody", None, 403),
                                    ("/api/v1/namespaces/states/pods/none", "admin", None, 404),
                                    ("/api/v1/pods?resourceVersion=abc&watch=1", "admin", None, 500),
                                    ("/api/v1/pods?resourceVersion=1&resourceVersionMatch=NotOlderThan&continue=x", "admin", None, 422)):
        status, _, body = fetch(path, JSON, user, token)
        proto_status, content_type, proto = fetch(path, f"{PROTOBUF},{JSON}", user, token)
        assert status == proto_status == code and content_type.startswith(PROTOBUF), (status, proto_status, content_type, body)
        file = os.path.join(FOLDER.name, "status")
        with open(file, "wb") as out:
            out.write(proto)
        ours = json.loads(subprocess.run([RECORDS, "status", file], check=True, capture_output=True, text=True).stdout)
        theirs = json.loads(body)
        assert [ours.get(key) for key in ("kind", "code", "reason", "message")] == \
            [theirs.get(key) for key in ("kind", "code", "reason", "message")], (ours, theirs)
    revision = API.get("/api/v1/pods?limit=1")["metadata"]["resourceVersion"]
    subprocess.run([os.path.join(PLANE.bin, "etcdctl"), "--endpoints", f"http://127.0.0.1:{PLANE.etcd_port}", "compact", revision],
                   check=True, capture_output=True)
    status, content_type, proto = fetch("/api/v1/events?watch=1&resourceVersion=2&timeoutSeconds=5", f"{PROTOBUF},{JSON}")
    assert (status, content_type) == (200, PROTOBUF + ";stream=watch"), (status, content_type)
    assert [line["code"] for line in records("Event", "watch", "protobuf", proto) if "code" in line] == [410], proto[:300]


def requests_for(user, *arguments):
    with Watcher(PLANE.kubeconfig(user), *arguments) as watcher:
        if user == "admin":
            return watcher.wait_complete()
        return wait_for(lambda: (lambda view: view["states"]["pods"][0] != "never" and view)(watcher.view()))


@test("the console's picture is the same in both, and a user who may nothing is told so")
def _():
    views = [requests_for("admin"), requests_for("admin", "--json")]
    assert len(views[0]["pods"]) > 200
    for part in ("pods", "nodes", "versions"):
        assert views[0][part] == views[1][part], part
    state, text = requests_for("nobody")["states"]["pods"]
    assert state == "forbidden" and "list pods" in text, (state, text)


with PLANE, FOLDER:
    fill()
    run()
