#!/usr/bin/env python3
"""A real terminal: what a program that dies leaves behind, keys, resizing, a terminal that goes away."""
import base64
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402
from wait import PATIENCE, wait_for  # noqa: E402

PROBE = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/terminal/screen_probe")


class Tmux:
    """A shell in a tmux of its own, 80x12."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.socket = os.path.join(self.folder.name, "tmux")
        environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR", "ESCDELAY")}
        environment.update(LC_ALL="C.UTF-8", PS1="$ ", ENV="", ASAN_OPTIONS="handle_segv=0:handle_abort=0")
        subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", "80",
                        "-y", "12", "/bin/sh"], check=True, env=environment)
        # Two words that are one only when the shell has read them.
        self.shell("echo rea''dy")
        self.wait("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.command("kill-server")
        self.folder.cleanup()

    def command(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, capture_output=True,
                              text=True).stdout

    def text(self):
        return self.command("capture-pane", "-p")

    def value(self, name):
        return self.command("display-message", "-p", "#{" + name + "}").strip()

    def keys(self, *keys):
        self.command("send-keys", *keys)

    def shell(self, line):
        self.command("send-keys", "-l", line)
        self.keys("Enter")

    def wait(self, text):
        wait_for(lambda: text in self.text(), what=lambda: f"{text!r} in:\n{self.text()}")

    def modes(self, mark):
        """stty -a as the shell's programs see it; mark makes the output one of this call."""
        self.shell(f"clear; stty -a | tr '\\n' ' '; echo; echo {mark}-e''nd")
        self.wait(f"{mark}-end")
        return " ".join(self.text().split(f"{mark}-end")[0].split("stty -a")[-1].split())

    def start(self):
        self.shell(PROBE)
        self.wait("┌ probe")
        wait_for(lambda: self.value("alternate_on") == "1", what="the screen of the probe")
        return int(wait_for(self.probe_pid, what="the probe's pid"))

    def probe_pid(self):
        shell = self.value("pane_pid")
        return subprocess.run(["pgrep", "-P", shell, "-f", "screen_probe"], capture_output=True,
                              text=True).stdout.strip()

    def assert_sane(self):
        wait_for(lambda: self.value("alternate_on") == "0", what="the normal screen")
        wait_for(lambda: self.value("cursor_flag") == "1", what="the cursor")
        wait_for(lambda: self.value("keypad_cursor_flag") == "0", what="the cursor keys")


def dies_of(how):
    with Tmux() as tmux:
        before = tmux.modes("before")
        pid = tmux.start()
        how(tmux, pid)
        wait_for(lambda: not tmux.probe_pid(), what="the end of the probe")
        tmux.assert_sane()
        after = tmux.modes("after")
        assert "icanon" in after and "-icanon" not in after, after
        assert before == after, f"{before}\n{after}"


for name in ("TERM", "HUP", "QUIT", "SEGV", "BUS", "FPE", "ILL", "ABRT"):
    @test(f"SIG{name} leaves the terminal as it was")
    def _(signal=name):
        dies_of(lambda tmux, pid: subprocess.run(["kill", f"-{signal}", str(pid)], check=True))


@test("a crash of our own leaves the terminal as it was")
def _():
    dies_of(lambda tmux, pid: tmux.keys("s"))


@test("abort() leaves the terminal as it was")
def _():
    dies_of(lambda tmux, pid: tmux.keys("a"))


@test("leaving leaves the terminal as it was")
def _():
    dies_of(lambda tmux, pid: tmux.keys("q"))


@test("stopped and continued: the shell has the terminal, then the screen is back")
def _():
    with Tmux() as tmux:
        tmux.start()
        tmux.keys("z")
        tmux.assert_sane()
        tmux.shell("fg")
        tmux.wait("┌ probe")
        wait_for(lambda: tmux.value("alternate_on") == "1", what="the screen of the probe")
        tmux.keys("F5")
        tmux.wait("key F5")
        tmux.keys("q")
        tmux.assert_sane()


