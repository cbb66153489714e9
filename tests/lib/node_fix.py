"""What the tests of fixes on nodes share: the console on a simulated cluster whose nodes it reaches by SSH."""
import json

from nodes import Nodes
from remedy import runs


class Fixed(Nodes):
    """A scenario, and the console with the simulator's ssh_config."""

    def words(self, *words):
        return [*words, "--ssh-config", self.ssh_config]

    def ask(self, *words, **more):
        return self.console(*self.words(*words), timeout=300, **more)

    def plan(self, *words):
        answer = self.ask("plan", *words, "-o", "json")
        assert answer.out, answer
        return json.loads(answer.out)

    def fix(self, *words, name=False, digest=None):
        """Plans and confirms exactly that."""
        more = []
        for at, word in enumerate(words):
            if word in ("--alternative", "--target", "--set"):
                more += [word, words[at + 1]]
        digest = digest or self.plan(words[0], *more)["digest"]
        assert digest, self.ask("plan", words[0], *more)
        confirm = ["--confirm-name", "simulated"] if name else []
        return self.ask("fix", words[0], *more, "--confirm", digest, *confirm)

    def undo(self, run_id, name=False):
        confirm = ["--confirm-name", "simulated"] if name else []
        first = self.ask("undo", run_id)
        digest = first.out.splitlines()[-1].split()[-1] if first.out else ""
        assert len(digest) == 64, first
        return self.ask("undo", run_id, "--confirm", digest, *confirm)

    def last_run(self):
        return runs(self)[0]["id"]

    def findings(self, entry):
        answer = self.ask("report", "-o", "json")
        assert answer.out, answer
        return [f for f in json.loads(answer.out)["findings"] if f["id"] == entry]

    def file(self, node, path):
        """Content, mode and owner; None: it is not there."""
        state = self.ssh(node, f"stat --format=%F:%a:%U:%G {path}")
        if state.code:
            return None
        return self.ssh(node, f"cat {path}").out, state.out.strip()

    def leftovers(self, node, path):
        folder, name = path.rsplit("/", 1)
        return self.file(node, f"{folder}/.{name}.nks-triage~")


def commands(plan, step=None):
    """argv of all commands of the plan (of one step), by step."""
    return [command["argv"] for one in plan["steps"] if one["command"] and (step is None or one["n"] == step)
            for command in one["command"]["commands"]]
