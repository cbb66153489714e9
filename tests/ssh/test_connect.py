#!/usr/bin/python3
"""Commands on a real sshd: how they end, what they say, and what is said when the host or the way to it fails."""
# Waits: for time-outs of connections.
# Takes: 25 s
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from one_server import FIFTY, FOLDER, KEY, SERVER, pool  # noqa: E402
from pool_probe import PROGRAM  # noqa: E402
from ports import own_port, swallowing_port  # noqa: E402
from sshd import Sshd, public  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402


@test("a command runs; what it writes on both streams and its status come back")
def _():
    with pool() as nodes:
        answer = nodes.run("node-1", "echo out; echo err >&2; exit 3")
        assert answer["trouble"] == "fine" and answer["status"] == 3, answer
        assert (answer["out"], answer["error_out"]) == ("out\n", "err\n"), answer
        assert answer["may_have_run"] and answer["signal"] is None and not answer["was_cut"], answer


@test("a command that a signal ended says which, and has no status")
def _():
    with pool() as nodes:
        for signal in ("KILL", "TERM", "SEGV"):
            answer = nodes.run("node-1", f"kill -{signal} $$")
            assert (answer["trouble"], answer["status"], answer["signal"]) == ("fine", -1, signal), answer


@test("standard input reaches the command and ends there")
def _():
    with pool() as nodes:
        assert nodes.run("node-1", "wc -c", input="x" * 3_000_000)["out"].strip() == "3000000"
        assert nodes.run("node-1", "cat", input="one\ntwo")["out"] == "one\ntwo"
        # One that does not read its input ends nevertheless.
        assert nodes.run("node-1", "exit 5", input="x" * 3_000_000)["status"] == 5


@test("words are quoted so that the remote shell reads them as they are")
def _():
    words = ["printf", "%s|", "a b", "it's", "$HOME", "`id`", "", "*", "!x", "\\", "-n", "\"", "한국어", "~", ";&<>()"]
    with pool() as nodes:
        answer = nodes.run("node-1", argv=words)
        assert answer["out"] == "".join(word + "|" for word in words[2:]), answer


@test("50 nodes at once: each answers, and with its own answer")
def _():
    server = Sshd(authorized=[public(KEY)], addresses=("0.0.0.0",))
    with pool(server) as nodes:
        for _round in range(2):
            calls = {address: nodes.start(address, "echo $SSH_CONNECTION", address=address) for address in FIFTY}
            for address, call in calls.items():
                answer = nodes.wait(call)
                assert answer["trouble"] == "fine" and answer["out"].split()[2] == address, answer
        # The second round found every connection open.
        assert server.log().count("Accepted publickey") == 50, server.log().count("Accepted publickey")
    server.stop()


@test("a connection is kept and used again")
def _():
    before = SERVER.log().count("Accepted publickey")
    with pool() as nodes:
        for number in range(12):
            assert nodes.run("node-1", f"echo {number}")["out"] == f"{number}\n"
    assert SERVER.log().count("Accepted publickey") == before + 1


@test("output is capped where it is kept, streamed whole, and 100 MB of it do not grow the memory")
def _():
    size = 100 << 20
    # AddressSanitizer keeps what was freed for a while.
    sanitizer = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
    with pool(env=sanitizer) as nodes:
        nodes.run("node-1", "true")
        before = nodes.ask("memory")["kib"]
        call = nodes.start("node-1", f"head -c {size} /dev/zero | tr '\\0' x; echo end >&2", stream=True, quiet=True,
                           timeout_ms=120000)
        most = before
        while call not in nodes.answers:
            most = max(most, nodes.ask("memory")["kib"])
            with nodes.arrived:
                nodes.arrived.wait(0.1)
        answer = nodes.wait(call, 120)
        assert answer["trouble"] == "fine" and answer["was_cut"], answer["error"]
        assert answer["streamed"] == size + 4, answer["streamed"]
        assert len(answer["out"]) == 1 << 20 and answer["error_out"] == "end\n"
        limit = 64 << 10 if "thread" in PROGRAM else 10 << 10  # ThreadSanitizer remembers who used which memory
        assert most - before < limit, f"{before} KiB, then {most} KiB"
        answer = nodes.run("node-1", "head -c 5000 /dev/zero | tr '\\0' x", maximum=1000)
        assert len(answer["out"]) == 1000 and answer["was_cut"] and answer["status"] == 0, answer


