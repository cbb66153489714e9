"""Drives tests/client/watch.c: what the client knows of a cluster."""
import json
import os
import subprocess

from sources import ROOT
from wait import PATIENCE, wait_for

OUT = os.path.join(ROOT, os.environ.get("OUT", ".build/release"))


class Watcher:
    def __init__(self, kubeconfig, *arguments):
        self.process = subprocess.Popen([os.path.join(OUT, "tests/client/watch"), kubeconfig, *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait(PATIENCE)
        assert status == 0 or kind, f"watch ended with {status}"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def view(self):
        return self.ask("")

    def wide(self, now):
        """The lines of kubectl get -o wide, as cells, as they were at a wall time."""
        return self.ask(str(now))

    def wait_complete(self, seconds=PATIENCE):
        return wait_for(lambda: (lambda view: view["complete"] and view)(self.view()), seconds, what="the lists")
