#!/usr/bin/python3
"""`nks-triage report --from` on dumps of other people's clusters: the healthy ones stay quiet, of the sick ones what
is wrong is named with its severity, and nothing besides."""
# Takes: 20 s
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from clusters import EVENTS, HEALTHY, NOW, SICK  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.mkdtemp(prefix="nks-triage-test-")


def diagnose(objects, *words):
    path = os.path.join(HOME, "dump.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": objects}, file)
    answer = run_console(HOME, "report", "-o", "json", "--from", path, *words)
    assert answer.code in (0, 3, 4, 5), answer
    return answer.code, json.loads(answer.out)


def told(document):
    return {f["id"]: f["severity"] for f in document["findings"] if f["severity"] != "info"}


@test("each healthy cluster with its noise is quiet")
def _():
    wrong = []
    for name, objects in HEALTHY.items():
        code, document = diagnose(objects, "--at", NOW)
        if code or told(document):
            wrong.append((name, code, told(document)))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(HEALTHY) >= 40


@test("each sick cluster is named, with severity and exit status")
def _():
    wrong = []
    for name, (objects, expected, status) in SICK.items():
        code, document = diagnose(objects, "--at", NOW)
        if told(document) != expected or code != status:
            wrong.append((name, code, told(document)))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(SICK) >= 40


@test("events without their objects: what they tell is suspected, unless a later one closed the matter")
def _():
    for name, (events, expected, status) in EVENTS.items():
        code, document = diagnose(events, "--at", NOW)
        assert set(told(document)) == expected and code == status, (name, code, told(document))
        assert all(f["confidence"] == "suspected" for f in document["findings"]), (name, document["findings"])


@test("the order of the objects says nothing, and neither do fields that nobody knows")
def _():
    for name in sorted(SICK)[::4]:
        objects, expected, status = SICK[name]
        strange = [{**o, "extra": {"kind": "Pod", "items": []}} for o in reversed(objects)]
        code, document = diagnose(strange, "--at", NOW)
        assert told(document) == expected and code == status, (name, code, told(document))


try:
    run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