@test("output arrives while the command runs")
def _():
    with pool() as nodes:
        go = FOLDER("go")
        call = nodes.start("node-1", f"echo first; while [ ! -e {go} ]; do sleep 0.1; done", stream=True, timeout_ms=300000)
        assert nodes.wait_output(call)[0]["bytes"] == "first\n" and call not in nodes.answers
        FOLDER.write("go", "")
        assert nodes.wait(call)["streamed"] == 6


@test("a command that takes too long has timed out: it may have run, and the next one is not held up")
def _():
    with pool() as nodes:
        nodes.run("node-1", "true")     # so that the time is the command's alone
        answer = nodes.run("node-1", "echo begun; sleep 300", timeout_ms=5000)
        assert answer["trouble"] == "timed out" and answer["may_have_run"], answer
        assert answer["out"] == "begun\n" and 4900 < answer["milliseconds"] < 60000, answer
        assert nodes.run("node-1", "echo next")["out"] == "next\n"


@test("hung up in the middle of a command: nobody knows what it did")
def _():
    with pool() as nodes:
        call = nodes.start("node-1", "echo begun; sleep 60", stream=True)
        nodes.wait_output(call)
        SERVER.hang_up()
        answer = nodes.wait(call)
        assert answer["trouble"] == "lost" and answer["may_have_run"] and answer["status"] == -1, answer
        assert answer["out"] == "begun\n", answer
        assert nodes.run("node-1", "echo next")["out"] == "next\n"


@test("hung up before: a kept connection that died is replaced and the command runs once; a dead server is unreachable")
def _():
    server = Sshd(authorized=[public(KEY)])
    with pool(server) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
        server.hang_up()
        wait_for(lambda: not server.sessions(), what="the sessions' end")
        marks = FOLDER("marks")
        answer = nodes.run("node-1", f"echo mark >>{marks}")
        assert answer["trouble"] == "fine", answer
        with open(marks, encoding="ascii") as file:
            assert file.read() == "mark\n"
        server.stop()
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "unreachable" and not answer["may_have_run"], answer
        assert "Connection refused" in answer["error"] and str(server.port) in answer["error"], answer
        server.start()
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    server.stop()


@test("a host that takes the connection and says nothing is left in time, and does not hold up the end of the pool")
def _():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(20)
        more = f"Host silent-*\n\tHostName 127.0.0.1\n\tPort {silent.getsockname()[1]}\n"
        with pool(more=more, connect_timeout_ms=10000) as nodes:
            calls = [nodes.start(f"silent-{i}", "echo here") for i in range(3)]
            assert nodes.run("node-1", "echo here")["out"] == "here\n"
            assert not set(calls) & set(nodes.answers), "another node waited for the silent one"
            for call in calls:
                answer = nodes.wait(call)
                assert answer["trouble"] == "unreachable" and not answer["may_have_run"], answer
                assert "said nothing in time" in answer["error"], answer
        with pool(more=more, connect_timeout_ms=30000) as nodes:
            for i in range(12):
                nodes.start(f"silent-{i}", "echo here")
            silent.accept()
            nodes.close()
            assert nodes.ended_ms < 20000, nodes.ended_ms


@test("a host that does not answer at all: likewise")
def _():
    with swallowing_port() as port:
        more = f"Host full-*\n\tHostName 127.0.0.1\n\tPort {port}\n"
        with pool(more=more, connect_timeout_ms=600) as nodes:
            answer = nodes.run("full-1", "echo here")
            assert answer["trouble"] == "unreachable" and "timed out" in answer["error"], answer
            assert 500 < answer["milliseconds"] < 60000, answer
        with pool(more=more, connect_timeout_ms=30000) as nodes:
            nodes.start("full-1", "echo here")
            assert nodes.run("node-1", "echo here")["out"] == "here\n"
            nodes.close()
            assert nodes.ended_ms < 20000, nodes.ended_ms


