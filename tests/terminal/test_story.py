#!/usr/bin/env python3
"""The whole story of E08 on the screen: seen, opened, planned, previewed, armed, confirmed, run, verified."""
# Waits: for the hold times of fixes.
# Takes: 60 s
import json
import os
import re
import signal
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402
from tmux import PROGRAM, Terminal  # noqa: E402
from wait import wait_for  # noqa: E402


def to_preview(terminal):
    terminal.wait("✖ critical", " E08 ")
    terminal.keys("Enter")
    terminal.wait("Why we say so")
    terminal.keys("X")
    terminal.wait("Why it happens")
    terminal.keys("f")
    terminal.wait("planned and previewed")


def to_confirm_dialog(terminal):
    to_preview(terminal)
    # Read-only is the default: the dialog does not even open.
    terminal.keys("f")
    terminal.wait("F2 allows changes")
    terminal.keys("F2")
    terminal.wait("ARMED")
    terminal.keys("f")
    return terminal.wait("Run the fix of E08?", "context", "server", "user", "uid")


def tell(columns, rows):
    with Terminal(columns, rows) as terminal:
        terminal.start()
        screen = to_confirm_dialog(terminal)
        assert "Deployment/kube-system/calico-typha" in screen, screen
        # Enter never confirms: the focus is on Cancel.
        terminal.keys("Enter")
        terminal.wait("cancelled: nothing was changed")
        terminal.press_until("f", "Run the fix of E08?")
        terminal.keys("y")
        terminal.wait("E08 running")
        terminal.wait("Point calico-typha")
        if columns == 120:
            # In the middle of the run the terminal gets another size, twice.
            terminal.resize(80, 24)
            terminal.wait("├ 4 Evidence")
            terminal.resize(columns, rows)
            terminal.wait("┌ 1 Nodes")
        seen = set()

        def is_verified():
            text = terminal.text()
            seen.update(re.findall(r"\b(\d)/7\b", text))
            return "verified: the symptom is gone" in text

        wait_for(is_verified, seconds=600, interval=0.2, what=terminal.text)
        # The steps were seen one after the other, not all at the end.
        assert len(seen) >= 3, seen
        terminal.wait(" 0 critical")
        # Every calico pod is ready again.
        terminal.keys("3", "/")
        terminal.type("name=calico-* ready=0/1")
        terminal.keys("Enter")
        terminal.wait("the filter hides all")
        terminal.keys(":")
        terminal.type("runs")
        terminal.keys("Enter")
        terminal.wait("┌ Runs 1", "E08", "verified")


@test("the story of E08 at 120x40, resized while it runs")
def _():
    tell(120, 40)


@test("the story of E08 at 80x24")
def _():
    tell(80, 24)


@test("a run cannot be quit by accident; Ctrl-c asks, and it stops after the step")
def _():
    with Terminal(120, 40) as terminal:
        terminal.start()
        to_confirm_dialog(terminal)
        terminal.keys("y")
        terminal.wait("E08 running")
        terminal.keys("q")
        terminal.wait("a fix is running")
        for _ in range(3):
            terminal.keys("C-c")
        terminal.wait("Stop the running fix?", "Go on")
        terminal.keys("Escape")
        terminal.wait_without("Stop the running fix?")
        terminal.wait("E08 running")
        terminal.press_until("C-c", "Stop the running fix?")
        terminal.keys("a")
        terminal.wait("E08 stopped ", seconds=300)


def environment(terminal):
    """Where the console of the terminal keeps its runs."""
    return dict({name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NKS_TRIAGE_"))},
                HOME=terminal.home)


def kubeconfig_of_demo(terminal):
    for name in os.listdir(terminal.folder.name):
        path = os.path.join(terminal.folder.name, name, "kubeconfig")
        if "demo" in name and os.path.exists(path):
            return path
    raise AssertionError(os.listdir(terminal.folder.name))


@test("a lost terminal in a run: stopped, journalled, exit status 8")
def _():
    with Terminal(120, 40) as terminal:
        pid = terminal.start()
        to_confirm_dialog(terminal)
        terminal.keys("y")
        terminal.wait("E08 running")
        os.kill(pid, signal.SIGHUP)
        terminal.wait("status=8")
        runs = json.loads(subprocess.run([PROGRAM, "runs", "-o", "json"], capture_output=True, text=True, check=True,
                                         env=environment(terminal)).stdout)["runs"]
        assert len(runs) == 1 and runs[0]["state"] == "stopped", runs


@test("a cluster that changed between preview and confirm is refused")
def _():
    with Terminal(120, 40) as terminal:
        terminal.start()
        to_confirm_dialog(terminal)
        kubeconfig = kubeconfig_of_demo(terminal)
        subprocess.run(["kubectl", "--kubeconfig", kubeconfig, "-n", "kube-system", "set", "image",
                        "deployment/calico-typha", "calico-typha=docker.io/calico/typha:v3.24.5"], check=True,
                       capture_output=True)
        terminal.keys("y")
        terminal.wait_without("Run the fix of E08?")
        wait_for(lambda: re.search(r"refused|changed|another|again|stopped half way|failed half way", terminal.text()),
                 what=terminal.text)
        image = subprocess.run(["kubectl", "--kubeconfig", kubeconfig, "-n", "kube-system", "get", "deployment",
                                "calico-typha", "-o", "jsonpath={.spec.template.spec.containers[0].image}"], check=True,
                               capture_output=True, text=True).stdout
        assert image == "docker.io/calico/typha:v3.24.5", image


@test("--read-only cannot be armed")
def _():
    with Terminal(120, 40) as terminal:
        terminal.start("--demo --read-only")
        terminal.wait("✖ critical", " E08 ")
        terminal.keys("F2")
        terminal.wait("started with --read-only")
        assert "ARMED" not in terminal.text()


@test("a protected context wants its name typed, to arm and to run")
def _():
    with Terminal(120, 40) as terminal:
        os.makedirs(os.path.join(terminal.home, ".config", "nks-triage"))
        with open(os.path.join(terminal.home, ".config", "nks-triage", "config.json"), "w", encoding="utf-8") as file:
            json.dump({"protectedContexts": ["simul*"]}, file)
        terminal.start()
        terminal.wait("✖ critical", " E08 ")
        terminal.keys("F2")
        terminal.wait("Allow changes to a protected context?")
        terminal.type("simulated")
        terminal.keys("Tab", "y")
        terminal.wait("ARMED")
        terminal.keys("f")
        terminal.wait("planned and previewed")
        terminal.press_until("f", "Run the fix of E08?")
        terminal.wait("type simulated")


run(at_a_time=4)
