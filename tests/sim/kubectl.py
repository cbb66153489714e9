"""kubectl against a simulated cluster: $KUBECTL, else the one on PATH."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from simulated import Simulated, environment  # noqa: E402  (tests/lib is not a package)


class Kubectl(Simulated):
    """Delays are a tenth of the demo's, unless the arguments say otherwise."""

    def __init__(self, scenario="calico-outage", *arguments):
        super().__init__(scenario, *(arguments if "--time-scale" in arguments else ("--time-scale", "0.1", *arguments)))

    def argv(self, *words):
        return [os.environ.get("KUBECTL", "kubectl"), "--kubeconfig", self.kubeconfig,
                "--cache-dir", os.path.join(self.folder, "cache"), *words]

    def run(self, *words, stdin=None, timeout=180):
        return subprocess.run(self.argv(*words), capture_output=True, text=True, timeout=timeout, input=stdin,
                              env=environment(self.folder), check=False)

    def ok(self, *words, **more):
        """stdout of a command that must succeed."""
        done = self.run(*words, **more)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def fails(self, *words, **more):
        """stderr of a command that must fail."""
        done = self.run(*words, **more)
        assert done.returncode != 0, f"kubectl {' '.join(words)} should fail:\n{done.stdout}"
        return done.stderr

    def json(self, *words):
        return json.loads(self.ok(*words, "-o", "json"))

    def rows(self, *words):
        """Lines of cells, without the header."""
        return [line.split() for line in self.ok(*words, "--no-headers").splitlines()]

    def start(self, *words):
        """A command that goes on; its lines are read from stdout."""
        return subprocess.Popen(self.argv(*words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                env=environment(self.folder))
