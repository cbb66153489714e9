#!/usr/bin/env python3
"""Runs on the screen: taken back by a key, gone on with after kill -9, and those of other consoles."""
# Waits: for the hold times of fixes.
# Takes: 30 s
import datetime
import json
import os
import signal
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from remedy import Copy, Running, WORKLOADS, hold_finalizer, kubectl, quickly, runs  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import Terminal  # noqa: E402
from wait import pause, wait_for  # noqa: E402


def finalizers(cluster):
    return cluster.get(WORKLOADS["node"])["metadata"].get("finalizers")


def console(cluster, columns=120, rows=40):
    """A terminal whose console shares the journal of the cluster's other consoles."""
    terminal = Terminal(columns, rows, {"XDG_STATE_HOME": os.path.join(cluster.folder, "state")})
    terminal.start(f"--kubeconfig {cluster.kubeconfig}")
    return terminal


def type_command(terminal, line, *texts):
    """Types a `:` line and waits for what it shows."""
    terminal.keys(":")
    terminal.wait("\n:")
    terminal.type(line)
    terminal.keys("Enter")
    return terminal.wait(*texts)


@test("u on a run of the page plans its way back; armed and confirmed, it is undone, and the page says by whom")
def _():
    with Copy(quickly, "E15") as copy, Simulated("healthy") as cluster:
        hold_finalizer(cluster)
        assert copy.run(cluster, "fix", "E15", "--confirm", copy.digest(cluster)).returncode == 0
        (first,) = runs(cluster)
        with console(cluster) as terminal:
            type_command(terminal, "runs", "Runs 1", first["id"], "verified")
            terminal.keys("Enter")
            screen = terminal.wait("What it said", "PATCH", first["digest"][:40])
            assert "as user" in screen and os.uname().nodename in screen, screen
            terminal.keys("u")
            terminal.wait("Put back the fields of DaemonSet/kube-system/calico-node", "+ example.com/hold")
            assert finalizers(cluster) == ["orphan"]
            terminal.keys("f")
            terminal.wait("read-only: F2")
            terminal.keys("F2")
            terminal.wait("ARMED")
            terminal.keys("f")
            terminal.wait("Take back run", first["id"])
            terminal.keys("Enter")
            terminal.wait("cancelled: nothing was changed")
            terminal.press_until("f", "Take back run")
            terminal.keys("y")
            terminal.wait("undone: the fields are what they were")
            assert finalizers(cluster) == ["orphan", "example.com/hold"]
            type_command(terminal, "runs", "Runs 2", "E15 undo")

            def is_told():
                second, first_now = runs(cluster)
                return first_now["undoneBy"] == second["id"] and second["undoes"] == first["id"]
            wait_for(is_told, what=lambda: str(runs(cluster)))
            terminal.wait("undone")
            # `:undo` without a run means the last that can be taken back: the undo itself.
            type_command(terminal, "undo", "Put back the fields of", "- example.com/hold")
        with console(cluster, 80, 24) as terminal:
            type_command(terminal, "undo no-such-run", "there is no run no-such-run")


@test("a run of another process is seen live; killed, it reads interrupted, and r goes on with it")
def _():
    def slowly(runbook):
        runbook["verify"]["holdSeconds"] = 60
    with Copy(slowly, "E15") as copy, Simulated("healthy") as cluster:
        hold_finalizer(cluster)
        digest = copy.digest(cluster)
        with console(cluster) as terminal:
            running = Running(cluster, "fix", "E15", "--confirm", digest, console=copy.console)
            terminal.wait("is running elsewhere")
            terminal.wait("E15 1/1 runs elsewhere")
            # It has said and written down that it waits. From here on it waits for us.
            running.wait_line("must stay so for 60 s")
            pause(2)
            os.kill(running.process.pid, signal.SIGSTOP)
            type_command(terminal, "runs", "running elsewhere", "1/1")
            # What goes on elsewhere is nothing to lay hands on.
            terminal.keys("u")
            terminal.wait("goes on in another process")
            terminal.keys("Enter")
            terminal.wait("must stay so for 60 s")
            # Closed and opened again, it is seen at once.
        with console(cluster, 80, 24) as terminal:
            type_command(terminal, "runs", "running elsewhere")
            running.process.kill()
            running.end()
            terminal.wait("interrupted")
            terminal.wait_without("elsewhere")
            terminal.keys("r")
            terminal.wait("nothing to do")


@test("a run of another machine is known by its Lease: in the header, in the list, until it is let go")
def _():
    with Simulated("healthy") as cluster, console(cluster) as terminal:
        def now():
            return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                 "metadata": {"name": "nks-triage-0123456789", "namespace": "kube-system",
                              "labels": {"app.kubernetes.io/managed-by": "nks-triage"},
                              "annotations": {"nks-triage/run": "20260101T000000Z-11112222", "nks-triage/entry": "E08",
                                              "nks-triage/step": "3/7"}},
                 "spec": {"holderIdentity": "root@bastion/20260101T000000Z-11112222", "leaseDurationSeconds": 3600,
                          "renewTime": now()}}
        kubectl(cluster, "apply", "-f", "-", input=json.dumps(lease))
        terminal.wait("E08 2/7 runs elsewhere", "root@bastion")
        type_command(terminal, "runs", "running elsewhere", "20260101T000000Z-11112222", "2/7")
        terminal.keys("Enter")
        terminal.wait("another machine runs it")
        kubectl(cluster, "delete", "lease/nks-triage-0123456789", "--namespace", "kube-system")
        terminal.wait_without("elsewhere")
        wait_for(lambda: "20260101T000000Z-11112222" not in terminal.text(), what=terminal.text)


run()
