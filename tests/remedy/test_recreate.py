#!/usr/bin/python3
"""E03 has one failing pod of each controller made anew and looks at it before it touches the others."""
# Waits: for pods that are made anew.
# Takes: 15 s
import base64
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Proxy, kubectl, runs  # noqa: E402
from simulated import Simulated, run_console  # noqa: E402
from tap import run, test  # noqa: E402

TARGET = "Deployment/shop/web-api"
WORDS = ("--target", TARGET)
PODS = "/api/v1/namespaces/shop/pods"


def failing(cluster):
    """name -> uid of the pods of web-api."""
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in cluster.get(PODS)["items"]
            if pod["metadata"]["name"].startswith("web-api-") and not pod["metadata"].get("deletionTimestamp")}


def with_values(cluster):
    words = []
    for name, value in (("username", "acme"), ("password", "dckr_pat_1")):
        path = os.path.join(cluster.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(value)
        words += ["--secret-file", f"{name}={path}"]
    return words


def short(runbook):
    runbook["verify"] = {"when": "gone", "deadlineSeconds": 20, "holdSeconds": 1}


def other_registry(runbook):
    short(runbook)
    runbook["parameters"]["registryServer"]["default"] = "https://registry.example/"


def fix(copy, cluster, kubeconfig=None):
    digest = copy.digest(cluster, *WORDS, kubeconfig=kubeconfig)
    return copy.run(cluster, "fix", "E03", *WORDS, "--confirm", digest, "--confirm-name", "simulated",
                    *with_values(cluster), kubeconfig=kubeconfig)


@test("the plan: one pod, a look at what took its place, then the others; each bound to its uid")
def _():
    with Copy(short, "E03") as copy, Simulated("e03") as cluster:
        before = failing(cluster)
        steps = json.loads(copy.run(cluster, "plan", "E03", *WORDS, "-o", "json").stdout)["steps"]
        tail = [s for s in steps if s["type"] in ("delete", "wait-replaced")]
        assert [s["type"] for s in tail] == ["delete", "wait-replaced"] + ["delete"] * (len(before) - 1), tail
        deletes = [s for s in tail if s["type"] == "delete"]
        assert {s["target"].split("/")[-1]: s["request"]["body"]["preconditions"]["uid"] for s in deletes} == before


@test("the others follow when the first new pod has its images")
def _():
    with Copy(short, "E03") as copy, Simulated("e03") as cluster:
        before = failing(cluster)
        proxy = Proxy(cluster, lambda method, path: None)
        try:
            answer = fix(copy, cluster, proxy.kubeconfig)
            assert answer.returncode == 0, answer
            lines = answer.stdout.splitlines()
            deleted = [i for i, line in enumerate(lines) if "DELETE /api/v1/namespaces/shop/pods/" in line]
            looked = next(i for i, line in enumerate(lines) if "the new pods have their images" in line)
            assert len(deleted) == len(before) and deleted[0] < looked < deleted[1], answer.stdout
        finally:
            proxy.stop()
        assert not set(before.values()) & set(failing(cluster).values())


@test("a new pod that cannot be pulled either ends the run: the other pods are as they were")
def _():
    with Copy(other_registry, "E03") as copy, Simulated("e03") as cluster:
        before = failing(cluster)
        answer = fix(copy, cluster)
        assert answer.returncode == 8 and "cannot be pulled either" in answer.stderr, answer
        assert len(set(before.values()) & set(failing(cluster).values())) == len(before) - 1
        assert runs(cluster)[0]["state"] == "failed"


def pull_secrets(cluster):
    account = cluster.get("/api/v1/namespaces/shop/serviceaccounts/default")
    names = {secret["metadata"]["name"] for secret in cluster.get("/api/v1/namespaces/shop/secrets")["items"]}
    return account.get("imagePullSecrets"), names


def confirmed(copy, cluster, *words):
    """Plans and confirms what is left or taken back."""
    shown = copy.run(cluster, *words)
    assert shown.returncode == 6, shown
    digest = shown.stdout.splitlines()[-1].split()[1]
    return shown, copy.run(cluster, *words, "--confirm", digest, "--confirm-name", "simulated")


@test("after that the way back takes out what was made, and says that the pod is another one now")
def _():
    with Copy(other_registry, "E03") as copy, Simulated("e03") as cluster:
        before = pull_secrets(cluster)
        assert fix(copy, cluster).returncode == 8
        failed = runs(cluster)[0]["id"]
        assert pull_secrets(cluster) != before
        shown, answer = confirmed(copy, cluster, "undo", failed)
        assert "cannot be undone: " in shown.stdout and "Pod/shop/web-api-" in shown.stdout, shown
        assert answer.returncode == 0 and pull_secrets(cluster) == before, answer
        newest, first = runs(cluster)
        assert first["state"] == "undone" and first["undoneBy"] == newest["id"], (first, newest)
        assert any("Pod/shop/web-api-" in text for text in newest["notUndone"]), newest["notUndone"]


@test("going on looks at a pod that is made anew once more; while it cannot be pulled the others stay")
def _():
    with Copy(other_registry, "E03") as copy, Simulated("e03") as cluster:
        before = failing(cluster)
        assert fix(copy, cluster).returncode == 8
        failed = runs(cluster)[0]["id"]
        shown, answer = confirmed(copy, cluster, "resume", failed)
        assert shown.stdout.count("was done by run") == 5, shown
        assert answer.returncode == 8 and "cannot be pulled either" in answer.stderr, answer
        assert len(set(before.values()) & set(failing(cluster).values())) == len(before) - 1
        newest, first = runs(cluster)
        assert newest["resumes"] == first["id"] and newest["state"] == "failed", newest
        _, answer = confirmed(copy, cluster, "undo", newest["id"])
        assert answer.returncode == 0 and pull_secrets(cluster)[0] in (None, []), answer


@test("going on after the credentials were mended by hand: the new pod is seen to have its images, the others follow")
def _():
    with Copy(other_registry, "E03") as copy, Simulated("e03") as cluster:
        before = failing(cluster)
        assert fix(copy, cluster).returncode == 8
        made = set(failing(cluster).values()) - set(before.values())
        login = {"auths": {"https://index.docker.io/v1/": {"username": "acme", "password": "dckr_pat_1",
                                                           "auth": base64.b64encode(b"acme:dckr_pat_1").decode()}}}
        kubectl(cluster, "-n", "shop", "patch", "secret", "nks-triage-docker-hub", "--type=merge", "-p", json.dumps(
            {"data": {".dockerconfigjson": base64.b64encode(json.dumps(login).encode()).decode()}}))
        _, answer = confirmed(copy, cluster, "resume", runs(cluster)[0]["id"])
        assert answer.returncode == 0 and "the new pods have their images" in answer.stdout, answer
        assert not set(before.values()) & set(failing(cluster).values())
        assert made <= set(failing(cluster).values()), "the pod that was made anew was deleted as well"


@test("the other way on: taken back, and fixed with the right values")
def _():
    with Copy(other_registry, "E03") as wrong, Copy(short, "E03") as right, Simulated("e03") as cluster:
        before = failing(cluster)
        assert fix(wrong, cluster).returncode == 8
        failed = runs(cluster)[0]["id"]
        # What the Secret holds is not looked at: the way back is named.
        answer = right.run(cluster, "fix", "E03", *WORDS)
        assert answer.returncode == 7 and f"undo {failed}" in answer.stderr, answer
        assert confirmed(right, cluster, "undo", failed)[1].returncode == 0
        answer = fix(right, cluster)
        assert answer.returncode == 0, answer
        assert not set(before.values()) & set(failing(cluster).values())


@test("a pod that took the place of another since the preview is left alone")
def _():
    with Copy(short, "E03") as copy, Simulated("e03") as cluster:
        before = failing(cluster)
        last = sorted(before)[-1]
        state = {"gone": False}

        def on_request(method, path):
            if method == "PATCH" and "dryRun" not in path and not state["gone"]:
                state["gone"] = True
                request = urllib.request.Request(f"{cluster.server}{PODS}/{last}?gracePeriodSeconds=0", method="DELETE")
                urllib.request.urlopen(request, timeout=90).close()
            return None
        proxy = Proxy(cluster, on_request)
        try:
            answer = fix(copy, cluster, proxy.kubeconfig)
            mine = {path.split("?")[0].split("/")[-1] for method, path, _ in proxy.writes(PODS + "/")
                    if method == "DELETE"}
            # What took its place was not previewed; whether it has the fault, too, the verification says.
            assert answer.returncode in (0, 7) and "is gone already" in answer.stdout, answer
            assert mine == set(before), mine
        finally:
            proxy.stop()


@test("all findings by one digest: a value from the standard input serves every one of them")
def _():
    with Copy(short, "E03") as copy, Simulated("e03") as cluster:
        secret = with_values(cluster)
        answer = run_console(cluster.folder, "fix", "E03", "--confirm", copy.digest(cluster), "--confirm-name",
                             "simulated", *secret[:2], "--secret-file", "password=-", "--kubeconfig",
                             cluster.kubeconfig, stdin="dckr_pat_1\n", console=copy.console)
        assert answer.code == 0 and answer.out.count("done and verified") == 2, answer


run(at_a_time=4)
