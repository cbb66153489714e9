#!/usr/bin/python3
"""The files of assets/checks/ against their schema, by an independent validator."""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sources import ROOT, read  # noqa: E402
from tap import run, test  # noqa: E402

SCHEMA = json.loads(read("assets/checks.schema.json"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FILES = {os.path.basename(path): json.loads(read(path)) for path in sorted(glob.glob(os.path.join(ROOT, "assets/checks/*.json")))}
PROBE = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests", "nodes", "check_probe")


def loads(document, name):
    """What the program says of a folder with this file alone; "" for nothing."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(document, file)
        done = subprocess.run([PROBE, "script", folder, "", "", "0" * 32, "all"], capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""


@test("the schema is one, and every shipped check fits it")
def _():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert len(FILES) >= 18, sorted(FILES)
    for name, document in FILES.items():
        errors = [f"{name}: {list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(document)]
        assert not errors, "\n".join(errors)
        assert name == document["name"] + ".json", name


@test("schema and program know the same parsers")
def _():
    parsers = set(re.findall(r'^\t\{"([a-z0-9-]+)", parse_', read("probes/ssh/parse.c"), re.M))
    assert parsers == set(SCHEMA["$defs"]["parser"]["enum"]), parsers ^ set(SCHEMA["$defs"]["parser"]["enum"])
    used = {command.get("parser", r["parser"]) for d in FILES.values() for r in d["reads"] for command in r["commands"]}
    assert parsers == used, f"used by no check: {parsers - used}"


@test("what the schema refuses the program refuses too, with the file's name and a line")
def _():
    def change(function):
        document = copy.deepcopy(FILES["disk.json"])
        function(document)
        return document

    assert loads(FILES["disk.json"], "disk.json") == ""
    for function in (
            lambda d: d.update(format=2), lambda d: d.pop("title"), lambda d: d["title"].pop("ko"), lambda d: d.update(reads=[]),
            lambda d: d.update(more=1), lambda d: d["reads"][0].update(parser="nothing"), lambda d: d["reads"][0].pop("as"),
            lambda d: d["reads"][0].update(timeoutSeconds=0), lambda d: d["reads"][0].update(maximumBytes=1 << 21),
            lambda d: d["reads"][0]["commands"][0].update(runtime="podman"), lambda d: d["reads"][0]["commands"][0].update(argv=[]),
            lambda d: d["reads"][0].update(sudo="yes"), lambda d: d["signs"][0].update({"is": "worse"}),
            lambda d: d["signs"][0].update(severity="grave"), lambda d: d["signs"][0].update({"is": "note", "severity": "critical"}),
            lambda d: d["signs"][0]["all"][0].update(op="like"), lambda d: d["signs"][0].pop("id"), lambda d: d.update(derive="all"),
            lambda d: d.update(applies={"kernel": "5"}), lambda d: d.pop("summary")):
        document = change(function)
        assert list(VALIDATOR.iter_errors(document)), document
        said = loads(document, "disk.json")
        assert re.search(r"disk\.json:\d+: ", said), (document, said)


@test("no check has a word that a shell would do something with beyond its quotes, and sudo only where it reads")
def _():
    for name, document in FILES.items():
        for r in document["reads"]:
            for command in r["commands"]:
                assert all("\n" not in word for word in command["argv"]), name
                assert command["argv"][0] not in ("sh", "bash", "env", "sudo", "timeout"), name


run()
