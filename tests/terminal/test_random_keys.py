#!/usr/bin/env python3
"""Keys that nobody would type, and sizes that nobody would choose: the console stays, and leaves when asked."""
import os
import random
import re
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402
from tmux import PROGRAM, Terminal, children_of, is_alive  # noqa: E402
from wait import pause, wait_for  # noqa: E402

SEED = 20261121
ROUNDS = 600
SECONDS = 20        # on a slow machine fewer rounds are played
NAMED = ("Enter Escape Tab BTab Up Down Left Right Home End PageUp PageDown BSpace DC F1 F2 F5 C-d C-u C-l C-r C-e "
         "C-s C-w M-x C-Space").split()
LETTERS = list("?:/jkgGnNXEdylpfxTc@+_[]-12345 yq!") + ["ㅓ", "ㅏ", "ㅛ", "ㅂ"]
TEXTS = ("!x status=Running", "age<10m", ".*[(\\", "한국어 필터", "x" * 300, "\x1b[31mred", "=<>", "!", "name!=", "%s%n",
         "ctx nowhere", "ns kube-system", "lang ko", "lang en", "theme mono", "theme light", "info", "runs", "checks",
         "arm 15m", "disarm", "plan", "undo", "nothing-like-it")
ESCAPES = (b"\x1b[200~q:y\n\x1b[201~", b"\x1b[", b"\x1b[1;5", b"A", b"\x1bO", b"\xec\x95", b"\xff\xfe", b"\x1b[<0;10;10M",
           b"\x1b]52;c;?\x07", b"\x1b[99999999~")
SIZES = ((120, 40), (80, 24), (200, 60), (84, 50), (80, 12), (20, 5), (1, 1), (2, 3), (300, 4))


def send_bytes(terminal, data):
    terminal.command("send-keys", "-H", *(f"{byte:02x}" for byte in data))


def play(terminal, chance):
    kind = chance.random()
    if kind < 0.4:
        for _ in range(chance.randint(1, 6)):
            terminal.type(chance.choice(LETTERS))
    elif kind < 0.65:
        terminal.keys(*(chance.choice(NAMED) for _ in range(chance.randint(1, 6))))
    elif kind < 0.8:
        terminal.type(chance.choice(":/"))
        terminal.type(chance.choice(TEXTS))
        terminal.keys(chance.choice(("Enter", "Escape", "Tab")))
    elif kind < 0.9:
        send_bytes(terminal, chance.choice(ESCAPES))
    else:
        terminal.resize(*chance.choice(SIZES))


def is_answered(terminal):
    """Back to the panes, in English, whatever was open. Each key has its own write: Escape and a letter are Alt."""
    for key in ("Escape", "Escape", ":"):
        terminal.keys(key)
        pause(0.3)
    terminal.type("lang en")
    terminal.keys("Enter")
    terminal.keys("2")
    pause(0.3)
    screen = terminal.text()
    return "2 Symptoms" in screen and "● live" in screen


class Played:
    """A console that is started again when asked for. What was typed to one that has ended reaches no shell."""

    def __init__(self, terminal):
        self.terminal, self.again = terminal, os.path.join(terminal.folder.name, "again")
        script = os.path.join(terminal.folder.name, "script")
        with open(script, "w", encoding="utf-8") as file:
            file.write("stty -isig -ixon -icanon -echo\n"
                       f"while :; do clear; {PROGRAM} --demo; echo status=$?\n"
                       f"until rm {self.again} 2>/dev/null; do sleep 0.1; done; done\n")
        terminal.shell(f"exec sh {script}")
        self.wait_start()

    def wait_start(self):
        self.terminal.resize(120, 40)
        self.pid = int(wait_for(lambda: self.terminal.pids("nks-triage"), what=self.terminal.text)[0])
        # Keys of before may have opened something over it by now.
        wait_for(lambda: self.terminal.value("alternate_on") == "1" or not self.is_alive(), what=self.terminal.text)

    def is_alive(self):
        return is_alive(self.pid)

    def start_again(self):
        open(self.again, "w", encoding="ascii").close()
        wait_for(lambda: not os.path.exists(self.again), what="another start")
        self.wait_start()

    def status(self):
        self.terminal.resize(120, 40)
        return re.findall(r"status=(\d+)", wait_for(
            lambda: re.search(r"status=\d+", self.terminal.text()) and self.terminal.text(), what="its exit code"))[-1]

    def assert_left(self):
        """q and y, by chance: that is an end, and no other is."""
        assert self.status() == "0", self.terminal.text()

    def has_answered(self):
        if self.is_alive():
            return is_answered(self.terminal)
        self.assert_left()
        self.start_again()
        return False

    def has_left(self):
        """Ctrl-c twice, or `n`ow where a fix was running."""
        if self.is_alive() and self.terminal.value("alternate_on") == "1":
            self.terminal.keys("C-c")
            self.terminal.keys("C-c")
            self.terminal.keys("n")
        return not self.is_alive()


@test("random keys and sizes neither end the console nor make it deaf")
def _():
    chance = random.Random(SEED)
    with Terminal(120, 40) as terminal:
        played = Played(terminal)
        terminal.wait("✖ critical", " E08 ")
        end = time.monotonic() + SECONDS
        for _number in range(ROUNDS):
            if time.monotonic() > end:
                break
            play(terminal, chance)
            if not played.is_alive():
                played.assert_left()
                send_bytes(terminal, b"\x03")
                played.start_again()
        terminal.resize(120, 40)
        send_bytes(terminal, b"\x1b[201~")
        wait_for(played.has_answered, interval=0.3, what=terminal.text)
        children = children_of(played.pid)
        wait_for(played.has_left, interval=0.5, what=terminal.text)
        assert played.status() in ("0", "8"), terminal.text()
        wait_for(terminal.is_sane, what="a sane terminal")
        wait_for(lambda: not any(is_alive(child) for child in children), what="the end of the simulated cluster")


run()
