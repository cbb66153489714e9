#!/usr/bin/python3
"""Entries whose remedy is not a request: a person's work in the console, commands on nodes, advice."""
# Waits: for the hold times of fixes.
# Takes: 40 s
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Running, kubectl, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402


def plan(cluster, entry, *words):
    answer = cluster.console("plan", entry, "-o", "json", *words)
    return answer, json.loads(answer.out)


@test("E14 says what to do, waits, sees by itself that it was done, and verifies")
def _():
    with Simulated("e14") as cluster:
        answer, found = plan(cluster, "E14")
        assert answer.code == 0 and found["steps"][0]["instruction"] and found["undo"] == "none", found
        fix = Running(cluster, "fix", "E14", "--confirm", found["digest"])
        fix.wait_line("In the NHN Cloud console")
        kubectl(cluster, "set", "image", "deployment/calico-kube-controllers", "--namespace", "kube-system",
                "*=docker.io/calico/kube-controllers:v3.28.2")
        assert fix.end() == 0, fix.text()
        assert "seen: it is so" in fix.text()


@test("stopped while a person's step is waited for: 8, and resume finds what was done meanwhile")
def _():
    with Simulated("e14") as cluster:
        _, found = plan(cluster, "E14")
        fix = Running(cluster, "fix", "E14", "--confirm", found["digest"])
        fix.wait_line("says otherwise")
        fix.process.send_signal(signal.SIGTERM)
        assert fix.end() == 8, fix.text()
        again = cluster.console("fix", "E14")
        assert again.code == 6 and "resume " + runs(cluster)[0]["id"] in again.err, again
        kubectl(cluster, "set", "image", "deployment/calico-kube-controllers", "--namespace", "kube-system",
                "*=docker.io/calico/kube-controllers:v3.28.2")
        resumed = cluster.console("resume", runs(cluster)[0]["id"])
        assert resumed.code in (0, 6) and "digest" not in resumed.out, resumed


@test("E13 is advice: it is shown, and there is nothing to run")
def _():
    with Simulated("e13") as cluster:
        for words in (["plan", "E13"], ["fix", "E13"]):
            answer = cluster.console(*words)
            assert answer.code == 6 and "nothing to run" in answer.err and "Calico VXLAN" in answer.out, answer


@test("E09 and E07 show every command word by word, and are refused while nothing can run it")
def _():
    for entry, words in (("E09", ["systemctl", "restart", "rpcbind"]), ("E07", ["systemctl", "reboot"])):
        with Simulated(entry.lower()) as cluster:
            answer, found = plan(cluster, entry, "--ssh-config", cluster.ready["sshConfig"])
            commands = [step["command"] for step in found["steps"] if step["command"]]
            assert answer.code == 0, answer
            assert any(c["argv"][:2] == ["sudo", "-n"] and c["argv"][-len(words):] == words for c in commands), commands
            assert all(c["node"] for c in commands)
            for command in ("plan", "fix"):
                answer = cluster.console(command, entry, "--no-ssh")
                assert answer.code == 6 and "no SSH to the nodes: --no-ssh was given" in answer.err, answer


@test("E07 moves pods by the rule, keeps what a DaemonSet makes, and takes pods again only after its own cordon")
def _():
    with Simulated("e07") as cluster:
        _, found = plan(cluster, "E07")
        kinds = [step["type"] for step in found["steps"]]
        assert kinds[:2] == ["cordon", "drain"] and kinds[-1] == "uncordon", kinds
        moved = [line["path"] for line in found["steps"][1]["diff"]]
        assert moved and not [path for path in moved if "calico-node" in path or "kube-proxy" in path], moved
        node = found["steps"][0]["target"].split("/")[1]
        kubectl(cluster, "patch", "node/" + node, "--type=merge", "--patch", '{"spec":{"unschedulable":true}}')
        _, found = plan(cluster, "E07")
        assert [s["state"] for s in found["steps"] if s["type"] in ("cordon", "uncordon")] == ["skipped"] * 2


@test("E04 has two ways; the other one is chosen by name")
def _():
    with Simulated("e04") as cluster:
        _, found = plan(cluster, "E04")
        assert [step["type"] for step in found["steps"]] == ["manual"], found
        answer, found = plan(cluster, "E04", "--alternative", "per-node")
        assert answer.code == 6 and {step["type"] for step in found["steps"]} == {"ssh-command"}, found
        answer = cluster.console("plan", "E04", "--alternative", "nope")
        assert answer.code == 6 and "nope" in answer.err, answer


run(at_a_time=4)
