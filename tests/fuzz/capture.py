#!/usr/bin/python3
"""Writes the beginnings of the corpora anew: tests/fuzz/corpus/TARGET/.

What a real kube-apiserver answers (JSON, protobuf, watches, Status objects; needs what `make conformance` needs), and
texts from this repository. What the fuzzer found later is kept under names that begin with "found-" and stays.
"""
import glob
import io
import json
import os
import ssl
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
for folder in ("lib", "controlplane", "conformance", "report"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import dumps  # noqa: E402
import pod_states  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from wait import wait_for  # noqa: E402

KINDS = ["/api/v1/nodes", "/api/v1/pods", "/api/v1/events", "/apis/apps/v1/daemonsets", "/apis/apps/v1/deployments",
         "/apis/apps/v1/replicasets", "/apis/apps/v1/statefulsets", "/apis/batch/v1/jobs", "/api/v1/namespaces",
         "/api/v1/services", "/api/v1/persistentvolumes", "/api/v1/persistentvolumeclaims",
         "/apis/storage.k8s.io/v1/storageclasses"]
JSON, PROTOBUF = "application/json", "application/vnd.kubernetes.protobuf"
SPEAK_PROTOBUF = 7  # the first of them
LARGEST = 12 << 10
POD = {"containers": [{"name": "app", "image": "nginx:1", "env": [{"name": "A", "value": "1"}],
                       "resources": {"limits": {"cpu": "2", "memory": "1e9"}}}],
       "initContainers": [{"name": "side", "image": "b", "restartPolicy": "Always"}],
       "volumes": [{"name": "h", "hostPath": {"path": "/x"}}], "tolerations": [{"operator": "Exists"}]}


def keep(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    data = data.encode() if isinstance(data, str) else data
    if len(data) <= LARGEST:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def fill(api, plane):
    api.post("/api/v1/namespaces", {"metadata": {"name": "states"}})
    for name, labels, unschedulable, status in list(pod_states.all_nodes())[:3]:
        api.post("/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "spec": {
            "unschedulable": unschedulable, "taints": [{"key": "k", "effect": "NoExecute"}]}})
        status.update(allocatable={"cpu": "3920m", "memory": "16Gi", "pods": "110"})
        api.patch(f"/api/v1/nodes/{name}/status", {"status": status})
    for name, body, status, _ in list(pod_states.all_pods())[::40]:
        body["metadata"]["annotations"] = {"note": "line\nline\ttab 노드 😀", "empty": ""}
        api.post("/api/v1/namespaces/states/pods", body)
        if status is not None:
            api.patch(f"/api/v1/namespaces/states/pods/{name}/status", {"status": status})
    for number in range(2):
        api.post("/api/v1/namespaces/states/events", {
            "metadata": {"name": f"e{number}", "namespace": "states"}, "reason": "Test", "type": "Warning",
            "involvedObject": {"kind": "Pod", "namespace": "states", "name": "p", "uid": "u"}, "count": 3,
            "message": 'Failed to pull image "x": \x1b[31m toomanyrequests', "source": {"component": "kubelet"},
            **({"eventTime": "2026-01-02T03:04:05.678901Z", "reportingComponent": "c", "reportingInstance": "i",
                "action": "a", "series": {"count": 2, "lastObservedTime": "2026-01-02T03:04:06.000001Z"},
                "source": {}, "count": 0} if number else {"firstTimestamp": "2026-01-02T03:04:05Z"})})
    for kind in ("Deployment", "DaemonSet", "StatefulSet"):
        more = {"DaemonSet": {}, "Deployment": {"replicas": 1}, "StatefulSet": {"serviceName": "db", "replicas": 1}}
        api.post(f"/apis/apps/v1/namespaces/states/{kind.lower()}s", {
            "metadata": {"name": "web", "namespace": "states", "labels": {"k8s-app": "web"}},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, **more[kind],
                     "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD}}})
    wait_for(lambda: api.get("/apis/apps/v1/replicasets")["items"], 30)


def fetch(plane, path, accept, user="admin"):
    request = urllib.request.Request(plane.server + path, headers={
        "Authorization": "Bearer " + plane.tokens[user], "Accept": accept})
    try:
        with urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


def capture(plane):
    for number, path in enumerate(KINDS):
        kind, name = chr(ord("A") + number), path.rsplit("/", 1)[1]
        listed = json.loads(fetch(plane, path + "?limit=2", JSON))
        version = listed["metadata"]["resourceVersion"]
        watch = "?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=0"
        keep("json_items", name, f"{kind}Az" + json.dumps(listed))
        keep("json_watch", name, (kind + "z").encode() + fetch(plane, path + watch, JSON))
        keep("json_watch", "gone-" + name, (kind + "z").encode() + fetch(
            plane, path + "?watch=1&timeoutSeconds=1&resourceVersion=1", JSON))
        if number < SPEAK_PROTOBUF:
            keep("protobuf", "list-" + name, f"{kind}Az".encode() + fetch(plane, path + "?limit=2", PROTOBUF))
            keep("protobuf", "watch-" + name, f"{kind}Bz".encode() + fetch(plane, path + watch, PROTOBUF))
        for item in listed["items"][:1]:
            link = path
            if "namespace" in item["metadata"]:
                link = path.replace("/" + name, f"/namespaces/{item['metadata']['namespace']}/{name}")
            link += "/" + item["metadata"]["name"]
            text = fetch(plane, link, JSON)
            keep("json_items", "object-" + name, f"{kind}Bz".encode() + text)
            keep("json_jansson", name, kind.encode() + text)
            keep("saved", name, b"A" + text)
            if number < SPEAK_PROTOBUF:
                keep("protobuf", "object-" + name, f"{kind}Cz".encode() + fetch(plane, link, PROTOBUF))
    for accept, name in ((JSON, "json"), (PROTOBUF, "protobuf")):
        keep("status", "forbidden-" + name, b"C" + fetch(plane, "/api/v1/secrets", accept, "nobody"))
        keep("status", "absent-" + name, b"D" + fetch(plane, "/api/v1/nodes/none", accept))
        keep("status", "expired-" + name, b"G" + fetch(plane, "/api/v1/pods?continue=x&limit=1", accept))


def from_texts():
    for path in glob.glob(os.path.join(ROOT, "assets", "runbooks", "*.json")):
        with open(path, "rb") as file:
            text = file.read()
        keep("runbook", os.path.basename(path), text)
    with open(os.path.join(ROOT, "tests", "data", "messages.jsonl"), encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number % 8 == 0:
                keep("match", f"message-{number}", json.loads(line)["message"])
    objects = [dumps.pod("p", containers=[dumps.waits("ImagePullBackOff", "Back-off")]), dumps.node()]
    objects.append(dumps.event(objects[0], "Failed", "Failed to pull image"))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    keep("saved", "list", "A" + text)
    keep("saved", "cut-off", "A" + text[:-300])
    keep("saved", "lines", "D" + "\n".join(json.dumps(o) for o in objects))
    keep("saved", "watched", "C" + json.dumps({"type": "DELETED", "object": objects[0]}))
    yaml = ("apiVersion: v1\nkind: Pod\nmetadata: &m\n  name: p\n  namespace: shop\nspec:\n  containers:\n  - {name: a, image: "
            "\"b:1\"}\nstatus:\n  phase: Pending\n  reason: >\n    folded\n---\n- kind: Node\n  metadata: {name: n}\n  "
            "status: {nodeInfo: {}, conditions: [{type: Ready, status: \"True\", lastTransitionTime: 2026-11-21T10:00:00Z}]}\n")
    keep("saved", "yaml", "B" + yaml)
    for mode in ("w", "w:gz"):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode=mode) as archive:
            for name, body in (("a/pods.json", text), ("a/nodes.yaml", yaml), ("../out.json", text), (".hidden", "x")):
                entry = tarfile.TarInfo(name)
                entry.size = len(body)
                archive.addfile(entry, io.BytesIO(body.encode()))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        keep("saved", "archive-" + mode.replace(":", "."), b"C" + packed.getvalue())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pods.json", text)
        archive.writestr("/absolute.json", text)
    keep("saved", "archive-zip", b"C" + packed.getvalue())


def by_hand():
    keep("json_watch", "bookmark", 'Bz{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"12",'
         '"annotations":{"k8s.io/initial-events-end":"true"}}}}\n{"type":"ERROR","object":{"kind":"Status","code":410,'
         '"reason":"Expired","message":"too old resource version"}}\n')
    keep("json_items", "odd", 'BAA{"metadata":{"continue":"x\\u0000","remainingItemCount":3},"kind":"PodList","items":[{"metadata":'
         '{"name":"\\ud83d\\ude00\\ud800","labels":{"k8s-app":"\\u001b[31m"}},"a":{"b":{"c":[]}},"b":[{"a":[{"c":1}]}]},{}],"x":[1,-0.5e3,null]}')
    keep("json_jansson", "odd", 'B{"a":{"b":{"c":"x"}},"b":[{"a":[{"c":-0},{"c":"\\u00e9"}]},[]],"c":[[true,null],[[]]],'
         '"metadata":{"\\u006eame":"n","finalizers":["f"],"creationTimestamp":"2026-01-02T03:04:05Z"},"status":{"phase":1.5}}')
    keep("status", "plain", 'B{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\\u001b]0;x\\u0007'
         'denied","reason":"Forbidden","details":{"causes":[{"reason":"DisruptionBudget","message":"m"}]},"code":403}')
    keep("status", "page", "J<!DOCTYPE html><html><title>Sign in</title></html>")
    keep("status", "plugin", 'A{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t",'
         '"expirationTimestamp":"2026-11-21T10:00:00Z","clientCertificateData":"c","clientKeyData":"k"}}')
    line = "2026-11-21T10:00:0{}.{}Z {}"
    keep("logs", "plain", "BE" + "\n".join(line.format(n // 3, n, "x" * n * 9) for n in range(9)) + "\nno timestamp\r\n\x00end")
    keep("kubeconfig", "json", json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "k", "cluster": {
            "server": "https://[::1]:6443/prefix/", "tls-server-name": "x", "proxy-url": "socks5://p:1080",
            "insecure-skip-tls-verify": True}}],
        "users": [{"name": "u", "user": {"token": "t", "as": "a", "as-groups": ["g"], "as-user-extra": {"k": ["v"]}}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "n"}}]}))
    keep("kubeconfig", "merged", """apiVersion: v1
kind: Config
clusters:
- name: k
  cluster: &k
    server: https://203.0.113.7:6443
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=
    extensions:
    - name: client.authentication.k8s.io/exec
      extension: {audience: [1, true, ~, 1.5e3]}
- name: other
  cluster:
    <<: *k
    disable-compression: "true"
%%
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: ./plugin
      args: [a, "b"]
      env:
      - {name: N, value: v}
      installHint: |
        get it
      interactiveMode: IfAvailable
      provideClusterInfo: true
- name: file
  user: {tokenFile: token, client-certificate: a.pem, client-key: /dev/null}
- name: basic
  user:
    username: admin
    password: 12345
%%
contexts:
- name: one
  context: {cluster: k, user: u}
- name: two
  context: {cluster: other, user: file}
- name: three
  context: {cluster: k, user: basic, namespace: kube-system}
current-context: three
""")


if __name__ == "__main__":
    from_texts()
    by_hand()
    with ControlPlane() as plane:
        plane_api = Api(plane)
        fill(plane_api, plane)
        capture(plane)
