#!/usr/bin/python3
"""Changes through our doors do on a real apiserver what they say, and where kubectl does the same, exactly the same."""
import copy
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

PLANE = ControlPlane()
WRITE = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/client/write")
STRATEGIC, MERGE, JSON, APPLY = (f"application/{name}" for name in (
    "strategic-merge-patch+json", "merge-patch+json", "json-patch+json", "apply-patch+yaml"))
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def write(*arguments, body=None, user="admin"):
    words = [*arguments, *([body if isinstance(body, str) else json.dumps(body)] if body is not None else [])]
    done = subprocess.run([WRITE, "--kubeconfig", PLANE.kubeconfig(user), *words], capture_output=True, text=True, timeout=60)
    assert done.stderr == "", done.stderr
    lines = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert lines, (done.returncode, words)
    return lines[-1] if len(lines) == 1 else lines


def patch(name, content_type, body, *arguments, query="", **keywords):
    return write("--type", content_type, *arguments, "PATCH", f"{DEPLOYMENTS}/{name}{query}", body=body, **keywords)


def get(what, **keywords):
    return json.loads(PLANE.kubectl("get", *what.split(), "-o", "json", "--show-managed-fields", **keywords).stdout)


def deployment(name, replicas=0):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "annotations": {"a": "1", "b": "2"}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [
                    {"name": "one", "image": "i:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                    {"name": "two", "image": "i:2", "ports": [{"containerPort": 80}]}]}}}}


def create(*names, **keywords):
    for name in names:
        PLANE.kubectl("create", "-f", "-", input=json.dumps(deployment(name, **keywords)))


def plain(document, name):
    """What two objects of different names have in common: the name replaced, times and counters left out."""
    document = json.loads(json.dumps(document).replace(name, "NAME"))
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"):
        document["metadata"].pop(key, None)
    # The controller numbers the revisions when it comes to it.
    document["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    document.pop("status", None)
    return document


def managers(document):
    return {(field["manager"], field["operation"]) for field in document["metadata"]["managedFields"]}


def is_untouched(before):
    """By us: the controller may write the status meanwhile."""
    name = before["metadata"]["name"]
    now = get(f"deployment {name}")
    return plain(now, name) == plain(before, name) and not any(who == "nks-triage" for who, _ in managers(now)) and \
        now["metadata"]["generation"] == before["metadata"]["generation"]


PATCHES = (
    ("strategic", STRATEGIC, {"spec": {"template": {"spec": {"containers": [{"name": "two", "image": "i:3"}]}}}}),
    ("strategic", STRATEGIC, {"spec": {"template": {"spec": {"containers": [
        {"name": "one", "env": [{"name": "B", "value": None, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                                {"$patch": "delete", "name": "A"}]}]}}}}),
    ("strategic", STRATEGIC, {"spec": {"template": {"spec": {"containers": [
        {"$patch": "replace"}, {"name": "only", "image": "i:9"}]}}}}),
    ("strategic", STRATEGIC, {"metadata": {"annotations": {"a": None, "c": "3"}}}),
    ("merge", MERGE, {"metadata": {"annotations": {"a": None, "d": "ä\" \\ \u2028"}}, "spec": {"replicas": 2}}),
    ("merge", MERGE, {"spec": {"template": {"spec": {"containers": [{"name": "only", "image": "i:9"}]}}}}),
    ("json", JSON, [{"op": "test", "path": "/spec/template/spec/containers/0/name", "value": "one"},
                    {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "i:7"},
                    {"op": "add", "path": "/metadata/annotations/x~1y", "value": "z"},
                    {"op": "remove", "path": "/metadata/annotations/a"}]),
)


@test("patches of each type change what kubectl's change, and name us as the manager")
def _():
    for number, (kind, content_type, body) in enumerate(PATCHES):
        mine, theirs = f"mine-{number}", f"kubectl-{number}"
        create(mine, theirs)
        answer = patch(mine, content_type, body)
        assert (answer["status"], answer["code"]) == (200, ""), answer
        PLANE.kubectl("patch", "deployment", theirs, f"--type={kind}", "-p", json.dumps(body))
        there, other = get(f"deployment {mine}"), get(f"deployment {theirs}")
        assert plain(there, mine) == plain(other, theirs) == plain(answer["document"], mine), (body, there, other)
        assert ("nks-triage", "Update") in managers(there), managers(there)
        assert len(answer["auditId"]) == 36, answer["auditId"]


@test("a dry run answers what the change would make, and changes nothing")
def _():
    create("dry")
    for kind, content_type, body in PATCHES:
        before = get("deployment dry")
        answer = patch("dry", content_type, body, "--ask")
        assert answer["code"] == "", answer
        theirs = json.loads(PLANE.kubectl("patch", "deployment", "dry", f"--type={kind}", "-p", json.dumps(body),
                                          "--dry-run=server", "-o", "json").stdout)
        assert plain(answer["document"], "dry") == plain(theirs, "dry"), (answer["document"], theirs)
        assert plain(answer["document"], "dry") != plain(before, "dry")
        assert is_untouched(before), get("deployment dry")
    answer = write("--ask", "POST", DEPLOYMENTS, body=deployment("not-there"))
    assert answer["status"] == 201, answer
    assert PLANE.kubectl("get", "deployment", "not-there", check=False).returncode != 0
    answer = write("--ask", "DELETE", f"{DEPLOYMENTS}/dry")
    assert answer["status"] == 200, answer
    answer = write("--ask", "DELETE", f"{DEPLOYMENTS}/dry", body={"propagationPolicy": "Orphan"})
    assert answer["status"] == 200 and get("deployment dry"), answer


def applied(name, image):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"template": {"spec": {"containers": [{"name": "one", "image": image}]}}}}


@test("server-side apply: a conflict names the other manager, force takes over, as with kubectl")
def _():
    create("applied", "applied-kubectl")
    answer = patch("applied", APPLY, applied("applied", "i:5"))
    assert answer["status"] == 409 and "kubectl" in answer["error"], answer
    refused = PLANE.kubectl("apply", "--server-side", "--field-manager=nks-triage", "-f", "-", check=False,
                            input=json.dumps(applied("applied-kubectl", "i:5")))
    assert refused.returncode and "conflict" in refused.stderr, refused
    assert get("deployment applied")["spec"]["template"]["spec"]["containers"][0]["image"] == "i:1"
    yaml = "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: one, image: 'i:5'}]}}}\n"
    for arguments, body in ((["--ask"], yaml), ([], yaml)):
        answer = patch("applied", APPLY, body, *arguments, query="?force=true")
        assert answer["code"] == "", answer
    PLANE.kubectl("apply", "--server-side", "--field-manager=nks-triage", "--force-conflicts", "-f", "-",
                  input=json.dumps(applied("applied-kubectl", "i:5")))
    there, other = get("deployment applied"), get("deployment applied-kubectl")
    assert plain(there, "applied") == plain(other, "applied-kubectl"), (there, other)
    assert there["spec"]["template"]["spec"]["containers"][0]["image"] == "i:5"
    assert managers(there) == managers(other) and ("nks-triage", "Apply") in managers(there), managers(there)


@test("conflicts, failed tests, unknown fields and bad bodies are told apart, and change nothing")
def _():
    create("guarded")
    before = get("deployment guarded")
    meta = {"resourceVersion": "1", "uid": before["metadata"]["uid"]}
    cases = (
        (STRATEGIC, {"metadata": meta, "spec": {"replicas": 3}}, 409, "409", "object has been modified"),
        (MERGE, {"metadata": {"uid": "0"}, "spec": {"replicas": 3}}, 422, "4xx", "uid"),
        (JSON, [{"op": "test", "path": "/spec/replicas", "value": 9}, {"op": "replace", "path": "/spec/replicas", "value": 3}],
         422, "4xx", ""),
        (STRATEGIC, {"spec": {"replcas": 3}}, 422, "4xx", "unknown field"),
        (MERGE, {"spec": {"replcas": 3}}, 422, "4xx", "unknown field"),
        (JSON, [{"op": "add", "path": "/spec/replcas", "value": 3}], 422, "4xx", "unknown field"),
        (APPLY, {**applied("guarded", "i:1"), "sepc": 1}, 500, "5xx", "field not declared in schema"),
        (MERGE, {"spec": {"replicas": -1}}, 422, "4xx", "must be greater than or equal to 0"),
        (MERGE, "{", 400, "4xx", ""),
        ("application/unknown", {"spec": {}}, 415, "4xx", ""),
    )
    for content_type, body, status, code, text in cases:
        for arguments in (["--ask"], []):
            answer = patch("guarded", content_type, body, *arguments)
            assert (answer["status"], answer["code"]) == (status, code), (content_type, body, status, answer)
            assert text in answer["error"] and answer["link"] == ("" if status < 500 else "5xx"), answer
    answer = patch("nowhere", MERGE, {"spec": {}})
    assert (answer["status"], answer["code"]) == (404, "404"), answer
    assert is_untouched(before), get("deployment guarded")


@test("what was not confirmed is not sent")
def _():
    create("unconfirmed")
    before = get("deployment unconfirmed")
    answer = patch("unconfirmed", MERGE, {"spec": {"replicas": 5}}, "--unconfirmed")
    assert "is not part of the confirmed plan" in answer["error"] and "status" not in answer, answer
    for arguments in (["--ask", "GET"], ["GET"], ["--ask", "HEAD"]):
        answer = write(*arguments, f"{DEPLOYMENTS}/unconfirmed")
        assert "status" not in answer, answer
    answer = patch("unconfirmed", MERGE, {"spec": {"replicas": 5}}, "--ask", query="?dryRun=")
    assert "sets dryRun itself" in answer["error"], answer
    assert is_untouched(before), get("deployment unconfirmed")


@test("warnings are kept, the ones that kubectl prints")
def _():
    PLANE.kubectl("create", "namespace", "strict")
    PLANE.kubectl("label", "namespace", "strict", "pod-security.kubernetes.io/warn=restricted")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}, "spec": {
        "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}], "hostNetwork": True}}
    for arguments in (["--ask"], []):
        answer = write(*arguments, "POST", "/api/v1/namespaces/strict/pods", body=pod)
        assert answer["status"] == 201 and "would violate PodSecurity" in answer["warnings"], answer
    other = copy.deepcopy(pod)
    other["metadata"]["name"] = "other"
    said = PLANE.kubectl("create", "-n", "strict", "-f", "-", input=json.dumps(other)).stderr
    assert said.strip() == "Warning: " + answer["warnings"].strip(), (said, answer["warnings"])


@test("a delete with another uid is refused, with the right one it happens")
def _():
    create("gone")
    uid = get("deployment gone")["metadata"]["uid"]
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
               "preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
    for arguments in (["--ask"], []):
        answer = write(*arguments, "DELETE", f"{DEPLOYMENTS}/gone", body=options)
        assert answer["status"] == 409 and uid in answer["error"], answer
    options["preconditions"]["uid"] = uid
    assert write("--ask", "DELETE", f"{DEPLOYMENTS}/gone", body=options)["status"] == 200
    assert get("deployment gone")["metadata"]["uid"] == uid
    assert write("DELETE", f"{DEPLOYMENTS}/gone", body=options)["status"] == 200
    wait_for(lambda: PLANE.kubectl("get", "deployment", "gone", check=False).returncode != 0)


@test("an eviction that a disruption budget forbids is no throttling, one that it allows evicts")
def _():
    create("web", replicas=2)
    wait_for(lambda: len(get("pods -l app=web --field-selector=status.phase=Running")["items"]) == 2)
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
              "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}}
    PLANE.kubectl("create", "-f", "-", input=json.dumps(budget))
    wait_for(lambda: get("pdb web").get("status", {}).get("expectedPods") == 2)
    pod = get("pods -l app=web")["items"][0]
    name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
    path = f"/api/v1/namespaces/default/pods/{name}/eviction"
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "default"},
            "deleteOptions": {"preconditions": {"uid": uid}}}
    for arguments in (["--ask"], []):
        answer = write(*arguments, "POST", path, body=body)
        assert answer["status"] == 429 and "disruption budget" in answer["error"], answer
        assert "a PodDisruptionBudget allows no eviction now" in answer["error"] and answer["link"] == "", answer
    PLANE.kubectl("patch", "pdb", "web", "--type=merge", "-p", '{"spec":{"minAvailable":1}}')
    wait_for(lambda: get("pdb web")["status"]["disruptionsAllowed"] == 1)
    answer = write("--ask", "POST", path, body=body)
    assert answer["status"] == 201, answer
    assert "deletionTimestamp" not in get(f"pod {name}")["metadata"]
    other = copy.deepcopy(body)
    other["deleteOptions"]["preconditions"]["uid"] = "00000000-0000-0000-0000-000000000000"
    assert write("--ask", "POST", path, body=other)["status"] == 409
    assert write("POST", path, body=body)["status"] == 201
    wait_for(lambda: not any(item["metadata"]["uid"] == uid for item in get("pods -l app=web")["items"]))
    answer = write("POST", path, body=body)
    assert answer["status"] == 404, answer


