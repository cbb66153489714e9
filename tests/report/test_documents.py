#!/usr/bin/python3
"""What is written for people holds: the README's commands run, flags, paths, targets and settings that are named exist."""
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile

import jsonschema

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from quick_console import quick_console  # noqa: E402
from simulated import CONSOLE, Simulated, environment, run_console  # noqa: E402
from sources import read  # noqa: E402
from tap import run, test  # noqa: E402

README = read("README.md")
TUTORIAL = read("assets/TUTORIAL.md")
MANUAL = read("assets/nks-triage.1")
HOME = tempfile.TemporaryDirectory(prefix="nks-triage-test-")
OTHERS = {"--names", "--check"}   # of programs that are not ours


def console(*words, **more):
    return run_console(HOME.name, *words, **more)


def flags_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", text))


def help_of():
    """Command -> its flags; "" -> the global ones."""
    whole = console("help").out
    commands = re.findall(r"^  ([a-z]+)  +\S", whole.split("Commands:")[1].split("GLOBAL")[0], re.M)
    assert len(commands) >= 16, whole
    return {"": flags_in(whole.split("GLOBAL", 1)[1])} | {name: flags_in(console("help", name).out) for name in commands}


def block_under(heading):
    return re.search(r"^## " + heading + r"\n.*?^```\w*\n(.*?)^```", README, re.M | re.S).group(1)


@test("the manual page names every command and every flag that help lists, and no other")
def _():
    known = help_of()
    said = {"--" + name for name in re.findall(r"Fl -([a-z][a-z-]+)", MANUAL)} | flags_in(MANUAL)
    for command, flags in known.items():
        assert not command or f".It Cm {command}" in MANUAL, command
        assert flags <= said, (command, flags - said)
    assert said <= set().union(*known.values()) | OTHERS, said - set().union(*known.values())


@test("a flag that the README or the tutorial names exists")
def _():
    known = set().union(*help_of().values())
    lines = [line for text in (README, TUTORIAL) for line in text.splitlines()]
    for line in lines:
        assert flags_in(line) <= known | OTHERS, (flags_in(line) - known, line)


@test("files, folders and make targets that the README names exist")
def _():
    missing = [path for path in re.findall(r"`((?:probes|tui|widgets|tests|assets|\.ci)(?:/[\w.*-]+)*)`", README)
               if not re.search("[A-Z]{4}", path) and not os.path.exists(os.path.join(ROOT, path))]
    assert not missing, missing
    for folder, files in re.findall(r"^\| `([\w/]+)` \|.*\| (.*) \|$", README, re.M):
        for name in re.findall(r"`([\w./]+)`", files):
            assert os.path.exists(os.path.join(ROOT, folder, name)), (folder, name)
    targets = set(re.findall(r"^## ([a-z-]+)", read("Makefile"), re.M))
    listed = set(re.search(r"lists the targets: `([^`]+)`", README).group(1).split())
    assert listed == targets, listed ^ targets
    named = {word for words in re.findall(r"(?:`|^)make ([a-z -]+)", README, re.M) for word in words.split()}
    assert len(named) > 8 and named <= targets, named - targets


@test("the commands of the README run as they are written")
def _():
    lines = [line.split("#")[0].strip() for line in block_under("Without a screen").splitlines()]
    assert len(lines) >= 11, lines
    with Simulated("calico-outage") as cluster, tempfile.TemporaryDirectory() as folder:
        digest = ""
        quick = quick_console(cluster.folder)
        for line in lines:
            words = [word.replace("DIGEST", digest) for word in shlex.split(line)]
            assert words[0] == "./nks-triage", line
            words[0] = CONSOLE if words[1] == "sim" else quick
            where = dict(env=environment(cluster.folder, KUBECONFIG=cluster.kubeconfig), cwd=folder)
            if words[1] == "sim":
                with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **where) as served:
                    ready = json.loads(served.stdout.readline())
                    served.send_signal(signal.SIGTERM)
                assert ready["scenario"] == "healthy" and served.returncode == 0, (ready, served.returncode)
                continue
            answer = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **where)
            meant = {"report": 3, "match": 3, "nodes": 5}.get(words[1], 0)
            assert answer.returncode == meant and (answer.stdout or words[1] == "save"), (line, answer)
            if words[1] == "plan":
                digest = re.findall(r"^digest: ([0-9a-f]{64})$", answer.stdout, re.M)[-1]
        assert digest and "t.tar.gz" in os.listdir(folder)


@test("the settings that the README shows are taken, by the schema and by the program")
def _():
    shown = re.search(r"^```json\n(.*?)^```", README, re.M | re.S).group(1)
    jsonschema.Draft202012Validator(json.loads(read("assets/config.schema.json"))).validate(json.loads(shown))
    path = os.path.join(HOME.name, "shown.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(shown)
    os.chmod(path, 0o600)
    assert console("runs", "--config", path).code == 0


run()
