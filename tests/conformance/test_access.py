#!/usr/bin/python3
"""RBAC on a real apiserver: what a user may not read is named, for each kind, and nothing that was not seen is clear."""
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from simulated import run_console  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402
from watcher import Watcher  # noqa: E402

PLANE = ControlPlane()
FOLDER = tempfile.TemporaryDirectory()
CORE = {"Node": "nodes", "Pod": "pods", "Event": "events", "DaemonSet": "daemonsets.apps",
        "Deployment": "deployments.apps", "ReplicaSet": "replicasets.apps", "StatefulSet": "statefulsets.apps"}
# Watched because runbooks read them.
MORE = {"Job": "jobs.batch", "Namespace": "namespaces", "Service": "services", "PersistentVolume": "persistentvolumes",
        "PersistentVolumeClaim": "persistentvolumeclaims", "StorageClass": "storageclasses.storage.k8s.io",
        "CSIDriver": "csidrivers.storage.k8s.io", "ServiceAccount": "serviceaccounts", "ConfigMap": "configmaps",
        "Role": "roles.rbac.authorization.k8s.io", "RoleBinding": "rolebindings.rbac.authorization.k8s.io",
        "ClusterRole": "clusterroles.rbac.authorization.k8s.io",
        "ClusterRoleBinding": "clusterrolebindings.rbac.authorization.k8s.io",
        "CustomResourceDefinition": "customresourcedefinitions.apiextensions.k8s.io"}
KINDS = {**CORE, **MORE}
# What Kubernetes' own role `view` leaves out.
BEYOND_VIEW = {"Node", "PersistentVolume", "StorageClass", "CSIDriver", "Role", "RoleBinding", "ClusterRole",
               "ClusterRoleBinding", "CustomResourceDefinition"}


def resources(kinds):
    return ",".join(KINDS[kind] for kind in kinds)


def report(user):
    answer = run_console(FOLDER.name, "report", "-o", "json", "--kubeconfig", PLANE.kubeconfig(user))
    return answer.code, json.loads(answer.out), answer.err


def runbooks():
    folder = os.path.join(ROOT, "assets", "runbooks")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            yield json.load(file)


def joined(condition):
    """The kinds that a condition joins."""
    if isinstance(condition, list):
        return set().union(*map(joined, condition))
    if not isinstance(condition, dict):
        return set()
    return {condition["to"]} if "to" in condition else joined(list(condition.values()))


# By the id of an entry: the kinds that it reads first of all, and those that tell whether it is about this cluster.
READS = {book["id"]: {book["subject"], *book.get("needs", [])} & KINDS.keys() for book in runbooks()}
APPLIES = {book["id"]: joined(book.get("applies", {})) or READS[book["id"]] for book in runbooks()}


def may(user, *rules):
    """Takes every right of the user and gives these: (verbs, resources)."""
    for name in PLANE.kubectl("get", "clusterrolebindings", "-o", "name").stdout.split():
        if f"/{user}-" in name:
            PLANE.kubectl("delete", name)
    for number, (verbs, resources) in enumerate(rules):
        role = f"{user}-{number}"
        PLANE.kubectl("delete", "clusterrole", role, check=False)
        PLANE.kubectl("create", "clusterrole", role, f"--verb={verbs}", f"--resource={resources}")
        PLANE.kubectl("create", "clusterrolebinding", role, f"--clusterrole={role}", f"--user={user}")
    for verbs, resources in rules:
        wait_for(lambda: can(user, verbs.split(",")[0], resources.split(",")[0]), interval=0.2)


def can(user, verb, resource):
    return PLANE.kubectl("auth", "can-i", verb, resource, "-A", user=user, check=False).stdout.strip() == "yes"


def expect_honest(document, missing):
    """missing: kinds that could not be listed or watched. A check that reads one of them is no clear one, and says why."""
    assert missing, "the test must take something away"
    for check in document["checks"]:
        lacks = READS[check["id"]] & missing
        if check["verdict"] == "not_applicable":
            assert not APPLIES[check["id"]] & missing, (check, APPLIES[check["id"]])
        elif lacks:
            assert check["verdict"] in ("could_not_check", "hit"), (check, lacks)
        if check["verdict"] == "could_not_check":
            assert any(KINDS[kind].split(".")[0] in check["reason"] for kind in missing), (check, lacks)
    seen = [check for check in document["checks"] if check["verdict"] == "clear"]
    assert document["coverage"]["clear"] == len(seen), document["coverage"]


