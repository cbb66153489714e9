#!/usr/bin/python3
"""`nks-triage save`: the archive gives the findings of the cluster that it was made of, and holds nobody's secrets."""
import json
import os
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from simulated import AT_REST, Simulated, run_console  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.TemporaryDirectory(prefix="nks-triage-test-")
TOLD = ("id", "severity", "confidence", "since", "title", "objects", "alsoSeen", "evidence", "remedy")


def findings(answer):
    """Without the ages that move between two reports."""
    return [{name: finding[name] for name in TOLD if name != "evidence"} for finding in json.loads(answer.out)["findings"]]


def path(name):
    return os.path.join(HOME.name, name)


def members(name):
    with tarfile.open(path(name)) as archive:
        return {member.name.removeprefix("nks-triage-save/"): archive.extractfile(member).read().decode()
                for member in archive.getmembers()}


with Simulated("calico-outage", *AT_REST) as cluster:
    live = cluster.console("report", "-o", "json")
    plain = cluster.console("save", path("plain.tar.gz"))
    redacted = cluster.console("save", "--redact", path("redacted.tar.gz"))
    again = cluster.console("save", path("plain.tar.gz"))
    viewer = cluster.console("save", "--as", "nobody", path("nobody.tar.gz"))
    nowhere = cluster.console("save", path("no/such/folder.tar.gz"))
    nothing = cluster.console("save")
    two = cluster.console("save", path("a"), path("b"))
    with open(cluster.kubeconfig, encoding="utf-8") as kubeconfig, open(path("dead"), "w", encoding="utf-8") as copy:
        copy.write(kubeconfig.read())
dead = run_console(HOME.name, "save", "--kubeconfig", path("dead"), "--wait", "1", path("dead.tar.gz"))


@test("what was saved gives the findings of the cluster, objects and evidence with them")
def _():
    assert plain.code == 0, plain
    answer = run_console(HOME.name, "report", "-o", "json", "--from", path("plain.tar.gz"))
    assert answer.code == live.code == 3, answer
    assert findings(answer) == findings(live)
    sources = {line["source"] for finding in json.loads(answer.out)["findings"] for line in finding["evidence"]}
    assert any(source.startswith("log:") for source in sources), sources
    assert not [given for given in json.loads(answer.out)["inputs"] if given["error"]]


@test("what was saved with --redact gives them too")
def _():
    assert redacted.code == 0, redacted
    answer = run_console(HOME.name, "report", "-o", "json", "--from", path("redacted.tar.gz"))
    assert findings(answer) == findings(live)


@test("--redact leaves no annotation and no variable that no runbook reads; Secrets are never there")
def _():
    values = []
    for name, text in members("redacted.tar.gz").items():
        assert "secret" not in name
        for item in json.loads(text).get("items", []):
            values += (item["metadata"].get("annotations") or {}).values()
            pod = item.get("spec", {}).get("template", item).get("spec", {})
            for container in pod.get("containers", []) + pod.get("initContainers", []):
                values += [variable.get("value", "<redacted>") for variable in container.get("env", [])]
    assert values.count("<redacted>") > 10, values[:20]
    whole = [text for name, text in members("plain.tar.gz").items() if name.startswith("cluster/")]
    assert sum(text.count("<redacted>") for text in whole) == 0


@test("only its owner can read it, and a file that is there is left alone")
def _():
    assert os.stat(path("plain.tar.gz")).st_mode & 0o777 == 0o600
    assert again.code == 1 and "is there already" in again.err, again
    assert json.loads(members("plain.tar.gz")["save.json"])["kind"] == "Save"


@test("what may not be read is named in it and on standard error, and counts")
def _():
    assert viewer.code == 5 and "nodes: " in viewer.err, viewer
    failures = json.loads(members("nobody.tar.gz")["save.json"])["failures"]
    assert {"nodes", "pods", "events"} <= {failure["resource"] for failure in failures}, failures


@test("without a server, a folder or a name there is one clear line and no file, not even half of one")
def _():
    for answer, said in ((dead, "127.0.0.1"), (nowhere, "folder.tar.gz"), (nothing, "which file"),
                         (two, "one file at a time")):
        assert answer.code == 1 and said in answer.err, answer
    left = sorted(name for name in os.listdir(HOME.name) if ".tar.gz" in name)
    assert left == ["nobody.tar.gz", "plain.tar.gz", "redacted.tar.gz"], left


run()
