#!/usr/bin/python3
"""Habits that a script can see: banned calls, sizes of rooms, names of folders, unfinished work."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sources import ALL, SOURCES, TEST_SOURCES, read  # noqa: E402
from tap import run, test  # noqa: E402

LINES_OF_A_FILE = 700       # about 600 wants to be two; a script leaves a margin
LINES_OF_A_FUNCTION = 100
COLUMNS = 120
BANNED = ("strcpy strcat sprintf vsprintf gets strtok atoi atol atoll atof localtime gmtime ctime asctime "
          "system popen tmpnam mktemp alloca rand srand usleep sleep").split()
FOLDERS = {"tui", "widgets", "probes", "tests", "assets"}
FILES = {"Makefile", "README.md", "LICENSE"}


def code_only(text):
    """Comments and strings blanked, line breaks kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(text):
    """(first line, last line, name) of each function: a brace in column 0 after a line that is no initialiser."""
    lines = code_only(text).splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{") and not lines[number - 2].rstrip().endswith("="):
            start = number
        elif line.startswith("}") and start:
            name = re.search(r"(\w+)\s*\(", "\n".join(lines[max(0, start - 4):start]))
            yield start, number, name.group(1) if name else "?"
            start = None


@test("no call that is banned")
def _():
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    wrong = [f"{path}:{text[:m.start()].count(chr(10)) + 1}: {m.group(1)}"
             for path in SOURCES for text in [code_only(read(path))] for m in pattern.finditer(text)]
    assert not wrong, "\n".join(wrong)


@test("exit() is called by main.c alone")
def _():
    wrong = [path for path in SOURCES if not path.endswith("/main.c")
             and re.search(r"(?<![\w_])exit\s*\(", code_only(read(path)))]
    assert not wrong, wrong


@test(f"no file over {LINES_OF_A_FILE} lines")
def _():
    wrong = [(path, read(path).count("\n")) for path in SOURCES + TEST_SOURCES
             if path.endswith((".c", ".h")) and read(path).count("\n") > LINES_OF_A_FILE]
    assert not wrong, wrong


@test(f"no function over {LINES_OF_A_FUNCTION} lines, nine in ten within 40")
def _():
    sizes = [(last - first + 1, f"{path}:{first} {name}") for path in SOURCES if path.endswith(".c")
             for first, last, name in functions(read(path))]
    wrong = [entry for entry in sizes if entry[0] > LINES_OF_A_FUNCTION]
    assert not wrong, wrong
    long = sum(1 for size, _ in sizes if size > 40)
    assert long * 10 <= len(sizes), f"{long} of {len(sizes)} functions are over 40 lines"


@test(f"no line over {COLUMNS} columns")
def _():
    wrong = [f"{path}:{number}" for path in SOURCES for number, line in enumerate(read(path).splitlines(), 1)
             if len(line.expandtabs(8)) > COLUMNS]
    assert not wrong, "\n".join(wrong)


@test("no unfinished work is named in the code")
def _():
    wrong = [f"{path}: {m.group(0)}" for path in SOURCES
             for m in re.finditer(r"\b(TODO|FIXME|XXX|HACK|not implemented|stub)\b", read(path))]
    assert not wrong, "\n".join(wrong)


@test("no other folder or file at the top")
def _():
    tops = {path.split("/")[0] for path in ALL if not path.startswith(".")}
    assert tops <= FOLDERS | FILES, tops - FOLDERS - FILES


@test("no path of a machine in a tracked file")
def _():
    wrong = []
    for path in ALL:
        if path.endswith(".png") or path.startswith("tests/fuzz/corpus/") or path == "tests/check/test_style.py":
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            if re.search(r"/(work|root|home/[a-z]+)/", line) and not re.search(r"/home/USER|/root/\.(ssh|kube)", line):
                wrong.append(f"{path}:{number}: {line.strip()[:80]}")
    assert not wrong, "\n".join(wrong)


@test("no sleep in a test where a condition can be waited for")
def _():
    wrong = [f"{path}:{number}" for path in ALL if path.startswith("tests/") and path.endswith((".py", ".sh"))
             and path != "tests/lib/wait.py"
             for number, line in enumerate(read(path).splitlines(), 1)
             if re.match(r"\s*(sleep [0-9]|usleep|time\.sleep)", line)]
    assert not wrong, "\n".join(wrong)


@test("the include guard of a header is made of its path")
def _():
    wrong = []
    for path in SOURCES:
        if not path.endswith(".h"):
            continue
        guard = re.sub(r"^probes/", "", path).replace("/", "_").replace(".", "_").upper()
        if f"#ifndef {guard}" not in read(path):
            wrong.append(f"{path}: expected {guard}")
    assert not wrong, "\n".join(wrong)


run()