@test("an admin sees all: every kind is current and every check looked")
def _():
    code, document, error = report("admin")
    assert (code, document["coverage"]["couldNotCheck"]) == (0, 0), (code, document["coverage"], error)


@test("a user with nothing: each kind is named with verb and resource, nothing is clear")
def _():
    with Watcher(PLANE.kubeconfig("nobody")) as watcher:
        view = watcher.wait_complete()
    for resource in CORE.values():
        state, text = view["states"][resource.split(".")[0]]
        assert state == "forbidden" and f"may not list {resource}" in text, (resource, state, text)
    code, document, _ = report("nobody")
    assert code == 5 and document["coverage"]["clear"] == 0, (code, document["coverage"])
    expect_honest(document, set(KINDS))


@test("the role view: no nodes, no rights of others; with a role for what it leaves out all")
def _():
    wait_for(lambda: can("viewer", "watch", "deployments.apps"), interval=0.2)
    code, document, error = report("viewer")
    assert (code, document["coverage"]["couldNotCheck"]) == (0, 0), (code, document["checks"], error)
    PLANE.kubectl("delete", "clusterrolebinding", "viewer-cluster-viewer")
    wait_for(lambda: not can("viewer", "list", "nodes"), interval=0.2)
    with Watcher(PLANE.kubeconfig("viewer")) as watcher:
        view = watcher.wait_complete()
        states = {kind: state for kind, (state, _) in view["states"].items()}
        assert states.pop("nodes") == "forbidden" and set(states.values()) == {"current"}, view["states"]
        assert len(view["pods"]) == 3, view["pods"]
    code, document, _ = report("viewer")
    assert code == 5 and document["coverage"]["clear"] > 0, (code, document["coverage"])
    expect_honest(document, BEYOND_VIEW)


@test("no events: what rests on them is not clear, the rest is")
def _():
    may("nobody", ("get,list,watch", resources(KINDS.keys() - {"Event"})))
    with Watcher(PLANE.kubeconfig("nobody")) as watcher:
        states = {kind: state for kind, (state, _) in watcher.wait_complete()["states"].items()}
    assert states.pop("events") == "forbidden" and set(states.values()) == {"current"}, states
    code, document, _ = report("nobody")
    assert code == 5, (code, document["checks"])
    expect_honest(document, {"Event"})


@test("list without watch: listed now and then, which is said with its verb; each look at once says the same")
def _():
    may("nobody", ("get,list", "pods,nodes"), ("get,list,watch", resources(KINDS.keys() - {"Pod", "Node"})))
    with Watcher(PLANE.kubeconfig("nobody")) as watcher:
        view = wait_for(lambda: (lambda v: "may not watch pods" in v["states"]["pods"][1] and v)(watcher.view()),
                        what=lambda: watcher.view()["states"])
        assert len(view["pods"]) == 3 and view["states"]["pods"][0] == "current", view["states"]
        assert view["states"]["events"] == ["current", ""], view["states"]
    for _ in range(4):
        code, document, error = report("nobody")
        assert (code, document["coverage"]["couldNotCheck"]) == (0, 0), (code, document["checks"], error)


@test("a right that is given later is noticed on a new look, a right that is taken away at the next list")
def _():
    may("nobody")
    wait_for(lambda: not can("nobody", "list", "pods"), interval=0.2)
    assert report("nobody")[1]["coverage"]["clear"] == 0
    may("nobody", ("get,list,watch", resources(KINDS)))
    code, document, error = report("nobody")
    assert (code, document["coverage"]["couldNotCheck"]) == (0, 0), (code, document["checks"], error)


with PLANE:
    PLANE.add_nodes(2)
    PLANE.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=3")
    wait_for(lambda: PLANE.kubectl("get", "pods", "--no-headers").stdout.count("1/1") == 3)
    run()
