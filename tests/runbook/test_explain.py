#!/usr/bin/python3
"""`explain`: every runbook in three languages, and what the published procedure has wrong beside what is done here."""
# Takes: 25 s
import glob
import json
import os
import re
import subprocess
import sys
import unicodedata

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402

RUNBOOKS = {}
for path in sorted(glob.glob(os.path.join(ROOT, "assets", "runbooks", "*.json"))):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    RUNBOOKS[document["id"]] = document
ENTRIES = [f"E{number:02}" for number in range(1, 17)]
SECTIONS = ("title", "symptom", "cause", "evidence", "remedy", "risks", "limits", "guide")


def explain(*words):
    return subprocess.run([os.path.join(ROOT, "nks-triage"), "explain", *words], capture_output=True, text=True,
                          timeout=240, check=False)


def cells(line):
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
               for sign in line)


def squeezed(text):
    return re.sub(r"\s+", "", text)


@test("each entry has its sections in three languages, printed within 80 columns")
def _():
    for entry in ENTRIES:
        for language, texts in RUNBOOKS[entry]["texts"].items():
            answer = explain(entry, "--lang", language)
            assert answer.returncode == 0, (entry, answer)
            for section in SECTIONS:
                assert squeezed(texts[section]) in squeezed(answer.stdout), (entry, language, section)
            wide = [line for line in answer.stdout.splitlines() if cells(line) > 80]
            assert not wide, (entry, language, wide)


@test("--guide shows each error of the published procedure, and what is done here, side by side")
def _():
    for entry in ENTRIES:
        errors = RUNBOOKS[entry]["guideErrors"]
        for language in ("en", "ko", "ja"):
            answer = explain(entry, "--guide", "--lang", language)
            lines = answer.stdout.splitlines()
            assert answer.returncode == 0 and max(map(cells, lines)) <= 80, (entry, language, answer)
            assert len([line for line in lines if re.match(r"\d+\. ", line)]) == len(errors), (entry, lines)
            for error in errors:
                first = error["guide"][language].split()[0][:12], error["here"][language].split()[0][:8]
                assert any(re.search(re.escape(first[0]) + ".*  " + re.escape(first[1]), line) for line in lines), (
                    entry, language, first, answer.stdout)


@test("the mistyped host of the guide is named as what it is, in every language")
def _():
    for language in ("en", "ko", "ja"):
        assert "gchr.io" in explain("E06", "--guide", "--lang", language).stdout


@test("a general symptom has no procedure in the guide, and an unknown id is refused with all that there are")
def _():
    answer = explain("crash-loop", "--guide")
    assert answer.returncode == 0 and "the guide has no procedure" in answer.stdout, answer
    answer = explain("E99", "--guide")
    assert answer.returncode == 1 and "E16" in answer.stderr and not answer.stdout, answer
    answer = explain("E01", "E02")
    assert answer.returncode == 1 and "one entry at a time" in answer.stderr, answer


run()
