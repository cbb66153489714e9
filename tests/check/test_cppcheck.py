#!/usr/bin/python3
"""cppcheck finds nothing in the program's sources."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sources import ROOT, SOURCES  # noqa: E402
from tap import run, test  # noqa: E402


@test("cppcheck: no warning, no performance or portability remark")
def _():
    command = ["cppcheck", "-j2", "-q", "--std=c11", "--enable=warning,performance,portability",
               "--inline-suppr", "--error-exitcode=3", "--suppress=missingIncludeSystem", "--suppress=varFuncNullUB", "-D_GNU_SOURCE", "-I.", "--library=tests/check/jansson.cfg",
               *[path for path in SOURCES if path.endswith(".c")]]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


run()
