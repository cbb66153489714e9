#!/usr/bin/python3
"""A link that goes down in the middle of a command: nothing arrives any more, no reset, no end. A real sshd in a network
namespace of its own behind a veth pair, all of it within namespaces of this program, which end with it."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from scratch_node import enter, write  # noqa: E402

enter()

from real_node import TOOLS, USER, Mixed, RealNode  # noqa: E402
from remedy import Running  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

TARGET = "nks-prod-docker-worker-1"
NEAR, FAR = "10.99.0.1", "10.99.0.2"
GATE = "/run/gate"


def ip(*words, inside=None):
    prefix = ["nsenter", "-t", str(inside), "-n"] if inside else []
    done = subprocess.run([*prefix, "ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (words, done)


KEEPER = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
OURS = os.readlink("/proc/self/ns/net")
wait_for(lambda: os.readlink(f"/proc/{KEEPER.pid}/ns/net") != OURS, 20, what="the node's network namespace")
ip("link", "add", "nks-near", "type", "veth", "peer", "name", "nks-far")
ip("link", "set", "nks-far", "netns", str(KEEPER.pid))
ip("addr", "add", NEAR + "/24", "dev", "nks-near")
ip("link", "set", "nks-near", "up")
ip("addr", "add", FAR + "/24", "dev", "nks-far", inside=KEEPER.pid)
ip("link", "set", "nks-far", "up", inside=KEEPER.pid)
NODE = RealNode(FAR, ("nsenter", "-t", str(KEEPER.pid), "-n"))
NODE.grant([f"{USER} ALL=(root) NOPASSWD: ALL"])
os.makedirs("/var/lib/docker/containers/ab12")
write("/var/lib/docker/containers/ab12/ab12-json.log", "")
os.truncate("/var/lib/docker/containers/ab12/ab12-json.log", 2 << 30)     # a hole: it takes no space
# Of a forced run a recorded stand-in: it says that it began, and waits to be let end. Else the real one.
write(os.path.join(TOOLS, "logrotate"), f"""#!/bin/sh
if [ "$1" = -f ]; then
	echo began >>{GATE}.log
	while [ ! -e {GATE} ]; do sleep 0.05; done
	exit 0
fi
exec /usr/sbin/logrotate "$@"
""", 0o755)


def begun():
    try:
        with open(GATE + ".log", encoding="ascii") as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


@test("it is noticed long before the command's ten minutes are over, said, and found out when the link is there again")
def _():
    with Mixed(NODE, TARGET, "e01", "--time-scale", "0.02") as cluster:
        words = ("E01", "--alternative", "rotate")
        plan = cluster.plan(*words)
        assert plan["digest"], plan
        process = Running(cluster, *cluster.words("fix", *words, "--confirm", plan["digest"], "--confirm-name", "simulated"))
        wait_for(begun, 120, what=process.text)
        ip("link", "set", "nks-far", "down", inside=KEEPER.pid)
        try:
            # 25 s by the keepalive of the connection; the command alone would have 600.
            wait_for(lambda: "finding out what became of the command" in process.text(), 240, what=process.text)
            assert process.process.poll() is None, process.text()
        finally:
            ip("link", "set", "nks-far", "up", inside=KEEPER.pid)
        wait_for(lambda: "is still running there" in process.text(), 240, what=process.text)
        with open(GATE, "w", encoding="ascii"):
            pass
        wait_for(lambda: "ended with exit status 0" in process.text(), 240, what=process.text)
        assert begun() == 1, (begun(), process.text())
        process.process.terminate()
        process.end()


try:
    run()
finally:
    KEEPER.kill()
    NODE.close()