@test("a name without an address is named, within the time to connect")
def _():
    more = "Host gone\n\tHostName no-such-host.invalid\n"
    with pool(more=more, connect_timeout_ms=3000) as nodes:
        answer = nodes.run("gone", "echo here")
        assert answer["trouble"] == "unreachable" and "no-such-host.invalid" in answer["error"], answer
        assert answer["milliseconds"] < 60000, answer


@test("what listens there and is no SSH server is named")
def _():
    port = own_port()
    with subprocess.Popen([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, what="the web server")
        with pool(more=f"Host web\n\tHostName 127.0.0.1\n\tPort {port}\n", connect_timeout_ms=4000) as nodes:
            answer = nodes.run("web", "echo here")
            assert answer["trouble"] == "unreachable" and not answer["may_have_run"], answer
        server.kill()


@test("a name with two addresses of which one answers")
def _():
    addresses = {info[4][0] for info in socket.getaddrinfo("localhost", 22, type=socket.SOCK_STREAM)}
    assert "127.0.0.1" in addresses, addresses
    with pool(more="Host both\n\tHostName localhost\n") as nodes:
        assert nodes.run("both", "echo here")["out"] == "here\n"


@test("a cancelled command is not answered; the next one runs; one may cancel itself in its own output")
def _():
    with pool() as nodes:
        slow = nodes.start("node-1", "echo begun; sleep 60", stream=True)
        nodes.wait_output(slow)
        waiting = [nodes.start("node-1", "sleep 30") for _ in range(3)]
        for call in (slow, *waiting):
            assert nodes.ask("cancel", id=call)["found"]
        assert nodes.run("node-1", "echo next")["out"] == "next\n"
        own = nodes.start("node-1", "head -c 20000000 /dev/zero; sleep 60", stream=True, quiet=True, cancel_at=100000)
        assert nodes.wait(own) == {"cancelled": own}
        assert nodes.run("node-1", "echo next")["out"] == "next\n"
        assert set(nodes.answers) & {slow, *waiting} == set()


@test("the pool ends at once while commands run, wait and connect")
def _():
    with pool(workers=4) as nodes:
        running = nodes.start("node-1", "echo begun; sleep 60", stream=True)
        for i in range(40):
            nodes.start(f"node-{i}", "sleep 60")
        nodes.wait_output(running)
        nodes.close()
        assert nodes.ended_ms < 20000, nodes.ended_ms


@test("sudo without the right: its words and its status pass through")
def _():
    sudo = subprocess.run(["sh", "-c", "command -v sudo"], capture_output=True, check=False).returncode == 0
    line = ("setpriv --reuid 65534 --clear-groups sudo -n true" if sudo else
            "echo 'sudo: a password is required' >&2; exit 1")
    with pool() as nodes:
        answer = nodes.run("node-1", line)
        assert answer["trouble"] == "fine" and answer["status"] == 1 and "sudo: " in answer["error_out"], answer


@test("a shell that refuses everything passes its words through too")
def _():
    server = Sshd(authorized=[f'command="echo not here >&2; exit 254" {public(KEY)}'])
    with pool(server) as nodes:
        answer = nodes.run("node-1", "echo here")
        assert (answer["trouble"], answer["status"], answer["error_out"]) == ("fine", 254, "not here\n"), answer
    server.stop()


@test("bytes that are no text come as they are; a line of a megabyte does too")
def _():
    with pool() as nodes:
        answer = nodes.run("node-1", "printf 'a\\000b\\377'")
        assert answer["out"] == "a\\x00b\\xff", answer
        assert len(nodes.run("node-1", "head -c 1000000 /dev/zero | tr '\\0' x")["out"]) == 1000000


run()