QUESTIONS = (
    ("list", "", "pods", "", "", ""), ("list", "", "pods", "", "default", ""), ("watch", "", "nodes", "", "", ""),
    ("get", "", "pods", "log", "default", ""), ("create", "", "pods", "eviction", "default", ""),
    ("patch", "apps", "deployments", "", "kube-system", ""), ("patch", "apps", "deployments", "scale", "default", "web"),
    ("get", "", "secrets", "", "default", ""), ("delete", "", "pods", "", "default", "x"), ("get", "", "nodes", "proxy", "", ""),
    ("create", "coordination.k8s.io", "leases", "", "kube-system", ""), ("list", "crd.example.org", "things", "", "", ""),
)


@test("what a user may do is what kubectl auth can-i says")
def _():
    seen = set()
    for user in ("admin", "viewer", "nobody"):
        for question in QUESTIONS:
            verb, group, resource, subresource, namespace, name = question
            ours = write("--access", ",".join(question), user=user)
            what = resource + ("." + group if group else "") + ("/" + name if name else "")
            arguments = ["auth", "can-i", verb, what, *(["-n", namespace] if namespace else ["--all-namespaces"]),
                         *(["--subresource", subresource] if subresource else [])]
            theirs = PLANE.kubectl(*arguments, user=user, check=False).stdout.strip()
            assert ours["verdict"] == {"yes": "allowed", "no": "denied"}[theirs], (user, question, ours, theirs)
            seen.add((user, ours["verdict"]))
    assert {("admin", "allowed"), ("viewer", "allowed"), ("viewer", "denied"), ("nobody", "denied")} == seen, seen


@test("an answer about access is kept: the server is asked once")
def _():
    def asked():
        metrics = PLANE.kubectl("get", "--raw", "/metrics").stdout
        return sum(float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines()
                   if line.startswith("apiserver_request_total{") and 'resource="selfsubjectaccessreviews"' in line)
    before = asked()
    answers = write("--access", "list,,nodes,,,", "--times", "5", user="viewer")
    assert [answer["verdict"] for answer in answers] == ["allowed"] * 5, answers
    assert asked() == before + 1, (before, asked())


@test("a user who may not is told so, and the link stays well")
def _():
    create("forbidden")
    for arguments in (["--ask"], []):
        answer = patch("forbidden", MERGE, {"spec": {"replicas": 1}}, *arguments, user="viewer")
        assert (answer["status"], answer["code"], answer["link"]) == (403, "403", ""), answer
        assert 'User "viewer" cannot patch resource "deployments"' in answer["error"], answer


with PLANE:
    PLANE.add_nodes(2)
    run()
