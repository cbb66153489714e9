"""A terminal for tests: one program in a tmux of its own, its screen as text, waiting for conditions."""
import os
import subprocess
import tempfile
import time

from wait import PATIENCE, pause, wait_for

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAM = os.path.join(ROOT, "nks-triage")
# A screen that never stands still is looked at as it is.
SETTLING_LOOKS = 10
# Seconds that a key gets to show what it does before it is pressed again.
KEY_TIME = 5


class Terminal:
    """with Terminal(120, 40) as t: t.shell("nks-triage --demo")"""

    def __init__(self, columns, rows, environment=()):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.socket = os.path.join(self.folder.name, "tmux")
        self.home = os.path.join(self.folder.name, "home")
        os.mkdir(self.home, 0o700)
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("TMUX", "NKS_TRIAGE_", "XDG_")) and name not in ("NO_COLOR", "KUBECONFIG")}
        clean.update(LC_ALL="C.UTF-8", TZ="UTC", HOME=self.home, PS1="$ ", ENV="", TMPDIR=self.folder.name,
                     ASAN_OPTIONS="handle_segv=0:handle_abort=0")
        clean.update(environment)
        # Who gets no Terminal cannot leave it: the server ends here.
        try:
            subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns),
                            "-y", str(rows), "/bin/sh"], check=True, env=clean)
            # Two words that are one only when the shell has read them.
            self.shell("echo rea''dy")
            wait_for(lambda: any(line.endswith("ready") for line in self.text().splitlines()), what="the shell")
        except BaseException:
            self.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        shell = subprocess.run(["tmux", "-S", self.socket, "display-message", "-p", "#{pane_pid}"], capture_output=True,
                               text=True).stdout.strip()
        left = children_of(shell) if shell else []
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)
        # What runs in it may write to its folder until it has ended.
        wait_for(lambda: not any(is_alive(child) for child in left), what="the programs of the terminal to end")
        self.folder.cleanup()

    def command(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, capture_output=True,
                              text=True).stdout

    def text(self):
        """The screen when two looks at it agree: a frame is longer than what a terminal takes at once."""
        before = None
        for _ in range(SETTLING_LOOKS):
            screen = self.command("capture-pane", "-p")
            if screen == before:
                break
            before = screen
            pause(0.03)
        return screen

    def coloured(self):
        return self.command("capture-pane", "-p", "-e")

    def value(self, name):
        return self.command("display-message", "-p", "#{" + name + "}").strip()

    def keys(self, *keys):
        self.command("send-keys", *keys)

    def type(self, text):
        self.command("send-keys", "-l", text)

    def shell(self, line):
        self.type(line)
        self.keys("Enter")

    def resize(self, columns, rows):
        self.command("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, *texts, seconds=PATIENCE):
        """Until all of the texts are on the screen; returns the screen."""
        def look():
            screen = self.text()
            return screen if all(text in screen for text in texts) else None
        return wait_for(look, seconds=seconds, what=lambda: f"{texts} in:\n{self.text()}")

    def wait_without(self, text, seconds=PATIENCE):
        return wait_for(lambda: text not in self.text(), seconds=seconds,
                        what=lambda: f"no {text!r} in:\n{self.text()}")

    def wait_that(self, *checks, seconds=PATIENCE):
        """Until each of the functions calls the screen right; returns the screen. A frame that is half painted, or the
        one before, is no failure: the next look sees another."""
        def look():
            screen = self.text()
            return screen if all(check(screen) for check in checks) else None
        return wait_for(look, seconds=seconds, what=lambda: f"the right screen in:\n{self.text()}")

    def press_until(self, key, *texts, seconds=PATIENCE):
        """For keys that do nothing until the program is ready for them, and nothing where it shows the texts."""
        pressed = [0]

        def look():
            screen = self.text()
            if all(text in screen for text in texts):
                return screen
            if time.monotonic() - pressed[0] > KEY_TIME:
                self.keys(key)
                pressed[0] = time.monotonic()
            return None
        return wait_for(look, seconds=seconds, what=lambda: f"{texts} in:\n{self.text()}")

    def move_until(self, key, text, marked):
        """Presses the key until the text is in what marked(screen) gives, the row under the cursor: a step at a time."""
        row = marked(self.text())
        while text not in row:
            self.keys(key)
            row = wait_for(lambda before=row: (lambda now: now if now != before else None)(marked(self.text())),
                           what=lambda: f"{key} to move the cursor to {text!r} in:\n{self.text()}")
        return row

    def start(self, arguments="--demo", *signs):
        """The console, and its process id. signs: what it shows soon. Its end is told as status=NUMBER."""
        self.shell(f"{PROGRAM} {arguments}; echo sta''tus=$?")
        self.wait(*signs or ("2 Symptoms",))
        return int(wait_for(lambda: self.pids("nks-triage"), what="the console's process")[0])

    def pids(self, name):
        """Children of this terminal's shell with that name."""
        shell = self.value("pane_pid")
        out = subprocess.run(["pgrep", "-x", "-P", shell, name], capture_output=True, text=True).stdout
        return out.split()

    def is_sane(self):
        return self.value("alternate_on") == "0" and self.value("cursor_flag") == "1"


def children_of(pid):
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    return [int(child) for child in out.split()]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
