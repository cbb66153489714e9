#!/usr/bin/python3
"""Nodes over SSH on the screen: gauges, checks of a node, who says the same, host keys, and nodes that never answer."""
# Waits: for sshd, simulators and the screen.
# Takes: 40 s
import atexit
import json
import os
import re
import socket
import sys
import threading
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from simulated import Simulated  # noqa: E402
from sshd import Folder, Sshd, fingerprint, keygen, public  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import Terminal, is_alive  # noqa: E402
from wait import wait_for  # noqa: E402

FOLDER = Folder()
KEY = keygen(FOLDER("id"))
CLUSTER = Simulated("healthy")
atexit.register(CLUSTER.stop)
NODES = sorted(node["metadata"]["name"] for node in CLUSTER.get("/api/v1/nodes")["items"])
PREFIX = os.path.commonprefix(NODES)


def config(name, port, known=None):
    """An ssh_config that leads every node to this port."""
    lines = ["Host *", "  HostName 127.0.0.1", f"  Port {port}", f"  IdentityFile {KEY}"]
    if known is not None:
        lines.append("  UserKnownHostsFile " + FOLDER.write(name + ".known", known))
    return FOLDER.write(name, "\n".join(lines) + "\n")


def start(terminal, *words, cluster=CLUSTER, said=()):
    """said: what the console says for a moment when it has tried to reach the nodes."""
    started = time.monotonic()
    pid = terminal.start(f"--kubeconfig {cluster.kubeconfig} " + " ".join(words), *said)
    terminal.took = time.monotonic() - started
    terminal.wait("● live")
    terminal.keys("1")
    terminal.wait(f"1 Nodes {len(NODES)}/{len(NODES)} ready" if cluster is CLUSTER else "1 Nodes")
    return pid


def row_of(screen, node):
    return next(row for row in screen.splitlines() if node[len(os.path.commonprefix([node, PREFIX])):] in row and "Ready" in row)


def simulated():
    return "--ssh-config " + CLUSTER.ready["sshConfig"]


@test("the pane of nodes: a word until a value is measured, then a gauge with its age; at each size")
def _():
    for columns, rows in ((120, 40), (80, 24), (80, 12), (200, 60)):
        with Terminal(columns, rows) as terminal:
            start(terminal, simulated())
            terminal.keys("1")
            screen = terminal.wait("DISK", "▇", "%")
            assert len(screen.splitlines()) == rows, screen
            assert all(len(line) <= columns for line in screen.splitlines()), screen
            terminal.wait_that(lambda screen: re.search(r"▇[^%\n]*% +\d+[sm] ", screen))
    with Terminal(120, 40) as terminal:
        start(terminal)
        terminal.keys("1")
        screen = terminal.wait("DISK", " ok ")
        assert "▇" not in screen, screen


@test("nobody is asked by surprise: without a choice no connection is made, a key asks one node or all")
def _():
    with Terminal(120, 40) as terminal:
        settings = FOLDER.write("plain.json", json.dumps({"ssh": {"recheckMinutes": 0, "configFile": CLUSTER.ready["sshConfig"]}}))
        start(terminal)
        terminal.keys("1", "Enter")
        terminal.wait("On the node", "not asked over SSH yet: R asks it")
        terminal.keys("@")
        assert "ssh " not in terminal.wait("Requests"), terminal.text()
        terminal.keys("q", "q", "y")
        terminal.wait("status=0")
        start(terminal, "--config", settings)
        terminal.keys("1")
        terminal.keys("R")
        terminal.wait("asking " + NODES[0])
        screen = terminal.wait("▇")
        assert sum("▇" in line for line in screen.splitlines()) == 1, screen
        terminal.keys("C", "R")
        terminal.wait(f"{len(NODES)}/{len(NODES)} answered")


@test("--no-ssh: nothing is connected to, and each key says why")
def _():
    with Terminal(120, 40) as terminal:
        start(terminal, simulated(), "--no-ssh")
        for key in "RC":
            terminal.keys(key)
            terminal.wait("--no-ssh was given")
        terminal.keys("@")
        assert "ssh nks" not in terminal.wait("Requests")


