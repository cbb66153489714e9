#!/usr/bin/python3
"""A network that swallows every packet, for real: in a network namespace of its own whose loopback is taken down.

Connections that are open are not closed and not refused; only keepalive and TCP_USER_TIMEOUT tell. Without rights for a
namespace nothing can be swallowed, and the name of the test says so.
"""
import json
import os
import subprocess
import sys
import threading
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from simulated import CONSOLE, Simulated, environment  # noqa: E402
from tap import run, test  # noqa: E402
from wait import PATIENCE, wait_for  # noqa: E402

INSIDE = "NKS_TRIAGE_TEST_NAMESPACE"
SWALLOW = ["ip", "link", "set", "lo", "down"]
PASS = ["ip", "link", "set", "lo", "up"]


def why_not():
    """None where packets can be swallowed, else the reason."""
    try:
        done = subprocess.run(["unshare", "-rn", "sh", "-c", "ip link set lo up && " + " ".join(SWALLOW)],
                              capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def established(pid, port):
    """Connections of the process to the port that the kernel calls established."""
    count = 0
    with open(f"/proc/{pid}/net/tcp", encoding="utf-8") as file:
        for line in file.readlines()[1:]:
            fields = line.split()
            count += fields[2].endswith(f":{port:04X}") and fields[3] == "01"
    return count


class Report:
    """`report --watch -o json`: the last document, and how often there was one."""

    def __init__(self, cluster):
        self.said = open(os.path.join(cluster.folder, "stderr"), "w+", encoding="utf-8")
        self.documents = []
        self.process = subprocess.Popen([CONSOLE, "report", "--watch", "-o", "json", "-v", "--quiet-after", "2",
                                         "--kubeconfig", cluster.kubeconfig], stdout=subprocess.PIPE, stderr=self.said,
                                        stdin=subprocess.DEVNULL, text=True, env=environment(cluster.folder))
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.documents.append(json.loads(line))

    def verdicts(self):
        return {check["verdict"] for check in self.documents[-1]["checks"]} if self.documents else set()

    def log(self):
        self.said.seek(0)
        return self.said.read()

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.said.close()


def swallowed():
    subprocess.run(PASS, check=True)
    with Simulated("healthy") as cluster:
        report = Report(cluster)
        port = int(cluster.server.rsplit(":", 1)[1])
        try:
            wait_for(lambda: "clear" in report.verdicts() and "could_not_check" not in report.verdicts(), what=report.log)
            wait_for(lambda: established(report.process.pid, port) >= 7, what="the watches' connections")
            lists = report.log().count("limit=")
            subprocess.run(SWALLOW, check=True)
            begun = time.monotonic()
            wait_for(lambda: established(report.process.pid, port) == 0, what="an end of the connections")
            took = time.monotonic() - begun
            wait_for(lambda: report.verdicts() <= {"could_not_check", "not_applicable"},
                     what=lambda: str(report.documents[-1]))
            reasons = {check["reason"] for check in report.documents[-1]["checks"] if check["verdict"] == "could_not_check"}
            assert all("out of date: timeout" in reason or "out of date: TCP" in reason for reason in reasons), reasons
            subprocess.run(PASS, check=True)
            wait_for(lambda: "could_not_check" not in report.verdicts(), what=report.log)
            assert report.log().count("limit=") == lists, report.log()
            # Twice the silence of two seconds, and some for the probe; without TCP_USER_TIMEOUT a sign of life
            # would be missed after twelve.
            assert took < 11, took
        finally:
            subprocess.run(PASS, capture_output=True)
            report.end()


REASON = None if os.environ.get(INSIDE) else why_not()


@test("connections into a black hole end within seconds, the data is called old, and it comes back without a list"
      + (f" (not tested: {REASON})" if REASON else ""))
def _():
    if os.environ.get(INSIDE):
        swallowed()
    elif not REASON:
        done = subprocess.run(["unshare", "-rn", sys.executable, os.path.abspath(__file__)], capture_output=True, text=True,
                              env={**os.environ, INSIDE: "1"}, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr


run()
