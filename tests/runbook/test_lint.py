#!/usr/bin/python3
"""Runbook files: the shipped ones by an independent validator, broken ones by lint, the operator's own by trust."""
# Takes: 40 s
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, "nks-triage")
FILES = sorted(glob.glob(os.path.join(ROOT, "assets", "runbooks", "*.json")))
with open(os.path.join(ROOT, "assets", "runbook.schema.json"), encoding="utf-8") as schema_file:
    SCHEMA = json.load(schema_file)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
with open(os.path.join(ROOT, "assets", "runbooks", "E08.json"), encoding="utf-8") as e08_file:
    E08 = json.load(e08_file)


def lint(*paths):
    return subprocess.run([PROGRAM, "lint", *paths], capture_output=True, text=True, cwd=ROOT, timeout=240)


def broken():
    """name, document or text, whether the schema alone refuses it, what the line says."""
    def change(function):
        document = copy.deepcopy(E08)
        document.update(id="X01", slug="broken-one")
        function(document)
        return document

    def case(name, function, by_schema, says):
        return name, change(function), by_schema, says

    def at(*path):
        """A function that sets the value at a path: at("steps", 0, "type")("x")(document)."""
        def with_value(value):
            def function(document):
                for key in path[:-1]:
                    document = document[key]
                document[path[-1]] = value
            return function
        return with_value

    def without(*path):
        def function(document):
            for key in path[:-1]:
                document = document[key]
            del document[path[-1]]
        return function

    condition = at("when", "all", 0)
    message = ("messages", "felix-not-ready")
    yield "not-json", "{\n  \"format\": 1,\n  oops\n}\n", None, "not JSON"
    yield "half", json.dumps(E08, indent=1)[:2000], None, "not JSON"
    yield "twice", "{\"format\": 1,\n \"format\": 1}", None, "not JSON"
    yield "list", "[]", True, "object is expected"
    yield "empty", "{}", True, "are missing"
    yield case("format", at("format")(3), True, "larger than 2")
    yield case("no-when", without("when"), True, "\"when\" is missing")
    yield case("unknown-member", at("wenn")({}), True, "not known")
    yield case("severity", at("severity", "default")("bad"), True, "none of critical, warning or info")
    yield case("subject", at("subject")("Ingress"), True, "none of")
    yield case("group", at("group")("zone"), True, "none of")
    yield case("id-form", at("id")("a b"), True, "does not have the form")
    yield case("slug-form", at("slug")("Not_A_Slug"), True, "does not have the form")
    yield case("empty-list", at("when")({"all": []}), True, "the list is empty")
    yield case("two-members", condition({"all": [], "any": []}), True, "")
    yield case("unknown-condition", condition({"al": [1]}), True, "not known")
    yield case("operator", condition({"field": {"path": "metadata.name", "op": "is", "value": "x"}}), True, "none of")
    yield case("path-form", condition({"field": {"path": "Metadata..x", "op": "exists"}}), True, "does not have the form")
    yield case("seconds", condition({"for": {"seconds": 0, "of": {"waiting": {}}}}), True, "smaller than 1")
    yield case("title-length", at("texts", "en", "title")("x" * 73), True, "73 characters")
    yield case("empty-text", at("texts", "en", "cause")(""), True, "the text is empty")
    yield case("no-english", without("texts", "en"), True, "\"en\" is missing")
    yield case("step-type", at("steps", 0, "type")("pach"), True, "none of")
    yield case("step-member", at("steps", 2, "images")([{"from": "a", "to": "b"}]), True, "does not belong here")
    yield case("step-lacks", without("steps", 1, "target"), True, "\"target\" is missing")
    yield case("deadline", at("verify", "deadlineSeconds")(901), True, "larger than 900")
    yield case("verify-word", at("verify", "when")("went"), True, "is not \"gone\"")
    yield case("no-nomatch", without(*message, "examples", "nomatch"), True, "\"nomatch\" is missing")
    yield case("twice-in-list", at("needs")(["Pod", "Pod"]), True, "in the list twice")
    yield case("operator-value", condition({"field": {"path": "metadata.name", "op": "exists", "value": 1}}), False,
               "takes no value")
    yield case("waiting-kind", condition({"waiting": {}}), False, "only pods")
    yield case("pattern", at(*message, "pattern")("felix ("), False, "the pattern is wrong at its character 8")
    yield case("example", at(*message, "examples", "match")(["something else"]), False, "does not match this example")
    yield case("counter-example", at(*message, "examples", "nomatch")(E08["messages"]["felix-not-ready"]["examples"]["match"]),
               False, "matches this example and should not")
    yield case("slow-pattern", lambda d: d["messages"]["felix-not-ready"].update(
        pattern="(?:a+)+b\\1?(?:(?:a+)+)+$|felix (.)", examples={"match": ["a" * 60 + "!"], "nomatch": ["x"]}), False, "")
    yield case("message-name", at("when", "all", 6)({"join": {"to": "Pod", "by": "owned", "that": {
        "event": {"message": "nobody"}}}}), False, "no such entry")
    yield case("collect-name", at("confirm")({"log": {"collect": "nobody", "message": "typha-pull"}}), False,
               "nothing is collected")
    checks = [{"name": "disk", "type": "node-check", "check": "disc"}]
    yield case("check-name", at("collect")(checks), False, "there is no check called")
    yield case("check-and-argv", at("collect")([{**checks[0], "check": "disk", "argv": ["df"]}]), True, "does not belong here")
    yield case("check-nor-argv", at("collect")([{"name": "disk", "type": "node-check"}]), True, "\"argv\" is missing")
    yield case("join", condition({"join": {"to": "Node", "by": "node"}}), False, "leads from a Pod")
    yield case("step-id-twice", at("steps", 2, "id")("patch-typha"), False, "is there twice")
    yield case("of-steps", at("steps", 0, "ofSteps")(["patch-nothing"]), False, "there is no step")
    yield case("parameter", at("preconditions", 0, "parameter")("nothing"), False, "there is no parameter")
    yield case("place", at("steps", 1, "images")([{"from": "typha", "to": "{registry}/typha:{version}"}]), False,
               "{version} is neither")
    yield case("target", at("steps", 1, "target")({"kind": "Deployment"}), False, "either a \"name\" or \"each\"")
    yield case("no-verify", without("verify"), False, "need \"verify\"")
    latent = {"signs": [{"subject": "DaemonSet", "when": {"image": {"registry": "quay.io"}}}],
              "texts": {"en": {"title": "t", "symptom": "s"}}}

    def of_format(number, *changes):
        """On a small runbook, so that no other word of it minds the format."""
        def function(document):
            for key in set(document) - {"id", "slug", "severity", "group", "texts"}:
                del document[key]
            document.update(format=number, subject="Pod", when={"waiting": {"reason": "ErrImagePull"}})
            for change in changes:
                change(document)
        return function

    def of_format_2(*changes):
        return of_format(2, *changes)
    yield case("latent-early", of_format(1, at("latent")(latent)), False, "is a word of format 2")
    yield case("latent-texts", of_format_2(at("latent")({"signs": latent["signs"]})), True, "\"texts\" is missing")
    yield case("latent-signs", of_format_2(at("latent")({**latent, "signs": []})), True, "the list is empty")
    yield case("latent-title", of_format_2(at("latent")({**latent, "texts": {"en": {"title": "x" * 73, "symptom": "s"}}})),
               True, "73 characters")
    yield case("latent-kind", of_format_2(at("latent")({**latent, "signs": [{"subject": "Node", "when": {
        "image": {"registry": "quay.io"}}}]})), False, "have no containers")
    felix = {"name": "felix", "type": "get", "path": "/apis/x/v1/felix/default"}
    yield case("collect-early", of_format(1, at("collect")([{**felix, "if": {
        "field": {"path": "metadata.name", "op": "exists"}}}])), False, "is a word of format 2")
    yield case("certificates-early", of_format(1, at("collect")([{"name": "certificates", "type": "certificates"}])), False,
               "from format 2 on")
    yield case("percent", of_format_2(at("collect")([felix]), at("confirm")({"check": {
        "name": "felix", "path": "a", "op": "lt", "value": 5, "percent": 90}})), False, "a part of \"valueOf\"")
    yield case("collect-type", at("collect")([{"name": "x", "type": "guess"}]), True, "none of")
    yield case("detector", condition({"detector": "nobody"}), False, "no detector")


