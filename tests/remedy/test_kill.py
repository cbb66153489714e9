#!/usr/bin/python3
"""kill -9 at every named place of a run (probes/base/fault_point.h), then resume, then compare.

The places are those that an undisturbed run passes and writes down, each as often as it is passed: one that is added
to the code is tried without being listed here. After every crash the cluster and the journal must end as without it,
and the requests that reached the cluster must hold each write once.
"""
# Waits: for a hundred crashes and what follows each.
# Takes: 150 s
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Proxy, WORKLOADS, generations, images, kubectl, quickly, runs, two_patches  # noqa: E402
from simulated import Simulated  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402

OUT = os.path.join(ROOT, os.environ.get("OUT", ".build/release"))
PROGRAM = os.path.join(OUT, "tests/remedy/nks-triage-faults")
NODE = WORKLOADS["node"]
AT_A_TIME = 8
KILLED = -9
PASSED = set()          # every place that any run passed


class Story:
    """What is done to a cluster of its own, and how it looks afterwards."""

    entry = "E08"
    scenario = "calico-outage"
    end = 7
    state = "not_improved"
    writes = 2
    edit = staticmethod(two_patches)
    # Between the calls of SQLite, too: they are the same in every story, so one of them does.
    in_journal = True

    def prepare(self, place):
        pass

    def words(self, place):
        return ["fix", self.entry]

    def look(self, cluster):
        return images(cluster), generations(cluster)


class Finalizer(Story):
    entry = "E15"
    scenario = "healthy"
    end = 0
    state = "verified"
    writes = 1
    edit = staticmethod(quickly)
    in_journal = False

    def prepare(self, place):
        kubectl(place.cluster, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=json", "--patch",
                '[{"op":"add","path":"/metadata/finalizers","value":["orphan","example.com/hold"]}]')

    def look(self, cluster):
        return cluster.get(NODE)["metadata"]["finalizers"]


class Undo(Finalizer):
    """Of a fix that rolls nothing out: rollouts that stand still are waited for elsewhere (test_undo.py)."""

    def prepare(self, place):
        super().prepare(place)
        answer = place.run("fix", "E15", "--confirm", place.digest("plan", "E15"))
        assert answer.returncode == 0, answer

    def words(self, place):
        return ["undo", place.first_run()]


class Place:
    """A cluster, a proxy that counts what reaches it, the program that can be killed."""

    def __init__(self, story, copy):
        self.story = story
        self.copy = copy
        self.cluster = Simulated(story.scenario)
        self.proxy = Proxy(self.cluster, lambda method, path: None)
        try:
            story.prepare(self)
        except BaseException:
            self.__exit__()
            raise
        self.written_before = len(self.written())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.stop()
        self.cluster.stop()

    def run(self, *words, **more):
        return self.copy.run(self.cluster, *words, kubeconfig=self.proxy.kubeconfig, **more)

    def digest(self, *words):
        """Of what would be done; None where there is nothing to do."""
        answer = self.run(*words)
        last = answer.stdout.splitlines()[-1] if answer.stdout else ""
        assert answer.returncode in (0, 6, 7), answer
        return last.split()[1] if last.startswith("digest: ") else None

    def first_run(self):
        return runs(self.cluster)[-1]["id"]

    def written(self):
        """Patches that the cluster took."""
        return [path for method, path, status in self.proxy.requests
                if method == "PATCH" and "dryRun" not in path and status == 200]

    def preview(self):
        """The words of the story with the digest that confirms them."""
        words = self.story.words(self)
        digest = self.digest("plan", self.story.entry) if words[0] == "fix" else self.digest(*words)
        return [*words, "--confirm", digest]

    def look(self):
        written = self.written()[self.written_before:]
        assert len(set(written)) == len(written) == self.story.writes, ("written not once each", written)
        return self.story.look(self.cluster)


def undisturbed(story, copy):
    """What the cluster looks like in the end, and the places that were passed, in order."""
    with Place(story, copy) as place:
        trace = os.path.join(place.cluster.folder, "trace")
        answer = place.run(*place.preview(), NKS_TRIAGE_FAULT_TRACE=trace)
        assert answer.returncode == story.end, answer
        with open(trace, encoding="utf-8") as file:
            places = [line.split()[0] for line in file]
        entry = runs(place.cluster)[0]
        assert entry["state"] == story.state, entry["state"]
        assert {step["state"] for step in entry["steps"]} == {"done"}, entry["steps"]
        return place.look(), places


