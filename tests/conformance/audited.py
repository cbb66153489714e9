"""A real control plane that writes down what it was asked to change, and a console before it."""
import json
import os
import sqlite3
import subprocess
import tempfile
import threading
import urllib.parse

from api_proxy import ApiProxy
from control_plane import ControlPlane
from kube_api import Api
from simulated import Answer, environment
from wait import wait_for

# Writes alone, and of them what was asked and answered: no bodies.
POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [
    {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
    {"level": "None", "resources": [{"group": "authorization.k8s.io"}]},
    {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]}]}


class AuditedPlane(ControlPlane):
    def __init__(self, **more):
        super().__init__(**more)
        self.audit_path = self.path("audit.log")
        self.apiserver = (*self.apiserver, f"--audit-policy-file={self.write('audit-policy', json.dumps(POLICY))}",
                          f"--audit-log-path={self.audit_path}", "--audit-log-mode=blocking")
        self.api = Api(self)

    def audit(self, since=0):
        """Requests of the console that changed something or were refused: (verb, path, status), in their order."""
        with open(self.audit_path, encoding="utf-8") as file:
            file.seek(since)
            events = [json.loads(line) for line in file if line.endswith("\n")]
        return [(event["verb"], urllib.parse.urlsplit(event["requestURI"]).path, event["responseStatus"]["code"])
                for event in events if event.get("userAgent", "").startswith("nks-triage")
                and "dryRun" not in event["requestURI"] and event["stage"] == "ResponseComplete"]

    def audit_now(self):
        return os.path.getsize(self.audit_path) if os.path.exists(self.audit_path) else 0


class Started:
    """A console that runs while the test looks at it."""

    def __init__(self, words, variables, **more):
        self.lines, self.errors = [], []
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=variables, **more)
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in (
            (self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def text(self):
        return "\n".join(self.lines)

    def wait_line(self, part):
        wait_for(lambda: part in self.text() or self.process.poll() is not None, interval=0.02,
                 what=lambda: f"{part!r} in:\n{self.text()}")
        assert part in self.text(), f"{part!r} in:\n{self.text()}\n" + "\n".join(self.errors)

    def end(self, seconds=400):
        code = self.process.wait(seconds)
        for reader in self.readers:
            reader.join(90)
        answer = subprocess.CompletedProcess(self.process.args, code, self.text(), "\n".join(self.errors))
        return Answer(answer)


class Operator:
    """One person's console: a home with a journal of its own, a proxy before the apiserver, a user."""

    def __init__(self, plane, console, namespace=None, user="admin"):
        self.plane, self.program, self.user = plane, console, user
        self.namespace = namespace
        self.home = tempfile.mkdtemp(dir=plane.folder)
        self.state = os.path.join(self.home, "state", "nks-triage")
        self.proxy = ApiProxy(plane)
        self.variables = {}

    def __enter__(self):
        self.proxy.__enter__()
        return self

    def __exit__(self, *_):
        self.proxy.__exit__()

    def words(self, *words):
        place = ["--namespace", self.namespace] if self.namespace else []
        return [self.program, *words, *place, "--kubeconfig", self.plane.kubeconfig(self.user, self.proxy.port)]

    def start(self, *words, **more):
        """more: of Popen."""
        return Started(self.words(*words), environment(self.home, **self.variables), **more)

    def run(self, *words, timeout=400, **more):
        return self.start(*words, **more).end(timeout)

    def plan(self, entry, *words):
        answer = self.run("plan", entry, "-o", "json", *words)
        assert answer.code == 0, answer
        return json.loads(answer.out)

    def digest(self, *words):
        """Of what these words would do; `undo` and `resume` print it and end with 6."""
        answer = self.run(*words)
        last = answer.out.splitlines()[-1] if answer.out else ""
        assert answer.code in (0, 6) and last.startswith("digest: "), answer
        return last.split()[1]

    def runs(self):
        answer = self.run("runs", "-o", "json")
        assert answer.code == 0, answer
        return json.loads(answer.out)["runs"]

    def journal(self):
        """What the newest run left: its state and those of its steps, but those that it did not come to."""
        newest = self.runs()[0]
        return newest["state"], [step["state"] for step in newest["steps"] if step["state"] != "pending"]

    def journal_rows(self, query):
        path = os.path.join(self.state, "journal.sqlite")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()