@test("an independent validator takes the schema and every shipped file")
def _():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert len(FILES) >= 7
    for path in FILES:
        with open(path, encoding="utf-8") as file:
            errors = [f"{path}: {list(e.absolute_path)}: {e.message[:200]}" for e in VALIDATOR.iter_errors(json.load(file))]
        assert not errors, "\n".join(errors)


@test("lint finds nothing in what is shipped, not even a missing translation")
def _():
    result = lint()
    assert result.returncode == 0 and result.stdout == "no errors\n", result.stdout + result.stderr


@test("every kind of broken runbook gives a line with file and line number; the validator agrees on the schema's rules")
def _():
    cases = list(broken())
    assert len(cases) >= 40
    with tempfile.TemporaryDirectory() as folder:
        for name, document, by_schema, says in cases:
            path = os.path.join(folder, name + ".json")
            text = document if isinstance(document, str) else json.dumps(document, indent=1)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            result = lint(path)
            lines = [line for line in result.stdout.splitlines() if ": warning: " not in line]
            assert result.returncode == 1 and lines, f"{name}: {result.stdout}{result.stderr}"
            for line in lines:
                assert re.match(re.escape(path) + r":[1-9][0-9]*:[0-9]+: ", line), f"{name}: {line}"
            assert any(says in line for line in lines), f"{name}: {lines}"
            assert len(lines) <= 3, f"{name}: {lines}"
            if by_schema is not None:
                refused = any(VALIDATOR.iter_errors(json.loads(text)))
                assert refused == by_schema, f"{name}: the validator says {refused}"