def numbered(places):
    """["a", "b", "a"] -> ["a:1", "b:1", "a:2"]"""
    seen = {}
    for place in places:
        seen[place] = seen.get(place, 0) + 1
        yield f"{place}:{seen[place]}"


def finish(place, words, known):
    """Goes on after the crash as an operator would. Returns the exit status, None where nothing was left to do."""
    found = [entry for entry in runs(place.cluster) if entry["id"] not in known]
    if not found:
        # The crash came before the journal knew of a run: nothing was written, the plan holds as it was.
        assert not place.written()[place.written_before:], place.written()
        return place.run(*words).returncode
    (entry,) = found
    assert entry["state"] in ("interrupted", place.story.state), entry["state"]
    digest = place.digest("resume", entry["id"])
    if not digest:
        answer = place.run("resume", entry["id"])
        assert "nothing to do" in answer.stdout, answer
        return None
    answer = place.run("resume", entry["id"], "--confirm", digest)
    assert "looks abandoned" not in answer.stdout, answer
    resumed = runs(place.cluster)[0]
    assert resumed["resumes"] == entry["id"] and resumed["state"] == place.story.state, (resumed, answer)
    assert {step["state"] for step in resumed["steps"]} == {"done"}, resumed["steps"]
    return answer.returncode


def crash(story, copy, at, wanted):
    """None, or what was wrong."""
    try:
        with Place(story, copy) as place:
            words = place.preview()
            known = {entry["id"] for entry in runs(place.cluster)}
            answer = place.run(*words, NKS_TRIAGE_FAULT_AT=at)
            if at.startswith("journal."):
                # How much of what waits goes into one transaction is a matter of time.
                assert answer.returncode in (KILLED, story.end), answer
            else:
                assert answer.returncode == KILLED, answer
            code = finish(place, words, known) if answer.returncode == KILLED else answer.returncode
            assert code in (story.end, None), code
            found = place.look()
            assert found == wanted, (found, wanted)
            return None
    except (AssertionError, subprocess.SubprocessError, OSError) as error:
        return f"{at}: {type(error).__name__} {error}"


def crash_everywhere(story):
    with Copy(story.edit, story.entry, PROGRAM) as copy:
        wanted, places = undisturbed(story, copy)
        PASSED.update(places)
        points = [at for at in numbered(places) if story.in_journal or not at.startswith("journal.")]
        # Before a change was confirmed nothing is to be resumed: planning itself has no place but its last.
        assert len(points) > 15 and "write.answered:1" in points, points
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            wrong = [line for line in pool.map(lambda at: crash(story, copy, at, wanted), points) if line]
    assert not wrong, f"{len(wrong)} of {len(points)}:\n" + "\n".join(wrong)


@test("a fix of two writes that is killed anywhere is resumed to the same end, and writes nothing twice")
def _():
    crash_everywhere(Story())


@test("a fix that is verified, killed anywhere, is verified after all")
def _():
    crash_everywhere(Finalizer())


@test("an undo that is killed anywhere is gone on with as one")
def _():
    crash_everywhere(Undo())


@test("every place that the code names was passed")
def _():
    named = set()
    for path in glob.glob(os.path.join(ROOT, "probes", "*", "*.c")):
        with open(path, encoding="utf-8") as file:
            named |= set(re.findall(r'fault_point\("([^"]+)"', file.read()))
    families = {place.split(".")[0] for place in PASSED}
    missing = {name for name in named if name not in PASSED and name not in families}
    assert len(named) > 10 and not missing, missing


@test("the shipped program has no such places")
def _():
    listing = subprocess.run(["strings", os.path.join(OUT, "nks-triage")], capture_output=True, text=True, check=True)
    assert "NKS_TRIAGE_FAULT" not in listing.stdout
    with open(PROGRAM, "rb") as file:
        assert b"NKS_TRIAGE_FAULT_AT" in file.read()


run()