@test("Enter on a node: how it is reached, and every check with verdict and text")
def _():
    with Terminal(120, 60) as terminal:
        start(terminal, simulated())
        terminal.keys("1")
        terminal.wait("▇")
        terminal.keys("d")
        terminal.wait("Describe Node/", "On the node", "answered over SSH in", "s ago")

        def missing():
            rows = [row.split()[:4] for row in terminal.text().splitlines()]
            return [check for check in ("disk", "inodes", "memory", "clock") if not any(check in row for row in rows)]
        wait_for(lambda: not missing(), what=lambda: f"{missing()} in:\n{terminal.text()}")


@test("C: every check over all nodes; Enter and :nodes CHECK: who says the same, with the slowest")
def _():
    with Terminal(100, 30) as terminal:
        start(terminal, simulated())
        terminal.keys("C")
        terminal.wait("Node checks", f"{len(NODES)}/{len(NODES)} answered", "FOUND", "disk")
        terminal.keys(":")
        terminal.type("nodes nonsense")
        terminal.keys("Enter")
        terminal.wait("there is no check nonsense")
        terminal.keys(":")
        terminal.type("nodes dis")
        terminal.keys("Tab", "Enter")
        screen = terminal.wait("Check disk", f"{len(NODES)} of {len(NODES)} nodes answered", "; slowest ", "all the same")
        assert f"({len(NODES)})" in screen and "clear" in screen, screen
        terminal.resize(60, 15)
        terminal.wait("Check disk", "all the same")
        terminal.keys("q")
        terminal.wait("Node checks")


@test("unknown host keys: said once, listed with fingerprints, accepted for all at once after they were shown")
def _():
    server = Sshd([public(KEY)])
    shown = fingerprint(server.host_keys["ed25519"])
    with Terminal(120, 40) as terminal:
        start(terminal, "--ssh-config", config("unknown", server.port), said=["nobody accepted: H lists them"])

        def all_are_listed():
            """Some may not have been asked yet."""
            terminal.keys("H")
            if f"all {len(NODES)} unknown host keys" in terminal.wait("Host keys that nobody accepted", "SHA256:"):
                return True
            terminal.keys("Escape")
            terminal.wait_without("Host keys that nobody accepted")
            return False
        wait_for(all_are_listed, interval=1, what=terminal.text)
        terminal.keys("Enter")
        terminal.wait("Accept these host keys?", shown, "known_hosts")
        assert "Accepted publickey" not in server.log(), server.log()
        terminal.keys("Enter")      # the focus is on Cancel
        terminal.wait("no host key was accepted")
        assert "Accepted publickey" not in server.log(), server.log()
        terminal.keys("H")
        terminal.wait("Host keys that nobody accepted")
        terminal.keys("Enter")
        terminal.wait("Accept these host keys?")
        terminal.keys("y")
        terminal.wait(f"{len(NODES)} host keys accepted")
        wait_for(lambda: "Accepted publickey" in server.log(), what=server.log)
        terminal.keys("C")
        terminal.wait(f"{len(NODES)}/{len(NODES)} answered")
        terminal.keys("H")
        terminal.wait("no host key waits to be accepted")


@test("a changed host key is refused loudly: there is nothing to accept")
def _():
    server = Sshd([public(KEY)])
    before = public(keygen(FOLDER("before"))).split()
    path = config("changed", server.port, f"[127.0.0.1]:{server.port} {before[0]} {before[1]}\n")
    with Terminal(120, 40) as terminal:
        start(terminal, "--ssh-config", path, said=["nobody accepted: H lists them"])
        terminal.keys("H")
        terminal.wait("CHANGED")
        terminal.keys("Enter")
        screen = terminal.wait("Changed host key: refused", "THE HOST KEY IS ANOTHER ONE",
                               fingerprint(server.host_keys["ed25519"]), "Close")
        assert "Accept" not in screen.replace("accepted", "") and "Replace" not in screen, screen
        terminal.keys("y")
        terminal.keys("Escape")
        terminal.wait_without("Changed host key")
        assert "Accepted publickey" not in server.log()


