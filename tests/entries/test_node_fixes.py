#!/usr/bin/python3
"""Entries that are repaired on nodes, over the simulator's SSH: found, planned, previewed, run, verified, run again with
nothing to do, taken back where there is a way back, and then as before."""
# Waits: for the hold times of fixes, and for nodes that start anew.
# Takes: 70 s
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from node_fix import Fixed, commands  # noqa: E402
from remedy import our_leases, runs  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

ROTATION = "/etc/logrotate.d/docker"
GRUB = "/etc/default/grub"
AT_WORK = 8


def boot_id(cluster, node):
    return cluster.get(f"/api/v1/nodes/{node}")["status"]["nodeInfo"]["bootID"]


def is_cordoned(cluster, node):
    return bool(cluster.get(f"/api/v1/nodes/{node}")["spec"].get("unschedulable"))


def a_pod(cluster, entry, node):
    """Of a finding of this entry, a pod on the node, as --target names it."""
    pods = {(p["metadata"]["namespace"], p["metadata"]["name"]) for p in cluster.get("/api/v1/pods")["items"]
            if p["spec"].get("nodeName") == node}
    return next(f"Pod/{o['namespace']}/{o['name']}" for f in cluster.findings(entry) for o in f["objects"]
                if o["kind"] == "Pod" and (o["namespace"], o["name"]) in pods)


class Story:
    """What is looked at of one node before, after the fix, and after the undo."""

    def __init__(self, scenario, entry, *words, node, look, name=False, undo=True, one=False):
        """one: of several findings, that of a pod of this node."""
        self.scenario, self.entry, self.words, self.node = scenario, entry, words, node
        self.look, self.name, self.undo, self.one = look, name, undo, one
        self.failure = None

    def tell(self):
        with Fixed(self.scenario, "--time-scale", "0.02") as cluster:
            if self.one:
                self.words = (*self.words, "--target", a_pod(cluster, self.entry, self.node))
            self.before = self.look(cluster, self.node)
            self.found = cluster.findings(self.entry)
            self.plan = cluster.plan(self.entry, *self.words)
            self.text = cluster.ask("plan", self.entry, *self.words).out
            self.looked = self.look(cluster, self.node)
            self.fixed = cluster.fix(self.entry, *self.words, name=self.name)
            self.after = self.look(cluster, self.node)
            self.leases = our_leases(cluster)
            self.again = cluster.ask("plan", self.entry, *self.words)
            if self.entry == "E02":
                self.out_of_reach = cluster.ask("plan", "E02", "--target", "Node/nks-prod-docker-worker-4")
                self.well = cluster.ask("fix", "E02", "--target", "Node/nks-prod-docker-worker-0")
            self.run = [r["id"] for r in runs(cluster) if self.node in json.dumps(r)][0]
            self.others = [r["id"] for r in runs(cluster) if r["id"] != self.run]
            if self.undo:
                self.undone = cluster.undo(self.run, name=self.name)
                self.others_undone = [cluster.undo(run, name=self.name) for run in self.others]
                self.back = self.look(cluster, self.node)

    def go(self):
        try:
            self.tell()
        except Exception:  # each test of the story says so
            self.failure = traceback.format_exc()
        return self


def rotation(cluster, node):
    return cluster.file(node, ROTATION), cluster.leftovers(node, ROTATION)


def statd(cluster, node):
    return {"enabled": cluster.ssh(node, "systemctl is-enabled rpc-statd").out.strip(),
            "answers": cluster.ssh(node, "rpcinfo -u 127.0.0.1 100024").code == 0,
            "pending": len([p for p in cluster.get("/api/v1/pods")["items"]
                            if p["spec"].get("nodeName") == node and p["status"]["phase"] == "Pending"])}


def images(cluster, node):
    return sorted(cluster.ssh(node, "sudo -n ctr -n k8s.io images ls -q").out.split())


def kernel(cluster, node):
    wait_for(lambda: cluster.ssh(node, "true").code == 0, what=lambda: f"{node} does not answer")
    return {"file": cluster.file(node, GRUB), "running": cluster.ssh(node, "cat /proc/cmdline").out.split(),
            "boot": boot_id(cluster, node), "cordoned": is_cordoned(cluster, node)}


STORIES = {
    "E01": Story("e01", "E01", node="nks-prod-docker-worker-1", look=rotation),
    "E01 rotate": Story("e01", "E01", "--alternative", "rotate", node="nks-prod-docker-worker-1", look=rotation, name=True),
    "E02": Story("e02", "E02", node="nks-prod-docker-worker-3", look=rotation),
    "E02 one": Story("e02", "E02", "--target", "Node/nks-prod-docker-worker-3", node="nks-prod-docker-worker-3",
                     look=rotation),
    "E04": Story("e04", "E04", "--alternative", "per-node", node="nks-prod-closed-0", look=images, one=True),
    "E04 all": Story("e04", "E04", "--alternative", "per-node", node="nks-prod-default-worker-4", look=images),
    "E07": Story("e07", "E07", node="nks-prod-centos-worker-1", look=kernel, name=True),
    "E09": Story("e09", "E09", node="nks-prod-default-worker-4", look=statd),
}


