#!/usr/bin/env python3
"""Plan, confirmation and run on the screen: what is copied, what the dialog tells, what is seen while it runs."""
import json
import os
import shlex
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402
from tmux import Terminal  # noqa: E402
from wait import wait_for  # noqa: E402


def to_plan(terminal):
    terminal.start()
    terminal.wait("✖ critical", " E08 ")
    terminal.keys("f")
    terminal.wait("planned and previewed")


@test("c on a plan copies the whole line that does a step by hand, however narrow the screen")
def _():
    for columns, rows in ((120, 40), (80, 24)):
        with Terminal(columns, rows) as terminal:
            terminal.command("set-option", "-s", "set-clipboard", "on")
            to_plan(terminal)
            terminal.keys("c")
            held = wait_for(lambda: terminal.command("list-buffers") and terminal.command("show-buffer"),
                            what="a copy")
            words = shlex.split(held)
            assert words[0] == "kubectl" and "deployment/calico-typha" in words, held
            patch = json.loads(words[words.index("--patch") + 1])
            assert patch[-1]["value"] == "docker.io/calico/typha:v3.24.1", patch


@test("the plan and the dialog tell what the change brings about, and how long it takes")
def _():
    with Terminal(120, 40) as terminal:
        to_plan(terminal)
        terminal.keys("G")
        terminal.wait("takes about", "nothing serves until the new one", "pods on 3 nodes")
        terminal.keys("F2")
        terminal.wait("ARMED")
        terminal.keys("f")
        terminal.wait("Run the fix of E08?", "simulated", "http://127.0.0.1", "admin", "uid",
                      "nothing serves until", "; about 6m")


@test("on 24 rows the running step is seen: what is done takes one line; bar, percent and time left are there")
def _():
    with Terminal(80, 24) as terminal:
        to_plan(terminal)
        terminal.keys("F2")
        terminal.wait("ARMED")
        terminal.press_until("f", "Run the fix of E08?")
        terminal.keys("y")
        terminal.wait("E08 running")
        terminal.wait("steps 1 to 5 are done", "▶ 7 Wait until calico-node is ready", "left", "%", "of 12")


@test("E02: f plans the node that is selected, :plan E02 all that differ, a canary first; f then asks about that plan")
def _():
    with Terminal(120, 100) as terminal:
        terminal.start("--demo=e02")
        terminal.wait(" E02 ", "docker-worker-2", ":plan E02", "plans all 2 of them together")
        terminal.keys("f")
        one = terminal.wait("planned and previewed", "Node/nks-prod-docker-worker-")
        # Which of them answered first is the selected one.
        assert ("Node/nks-prod-docker-worker-2" in one) != ("Node/nks-prod-docker-worker-3" in one), one
        terminal.type(":plan e02")
        terminal.keys("Enter")
        terminal.wait("Node/nks-prod-docker-worker-2", "Node/nks-prod-docker-worker-3", "[canary]")
        terminal.keys("F2")
        terminal.wait("ARMED")
        terminal.press_until("f", "Run the fix of E02?")
        terminal.wait("Run the fix of E02?", "Node/nks-prod-docker-worker-2", "Node/nks-prod-docker-worker-3")


run()
