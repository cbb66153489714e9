#!/usr/bin/python3
"""E08 on the command line: plan, preview, confirm, run, verify, nothing left to do, and the way back."""
# Waits: for the hold times of fixes.
# Takes: 100 s
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import generations, images, our_leases, plan, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402

CLUSTER = Simulated("calico-outage")
BEFORE = images(CLUSTER)
AFTER = {key: re.sub(r"^.*?(?:calico-)?(typha|kube-controllers|cni|node|pod2daemon-flexvol):", r"docker.io/calico/\1:",
                     value) for key, value in BEFORE.items()}
STATE = {}


@test("the plan is the guide's, in its order: typha, wait, kube-controllers, wait, calico-node, wait")
def _():
    steps = plan(CLUSTER)["steps"]
    assert [(s["type"], s["target"].split("/")[-1]) for s in steps] == [
        ("registry-check", ""), ("patch-image", "calico-typha"), ("wait-rollout", "calico-typha"),
        ("patch-image", "calico-kube-controllers"), ("wait-rollout", "calico-kube-controllers"),
        ("patch-image", "calico-node"), ("wait-rollout", "calico-node")], steps
    assert [s["n"] for s in steps] == list(range(1, 8))


@test("every patch is bound to uid, names and old values, and its preview is what it sets")
def _():
    for step in plan(CLUSTER)["steps"]:
        if not step["request"]:
            continue
        tests = {op["path"]: op["value"] for op in step["request"]["body"] if op["op"] == "test"}
        sets = {op["path"]: op["value"] for op in step["request"]["body"] if op["op"] == "replace"}
        assert tests["/metadata/uid"] == step["uid"] != ""
        assert sets and {line["path"]: line["after"] for line in step["diff"]} == sets, step["diff"]
        for line in step["diff"]:
            assert tests[line["path"]] == line["before"] != line["after"]
            assert tests[line["path"].replace("/image", "/name")]
        assert step["cannotPreview"] is None


@test("the tag is the one that runs, and init containers are part of the plan")
def _():
    lines = [line for step in plan(CLUSTER)["steps"] for line in step["diff"]]
    assert {line["after"].split(":")[1] for line in lines} == {BEFORE["node/containers/calico-node"].split(":")[1]}
    assert any("/initContainers/" in line["path"] for line in lines)


@test("two plans of the same cluster are the same bytes, and the text ends with the digest")
def _():
    first, second = CLUSTER.console("plan", "E08"), CLUSTER.console("plan", "E08")
    assert first.code == 0 and first.out == second.out, first
    STATE["digest"] = re.fullmatch(r"digest: ([0-9a-f]{64})", first.out.splitlines()[-1]).group(1)
    assert plan(CLUSTER)["digest"] == STATE["digest"]


@test("the plan says what it reaches, what it may bring about and how far it can be undone")
def _():
    found = plan(CLUSTER)
    assert found["blastRadius"]["workloads"] == 3 and found["blastRadius"]["nodes"] == 12, found["blastRadius"]
    assert found["conflicts"][0].startswith("E03") and found["undo"] == "partial"
    assert all(p["ok"] or not p["blocking"] for p in found["preconditions"]), found["preconditions"]


@test("a fix without a confirmation prints the plan, changes nothing and ends with 6")
def _():
    answer = CLUSTER.console("fix", "E08")
    assert answer.code == 6 and answer.out.endswith(f"digest: {STATE['digest']}\n"), answer
    assert STATE["digest"] in answer.err


@test("another digest ends with 6, too")
def _():
    answer = CLUSTER.console("fix", "E08", "--confirm", "0" * 64)
    assert answer.code == 6 and "digest" in answer.err, answer


@test("a dry run ends with 0 and changes nothing")
def _():
    answer = CLUSTER.console("fix", "E08", "--dry-run")
    assert answer.code == 0, answer
    assert images(CLUSTER) == BEFORE and set(generations(CLUSTER).values()) == {1}
    assert not our_leases(CLUSTER) and not runs(CLUSTER)


