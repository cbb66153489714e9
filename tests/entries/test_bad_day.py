#!/usr/bin/python3
"""The text report on bad-day in three languages, as it is stored in tests/data/reports.

    tests/entries/test_bad_day.py --store      writes what is there now: look at the difference before it is kept
"""
import os
import re
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from simulated import Simulated  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402

LANGUAGES = ("en", "ko", "ja")
FOLDER = os.path.join(ROOT, "tests", "data", "reports")


def timeless(text):
    """What differs from one start to the next, replaced by as many columns that do not."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-01T00:00:00Z", text)
    text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:00000", text)
    return re.sub(r"\.[0-9a-f]{16}\b", "." + "0" * 16, text)


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


with Simulated("bad-day") as _cluster:
    REPORTS = {language: _cluster.console("report", "--lang", language) for language in LANGUAGES}


def path_of(language):
    return os.path.join(FOLDER, f"bad-day.{language}.txt")


def equals_stored(language):
    def check():
        answer = REPORTS[language]
        assert answer.code == 3, answer
        with open(path_of(language), encoding="utf-8") as file:
            stored = file.read().splitlines()
        found = timeless(answer.out).splitlines()
        different = [(n + 1, a, b) for n, (a, b) in enumerate(zip(stored, found)) if a != b]
        assert stored == found, (f"stored {len(stored)} lines, found {len(found)}; the first that differ: "
                                 f"{different[:3]}; tests/entries/test_bad_day.py --store writes what is there now")
    return check


def is_translated(language):
    def check():
        letters = {"ko": "HANGUL", "ja": "HIRAGANA"}[language]
        heads = [line for line in REPORTS[language].out.splitlines() if line[:1] in ("✖", "▲", "•")]
        assert len(heads) > 20
        # A subject is a name of the cluster's: only what is before it has to be in the language.
        foreign = [h for h in heads if not any(letters in unicodedata.name(c, "") for c in h)
                   and not any("CJK" in unicodedata.name(c, "") for c in h)]
        assert not foreign, foreign
    return check


for _language in LANGUAGES:
    test(f"{_language}: the report on bad-day is the stored one")(equals_stored(_language))


@test("no row of a report is wider than 80 columns, in any language")
def _():
    wide = [(language, line) for language in LANGUAGES for line in REPORTS[language].out.splitlines()
            if columns(line) > 80]
    assert not wide, wide


for _language in LANGUAGES[1:]:
    test(f"{_language}: each finding's head is in the language")(is_translated(_language))


if sys.argv[1:] == ["--store"]:
    os.makedirs(FOLDER, exist_ok=True)
    for _language in LANGUAGES:
        with open(path_of(_language), "w", encoding="utf-8") as _file:
            _file.write(timeless(REPORTS[_language].out))
else:
    run()
