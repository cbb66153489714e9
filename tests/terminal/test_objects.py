#!/usr/bin/python3
"""A pod under the cursor: its hostile log, a line of it copied, filters, and its deletion while it is looked at."""
import os
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import Terminal  # noqa: E402
from wait import wait_for  # noqa: E402

SIZES = ((120, 40), (80, 24))


def kubectl(cluster, *words):
    return subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, *words], check=True, capture_output=True,
                          text=True).stdout


def marked(screen):
    """The row under the cursor."""
    return next((row for row in screen.splitlines() if row.startswith("│›")), "")


def pods(screen):
    return [row for row in screen.splitlines() if row.startswith("│") and (" default " in row or " kube-system " in row)]


def on_loud(cluster, terminal):
    """The pods, with the cursor on the first that shouts; returns its name."""
    terminal.start(f"--kubeconfig {cluster.kubeconfig}")
    terminal.wait("● live")
    terminal.keys(":")
    terminal.type("pods")
    terminal.keys("Enter")
    terminal.wait("┌ Pods ", "loud-", "kube-proxy-")
    return terminal.move_until("j", "│›loud-", marked).split()[0].removeprefix("│›")


@test("a log full of escape sequences is shown, not obeyed; a line of it is copied as it is shown")
def _():
    for size in SIZES:
        with Simulated("hostile") as cluster, Terminal(*size) as terminal:
            terminal.command("set-option", "-s", "set-clipboard", "on")
            name = on_loud(cluster, terminal)
            terminal.keys("l")
            screen = terminal.wait(f"┌ Logs of Pod/default/{name} [loud]", "\\x1b[31mred\\x1b[0m", "\\u202ereversed")
            assert len(screen.splitlines()) == size[1], screen
            terminal.wait_that(lambda screen: screen.splitlines()[2].startswith("┌ Logs"))
            assert "\x1b[31mred" not in terminal.coloured()
            terminal.keys("c")
            terminal.wait("copied: ")
            held = wait_for(lambda: terminal.command("list-buffers") and terminal.command("show-buffer"), what="a copy")
            assert "\x1b" not in held and "\x07" not in held and "\u202e" not in held and "\n" not in held.strip(), repr(held)
            assert "evil" not in held.split("ZXZpbA==")[0], repr(held)


@test("rows that are marked are copied together, the others are not")
def _():
    with Simulated("hostile") as cluster, Terminal(120, 40) as terminal:
        terminal.command("set-option", "-s", "set-clipboard", "on")
        first = on_loud(cluster, terminal)
        terminal.keys("Space")
        row = terminal.wait_that(lambda screen: marked(screen) and first not in marked(screen))
        second = marked(row).split()[0].removeprefix("│›")
        terminal.keys("Space", "c")
        terminal.wait("copied: ")
        held = wait_for(lambda: terminal.command("list-buffers") and terminal.command("show-buffer"),
                        what="a copy").splitlines()
        assert len(held) == 2 and {line.split()[0] for line in held} == {first, second}, (held, first, second)


@test("a filter shows how much it hides, also where it hides all; Esc ends it")
def _():
    for size in SIZES:
        with Simulated("hostile") as cluster, Terminal(*size) as terminal:
            on_loud(cluster, terminal)
            for text, hidden, shown in (("status=Run* name=loud*", 4, 2), ("!loud", 2, 4), ("age<10m", 6, 0),
                                        ("STATUS!=Running", 5, 1), ("(", 6, 0), ("!(", 0, 6)):
                terminal.keys("/", "C-u")
                terminal.type(text)
                terminal.keys("Enter")
                terminal.wait(f"({hidden} hidden) /{text} ")
                terminal.wait_that(lambda screen, shown=shown: len(pods(screen)) == shown,
                                   lambda screen, shown=shown: shown or "the filter hides all 6 rows; Esc ends it" in screen)
            terminal.keys("Escape")
            terminal.wait_without("hidden)")


@test("a pod that is deleted while it is looked at: said to be gone; the cursor goes to a row that is there")
def _():
    for size in SIZES:
        with Simulated("hostile") as cluster, Terminal(*size) as terminal:
            name = on_loud(cluster, terminal)
            terminal.keys("d")
            terminal.wait(f"┌ Describe Pod/default/{name}", "ReplicaSet/loud-")
            kubectl(cluster, "delete", "pod", name, "--grace-period=0", "--force")
            terminal.wait(f"Pod/default/{name} is gone")
            terminal.keys("l")
            screen = terminal.wait(f"┌ Logs of Pod/default/{name} ─", f'404: pods "{name}" not found')
            assert "[]" not in screen, screen
            terminal.keys("q", "q")
            terminal.wait("┌ Pods ")
            terminal.wait_without(name)
            row = wait_for(lambda: marked(terminal.text()), what="a cursor")
            assert row.split()[0].removeprefix("│›") in kubectl(cluster, "get", "pods", "-A"), row


run()
