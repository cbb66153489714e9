#!/usr/bin/python3
"""The simulated cluster answers as a real apiserver does: the same requests to both, the answers compared."""
import http.client
import json
import os
import re
import ssl
import sys
import urllib.parse
from email.message import Message

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane"), HERE]
import api_requests  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

# Made by each server for itself: that they are there is compared, not what they say.
# Pods count their generations since 1.33; revisions are counted by controllers, which only the simulated cluster runs;
# a DaemonSet's generations have been counted elsewhere for long; columns are described by the API's documentation.
LATER = {"deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation", "description"}
OWN = {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "selfLink", "time", "continue"}
HEADERS = ("Content-Type", "Warning", "Retry-After")
UID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
MINOR = int(os.environ.get("NKS_TRIAGE_KUBERNETES", "1.34.4").split(".")[1])
WORDED_MINOR = 34       # whose words the simulated server has
AGE = re.compile(r"^(\d+[smhd])+$")


class Server:
    """One of the two. answers: what was saved, by name."""

    def __init__(self, connect, compact, headers):
        """compact(): forgets the versions up to now."""
        self.connect, self.compact, self.headers, self.answers = connect, compact, headers, {}

    def fill(self, text):
        """What an earlier answer had in place of $uid.NAME and the like."""
        def value(match):
            metadata = self.answers.get(match[2], {}).get("metadata", {})
            found = metadata.get({"uid": "uid", "version": "resourceVersion", "continue": "continue"}[match[1]], "nothing")
            return urllib.parse.quote(found) if match[1] == "continue" else found
        return re.sub(r"\$(uid|version|continue)\.(\w+)", value, text)

    def send(self, request):
        """(status, headers, body)"""
        if request.method == "COMPACT":
            self.compact()
            return 200, Message(), ""
        headers = dict(self.headers)
        if request.user:
            headers["Impersonate-User"] = request.user
        if request.accept:
            headers["Accept"] = request.accept
        if request.type:
            headers["Content-Type"] = request.type
        body = request.body if request.body is None or isinstance(request.body, str) else json.dumps(request.body)
        connection = self.connect()
        try:
            connection.request(request.method, self.fill(request.path), body and self.fill(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if request.save:
            self.answers[request.save] = json.loads(text)
        return answer.status, answer.headers, text


def managers(entries):
    return sorted(f"{e['manager']} {e['operation']} {e.get('subresource', '')}" for e in entries)


def plain(value, name=""):
    """What must be the same of both servers."""
    if isinstance(value, dict):
        if "containers" in value.get("spec", {}) or value.get("kind") == "PartialObjectMetadata":
            value.get("metadata", {}).pop("generation", None)
        return {key: "..." if key in OWN and inner else managers(inner) if key == "managedFields" else plain(inner, key)
                for key, inner in value.items()
                if not (key == "status" and isinstance(inner, dict) or key in LATER or key in OWN and inner is None)}
    if isinstance(value, list):
        return [plain(item, name) for item in value]
    if isinstance(value, str):
        if AGE.match(value):
            return "AGE"
        # How a value is printed changed from one release to the next.
        if MINOR != WORDED_MINOR:
            value = re.split("(?:Invalid|Unsupported) value: ", value)[0]
        # The versions of a too old one, and of a conflict, are each server's.
        return re.sub(r"(version|versions?:?|in precondition:|object meta:|ResourceVersion|\() ?\d+", r"\1 N", UID.sub("UID", value))
    return value


def pick(value, paths):
    def get(path):
        at = value
        for word in path.split("."):
            at = at.get(word) if isinstance(at, dict) else None
        return at
    return {path: get(path) for path in paths}


def seen(request, answer):
    """The answer as it is compared."""
    status, headers, text = answer
    try:
        body = [json.loads(line) for line in text.splitlines()] if request.watch and status == 200 else json.loads(text)
    except json.JSONDecodeError:
        body = text.strip()
    if request.only:
        body = pick(body, request.only)
    elif request.watch:
        body = [event for event in body if event["type"] != "BOOKMARK"] if isinstance(body, list) else body
    return {"status": status, "body": plain(body), **{name: headers.get_all(name) for name in HEADERS}}


def differences(ours, real, path=""):
    if isinstance(ours, dict) and isinstance(real, dict):
        for key in sorted(ours.keys() | real.keys()):
            if key not in ours:
                yield f"{path}.{key}: missing, real {real[key]!r}"
            elif key not in real:
                yield f"{path}.{key}: {ours[key]!r}, which a real server does not say"
            else:
                yield from differences(ours[key], real[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(real, list) and len(ours) == len(real):
        for number, (a, b) in enumerate(zip(ours, real)):
            yield from differences(a, b, f"{path}[{number}]")
    elif ours != real or type(ours) is not type(real):
        yield f"{path}: {ours!r}, real {real!r}"


def compare(requests):
    wrong = []
    for request in requests:
        real, ours = REAL.send(request), OURS.send(request)
        if request.not_simulated:
            document = json.loads(ours[2])
            if ours[0] != 501 or "does not simulate" not in document["message"]:
                wrong.append(f"{request}\n    {ours[0]} {document['message']}, not 501 in words")
            continue
        found = list(differences(seen(request, ours), seen(request, real)))
        if found:
            wrong.append(f"{request}\n    " + "\n    ".join(line[:400] for line in found[:12]))
    assert not wrong, f"{len(wrong)} of {len(requests)} answers differ:\n" + "\n".join(wrong)


def register(name, requests):
    @test(f"{name}: {len(requests)} requests")
    def _():
        compare(requests)


for group, listed in api_requests.GROUPS.items():
    register(group, listed)

# Without these a list of a version that etcd has forgotten is made from what the apiserver remembers.
FORGETFUL = ["--feature-gates=ListFromCacheSnapshot=false"] if MINOR >= 33 else []

with ControlPlane(controllers=False, apiserver=FORGETFUL) as plane, Simulated("healthy") as cluster:
    address = urllib.parse.urlparse(cluster.server).netloc
    REAL = Server(lambda: http.client.HTTPSConnection("127.0.0.1", plane.port, timeout=30,
                                                      context=ssl._create_unverified_context()),
                  lambda: plane.compact(Api(plane).get("/api/v1/pods?limit=1")["metadata"]["resourceVersion"]),
                  {"Authorization": "Bearer " + plane.tokens["admin"], "User-Agent": "agreement/1"})
    OURS = Server(lambda: http.client.HTTPConnection(address, timeout=30), lambda: cluster.fault(compact=True),
                  {"User-Agent": "agreement/1"})
    for server in (REAL, OURS):
        made = server.send(api_requests.Request("POST", "/api/v1/namespaces", {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": api_requests.NS}}))
        assert made[0] == 201, made
    run()
