#!/usr/bin/python3
"""Repairs on a real node (Debian's sshd, sudo, sh and tools in namespaces of this program) whose session process is killed
in the middle of each command: the file is the old one or the new one, never half, and a command is run once. The console
finds out by itself, and so does `resume` when the console was killed, too.

Each tool waits at a gate of the test; then it is the real one. systemctl is a recorded stand-in, and named so."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from scratch_node import enter, write  # noqa: E402

enter()

from real_node import TOOLS, USER, Mixed, RealNode  # noqa: E402
from remedy import Running, runs  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

ROTATION, TEMPORARY = "/etc/logrotate.d/docker", "/etc/logrotate.d/.docker.nks-triage~"
TARGET = "nks-prod-docker-worker-2"     # of e02: its file differs
OLD = "# by hand\n"
GATES = "/run/gates"
COMMANDS = ("install", "logrotate", "sync", "mv")
NODE = RealNode()
NODE.grant([f"{USER} ALL=(root) NOPASSWD: ALL"])

# Says that it was reached, waits to be let through, and is then the real tool.
TOOL = f"""#!/bin/sh
case "$*" in *nks-triage*)
	[ ! -e {GATES}/NAME ] || {{ echo $$ >{GATES}/NAME.reached; while [ -e {GATES}/NAME ]; do sleep 0.05; done; }};;
esac
exec REAL "$@"
"""
for name, real in (("install", "/usr/bin/install"), ("logrotate", "/usr/sbin/logrotate"), ("sync", "/usr/bin/sync"),
                   ("mv", "/usr/bin/mv")):
    write(os.path.join(TOOLS, name), TOOL.replace("NAME", name).replace("REAL", real), 0o755)
os.makedirs(GATES)
os.chmod(GATES, 0o755)


def close_gate(name):
    with open(os.path.join(GATES, name), "w", encoding="ascii"):
        pass


def open_gate(name):
    os.unlink(os.path.join(GATES, name))


def reached(name):
    return os.path.exists(os.path.join(GATES, name + ".reached"))


def content():
    with open(ROTATION, encoding="utf-8") as file:
        return file.read()


def children(pid):
    out = subprocess.run(["pgrep", "-P", str(pid), "-x", "sshd"], capture_output=True, text=True, check=False)
    return [int(child) for child in out.stdout.split()]


def kill_sessions():
    """All of sshd but the one that listens: the one that holds the connection first, then its monitor. What ran in them
    goes on, or not."""
    monitors = NODE.sshd.sessions()
    for pid in [child for monitor in monitors for child in children(monitor)] + monitors:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def fresh():
    for name in os.listdir(GATES):
        os.unlink(os.path.join(GATES, name))
    write(ROTATION, OLD)
    if os.path.exists(TEMPORARY):
        os.unlink(TEMPORARY)


class Broken:
    """E02 on the real node up to the gate of one command; there the sessions are killed."""

    def __init__(self, cluster, name):
        self.name = name
        words = ("E02", "--target", f"Node/{TARGET}")
        digest = cluster.plan(*words)["digest"]
        close_gate(name)
        self.process = Running(cluster, *cluster.words("fix", *words, "--confirm", digest))
        wait_for(lambda: reached(name), 60, what=self.process.text)

    def at_the_gate(self):
        assert content() == OLD, (self.name, content())


def end_when_placed(process):
    """What comes then, verification and half a minute of holding, is the same in every row, and tested elsewhere."""
    wait_for(lambda: "verifying by the signs" in process.text(), 240, what=process.text)
    process.process.terminate()
    process.end()


@test("a session that is killed in the middle of each command: the console comes again, and the new file is there, whole")
def _():
    with Mixed(NODE, TARGET, "e02", "--time-scale", "0.02") as cluster:
        for name in COMMANDS:
            fresh()
            broken = Broken(cluster, name)
            broken.at_the_gate()
            kill_sessions()
            broken.process.wait_line("looking how far it came")
            assert content() == OLD, (name, content())
            open_gate(name)
            end_when_placed(broken.process)
            said = broken.process.text()
            assert content().startswith("/var/lib/docker") and not os.path.exists(TEMPORARY), (name, content(), said)


@test("the console is killed with it: the old file, whole; resume puts the new one in place")
def _():
    with Mixed(NODE, TARGET, "e02", "--time-scale", "0.02") as cluster:
        for name in COMMANDS:
            fresh()
            broken = Broken(cluster, name)
            broken.process.process.kill()
            broken.process.end()
            kill_sessions()
            broken.at_the_gate()
            with open(os.path.join(GATES, name + ".reached"), encoding="ascii") as file:
                pid = int(file.read())
            # With the node's command, too: as far as it came is where it stays.
            os.kill(pid, signal.SIGKILL)
            open_gate(name)
            wait_for(lambda gone=pid: not os.path.exists(f"/proc/{gone}"), 20, what="the command's end")
            assert content() == OLD, (name, content())
            run_id = runs(cluster)[0]["id"]
            plan = cluster.ask("resume", run_id)
            again = Running(cluster, *cluster.words("resume", run_id, "--confirm", plan.out.splitlines()[-1].split()[-1]))
            end_when_placed(again)
            assert content().startswith("/var/lib/docker") and not os.path.exists(TEMPORARY), (name, content())


@test("somebody writes the file in the moment before the rename: it is left as it is, and nothing is beside it")
def _():
    with Mixed(NODE, TARGET, "e02", "--time-scale", "0.02") as cluster:
        fresh()
        # The login shell does it between the last look of the console and the command that renames.
        write("/usr/local/sbin/meddler", f'#!/bin/sh\ncase "$2" in *nks-triage-place*) echo "# theirs" >{ROTATION};; esac\n'
                                         'exec /bin/sh "$@"\n', 0o755)
        subprocess.run(["sed", "-i", f"/^{USER}:/s,/bin/sh$,/usr/local/sbin/meddler,", "/etc/passwd"], check=True)
        os.chmod(ROTATION, 0o666)     # its content changes, not its mode
        try:
            answer = cluster.fix("E02", "--target", f"Node/{TARGET}")
            assert answer.code in (6, 8) and "changed since the preview" in answer.err, answer
            assert content() == "# theirs\n" and not os.path.exists(TEMPORARY), (content(), answer)
        finally:
            subprocess.run(["sed", "-i", f"/^{USER}:/s,/usr/local/sbin/meddler$,/bin/sh,", "/etc/passwd"], check=True)


try:
    run()
finally:
    NODE.close()