@test("keys arrive as what they are")
def _():
    with Tmux() as tmux:
        tmux.start()
        for sent, name in (("F2", "F2"), ("Up", "Up"), ("Home", "Home"), ("PPage", "PgUp"), ("BTab", "S-Tab"),
                           ("Escape", "Esc"), ("C-s", "Ctrl-s"), ("C-c", "Ctrl-c"), ("C-z", "Ctrl-z"),
                           ("M-x", "Alt-x"), ("Enter", "Enter"), ("BSpace", "Backspace"), ("DC", "Delete"),
                           ("ㅓ", "ㅓ"), ("노", "노"), ("G", "G"), ("Space", "Space"), ("C-Left", "Ctrl-Left")):
            tmux.keys(sent)
            tmux.wait(f"key {name} ")
        tmux.command("set-buffer", "y\nq")
        tmux.command("paste-buffer", "-p")
        tmux.wait("key q pasted")


@test("text of people is drawn, text of attackers is shown")
def _():
    with Tmux() as tmux:
        tmux.start()
        tmux.wait("노드 ノード e\u0301 \\x1b[31m")
        wait_for(lambda: re.search(r"\x1b\[1m\x1b\[38;5;\d+mkey", tmux.command("capture-pane", "-p", "-e")),
                 what=lambda: repr(tmux.command("capture-pane", "-p", "-e")))


@test("the screen follows the size of its window")
def _():
    with Tmux() as tmux:
        tmux.start()
        for columns, rows in ((120, 40), (80, 24), (200, 60), (20, 5)):
            tmux.command("resize-window", "-x", str(columns), "-y", str(rows))
            tmux.wait(f"size {columns}x{rows}" if columns > 20 else "size 20x5")
            wait_for(lambda rows=rows, columns=columns: re.fullmatch(f"└.{{{columns - 1}}}", tmux.text().splitlines()[rows - 1]),
                     what=tmux.text)


def spawn_on_pty():
    """The probe on a terminal that is not its controlling one: no SIGHUP when that goes."""
    ours, theirs = pty.openpty()
    environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8")
    for name in ("TMUX", "STY", "NO_COLOR"):
        environment.pop(name, None)
    process = subprocess.Popen([PROBE], stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
                               start_new_session=True)
    os.close(theirs)
    return ours, process


def read_until(descriptor, wanted, seconds=PATIENCE):
    data = b""
    end = time.monotonic() + seconds
    while wanted not in data:
        ready, _, _ = select.select([descriptor], [], [], max(0, end - time.monotonic()))
        assert ready, f"no {wanted!r} in {data!r}"
        data += os.read(descriptor, 65536)
    return data


@test("a terminal that goes away ends the program")
def _():
    ours, process = spawn_on_pty()
    read_until(ours, b"probe")
    os.close(ours)
    assert process.wait(PATIENCE) == 3


@test("a copy is sent as shown text by OSC 52")
def _():
    ours, process = spawn_on_pty()
    try:
        read_until(ours, b"probe")
        os.write(ours, b"c")
        data = read_until(ours, b"\x07")
        text = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", data).group(1)
        assert base64.b64decode(text) == b"copied\\x1b", text
        os.write(ours, b"q")
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@test("nothing is left switched on: paste marks, keypad, cursor")
def _():
    ours, process = spawn_on_pty()
    data = read_until(ours, b"probe")
    assert b"\x1b[?2004h" in data and b"\x1b[?1049h" in data
    process.terminate()
    data = b""
    try:
        while True:
            data += os.read(ours, 65536)
    except OSError:
        pass
    assert process.wait(PATIENCE) == -15
    for sequence in (b"\x1b[?2004l", b"\x1b[?1049l", b"\x1b[?1l"):
        assert sequence in data, data
    os.close(ours)


@test("a terminal that cannot show a screen is refused in words")
def _():
    ours, theirs = pty.openpty()
    process = subprocess.run([PROBE], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True,
                             env=dict(os.environ, TERM="dumb"), timeout=PATIENCE)
    assert process.returncode == 2
    assert "cannot show a full screen" in process.stderr, process.stderr
    os.close(ours)
    os.close(theirs)


run()
