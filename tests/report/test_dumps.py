#!/usr/bin/python3
"""`nks-triage report --from` on dumps by hand: a sick one is named rightly, a healthy one stays quiet."""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from dumps import HEALTHY, NOW, SICK  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.mkdtemp(prefix="nks-triage-test-")


def diagnose(objects):
    path = os.path.join(HOME, "dump.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": objects}, file)
    answer = run_console(HOME, "report", "-o", "json", "--from", path, "--at", NOW)
    assert answer.code in (0, 3, 4, 5), answer
    return answer.code, json.loads(answer.out)


def describe(document):
    unknown = [(c["id"], c["reason"]) for c in document["checks"]
               if c["verdict"] == "could_not_check" and not c["reason"].startswith("there are no ")]
    return [(f["id"], f["severity"], f["confidence"]) for f in document["findings"]], unknown


@test("each sick dump is named, and nothing besides")
def _():
    wrong = []
    for name, (objects, expected, code) in SICK.items():
        got, document = diagnose(objects)
        found = {f["id"] for f in document["findings"] if f["severity"] != "info"}
        if found != expected or got != code:
            wrong.append((name, got, describe(document)))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(SICK) >= 20


@test("events without their objects: suspected, unless a later one closed the matter")
def _():
    for name in ("no sandbox", "two nodes want one volume", "a config map that is a volume is missing"):
        objects, expected, code = SICK[name]
        got, document = diagnose([o for o in objects if o["kind"] == "Event"])
        found = [(f["id"], f["confidence"]) for f in document["findings"]]
        assert found == [(id, "suspected") for id in expected] and got == code, (name, got, found)
    for name in ("placed after a while", "mounted in the end"):
        got, document = diagnose([o for o in HEALTHY[name] if o["kind"] == "Event"])
        assert not got and not document["findings"], (name, got, describe(document))


@test("each healthy dump with its noise is quiet")
def _():
    wrong = []
    for name, objects in HEALTHY.items():
        got, document = diagnose(objects)
        if got or [f for f in document["findings"] if f["severity"] != "info"]:
            wrong.append((name, got, describe(document)))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(HEALTHY) >= 20


try:
    run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