@test("the confirmed fix runs and is verified")
def _():
    answer = CLUSTER.console("fix", "E08", "--confirm", STATE["digest"], timeout=240)
    assert answer.code == 0, answer
    assert "verified" in answer.out, answer
    STATE["output"] = answer.out


@test("the images are the public ones, each workload was changed once, and all is ready")
def _():
    assert images(CLUSTER) == AFTER != BEFORE
    assert set(generations(CLUSTER).values()) == {2}
    node = CLUSTER.get("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")["status"]
    assert node["numberReady"] == node["desiredNumberScheduled"] == node["updatedNumberScheduled"] == 12


@test("a rollout was waited for before the next workload was touched")
def _():
    lines = STATE["output"].splitlines()
    done = [i for i, line in enumerate(lines) if "rolled out" in line]
    patched = [i for i, line in enumerate(lines) if "PATCH" in line]
    assert len(done) == len(patched) == 3
    assert patched[0] < done[0] < patched[1] < done[1] < patched[2] < done[2], STATE["output"]


@test("the lock is gone and the journal tells it step by step, without times in the plan")
def _():
    assert not our_leases(CLUSTER)
    (entry,) = runs(CLUSTER)
    STATE["run"] = entry["id"]
    assert (entry["entry"], entry["state"], entry["digest"]) == ("E08", "verified", STATE["digest"]), entry
    assert [s["state"] for s in entry["steps"]] == ["done"] * 7
    assert [s["n"] for s in entry["steps"] if s["before"]] == [2, 4, 6]
    text = CLUSTER.console("runs", entry["id"])
    assert text.code == 0 and "calico-typha" in text.out and BEFORE["typha/containers/calico-typha"] in text.out, text
    note = CLUSTER.console("runs", entry["id"], "-o", "md")
    assert note.code == 0 and note.out.startswith("# nks-triage\n\n## E08 · verified · "), note
    assert STATE["digest"] in note.out and len([line for line in note.out.splitlines() if line[:2] in
                                                [f"{n}." for n in range(1, 8)]]) == 7, note
    assert f'`"{BEFORE["typha/containers/calico-typha"]}"` → `' in note.out, note


@test("a second fix has nothing to do, and neither has a second plan")
def _():
    for words in (["fix", "E08"], ["fix", "E08", "--confirm", STATE["digest"]], ["plan", "E08"]):
        answer = CLUSTER.console(*words)
        assert answer.code == 0 and "nothing to do" in answer.out, answer
    assert set(generations(CLUSTER).values()) == {2}


@test("the way back is a change like any other: previewed, refused without its digest")
def _():
    answer = CLUSTER.console("undo", STATE["run"])
    assert answer.code == 6, answer
    STATE["undo"] = re.fullmatch(r"digest: ([0-9a-f]{64})", answer.out.splitlines()[-1]).group(1)
    assert STATE["undo"] != STATE["digest"]
    assert images(CLUSTER) == AFTER


@test("undone, every image is what it was, and said to be as broken as it was")
def _():
    answer = CLUSTER.console("undo", STATE["run"], "--confirm", STATE["undo"], timeout=120)
    assert answer.code == 0 and "does not become ready" in answer.err, answer
    assert images(CLUSTER) == BEFORE
    newest, first = runs(CLUSTER)
    assert first["state"] == "undone" and newest["state"] == "verified", (newest["state"], first["state"])


@test("what is undone cannot be undone again")
def _():
    answer = CLUSTER.console("undo", STATE["run"])
    assert answer.code == 0 and "nothing to do" in answer.out, answer


@test("wrong words on the command line end with 1")
def _():
    for words in (["plan"], ["plan", "E99"], ["fix", "E08", "--nope"], ["undo", "no-such-run"], ["runs", "no-such-run"],
                  ["resume"]):
        answer = CLUSTER.console(*words)
        assert answer.code == 1 and answer.err.startswith("nks-triage:"), (words, answer)


try:
    run()
finally:
    CLUSTER.stop()
