#!/usr/bin/python3
"""Layers point down only, and each library has one door."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sources import SOURCES, read  # noqa: E402
from tap import run, test  # noqa: E402

ORDER = ["base", "net", "kube", "model", "runbook", "symptoms", "remedy"]
MAY_USE = {f"probes/{layer}": {f"probes/{below}" for below in ORDER[:i + 1]} for i, layer in enumerate(ORDER)}
MAY_USE["probes/kube"] |= set()
MAY_USE["probes/ssh"] = {"probes/base", "probes/net", "probes/ssh"}
MAY_USE["probes/model"] |= {"probes/ssh"}
for upper in ORDER[4:]:
    MAY_USE[f"probes/{upper}"] |= {"probes/ssh"}
MAY_USE["probes/sim"] = {"probes/base", "probes/net", "probes/sim"}
MAY_USE["widgets"] = {"widgets", "probes/base"}
MAY_USE["tui"] = {"tui", "widgets"} | {f"probes/{layer}" for layer in ORDER} | {"probes/ssh"}

# The only folders that may include a library's headers.
DOORS = {
    r"(n?curses\w*/)?(n?curses|panel|term)\.h": {"widgets"},
    r"curl/.*": {"probes/net"},
    r"libssh/.*": {"probes/ssh", "probes/sim"},
    r"microhttpd\.h": {"probes/sim"},
    r"yaml\.h": {"probes/kube"},
    r"pcre2\.h": {"probes/runbook"},
    r"sqlite3\.h": {"probes/remedy", "probes/model"},
    r"libintl\.h": {"tui"},
    r"archive(_entry)?\.h": {"tui"},
}


@test("every folder of sources has a place in the order")
def _():
    unknown = {os.path.dirname(path) for path in SOURCES} - set(MAY_USE)
    assert not unknown, unknown


@test("includes of our own headers go down only")
def _():
    wrong = []
    for path in SOURCES:
        allowed = MAY_USE[os.path.dirname(path)]
        for included in re.findall(r'^\s*#\s*include\s+"([^"]+)"', read(path), re.M):
            if os.path.dirname(included) not in allowed:
                wrong.append(f"{path} includes {included}")
    assert not wrong, "\n".join(wrong)


@test("curses, curl, libssh and the other libraries are used behind their doors")
def _():
    wrong = []
    for path in SOURCES:
        for included in re.findall(r"^\s*#\s*include\s+<([^>]+)>", read(path), re.M):
            for pattern, folders in DOORS.items():
                if re.fullmatch(pattern, included) and os.path.dirname(path) not in folders:
                    wrong.append(f"{path} includes <{included}>")
    assert not wrong, "\n".join(wrong)


run()
