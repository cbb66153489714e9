#!/usr/bin/python3
"""Commands on a real sshd: how they end, what they say, and how a host is reached."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from sshd import Folder, Sshd, keygen, public  # noqa: E402
from tap import run, test  # noqa: E402

FOLDER = Folder()
KEY = keygen(FOLDER("key"))
SERVER = Sshd(authorized=[public(KEY)])
CONFIG = FOLDER.write("config", f"""
Host node-*
	HostName 127.0.0.1
	Port {SERVER.port}
	UserKnownHostsFile {FOLDER.write("known", SERVER.known() + chr(10))}
""")


def pool(**settings):
    return Pool(**{"key": KEY, "config": CONFIG, "known_hosts": FOLDER("own_known_hosts"), **settings})


@test("a command runs; what it writes on both streams and its status come back")
def _():
    with pool() as nodes:
        answer = nodes.run("node-1", "echo out; echo err >&2; exit 3")
        assert answer["trouble"] == "fine" and answer["status"] == 3, answer
        assert (answer["out"], answer["error_out"]) == ("out\n", "err\n"), answer
        assert answer["may_have_run"] and answer["signal"] is None, answer


@test("a command that a signal ended says which, and has no status")
def _():
    with pool() as nodes:
        answer = nodes.run("node-1", "kill -KILL $$")
        assert (answer["trouble"], answer["status"], answer["signal"]) == ("fine", -1, "KILL"), answer


@test("standard input reaches the command and ends there")
def _():
    with pool() as nodes:
        answer = nodes.run("node-1", "wc -c", input="x" * 3_000_000)
        assert answer["out"].strip() == "3000000", answer


@test("words are quoted so that the remote shell reads them as they are")
def _():
    words = ["printf", "%s|", "a b", "it's", "$HOME", "`id`", "", "*", "!x", "\\", "-n", "\"", "한국어", "~", ";&<>()"]
    with pool() as nodes:
        answer = nodes.run("node-1", argv=words)
        assert answer["out"] == "".join(word + "|" for word in words[2:]), answer


run()
