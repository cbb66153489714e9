#!/usr/bin/python3
"""A credential plugin that has to ask gets the terminal from the console, and gives it back."""
import json
import os
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "client")]
from servers import api, authority, certificate, kubeconfig, path_of, read, write  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import PROGRAM, Terminal  # noqa: E402
from wait import wait_for  # noqa: E402

SECRET = "sesame-5e"
authority("ours")
certificate("server", "ours")
write("asks", f"""#!/bin/sh
echo run >> {path_of("asks.runs")}
printf 'one-time password? ' >&2
read answer
echo '{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"'$answer'"}}}}'
""", 0o700)


def answer(asked):
    if asked["headers"].get("Authorization") != "Bearer " + SECRET:
        return 401, {"kind": "Status", "code": 401, "message": "Unauthorized"}
    return 404, {"kind": "Status", "code": 404, "message": "not here"}


def config(server):
    write("asks.runs", "")
    return kubeconfig(f"https://127.0.0.1:{server.port}", cluster={"certificate-authority": "ours.pem"}, user={
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Always", "command": "./asks"}})


def runs():
    return len(read("asks.runs").splitlines())


@test("the console leaves the screen, the plugin asks, the console comes back with what it got")
def _():
    with api(answer, "server") as server, Terminal(120, 40) as terminal:
        terminal.shell(f"{PROGRAM} --kubeconfig {config(server)}; echo sta''tus=$?")
        screen = terminal.wait("one-time password?")
        assert "2 Symptoms" not in screen, screen
        terminal.type("q?:")         # no keys of the console now
        terminal.keys("BSpace", "BSpace", "BSpace")
        terminal.shell(SECRET)
        terminal.wait("2 Symptoms")
        wait_for(lambda: any(r["headers"].get("Authorization") == "Bearer " + SECRET for r in server.requests))
        wait_for(lambda: terminal.value("alternate_on") == "1", what="the console's screen")
        assert runs() == 1, terminal.text()
        terminal.keys("?")
        terminal.wait("┌ Help")
        terminal.keys("q")
        terminal.wait_without("┌ Help")
        terminal.keys("q")
        terminal.wait("Quit nks-triage?")
        terminal.keys("y")
        terminal.wait("status=0")
        wait_for(terminal.is_sane, what=terminal.text)


@test("Ctrl-Z at its question stops both; fg goes on with the question")
def _():
    with api(answer, "server") as server, Terminal(120, 40) as terminal:
        terminal.shell("set -m")
        terminal.shell(f"{PROGRAM} --kubeconfig {config(server)}; echo sta''tus=$?")
        terminal.wait("one-time password?")
        terminal.keys("C-z")
        terminal.wait("Stopped")
        terminal.shell("echo it is the she''ll")
        terminal.wait("it is the shell")
        terminal.shell("fg")
        terminal.shell(SECRET)
        terminal.wait("2 Symptoms")
        wait_for(lambda: any(r["headers"].get("Authorization") == "Bearer " + SECRET for r in server.requests))
        assert runs() == 1
        terminal.keys("q")
        terminal.wait("Quit nks-triage?")
        terminal.keys("y")
        wait_for(terminal.is_sane, what=terminal.text)


@test("Ctrl-C at its question brings the console back, which says why and does not ask again")
def _():
    with api(answer, "server") as server, Terminal(120, 40) as terminal:
        terminal.shell(f"{PROGRAM} --kubeconfig {config(server)}; echo sta''tus=$?")
        terminal.wait("one-time password?")
        terminal.keys("C-c")
        terminal.wait("2 Symptoms", "ended with signal 2")
        terminal.keys("?")
        terminal.wait("┌ Help")
        assert runs() == 1 and not server.requests, server.requests
        terminal.keys("q")
        terminal.wait_without("┌ Help")
        terminal.keys("q")
        terminal.wait("Quit nks-triage?")
        terminal.keys("y")
        terminal.wait("status=0")
        wait_for(terminal.is_sane, what=terminal.text)


@test("a command asks on its terminal too, and without one says so")
def _():
    with api(answer, "server") as server, Terminal(160, 40) as terminal:
        path = config(server)
        terminal.shell(f"{PROGRAM} --kubeconfig {path} report --wait 60; echo sta''tus=$?")
        terminal.wait("one-time password?")
        terminal.shell(SECRET)
        terminal.wait("status=")
        assert runs() == 1 and server.requests, terminal.text()
        write("asks.runs", "")
        terminal.command("clear-history")
        terminal.shell(f"clear; {PROGRAM} --kubeconfig {path} report --wait 60 </dev/null; echo aga''in=$?")
        terminal.wait("again=", "has to ask on the terminal")
        assert runs() == 0, json.dumps(read("asks.runs"))


run()
