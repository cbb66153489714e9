#!/usr/bin/python3
"""The life of a change is moved in one place, and nobody above the engine sees inside of it."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sources import SOURCES, read  # noqa: E402
from tap import run, test  # noqa: E402

ENGINE = [path for path in SOURCES if path.startswith("probes/remedy/")]


@test("only change_move() sets the state of a change, besides its making")
def _():
    setters = {path for path in ENGINE for line in read(path).splitlines()
               if re.search(r"change->state\s*=[^=]", line)}
    assert setters == {"probes/remedy/change_state.c", "probes/remedy/change.c"}, setters
    made = re.findall(r"change->state\s*=[^=].*", read("probes/remedy/change.c"))
    assert made == ["change->state = CHANGE_PLANNING;"], made
    assert len(re.findall(r"change->state\s*=[^=]", read("probes/remedy/change_state.c"))) == 1


@test("the inside of a change is the engine's: no file of another layer includes it")
def _():
    outside = [path for path in SOURCES if path not in ENGINE
               and re.search(r'"probes/remedy/(change_private|journal_private|step)\.h"', read(path))]
    assert not outside, outside
    assert "struct change {" not in read("probes/remedy/change.h")


@test("every move that the table allows is drawn, and every state of the drawing is one")
def _():
    text = read("probes/remedy/change_state.c")
    drawing = text[:text.index("*/")]
    states = re.findall(r"^\tCHANGE_(\w+),", read("probes/remedy/change.h"), re.M)
    assert len(states) == 13, states
    missing = [state for state in states if not re.search(rf"\b{state}\b", drawing)]
    assert not missing, missing


@test("the journal moves a run by that table alone")
def _():
    writers = [path for path in SOURCES if re.search(r"UPDATE runs SET state", read(path))]
    assert writers == ["probes/remedy/journal_write.c"], writers
    assert "change_state_may_follow" in read(writers[0])


run()