def story(name):
    told = STORIES[name]
    assert told.failure is None, told.failure
    return told


@test("every fix ends verified, on the node and by the symptom; nothing is locked any more")
def _():
    for name in STORIES:
        told = story(name)
        assert told.fixed.code == 0 and "done and verified" in told.fixed.out, (name, told.fixed)
        assert told.leases == [], (name, told.leases)


@test("a plan changes nothing on a node")
def _():
    for name in STORIES:
        told = story(name)
        assert told.looked == told.before, (name, told.before, told.looked)


@test("a second plan has nothing to do there")
def _():
    for name in ("E01", "E01 rotate", "E04 all", "E07", "E09"):
        told = story(name)
        assert told.again.code == 0 and "nothing to" in told.again.out, (name, told.again)
    # One node of E02's scenario is out of reach: it is named, and nobody says that it is well.
    told = story("E02")
    assert told.again.code == 0 and "nothing to do" in told.again.out, told.again
    assert "could not look at nks-prod-docker-worker-4" in told.again.err, told.again
    assert told.out_of_reach.code == 6 and "could not be checked" in told.out_of_reach.err, told.out_of_reach
    assert told.well.code == 0 and "nothing to do" in told.well.out and not told.well.err, told.well


def shown_words(text):
    """The commands that a plan prints, read as a shell would."""
    return [shlex.split(line.split("  # ")[0]) for line in text.splitlines()
            if line.startswith(("        sudo -n ", "        timeout "))]


@test("each command is shown word by word, after sudo -n, timeout and env, as the ssh line has it")
def _():
    for name in STORIES:
        told = story(name)
        shown = commands(told.plan)
        assert shown, name
        for argv in shown:
            words = argv[2:] if argv[:2] == ["sudo", "-n"] else argv
            assert words[0] == "timeout" and words[1].isdigit() and words[2:4] == ["env", "LC_ALL=C"], (name, argv)
            assert argv in shown_words(told.text), (name, argv)
        assert "$ ssh -p " in told.text, name


@test("NHN's notice about changing nodes is shown with each of these plans")
def _():
    for name in STORIES:
        assert "Notice: NHN's user guide" in story(name).text, name
        assert story(name).plan["notice"], name


@test("E01: the file is shown as a difference from nothing, checked, put in place whole, and removed again by the undo")
def _():
    told = story("E01")
    assert told.before == (None, None), told.before
    (content, state), left = told.after
    assert "maxsize 100M" in content and state == "regular file:644:root:root" and left is None, told.after
    assert "--- /dev/null" in told.text and "+    copytruncate" in told.text, told.text
    argv = [" ".join(words) for words in commands(told.plan)]
    place = [at for at, line in enumerate(argv) if " mv -T " in line][0]
    check = [at for at, line in enumerate(argv) if "logrotate -d /etc/logrotate.d/.docker.nks-triage~" in line][0]
    assert check < place, argv
    assert not any("logrotate -f" in line for line in argv), argv
    assert told.undone.code == 0 and told.back == (None, None), (told.undone, told.back)


@test("E01: a forced run is another way, only with room for the largest log, and cannot be undone")
def _():
    told = story("E01 rotate")
    assert any("logrotate -f /etc/logrotate.d/docker" in " ".join(words) for words in commands(told.plan))
    room = [p for p in told.plan["preconditions"] if "room for a copy" in p["text"]]
    assert len(room) == 1 and room[0]["ok"] is True and room[0]["blocking"], room
    assert told.undone.code == 0 and told.back == (None, None), (told.undone, told.back)
    assert "cannot be undone: Rotate now" in told.undone.out, told.undone


@test("E02: all nodes get what most have, one canary first; mode and owner too; each gets back what it had")
def _():
    told = story("E02")
    waves = [(step["batch"]["wave"], step["batch"]["target"]) for step in told.plan["steps"] if step["state"] == "pending"]
    assert waves and waves[0][0] == "canary" and [at for _, at in waves] == sorted(at for _, at in waves), waves
    assert "[canary]" in told.text, told.text
    assert told.before != told.after and told.after[0] is not None, (told.before, told.after)
    assert told.undone.code == 0 and told.back == told.before, (told.undone, told.before, told.back)


@test("E02: each node that differs is a finding, and one plan with one digest is about all of them")
def _():
    told = story("E02")
    nodes = [[(o["kind"], o["name"]) for o in f["objects"]] for f in told.found]
    assert nodes == [[("Node", "nks-prod-docker-worker-2")], [("Node", "nks-prod-docker-worker-3")]], nodes
    for found, [(_, name)] in zip(told.found, nodes):
        assert found["evidence"] and all(f"Node/{name} " in line["source"] for line in found["evidence"]), found
    assert [step["target"] for step in told.plan["steps"]] == ["Node/" + name for [(_, name)] in nodes], told.plan
    assert len(told.plan["digest"]) == 64 and "plans" not in told.plan and told.text.count("digest: ") == 1, told.text