@test("the line is that of the fault")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.json")
        document = copy.deepcopy(E08)
        document["steps"][3]["why"]["en"] = ""
        text = json.dumps(document, indent=1)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        wanted = 1 + text[:text.index("\"en\": \"\"")].count("\n")
        assert lint(path).stdout.startswith(f"{path}:{wanted}:"), lint(path).stdout


@test("a missing translation is a warning and no error")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.json")
        document = copy.deepcopy(E08)
        del document["texts"]["ja"]
        document.update(id="X01", slug="other")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        result = lint(path)
        assert result.returncode == 0 and "warning: " in result.stdout and "\"ja\"" in result.stdout, result.stdout
        assert "X01 reads DaemonSet: " in result.stdout and "X01 reads Event:\n" in result.stdout, result.stdout
        assert "status.containerStatuses[*].ready" in result.stdout, result.stdout


class Operator:
    """A configuration folder with runbooks of the operator's own."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "config", "nks-triage", "runbooks")
        os.makedirs(self.folder, mode=0o700)
        self.environment = dict(os.environ, XDG_CONFIG_HOME=os.path.join(folder, "config"),
                                XDG_STATE_HOME=os.path.join(folder, "state"), LC_ALL="C.UTF-8")

    def write(self, name, text, mode=0o600, **changes):
        document = text
        if not isinstance(text, str):
            document = copy.deepcopy(text)
            document.update(changes)
            document = json.dumps(document)
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(document)
        os.chmod(path, mode)
        return path

    def __call__(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=self.environment, cwd=ROOT,
                              timeout=240)


@test("an operator's runbook is used beside a broken one, and is named as not shipped")
def _():
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        operator.write("broken.json", "{")
        operator.write("mine.json", E08, id="X01", slug="mine", before=[], messages={"own": {
            "pattern": "the coffee is out", "examples": {"match": ["The coffee is out"], "nomatch": ["tea"]}},
            **E08["messages"]})
        assert "not shipped" in operator("explain", "X01").stdout
        result = operator("match", "-o", "json", "the coffee is out")
        assert json.loads(result.stdout)["id"] == "X01", result.stdout
        result = operator("lint")
        assert result.returncode == 1 and "broken.json:1:" in result.stdout and "mine.json" not in result.stdout.replace(
            "broken.json", ""), result.stdout


@test("a file that others can write is not taken")
def _():
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        for mode in (0o620, 0o602):
            operator.write("mine.json", E08, mode, id="X01", slug="mine")
            result = operator("explain", "X01")
            assert result.returncode == 1 and "there is no runbook X01" in result.stderr, result.stderr


@test("a shipped entry is replaced only by name")
def _():
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        texts = copy.deepcopy(E08["texts"])
        texts["en"]["title"] = "My own title"
        operator.write("mine.json", E08, texts=texts)
        assert "My own title" not in operator("explain", "E08").stdout
        operator.write("mine.json", E08, texts=texts, replaces="E08")
        assert "My own title" in operator("explain", "E08").stdout
        result = operator("match", "-o", "json", "Failed to connect to Typha.")
        assert json.loads(result.stdout)["id"] == "E08" and json.loads(result.stdout)["alsoSeen"] == []


@test("explain has every section in three languages, no line beyond 78 cells")
def _():
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(folder)
        for path in FILES:
            name = os.path.basename(path)[:-5]
            outputs = [operator("explain", name, "--lang", language) for language in ("en", "ko", "ja")]
            assert all(o.returncode == 0 and not o.stderr for o in outputs), outputs
            assert len({o.stdout for o in outputs}) == 3
            for line in "".join(o.stdout for o in outputs).splitlines():
                cells = sum(2 if ord(c) >= 0x1100 else 1 for c in line)
                assert cells <= 78, f"{cells}: {line}"
        assert operator("explain").returncode == 1 and operator("explain", "E99").returncode == 1
        assert "E08" in operator("explain", "E99").stderr


run()
