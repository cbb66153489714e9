#!/usr/bin/python3
"""Who keeps whom out: plans that overlap in one object, all nodes' turn, and what killed runs left behind."""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from locks import NODES_TURN, lock, objects_of  # noqa: E402
from remedy import LEASES, Copy, Place, images, kubectl, our_leases, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

NODE = "DaemonSet/kube-system/calico-node"
ELSEWHERE = "00000000-0000-0000-0000-000000000000 pid:[1] 1 1"     # on another machine: nobody knows


def dead_process():
    """The mark of a process of this machine that has ended: our own number, but another start."""
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        return f"{file.read().strip()} {os.readlink('/proc/self/ns/pid')} {os.getpid()} 1"


def create(cluster, document):
    kubectl(cluster, "create", "-f", "-", input=json.dumps(document))


def killed_run(place):
    """A run that was killed while it waited for its fifth step; its Lease is still there."""
    running = place.start("fix", "E08", "--confirm", place.digest)
    running.wait_line("[5/7]")
    (name,) = our_leases(place.cluster)
    running.process.kill()
    running.end(30)
    return name


@test("a plan of one object and a plan of three exclude each other; the Lease says what its run holds")
def _():
    with Place() as place:
        one = ["--target", NODE]
        digest = place.console("plan", "E08", *one).out.splitlines()[-1].split()[1]
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[2/7]")
        wait_for(lambda: our_leases(place.cluster), what="a Lease")
        (name,) = our_leases(place.cluster)
        objects = objects_of(place.cluster.get(f"{LEASES}/{name}"))
        assert objects == [NODE, "Deployment/kube-system/calico-kube-controllers", "Deployment/kube-system/calico-typha"]
        group = "".join(f"{label}\n" for label in objects).encode()
        assert name == "nks-triage-" + hashlib.sha256(group).hexdigest()[:10], name
        refused = place.console("fix", "E08", *one, "--confirm", digest)
        assert refused.code == 6 and "somebody works on the same objects right now" in refused.err, refused
        assert our_leases(place.cluster) == [name], "a run that was refused left a Lease"
        assert running.end(240) == 0, running.text()
        assert not our_leases(place.cluster)


@test("one node at a time: who drains a node keeps out who drains another one")
def _():
    def edit(runbook):
        runbook["steps"] = [s for s in runbook["steps"] if s["type"] in ("cordon", "drain", "uncordon")]
        for step in runbook["steps"]:
            step.pop("onlyAfter", None)

    with Copy(edit, "E07") as copy, Simulated("e07") as cluster:
        create(cluster, lock(["Node/another", NODES_TURN], entry="E07"))
        plan = copy.run(cluster, "plan", "E07")
        assert plan.returncode == 0 and "held now by kim@bastion" in plan.stdout, plan
        digest = plan.stdout.splitlines()[-1].split()[1]
        confirm = ["--confirm", digest, "--confirm-name", "simulated"]
        answer = copy.run(cluster, "fix", "E07", *confirm)
        assert answer.returncode == 6 and "somebody works on the same objects" in answer.stderr, answer
        # Another node whose run takes none out of service is no reason to wait.
        kubectl(cluster, "-n", "kube-system", "delete", "lease", "nks-triage-0123456789")
        create(cluster, lock(["Node/another"], entry="E09"))
        assert "held now" not in copy.run(cluster, "plan", "E07").stdout


@test("a Lease on other objects is in nobody's way: it stays, unless its process is gone, or it is older than a day")
def _():
    with Place() as place:
        for number, off, process in (("aa", 100, ELSEWHERE), ("bb", -600, ELSEWHERE), ("cc", -90000, ELSEWHERE),
                                     ("dd", 100, dead_process())):
            create(place.cluster, lock(["DaemonSet/kube-system/kube-proxy", NODES_TURN], off=off, process=process,
                                       name=f"nks-triage-00000000{number}"))
        answer = place.fix()
        assert answer.code == 0 and answer.out.count("clearing away a lock that nobody holds any more") == 2, answer
        assert our_leases(place.cluster) == ["nks-triage-00000000aa", "nks-triage-00000000bb"], our_leases(place.cluster)


@test("doctor names what is held and what was left behind, and whose it is")
def _():
    with Place() as place:
        assert "no run holds objects" in place.console("doctor").out
        left = killed_run(place)
        create(place.cluster, lock([NODE], name="nks-triage-00000000aa"))
        text = place.console("doctor").out
        (entry,) = runs(place.cluster)
        assert "left behind by" in text and entry["id"] in text and f"undo {entry['id']}" in text, text
        assert "held by kim@bastion/run-of-kim" in text, text
        kubectl(place.cluster, "-n", "kube-system", "delete", "lease", "nks-triage-00000000aa")
        plan = place.console("undo", entry["id"]).out
        done = place.console("undo", entry["id"], "--confirm", plan.splitlines()[-1].split()[1])
        assert done.code in (0, 5, 7) and left not in our_leases(place.cluster), done
        assert images(place.cluster) == place.before


run()
