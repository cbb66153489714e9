#!/usr/bin/python3
"""Several findings of one entry: planned together, confirmed by one digest, carried out in order."""
# Waits: for the hold times of fixes.
# Takes: 20 s
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Proxy, kubectl, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

NAMES = ("calico-node", "coredns")
PATHS = {"calico-node": "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node",
         "coredns": "/apis/apps/v1/namespaces/kube-system/deployments/coredns"}


def edit(runbook):
    runbook["verify"]["holdSeconds"] = 1


def hold_back(cluster):
    for kind, name in (("daemonset", "calico-node"), ("deployment", "coredns")):
        kubectl(cluster, "patch", f"{kind}/{name}", "--namespace", "kube-system", "--type=merge", "--patch",
                '{"metadata":{"finalizers":["example.com/hold"]}}')


def held(cluster):
    return {name for name, path in PATHS.items() if cluster.get(path)["metadata"].get("finalizers")}


@test("one plan for each finding, and one digest over them all")
def _():
    with Copy(edit, "E15") as copy, Simulated("healthy") as cluster:
        hold_back(cluster)
        whole = json.loads(copy.run(cluster, "plan", "E15", "-o", "json").stdout)
        single = [plan["digest"] for plan in whole["plans"]]
        text = json.dumps({"format": 1, "plans": single}, sort_keys=True, separators=(",", ":"))
        assert whole["digest"] == hashlib.sha256(text.encode()).hexdigest() and len(set(single)) == 2, whole
        assert [step["n"] for step in whole["steps"]] == [1, 2], whole["steps"]
        assert {thing["name"] for thing in whole["objects"]} == set(NAMES)
        shown = copy.run(cluster, "plan", "E15").stdout
        assert "Plan 1 of 2" in shown and shown.splitlines()[-1] == f"digest: {whole['digest']}", shown
        # One of them alone has its own digest.
        alone = copy.run(cluster, "plan", "E15", "--target", "Deployment/kube-system/coredns").stdout
        assert alone.splitlines()[-1].split()[1] in single


@test("the digest of all carries out all, one run each; the digest of one alone does not")
def _():
    with Copy(edit, "E15") as copy, Simulated("healthy") as cluster:
        hold_back(cluster)
        digest = copy.digest(cluster)
        single = json.loads(copy.run(cluster, "plan", "E15", "-o", "json").stdout)["plans"][0]["digest"]
        refused = copy.run(cluster, "fix", "E15", "--confirm", single)
        assert refused.returncode == 6 and held(cluster) == set(NAMES) and digest in refused.stderr, refused
        answer = copy.run(cluster, "fix", "E15", "--confirm", digest)
        assert answer.returncode == 0 and answer.stdout.count("done and verified") == 2, answer
        assert not held(cluster) and [r["state"] for r in runs(cluster)] == ["verified"] * 2


@test("without a confirmation all plans are printed, and the digest to confirm them: 6")
def _():
    with Copy(edit, "E15") as copy, Simulated("healthy") as cluster:
        hold_back(cluster)
        answer = copy.run(cluster, "fix", "E15")
        assert answer.returncode == 6 and answer.stdout.splitlines()[-1].split()[1] in answer.stderr, answer
        assert held(cluster) == set(NAMES)
        assert copy.run(cluster, "fix", "E15", "--dry-run").returncode == 0 and held(cluster) == set(NAMES)


@test("one that changed before its turn is not touched; what came before it stays done: 8")
def _():
    with Copy(edit, "E15") as copy, Simulated("healthy") as cluster:
        hold_back(cluster)
        order = [s["target"].split("/")[-1]
                 for s in json.loads(copy.run(cluster, "plan", "E15", "-o", "json").stdout)["steps"]]
        state = {"moved": False}

        def on_request(method, path):
            # While the first one is written the second is made another: it keeps its finalizer at another place.
            if method == "PATCH" and "dryRun" not in path and not state["moved"]:
                state["moved"] = True
                kubectl(cluster, "patch", PATHS[order[1]].split("/")[-2] + "/" + order[1], "--namespace",
                        "kube-system", "--type=merge", "--patch",
                        '{"metadata":{"finalizers":["orphan","example.com/hold"]}}')
            return None
        proxy = Proxy(cluster, on_request)
        try:
            digest = copy.digest(cluster, kubeconfig=proxy.kubeconfig)
            answer = copy.run(cluster, "fix", "E15", "--confirm", digest, kubeconfig=proxy.kubeconfig)
            assert answer.returncode == 8 and answer.stdout.count("done and verified") == 1, answer
        finally:
            proxy.stop()
        assert held(cluster) == {order[1]}


run()
