#!/usr/bin/python3
"""What a server limits, what our own machine does, and connections that are kept while nothing runs."""
# Waits: for connections that are idle, and for time-outs.
# Takes: 40 s
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from one_server import FIFTY, KEY, pool  # noqa: E402
from pool_probe import PROGRAM  # noqa: E402
from sshd import Sshd, public  # noqa: E402
from tap import run, test  # noqa: E402
from wait import pause, wait_for  # noqa: E402


def descriptors(nodes):
    return len(os.listdir(f"/proc/{nodes.process.pid}/fd"))


@test("with few descriptors, what cannot stay open is connected to each time, and every node still answers")
def _():
    server = Sshd(authorized=[public(KEY)], addresses=("0.0.0.0",))
    with pool(server, program=["prlimit", "--nofile=400:400", PROGRAM]) as nodes:
        for _round in range(2):
            calls = [nodes.start(f"127.0.2.{i}", "echo here", address=f"127.0.2.{i}") for i in range(1, 101)]
            assert {nodes.wait(call)["trouble"] for call in calls} == {"fine"}
        # 48 of them: (400 - 256) / 3.
        wait_for(lambda: len(server.sessions()) <= 48, what=lambda: f"{len(server.sessions())} sessions to be fewer")
        assert len(server.sessions()) > 10, len(server.sessions())
    server.stop()


@test("no descriptor is left of connections that ended: in order, refused, in the middle, on the way")
def _():
    server = Sshd(authorized=[public(KEY)], addresses=("0.0.0.0",))
    stranger = Sshd(addresses=("0.0.0.0",))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        more = (f"Host stranger\n\tHostName 127.0.0.1\n\tPort {stranger.port}\n"
                f"Host refused\n\tHostName 127.0.0.1\n\tUser nobody-of-this-name\n"
                f"Host silent\n\tHostName 127.0.0.1\n\tPort {silent.getsockname()[1]}\n")
        with pool(server, more=more, connect_timeout_ms=10000, workers=4) as nodes:
            for call in [nodes.start("node-1", "sleep 0.2; echo here") for i in range(8)]:
                nodes.wait(call)
            before = descriptors(nodes)
            for _round in range(10):
                calls = [nodes.start("node-1", "kill -KILL $PPID"), nodes.start("node-1", "sleep 9", timeout_ms=300),
                         nodes.start("stranger", "true"), nodes.start("refused", "true")]
                assert [nodes.wait(call)["trouble"] for call in calls] == \
                    ["lost", "timed out", "host key changed", "auth refused"]
            assert nodes.run("silent", "true")["trouble"] == "unreachable"
            wait_for(lambda: descriptors(nodes) <= before, what=lambda: f"{before} descriptors, not {descriptors(nodes)}")
    stranger.stop()
    server.stop()


@test("a server with room for two that are not authenticated: 30 at once, all get through")
def _():
    server = Sshd(authorized=[public(KEY)], options=["MaxStartups 2:100:2"], addresses=("0.0.0.0",))
    with pool(server, connect_timeout_ms=60000) as nodes:
        calls = [nodes.start(address, "echo here", address=address) for address in FIFTY[:30]]
        answers = [nodes.wait(call) for call in calls]
        assert {answer["trouble"] for answer in answers} == {"fine"}, answers
    assert "drop connection" in server.log(), "the limit was never met"
    server.stop()


@test("never more than eight that are not authenticated to one address")
def _():
    server = Sshd(authorized=[public(KEY)], options=["MaxStartups 16:100:16"])
    with pool(server, more="Host user-*\n\tHostName 127.0.0.1\n") as nodes:
        calls = [nodes.start(f"user-{i}", "sleep 0.1; echo here", address=f"user-{i}") for i in range(40)]
        answers = [nodes.wait(call) for call in calls]
        assert {answer["trouble"] for answer in answers} == {"fine"}, answers
    assert "drop connection" not in server.log(), "the limit was met"
    server.stop()


@test("a server with room for one session a connection: ten commands at once on one node all run")
def _():
    server = Sshd(authorized=[public(KEY)], options=["MaxSessions 1"])
    with pool(server) as nodes:
        calls = [nodes.start("node-1", f"sleep 0.1; echo {i}") for i in range(10)]
        assert [nodes.wait(call)["out"] for call in calls] == [f"{i}\n" for i in range(10)]
    assert server.log().count("Accepted publickey") <= 2, "more connections than two"
    server.stop()


@test("a server that opens no sessions at all: refused, and nothing ran")
def _():
    server = Sshd(authorized=[public(KEY)], options=["MaxSessions 0"])
    with pool(server) as nodes:
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "unreachable" and not answer["may_have_run"], answer
        assert "opens no session" in answer["error"], answer
    server.stop()


@test("a server that ends idle connections: the next command finds out and connects anew")
def _():
    server = Sshd(authorized=[public(KEY)], options=["ClientAliveInterval 1", "ClientAliveCountMax 1"])
    with pool(server) as nodes:
        assert nodes.run("node-1", "sleep 3; echo long")["out"] == "long\n"
        wait_for(lambda: not server.sessions(), what="the server's end of the idle connection")
        assert nodes.run("node-1", "echo again")["out"] == "again\n"
    server.stop()


@test("an idle connection answers whether it lives, and is kept")
def _():
    server = Sshd(authorized=[public(KEY)], options=["ClientAliveInterval 4", "ClientAliveCountMax 3"])
    with pool(server) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
        pause(19)
        assert nodes.run("node-1", "echo again")["out"] == "again\n"
    assert server.log().count("Accepted publickey") == 1, "it was connected to anew"
    server.stop()


run()