@test("what a node writes is shown, not obeyed")
def _():
    hostile = r"sh -s | sed -e 's#% /$#% /\x1b[31mred\x1b]0;evil\x07\xe2\x80\xaex#'"
    server = Sshd([public(KEY)], options=[f"ForceCommand {hostile}"])
    with Terminal(120, 40) as terminal:
        start(terminal, "--ssh-config", config("hostile", server.port, server.known() + "\n"))
        terminal.keys(":")
        terminal.type("nodes disk")
        terminal.keys("Enter")
        screen = terminal.wait("Check disk", "\\x1b[31mred", "\\u202ex")
        assert len(screen.splitlines()) == 40, screen
        terminal.wait_that(lambda screen: screen.splitlines()[2].startswith("┌ Check disk"))
        assert "\x1b[31mred" not in terminal.coloured() and terminal.value("pane_title") != "evil"


@test("who is not let in is said once, and the page of the connections names the reason")
def _():
    server = Sshd([])
    with Terminal(120, 40) as terminal:
        start(terminal, "--ssh-config", config("refused", server.port, server.known() + "\n"),
              said=[f"{len(NODES)} nodes could not be asked over SSH: C shows why"])
        terminal.keys("C")
        terminal.wait("Node checks", f"{len(NODES)} failed")
        terminal.move_until("k", "│›ssh ", lambda screen: next((row for row in screen.splitlines() if "│›" in row), ""))
        terminal.keys("Enter")
        terminal.wait("Nodes that could not be asked", f"({len(NODES)})", "takes none of our keys")


class Silent:
    """Takes connections and never says a word."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.socket.getsockname()[1]
        self.taken = []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                self.taken.append(self.socket.accept()[0])
            except OSError:
                return


@test("nodes that never answer: the screen stays quick, and the program ends at once while they hang")
def _():
    silent = Silent()
    with Terminal(120, 40) as terminal:
        pid = start(terminal, "--ssh-config", config("silent", silent.port))
        wait_for(lambda: silent.taken, what="a connection")
        terminal.keys("C")
        terminal.wait("Node checks", "WAITING")
        # A connection is given ten seconds; this machine is as slow as its start was.
        limit = 5 + 2 * terminal.took
        started = time.monotonic()
        terminal.keys("?")
        terminal.wait("┌ Help")
        terminal.resize(80, 24)
        terminal.wait("┌ Help")
        assert time.monotonic() - started < limit
        terminal.keys("q", "q", "q")
        terminal.wait("Quit nks-triage?")
        started = time.monotonic()
        terminal.keys("y")
        terminal.wait("status=0")
        assert time.monotonic() - started < limit, time.monotonic() - started
        wait_for(lambda: not is_alive(pid), what="its end")
        wait_for(terminal.is_sane, what="a sane terminal")


@test("a hundred nodes: all answer, and stand together under one folded name")
def _():
    with Simulated("scale", "--nodes", "100", "--pods", "200") as cluster, Terminal(100, 30) as terminal:
        start(terminal, "--ssh-config", cluster.ready["sshConfig"], cluster=cluster)
        terminal.keys(":")
        terminal.type("nodes memory")
        terminal.keys("Enter")
        screen = terminal.wait("Check memory", "100 of 100 nodes answered", seconds=300)
        assert "(100)" in screen or "different answers" in screen, screen


@test("in Korean and without colours: every cell has its place")
def _():
    with Terminal(80, 24, {"NO_COLOR": "1"}.items()) as terminal:
        start(terminal, simulated())
        terminal.keys(":")
        terminal.type("lang ko")
        terminal.keys("Enter", "C")
        terminal.wait("노드 점검", "파일 시스템별 디스크")
        screen = terminal.wait_that(lambda screen: all(line[-1:] in "┐│┘" for line in screen.splitlines()[2:23]))
        assert not re.search(r"\x1b\[(3[0-8]|4[0-8]|9\d)", terminal.coloured()), terminal.coloured()
        assert len(screen.splitlines()) == 24, screen


run()
