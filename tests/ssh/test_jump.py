#!/usr/bin/python3
"""Nodes behind jump hosts: one hop and two, by option and by ssh_config; host keys of each are checked."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from ports import refusing_port  # noqa: E402
from sshd import Folder, Sshd, fingerprint, keygen, public  # noqa: E402
from tap import run, test  # noqa: E402
from wait import pause, wait_for  # noqa: E402

FOLDER = Folder()
KEY = keygen(FOLDER("key"))
LOUD = ("LogLevel DEBUG1", "MaxStartups 3:100:5", "MaxSessions 1")
FIRST = Sshd(authorized=[public(KEY)], options=LOUD)
SECOND = Sshd(authorized=[public(KEY)], options=LOUD)
NODE = Sshd(authorized=[public(KEY)])
CLOSED = refusing_port()
HOSTS = f"""
Host *
	UserKnownHostsFile {{known}}
Host first
	HostName 127.0.0.1
	Port {FIRST.port}
Host second
	HostName 127.0.0.1
	Port {SECOND.port}
Host node-*
	HostName 127.0.0.1
	Port {NODE.port}
Host nowhere
	HostName 127.0.0.1
	Port {CLOSED}
"""
ALL = [FIRST.known(), SECOND.known(), *(NODE.known(address) for address in NODE.addresses)]


def pool(known=None, more="", **settings):
    path = FOLDER.write("known", "".join(line + "\n" for line in (ALL if known is None else known)))
    config = FOLDER.write("config", more + HOSTS.format(known=path))
    own = FOLDER("own_known_hosts")
    if os.path.exists(own):
        os.unlink(own)
    return Pool(**{"key": KEY, "config": config, "known_hosts": own, **settings})


def forwards(server):
    return server.log().count("server_request_direct_tcpip: originator")


@test("one hop by option: the node is reached in a channel of the jump host")
def _():
    before = forwards(FIRST)
    with pool(jump="first") as nodes:
        answer = nodes.run("node-1", "echo here; exit 4")
        assert (answer["trouble"], answer["out"], answer["status"]) == ("fine", "here\n", 4), answer
    assert forwards(FIRST) == before + 1


@test("one hop by ProxyJump of ssh_config, with user and port in it")
def _():
    before = forwards(FIRST)
    more = f"Host node-*\n\tProxyJump {FIRST.user}@127.0.0.1:{FIRST.port}\n"
    with pool(more=more) as nodes:
        effective = nodes.ask("effective", node="node-1")
        assert effective["jump"] == f"{FIRST.user}@127.0.0.1:{FIRST.port}", effective
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    assert forwards(FIRST) == before + 1


@test("two hops: the second is reached through the first, the node through the second")
def _():
    before = forwards(FIRST), forwards(SECOND)
    with pool(jump="first,second") as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    assert (forwards(FIRST), forwards(SECOND)) == (before[0] + 1, before[1] + 1)
    assert f"target 127.0.0.1 port {SECOND.port}" in FIRST.log()
    assert f"target 127.0.0.1 port {NODE.port}" in SECOND.log()


@test("a hop's own ProxyJump is followed, and 'Host *' with ProxyJump does not lead in a circle")
def _():
    before = forwards(FIRST), forwards(SECOND)
    more = "Host second\n\tProxyJump first\nHost * !first\n\tProxyJump second\n"
    with pool(more=more) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    assert (forwards(FIRST), forwards(SECOND)) == (before[0] + 1, before[1] + 1)
    with pool(more="Host *\n\tProxyJump first\n") as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    with pool(connect_timeout_ms=10000, more="Host first\n\tProxyJump second\nHost second\n\tProxyJump first\nHost *\n\tProxyJump first\n") as nodes:
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "unreachable" and "circle" in answer["error"], answer


@test("a node that the jump host cannot reach does not disturb the others behind it")
def _():
    with pool(jump="first") as nodes:
        call = nodes.start("node-1", "echo begun; read line; sleep 1; echo end", stream=True)
        nodes.wait_output(call)
        for _try in range(3):
            assert nodes.run("nowhere", "true")["trouble"] == "unreachable"
        answer = nodes.wait(call)
        assert (answer["trouble"], answer["out"]) == ("fine", "begun\nend\n"), answer


@test("no descriptor is left of a way that ended")
def _():
    with pool(jump="first,second") as nodes:
        def descriptors():
            answers = nodes.run("node-1", "kill -KILL $PPID"), nodes.run("nowhere", "true")
            assert [answer["trouble"] for answer in answers] == ["lost", "unreachable"], answers
            return len(os.listdir(f"/proc/{nodes.process.pid}/fd"))
        before = descriptors()
        for _round in range(8):
            descriptors()
        # The jump host's end goes a moment later.
        wait_for(lambda: descriptors() <= before, what=lambda: f"{before} descriptors, not {descriptors()}")


@test("many nodes share one connection to a jump host with room for three that are not authenticated")
def _():
    with pool(jump="first") as nodes:
        calls = [nodes.start(f"node-{i}", f"sleep 0.2; echo {i}") for i in range(30)]
        answers = [nodes.wait(call) for call in calls]
        assert [answer["out"] for answer in answers] == [f"{i}\n" for i in range(30)], answers
        # Those of the tests before end when their pools have.
        wait_for(lambda: len(FIRST.sessions()) == 1, what=lambda: f"one session, not {FIRST.sessions()}")


@test("output of 20 MB and input of 3 MB pass through two hops whole")
def _():
    with pool(jump="first,second") as nodes:
        answer = nodes.run("node-1", "head -c 20000000 /dev/zero | tr '\\0' x", maximum=30_000_000)
        assert len(answer["out"]) == 20_000_000 and set(answer["out"]) == {"x"}, answer["trouble"]
        assert nodes.run("node-1", "wc -c", input="y" * 3_000_000)["out"].strip() == "3000000"


@test("output that nobody takes for a while waits on the node, and comes whole")
def _():
    with pool(jump="first") as nodes:
        nodes.run("node-1", "true")
        with nodes.arrived:  # the reader of the program's output stands still, then its loop, its worker and the channel
            call = nodes.start("node-1", "head -c 8000000 /dev/zero | tr '\\0' x", stream=True, timeout_ms=60000)
            pause(1.5)
        answer = nodes.wait(call)
        assert (answer["trouble"], answer["streamed"]) == ("fine", 8_000_000), answer["error"]
        assert sum(len(piece["bytes"]) for piece in nodes.outputs[call]) == 8_000_000


@test("a node that does not read its channel does not hold up the others behind the same jump host")
def _():
    with pool(jump="first") as nodes:
        slow = nodes.start("node-1", "sleep 60", input="z" * 4_000_000, timeout_ms=60000)
        big = nodes.start("node-2", "head -c 5000000 /dev/zero | wc -c", timeout_ms=20000)
        assert nodes.wait(big)["out"].strip() == "5000000"
        assert nodes.ask("cancel", id=slow)["found"]


@test("an unknown host key of a jump host is refused; accepted for one node it serves all")
def _():
    with pool(known=ALL[1:], jump="first") as nodes:
        answers = [nodes.run(f"node-{i}", "echo here") for i in (1, 2)]
        assert [answer["trouble"] for answer in answers] == ["host key unknown"] * 2, answers
        offers = nodes.offers()
        assert {(o["host"], o["fingerprint"]) for o in offers} == {
            (f"[127.0.0.1]:{FIRST.port}", fingerprint(FIRST.host_keys["ed25519"]))}, offers
        assert nodes.ask("accept", node="node-1", fingerprint=offers[0]["fingerprint"])["error"] is None
        assert nodes.run("node-2", "echo here")["out"] == "here\n"
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
        assert nodes.offers() == []


@test("a changed host key behind a jump host is refused as any other")
def _():
    with pool(known=[FIRST.known(), NODE.known().replace(public(NODE.host_keys["ed25519"]).split()[1],
                                                        public(FIRST.host_keys["ed25519"]).split()[1])],
              jump="first") as nodes:
        assert nodes.run("node-1", "echo here")["trouble"] == "host key changed"


@test("what the jump host cannot reach is named, and whom it does not know")
def _():
    with pool(jump="first") as nodes:
        answer = nodes.run("nowhere", "echo here")
        assert answer["trouble"] == "unreachable" and not answer["may_have_run"], answer
        assert "jump host 127.0.0.1 does not connect to 127.0.0.1" in answer["error"], answer
    with pool(jump="first", key=keygen(FOLDER("stranger"))) as nodes:
        assert nodes.run("node-1", "echo here")["trouble"] == "auth refused"
    with pool(jump="a b@:") as nodes:
        assert "no list of jump hosts" in nodes.run("node-1", "echo here")["error"]


@test("a jump host that dies in the middle of a command: the outcome is not known; the next command reconnects")
def _():
    with pool(jump="first") as nodes:
        call = nodes.start("node-1", "echo begun; sleep 60", stream=True)
        nodes.wait_output(call)
        FIRST.hang_up()
        answer = nodes.wait(call)
        assert answer["trouble"] == "lost" and answer["may_have_run"], answer
        assert nodes.run("node-1", "echo again")["out"] == "again\n"


@test("a jump host that died while nothing ran is found out and connected to anew")
def _():
    with pool(jump="first") as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
        FIRST.hang_up()
        wait_for(lambda: not FIRST.sessions(), what="the sessions' end")
        assert nodes.run("node-1", "echo again")["out"] == "again\n"


run()