@test("E02: one node that is named is changed and verified alone")
def _():
    told = story("E02 one")
    assert {step["target"] for step in told.plan["steps"]} == {"Node/" + told.node}, told.plan["steps"]
    assert told.after != told.before and told.back == told.before, (told.before, told.after, told.back)


@test("E04: the sandbox image of the node's own event is pulled and tagged in k8s.io; only the tag is taken back")
def _():
    told = story("E04")
    added = sorted(set(told.after) - set(told.before))
    assert len(added) == 2 and "k8s.gcr.io/pause:3.7" in added, added
    assert told.undone.code == 0 and set(told.after) - set(told.back) == {"k8s.gcr.io/pause:3.7"}, told.undone


@test("E04: of several findings each gets the image that its own events ask for; all are verified and taken back")
def _():
    told = story("E04 all")
    assert len(told.found) == 2 and len(told.plan["plans"]) == 2, told.plan
    assert [" ".join(words[-2:]) for words in commands(told.plan) if "tag" in words] == [
        "harbor-kr1.cloud.toastoven.net/container_service/pause:3.7 k8s.gcr.io/pause:3.7",
        "harbor-kr1.cloud.toastoven.net/container_service/metrics-server:v0.6.4 k8s.gcr.io/metrics-server/metrics-server:v0.6.4",
    ], commands(told.plan)
    assert told.fixed.out.count("done and verified") == 2, told.fixed
    added = sorted(set(told.after) - set(told.before))
    assert "k8s.gcr.io/metrics-server/metrics-server:v0.6.4" in added and len(added) == 2, added
    assert len(told.others_undone) == 1 and all(undone.code == 0 for undone in told.others_undone), told.others_undone
    assert told.undone.code == 0, told.undone
    assert set(told.after) - set(told.back) == {"k8s.gcr.io/metrics-server/metrics-server:v0.6.4"}, told.back


@test("E07: argument once, drained before, another boot, taking pods again; the file comes back")
def _():
    told = story("E07")
    word = "cgroup.memory=nokmem"
    assert word not in told.before["running"] and told.after["running"].count(word) == 1, (told.before, told.after)
    assert told.after["file"][0].count(word) == 1 and told.before["boot"] != told.after["boot"], told.after
    assert told.before["cordoned"] is False and told.after["cordoned"] is False
    order = [step["type"] for step in told.plan["steps"]]
    assert order.index("cordon") < order.index("drain") < order.index("ssh-file") < order.index("uncordon"), order
    assert not any("poweroff" in word or "halt" in word for argv in commands(told.plan) for word in argv)
    assert told.undone.code == 0, told.undone
    assert told.back["file"] == told.before["file"] and told.back["cordoned"] is False, told.back


@test("E09: rpcbind before rpc-statd, enabled, and again as it was recorded")
def _():
    told = story("E09")
    assert told.before["answers"] is False and told.before["pending"] > 0, told.before
    assert told.after == {"enabled": "enabled", "answers": True, "pending": told.after["pending"]}, told.after
    assert told.after["pending"] < told.before["pending"], (told.before, told.after)
    argv = [" ".join(words) for words in commands(told.plan)]
    assert argv.index([a for a in argv if a.endswith("restart rpcbind")][0]) < argv.index(
        [a for a in argv if a.endswith("restart rpc-statd")][0]), argv
    assert told.undone.code == 0 and told.back["enabled"] == told.before["enabled"], (told.undone, told.back)
    assert "See that it is registered" not in told.undone.out, told.undone


def run_by_hand(cluster, plan):
    """Copies each shown ssh line into a shell whose ssh has the simulator's key; FILE is the file of the step."""
    with tempfile.TemporaryDirectory() as folder:
        wrapper = os.path.join(folder, "ssh")
        with open(wrapper, "w", encoding="utf-8") as file:
            state = os.path.dirname(cluster.ssh_config)
            file.write(f'#!/bin/sh\nexec {shutil.which("ssh")} -F none -o BatchMode=yes -i {state}/id_ed25519 '
                       f'-o UserKnownHostsFile={state}/known_hosts "$@"\n')
        os.chmod(wrapper, 0o700)
        for step in plan["steps"]:
            if step["state"] != "pending" or not step["command"]:
                continue
            with open(os.path.join(folder, "FILE"), "w", encoding="utf-8") as file:
                file.write(step["command"]["content"] or "")
            done = subprocess.run(["/bin/sh", "-c", step["kubectl"]], cwd=folder, stdin=subprocess.DEVNULL, timeout=180,
                                  env={"PATH": folder + ":" + os.environ["PATH"]}, capture_output=True, text=True)
            assert done.returncode == 0, (step["kubectl"], done)


@test("the shown ssh lines, copied one after the other, do the same")
def _():
    for name in ("E01", "E02", "E09"):
        told = story(name)
        with Fixed(told.scenario, "--time-scale", "0.02") as cluster:
            run_by_hand(cluster, cluster.plan(told.entry))
            wait_for(lambda: told.look(cluster, told.node) == told.after,
                     what=lambda: f"{name}: {told.look(cluster, told.node)} to be {told.after}")


with concurrent.futures.ThreadPoolExecutor(AT_WORK) as pool:
    list(pool.map(Story.go, STORIES.values()))
run()
