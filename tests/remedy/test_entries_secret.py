#!/usr/bin/python3
"""Plans that touch secrets: E10 changes one key of a Secret, E03 makes one. No value of them is ever shown or kept."""
# Waits: for the hold times of fixes.
# Takes: 60 s
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import kubectl, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

SECRET = "/api/v1/namespaces/kube-system/secrets/cinder-csi-cloud-config"
PULL_SECRET = "/api/v1/namespaces/shop/secrets"
ACCOUNT = "/api/v1/namespaces/shop/serviceaccounts/default"
TOKEN = "dckr-pat-Zx9-never-shown"


def digest(cluster, *words):
    answer = cluster.console(*words)
    assert answer.out.splitlines()[-1].startswith("digest: "), answer
    return answer.out.splitlines()[-1].split()[1]


def config(cluster):
    return base64.b64decode(cluster.get(SECRET)["data"]["cloud-config"]).decode()


def held_by(folder, words):
    """Files below the folder, but for the test's own, that hold one of the words."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                content = file.read()
            found += [(name, word) for word in words if word.encode() in content]
    return found


@test("E10 sets one key in its section, restarts what reads it, and shows nothing else of the Secret")
def _():
    with Simulated("e10") as cluster:
        before = config(cluster)
        password = before.split("password = ")[1].split("\n")[0]
        plan = cluster.console("plan", "E10")
        answer = cluster.console("fix", "E10", "--confirm", plan.out.splitlines()[-1].split()[1], timeout=300)
        assert answer.code == 0, answer
        assert config(cluster) == before.replace("[BlockStorage]\n", "[BlockStorage]\nrescan-on-resize = true\n")
        patched = [line for line in answer.out.splitlines() if "PATCH" in line]
        assert len(patched) == 3, answer
        again = cluster.console("fix", "E10")
        assert again.code == 0 and "nothing to do" in again.out, again
        name = runs(cluster)[0]["id"]
        undone = cluster.console("undo", name, "--confirm", digest(cluster, "undo", name), timeout=120)
        assert undone.code == 0 and config(cluster) == before, undone
        words = [password, base64.b64encode(before.encode()).decode()[:40]]
        shown = plan.out + plan.err + answer.out + answer.err + undone.out + json.dumps(runs(cluster))
        assert not [word for word in words if word in shown]
        assert not held_by(os.path.join(cluster.folder, "state"), words)


@test("E10 leaves a Secret alone that it cannot understand")
def _():
    with Simulated("e10") as cluster:
        broken = base64.b64encode(b"[Global\nuser = x\n").decode()
        kubectl(cluster, "patch", "secret/cinder-csi-cloud-config", "--namespace", "kube-system", "--type=merge", "--patch",
                json.dumps({"data": {"cloud-config": broken}}))
        answer = cluster.console("plan", "E10")
        assert answer.code == 6 and "cannot be understood" in answer.err, answer
        assert cluster.get(SECRET)["data"]["cloud-config"] == broken


@test("E03 asks for its values, takes them from files alone, and is undone")
def _():
    with Simulated("e03") as cluster:
        files = {}
        for name, value in (("username", "acme"), ("password", TOKEN)):
            files[name] = os.path.join(cluster.folder, "own-" + name)
            with open(files[name], "w", encoding="utf-8") as file:
                file.write(value + "\n")
        target = ["--target", "Deployment/shop/web-api"]
        number = digest(cluster, "plan", "E03", *target)
        words = ["fix", "E03", *target, "--confirm", number, "--confirm-name", "simulated"]
        answer = cluster.console(*words)
        assert answer.code == 6 and "was not given" in answer.err, answer
        answer = cluster.console(*words, "--secret-file", "username=" + files["username"], "--secret-file", "password=-",
                                 stdin=TOKEN + "\n", timeout=240)
        assert answer.code == 0, answer
        secret, = [s for s in cluster.get(PULL_SECRET)["items"] if s["type"] == "kubernetes.io/dockerconfigjson"
                   and s["metadata"]["labels"].get("app.kubernetes.io/managed-by") == "nks-triage"]
        made = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
        assert made["auths"]["https://index.docker.io/v1/"]["password"] == TOKEN
        assert {"name": secret["metadata"]["name"]} in cluster.get(ACCOUNT)["imagePullSecrets"]
        masked = [TOKEN, secret["data"][".dockerconfigjson"][:60]]
        shown = answer.out + answer.err + json.dumps(runs(cluster)) + cluster.console("runs", runs(cluster)[0]["id"]).out
        assert not [word for word in masked if word in shown]
        os.unlink(files["password"])
        assert not held_by(os.path.join(cluster.folder, "state"), masked)
        name = runs(cluster)[0]["id"]
        undone = cluster.console("undo", name, "--confirm", digest(cluster, "undo", name), "--confirm-name", "simulated",
                                 timeout=120)
        assert undone.code == 0, undone
        assert not [s for s in cluster.get(PULL_SECRET)["items"] if s["metadata"]["name"] == secret["metadata"]["name"]]
        assert not cluster.get(ACCOUNT).get("imagePullSecrets")


run(at_a_time=4)
