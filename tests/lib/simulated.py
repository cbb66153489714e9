"""A simulated cluster for the length of a test program, and the console run against it.

    with Simulated("calico-outage") as cluster:
        answer = cluster.console("report", "-o", "json")
        answer.code, answer.out, answer.err
        cluster.fault(hang=True)
"""
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request

from sources import ROOT
from wait import PATIENCE

# Its kubelets try again in hours: nothing changes between two looks.
AT_REST = ("--time-scale", "1000")
CONSOLE = os.path.join(ROOT, "nks-triage")
SIMULATOR = os.path.join(ROOT, "nks-triage-sim")


class Answer:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def __repr__(self):
        return f"exit status {self.code}\n{self.out}\n--- stderr\n{self.err}"


def environment(home, **more):
    """Nothing of the caller's settings, a home of its own."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("NKS_TRIAGE_", "XDG_", "KUBE", "LC_", "LANG")) and name != "NO_COLOR"}
    # A busy machine may need more than the 20 s that a person would wait for a picture of the cluster.
    return {**clean, "HOME": home, "XDG_CONFIG_HOME": os.path.join(home, "config"), "NKS_TRIAGE_WAIT": "90",
            "XDG_STATE_HOME": os.path.join(home, "state"), "LC_ALL": "C.UTF-8", **more}


def run_console(home, *words, timeout=240, stdin=None, console=CONSOLE, **more):
    """more: environment variables."""
    return Answer(subprocess.run([console, *words], capture_output=True, text=True, errors="surrogateescape",
                                 timeout=timeout, env=environment(home, **more),
                                 **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL})))


class Simulated:
    def __init__(self, scenario="calico-outage", *arguments):
        self.folder = tempfile.mkdtemp(prefix="nks-triage-test-")
        self.process = subprocess.Popen(
            [SIMULATOR, "--scenario", scenario, "--state-dir", os.path.join(self.folder, "sim"), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise AssertionError(f"nks-triage-sim --scenario {scenario} did not start")
        self.ready = json.loads(line)
        self.server = self.ready["server"]
        self.kubeconfig = self.ready["kubeconfig"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        """argv of the console on this cluster."""
        return [CONSOLE, *words, "--kubeconfig", self.kubeconfig]

    def console(self, *words, timeout=240, stdin=None, **more):
        return run_console(self.folder, *words, "--kubeconfig", self.kubeconfig, timeout=timeout, stdin=stdin, **more)

    def fault(self, **settings):
        request = urllib.request.Request(self.server + "/sim/fault", json.dumps(settings).encode(), method="POST")
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def get(self, path):
        with urllib.request.urlopen(self.server + path, timeout=PATIENCE) as answer:
            return json.load(answer)
