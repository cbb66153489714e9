#!/usr/bin/python3
"""Ratios, measured in one run on one machine: the console beside kubectl on the same simulated cluster.

    tests/bench/bench.py [--nodes 100] [--pods 2000] [--rounds 5]

Prints, as medians of several rounds: time to the first row and to all rows of
the console, its anonymous and resident memory, its CPU seconds, what it costs
while idle, and time and memory of `kubectl get pods -A`. The machine is noisy:
only figures of one run may be compared. The console runs in tmux, whose screen
is read every few milliseconds.
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from wait import pause  # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TICKS = os.sysconf("SC_CLK_TCK")
REST_SECONDS = 2.5      # then the console has given back what the lists needed for a moment


class Terminal:
    """A console in a tmux of its own, read through one control connection."""

    def __init__(self, command, width=120, height=40):
        self.socket = f"nks-triage-bench-{os.getpid()}-{time.monotonic_ns()}"
        self.base = ["tmux", "-L", self.socket, "-f", "/dev/null", "-u"]
        # The session exists before the clock starts: only the program's own start is measured.
        subprocess.run([*self.base, "new-session", "-d", "-x", str(width), "-y", str(height), "-s", "s",
                        "read go; exec " + command], check=True,
                       env=dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8"))
        self.control = subprocess.Popen([*self.base, "-C", "attach", "-t", "s"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1, encoding="utf-8",
                                        errors="replace")
        self.ask("refresh-client -C %dx%d" % (width, height))

    def ask(self, line):
        """Sends one command; returns the lines of its answer."""
        mark = f"answer-{time.monotonic_ns()}"
        self.control.stdin.write(f"{line}\ndisplay-message -p {mark}\n")
        answer = []
        for out in self.control.stdout:
            out = out.rstrip("\n")
            if out == mark:
                return answer
            if not out.startswith("%"):
                answer.append(out)
        raise RuntimeError("tmux ended")

    def start(self):
        self.keys("Enter")
        return time.monotonic()

    def keys(self, *keys):
        self.ask("send-keys -t s " + " ".join(keys))

    def screen(self):
        return "\n".join(self.ask("capture-pane -p -t s"))

    def wait(self, pattern, seconds=60):
        """Monotonic time when the screen first matches."""
        expression = re.compile(pattern)
        started = time.monotonic()
        deadline = started + seconds
        while time.monotonic() < deadline:
            if expression.search(self.screen()):
                return time.monotonic()
            # Looking costs time on both sides of the screen: at most a fiftieth of what is measured.
            pause(min(0.05, (time.monotonic() - started) / 50))
        raise SystemExit(f"bench: the screen never showed {pattern}:\n{self.screen()}")

    def pid(self):
        return int(subprocess.run([*self.base, "list-panes", "-t", "s", "-F", "#{pane_pid}"], check=True, text=True,
                                  capture_output=True).stdout)

    def close(self):
        subprocess.run([*self.base, "kill-server"], capture_output=True)
        self.control.wait()


def memory(pid):
    """(anonymous now, resident at its highest) in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        text = file.read()
    return tuple(int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("RssAnon", "VmHWM"))


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def console_round(nodes, pods):
    terminal = Terminal("./nks-triage")
    try:
        started = terminal.start()
        first = terminal.wait(r"│.*\bReady\b") - started
        everything = terminal.wait(rf"Nodes {nodes}/{nodes} ready(.|\n)*[1-9]\d* clear") - started
        terminal.keys(":pods", "Enter")
        terminal.wait(rf"Pods {pods}/{pods}")
        pid = terminal.pid()
        used = cpu(pid)
        pause(REST_SECONDS)
        anonymous, resident = memory(pid)
        return {"first": first, "all": everything, "anonymous": anonymous, "resident": resident, "cpu": used}
    finally:
        terminal.close()


def idle(seconds=10):
    terminal = Terminal("./nks-triage")
    try:
        terminal.start()
        terminal.wait(r"[1-9]\d* clear")
        pid = terminal.pid()
        before, at = cpu(pid), time.monotonic()
        signal.sigtimedwait([], seconds)
        return (cpu(pid) - before) / (time.monotonic() - at)
    finally:
        terminal.close()


def kubectl_round():
    started = time.monotonic()
    process = subprocess.Popen(["kubectl", "get", "pods", "-A"], stdout=subprocess.PIPE)
    rows = process.stdout.read().count(b"\n")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("bench: kubectl failed")
    return {"all": time.monotonic() - started, "resident": usage.ru_maxrss, "cpu": usage.ru_utime + usage.ru_stime,
            "rows": rows}


def middle(rounds, name):
    return statistics.median(r[name] for r in rounds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    folder = tempfile.mkdtemp(prefix="nks-triage-bench-")
    simulator = subprocess.Popen(["./nks-triage-sim", "--scenario", "scale", "--nodes", str(arguments.nodes), "--pods",
                                  str(arguments.pods), "--state-dir", os.path.join(folder, "sim")],
                                 stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(simulator.stdout.readline())
        os.environ.update(KUBECONFIG=ready["kubeconfig"], XDG_STATE_HOME=os.path.join(folder, "state"),
                          XDG_CONFIG_HOME=os.path.join(folder, "config"))
        console, kubectl = [], []
        kubectl_round()  # kubectl fills its discovery cache
        for _ in range(arguments.rounds):
            console.append(console_round(arguments.nodes, arguments.pods))
            kubectl.append(kubectl_round())
        share = idle()
    finally:
        simulator.terminate()
        simulator.wait()
        shutil.rmtree(folder, ignore_errors=True)

    if any(r["rows"] != arguments.pods + 1 for r in kubectl):
        raise SystemExit("bench: kubectl did not print every pod")
    ratio = statistics.median(k["all"] / c["all"] for k, c in zip(kubectl, console))
    print(f"{arguments.nodes} nodes, {arguments.pods} pods, median of {arguments.rounds} rounds (noisy machine: compare"
          " within this run only)")
    print(f"  first row                  {middle(console, 'first'):8.3f} s      aim: under 0.3 s")
    print(f"  all rows and all checks    {middle(console, 'all'):8.3f} s")
    print(f"  kubectl get pods -A        {middle(kubectl, 'all'):8.3f} s      {ratio:.1f} times as long; aim: 3 or more")
    print(f"  anonymous memory           {middle(console, 'anonymous') / 1024:8.1f} MiB    aim: under 10 MiB")
    print(f"  resident memory, highest   {middle(console, 'resident') / 1024:8.1f} MiB    kubectl"
          f" {middle(kubectl, 'resident') / 1024:.1f} MiB at most")
    print(f"  CPU to all rows            {middle(console, 'cpu'):8.2f} s      kubectl {middle(kubectl, 'cpu'):.2f} s")
    print(f"  idle                       {share * 100:8.2f} % of a core, aim: under 1 %")


if __name__ == "__main__":
    sys.exit(main())
