#!/usr/bin/python3
"""Runs that are stopped: Ctrl-C, SIGTERM, kill -9, a terminal that asks and goes away."""
# Waits: for the hold times of fixes.
# Takes: 70 s
import os
import pty
import select
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import LEASES, Place, generations, images, kubectl, our_leases, runs  # noqa: E402
from simulated import CONSOLE, Simulated, environment  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402


class Terminal:
    """The console on a terminal of its own: what /dev/tty is to it."""

    def __init__(self, cluster, *words):
        self.text = ""
        command = [CONSOLE, *words, "--kubeconfig", cluster.kubeconfig]
        settings = environment(cluster.folder)
        # Other threads are at work: the child does nothing but this.
        self.child, self.screen = pty.fork()
        if self.child == 0:
            os.execve(CONSOLE, command, settings)

    def read(self):
        while select.select([self.screen], [], [], 0)[0]:
            try:
                piece = os.read(self.screen, 65536)
            except OSError:
                break
            if not piece:
                break
            self.text += piece.decode("utf-8", "replace")
        return self.text

    def wait_text(self, part):
        wait_for(lambda: part in self.read(), what=lambda: f"{part!r} in:\n{self.text[-2000:]}")

    def type(self, text):
        os.write(self.screen, text.encode())

    def end(self):
        def ended():
            self.read()
            pid, status = os.waitpid(self.child, os.WNOHANG)
            return (os.waitstatus_to_exitcode(status),) if pid else None
        code = wait_for(ended, what=lambda: f"its end:\n{self.text[-2000:]}")[0]
        os.close(self.screen)
        return code


@test("on a terminal it asks; anything but y changes nothing and ends with 6")
def _():
    with Simulated("calico-outage") as cluster:
        before = images(cluster)
        for answer in ("n\n", "\n", "yes\n", "Y\n"):
            terminal = Terminal(cluster, "fix", "E08")
            terminal.wait_text("y runs it")
            assert "simulated" in terminal.text and "digest: " in terminal.text
            terminal.type(answer)
            assert terminal.end() == 6, terminal.text
        assert images(cluster) == before


@test("on a terminal y runs it; a terminal that goes away stops the run and the journal says so")
def _():
    with Simulated("calico-outage") as cluster:
        terminal = Terminal(cluster, "fix", "E08")
        terminal.wait_text("y runs it")
        terminal.type("y\n")
        terminal.wait_text("[3/7]")
        os.kill(terminal.child, signal.SIGHUP)
        assert terminal.end() == 8, terminal.text
        (entry,) = runs(cluster)
        assert entry["state"] == "stopped" and "terminal lost" in entry["note"], entry
        assert not our_leases(cluster)


@test("Ctrl-C at the question ends with 130")
def _():
    with Simulated("calico-outage") as cluster:
        before = images(cluster)
        terminal = Terminal(cluster, "fix", "E08")
        terminal.wait_text("y runs it")
        terminal.type("\x03")
        assert terminal.end() == 130, terminal.text
        assert images(cluster) == before


@test("Ctrl-C stops after the step, a second one now; the lock is let go; 8")
def _():
    with Place() as place:
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[7/7]")
        assert len(our_leases(place.cluster)) == 1
        running.process.send_signal(signal.SIGINT)
        running.wait_line("Ctrl-C again")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 8, running.text()
        assert not our_leases(place.cluster)
        (entry,) = runs(place.cluster)
        assert entry["state"] == "stopped", entry["state"]


@test("SIGTERM in a run: the journal says why, resume shows what is left and finishes it")
def _():
    with Place() as place:
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[5/7]")
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == 8, running.text()
        (entry,) = runs(place.cluster)
        assert entry["state"] == "stopped" and "terminal lost" in entry["note"], entry
        assert not our_leases(place.cluster)
        left = place.console("resume", entry["id"])
        assert left.code == 6 and left.out.count("nothing to do") == 2, left
        digest = left.out.splitlines()[-1].split()[1]
        done = place.console("resume", entry["id"], "--confirm", digest)
        assert done.code == 0, done
        assert all(image.startswith("docker.io/calico/") for image in images(place.cluster).values())
        assert set(generations(place.cluster).values()) == {2}, "something was written twice"


@test("SIGINT before anything was changed ends with 130")
def _():
    with Place() as place:
        place.cluster.fault(hang=True)
        before = len(place.proxy.arrived)
        running = place.start("fix", "E08", "--confirm", place.digest, "--wait", "60")
        wait_for(lambda: len(place.proxy.arrived) > before, what="a request")
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 130, running.text()
        place.cluster.fault(hang=False)
        assert images(place.cluster) == place.before


@test("SIGTERM while an abandoned lock is watched: it is not taken any more, and nothing is changed")
def _():
    with Place() as place:
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[5/7]")
        running.process.kill()
        running.end()
        (entry,) = runs(place.cluster)
        digest = place.console("resume", entry["id"]).out.splitlines()[-1].split()[1]
        (name,) = our_leases(place.cluster)
        kubectl(place.cluster, "-n", "kube-system", "patch", "lease", name, "--type=merge", "-p",
                '{"spec":{"renewTime":"2026-01-01T00:00:00.000000Z"},"metadata":{"annotations":{"nks-triage/run":"another",'
                '"nks-triage/process":null}}}')
        before = place.cluster.get(f"{LEASES}/{name}")
        for number, code in ((signal.SIGTERM, 130), (signal.SIGINT, 130)):
            running = place.start("resume", entry["id"], "--confirm", digest)
            running.wait_line("looks abandoned")
            sent = len(place.proxy.writes())
            running.process.send_signal(number)
            assert running.end() == code, running.text()
            assert place.proxy.writes()[sent:] == [], place.proxy.writes()[sent:]
            assert place.cluster.get(f"{LEASES}/{name}") == before


@test("a fix that nobody can read of ends with the code of the run, and says so")
def _():
    with Place() as place:
        command = place.cluster.command("fix", "E08", "--confirm", place.digest)
        command[-1] = place.proxy.kubeconfig
        done = subprocess.run(["sh", "-c", 'exec "$@" >/dev/full', "sh", *command], stdin=subprocess.DEVNULL, timeout=240,
                              env=environment(place.cluster.folder), stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done
        assert "standard output could not be written whole: No space left on device" in done.stderr, done.stderr
        (entry,) = runs(place.cluster)
        assert entry["state"] == "verified", entry["state"]


@test("kill -9 in a run: the journal holds the intent, and resume finishes without writing twice")
def _():
    with Place() as place:
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[5/7]")
        running.process.kill()
        running.end()
        (entry,) = runs(place.cluster)
        under_way = [step["n"] for step in entry["steps"] if step["state"] == "running"]
        assert entry["state"] == "interrupted" and under_way == [5], entry
        left = place.console("resume", entry["id"])
        assert left.code == 6, left
        # The dead run's lock is still there. The journal proves that its process is gone, so it is taken over at once.
        assert len(our_leases(place.cluster)) == 1
        digest = left.out.splitlines()[-1].split()[1]
        done = place.console("resume", entry["id"], "--confirm", digest)
        assert done.code == 0 and "looks abandoned" not in done.out, done
        assert set(generations(place.cluster).values()) == {2}, "something was written twice"
        assert not our_leases(place.cluster)
        resumed, interrupted = runs(place.cluster)
        assert resumed["resumes"] == interrupted["id"] and interrupted["resumedBy"] == resumed["id"]


run(at_a_time=4)
