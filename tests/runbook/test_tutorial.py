#!/usr/bin/python3
"""What an operator writes by the tutorial is a runbook, and the example that it leads to finds its fault."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import jsonschema

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, "nks-triage")
EXAMPLE = os.path.join(ROOT, "assets", "examples", "dcgm-exporter.json")
with open(os.path.join(ROOT, "assets", "runbook.schema.json"), encoding="utf-8") as schema_file:
    VALIDATOR = jsonschema.Draft202012Validator(json.load(schema_file))
with open(os.path.join(ROOT, "assets", "TUTORIAL.md"), encoding="utf-8") as tutorial_file:
    TUTORIAL = tutorial_file.read()
BLOCKS = re.findall(r"```json\n(.*?)```", TUTORIAL, re.S)


class Operator:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "config", "nks-triage", "runbooks")
        os.makedirs(self.folder, mode=0o700)
        self.environment = dict(os.environ, XDG_CONFIG_HOME=os.path.join(folder, "config"),
                                XDG_STATE_HOME=os.path.join(folder, "state"), LC_ALL="C.UTF-8")

    def save(self, document):
        path = os.path.join(self.folder, "mine.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        os.chmod(path, 0o600)
        return path

    def __call__(self, *arguments, text=None):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=self.environment, cwd=ROOT,
                              timeout=240, input=text)


def steps_of_the_tutorial():
    """The runbook after each block: the first is whole, each later one adds members."""
    document = json.loads(BLOCKS[0])
    yield dict(document)
    for block in BLOCKS[1:]:
        document.update(json.loads("{" + block + "}"))
        yield dict(document)


@test("each step of the tutorial is a runbook that lint takes, with warnings about languages alone")
def _():
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        stages = list(steps_of_the_tutorial())
        assert len(stages) == 4, len(stages)
        for stage in stages:
            assert not list(VALIDATOR.iter_errors(stage))
            result = operator("lint", operator.save(stage))
            assert result.returncode == 0, result.stdout
            warnings = [line for line in result.stdout.splitlines() if "warning" in line and not line.startswith("no errors")]
            assert all("is not there in \"ko\"" in w or "is not there in \"ja\"" in w for w in warnings), warnings


@test("the tutorial's message is found by match, its counter-example is not")
def _():
    command = re.search(r"nks-triage match '([^']+)'", TUTORIAL).group(1)
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        operator.save(list(steps_of_the_tutorial())[-1])
        answer = operator("match", "-o", "json", "-", text=command + "\nthe libnvidia-ml.so.1 library was not found\n")
        ids = [json.loads(line)["id"] for line in answer.stdout.splitlines()]
        assert ids == ["X-dcgm-exporter", None], answer


@test("the example is whole: the independent validator and lint take it, no translation is missing")
def _():
    with open(EXAMPLE, encoding="utf-8") as file:
        document = json.load(file)
    assert not list(VALIDATOR.iter_errors(document))
    result = subprocess.run([PROGRAM, "lint", EXAMPLE], capture_output=True, text=True, cwd=ROOT, timeout=240)
    assert result.returncode == 0 and "warning" not in result.stdout, result.stdout
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        operator.save(document)
        for language in ("en", "ko", "ja"):
            text = operator("explain", "X-dcgm-exporter", "--lang", language).stdout
            assert "not shipped" in operator("explain", "X-dcgm-exporter").stdout
            assert document["texts"][language]["title"][:20] in text, text


@test("a pattern that would backtrack for ever is stopped, and the check names it; the other runbooks go on")
def _():
    stage = json.loads(BLOCKS[0])
    stage["when"] = {"waiting": {"reason": "ErrImagePull", "pattern": "(?:x+x+)+y\\b(?=.*z)|(?:[a-z]+)+[0-9]!",
                                 "examples": {"match": ["xxxxy z"], "nomatch": ["calm"]}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "a", "name": "b", "uid": "p"},
           "spec": {"containers": [{"name": "c", "image": "i:1"}]},
           "status": {"phase": "Pending", "containerStatuses": [
               {"name": "c", "ready": False, "restartCount": 0, "image": "", "imageID": "",
                "state": {"waiting": {"reason": "ErrImagePull", "message": "x" * 3000 + " " + "a" * 3000}}}]}}
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        operator.save(stage)
        started = time.monotonic()
        answer = operator("report", "-o", "json", "--from", "-", text=json.dumps(pod))
        document = json.loads(answer.stdout)
        check = next(c for c in document["checks"] if c["id"] == "X-dcgm-exporter")
        assert check["verdict"] == "could_not_check", check
        assert check["reason"].startswith("a pattern of X-dcgm-exporter takes too long: (?:x+x+)+y"), check
        assert [f["id"] for f in document["findings"]] == ["image-pull"], document["findings"]
        assert time.monotonic() - started < 60


@test("what saved objects hold is not enough for it: could not check, and no failure")
def _():
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"namespace": "gpu", "name": "dcgm-exporter-x1", "uid": "p", "ownerReferences": [
               {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "dcgm-exporter", "uid": "d", "controller": True}]},
           "spec": {"nodeName": "gpu-1", "containers": [{"name": "dcgm-exporter", "image": "nvcr.io/nvidia/k8s/dcgm-exporter:3"}]},
           "status": {"phase": "Running", "containerStatuses": [
               {"name": "dcgm-exporter", "ready": False, "restartCount": 9, "image": "", "imageID": "",
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}}]}}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"namespace": "gpu", "name": "dcgm-exporter", "uid": "d"},
             "spec": {"template": {"spec": pod["spec"]}}, "status": {"desiredNumberScheduled": 1, "numberReady": 0}}
    with tempfile.TemporaryDirectory() as folder, open(EXAMPLE, encoding="utf-8") as file:
        operator = Operator(folder)
        operator.save(json.load(file))
        answer = operator("report", "-o", "json", "--from", "-",
                          text=json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod, owner]}))
        document = json.loads(answer.stdout)
        check = next(c for c in document["checks"] if c["id"] == "X-dcgm-exporter")
        assert check["verdict"] == "could_not_check" and check["reason"].endswith("not read"), check
        assert [f["id"] for f in document["findings"]] == ["crash-loop"] and answer.returncode == 4, answer


run()
