"""Runbooks of the fault table: small faults whose fixes are three requests, or a rollout, on a real apiserver."""
LABEL = {"field": {"path": "metadata.labels[fault]", "op": "eq"}}


def has_label(value):
    return {"field": dict(LABEL["field"], value=value)}


def runbook(name, label, steps, kind="Deployment", verify_seconds=20):
    return {"$schema": "../runbook.schema.json", "format": 2, "id": name, "slug": name, "severity": {"default": "warning"},
            "subject": kind, "group": "object", "when": has_label(label),
            "texts": {"en": {"title": "A fault of the tests", "symptom": "s", "cause": "c", "remedy": "r"}},
            "preconditions": [{"id": "permissions", "check": "permissions", "title": {"en": "You may do it"}}],
            "steps": steps, "verify": {"when": "gone", "deadlineSeconds": verify_seconds, "holdSeconds": 1},
            "undo": {"type": "restore", "coverage": "full"}}


def patch(number, name, value, kind="Deployment"):
    return {"id": f"patch-{number}", "type": "patch", "patchType": "merge", "patch": value, "reversible": True,
            "target": {"kind": kind, "namespace": "{namespace}", "name": name}, "title": {"en": f"Change {name}"}}


# Three objects, three requests; the sign goes with the last of them.
THREE = runbook("fault-three", "three", [
    patch(1, "first", {"spec": {"revisionHistoryLimit": 3}}),
    patch(2, "second", {"spec": {"revisionHistoryLimit": 4}}),
    patch(3, "third", {"metadata": {"labels": {"fault": "mended"}}})])
# A rollout that a kubelet decides about.
ROLLOUT = runbook("fault-rollout", "rollout", [
    {"id": "set-image", "type": "patch-image", "images": [{"from": "old", "to": "{imageOwner}/new:2"}], "reversible": True,
     "target": {"kind": "Deployment", "each": "object"}, "title": {"en": "Set the image"}},
    {"id": "wait", "type": "wait-rollout", "timeoutSeconds": 5, "target": {"kind": "Deployment", "each": "object"},
     "title": {"en": "Wait for the rollout"}},
    patch(3, "{name}", {"metadata": {"labels": {"fault": "mended"}}})])
