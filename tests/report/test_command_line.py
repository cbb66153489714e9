#!/usr/bin/python3
"""The command line itself: surplus words, what is named and missing, what reaches standard output."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from simulated import Simulated, environment, run_console  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.TemporaryDirectory(prefix="nks-triage-test-")


def console(*words, **more):
    return run_console(HOME.name, *words, **more)


def failed(answer, *parts):
    assert answer.code == 1 and answer.out == "", answer
    for part in parts:
        assert part in answer.err, (part, answer)


@test("surplus words and unknown flags are errors in every command without flags, too")
def _():
    for words in (["version", "x"], ["help", "report", "x"], ["completion", "bash", "x"], ["doctor", "x"]):
        failed(console(*words), "does not take x", "usage: nks-triage " + words[0])
    for words in (["explain", "E08", "x"], ["report", "x"]):
        failed(console(*words), "what is x?", "usage: nks-triage " + words[0])
    for command in ("version", "help", "completion", "explain", "doctor", "report"):
        failed(console(command, "--bogus"), "no flag --bogus")


@test("-o takes the forms that the command has, and names them for what it does not take")
def _():
    for command, forms in (("report", "text|json|prom|md"), ("match", "text|json"), ("plan", "text|json"),
                           ("runs", "text|json|md"), ("nodes", "text|json")):
        for word in ("xml", "tex", "text|json", ""):
            failed(console(command, "-o", word), f"-o takes {forms}, not {word}", "usage: nks-triage " + command)


@test("explain without an id, and with one that does not exist, lists those that do")
def _():
    for words in (["explain"], ["explain", "E99"]):
        failed(console(*words), "E01 E02 E03 ", " E08 ", " crash-loop ")


@test("a configuration file that was named has to be there")
def _():
    failed(console("runs", "--config", "/nonexistent/config.json"), "/nonexistent/config.json")
    failed(console("runs", NKS_TRIAGE_CONFIG="/nonexistent/config.json"), "/nonexistent/config.json")
    assert console("runs").code == 0


@test("match -o json: control and bidi characters leave as escapes, and the message comes back as it was")
def _():
    message = "a\u202eb\u2066c\x1b[31m\x7f\x00 \U000e0041 \uac00"
    answer = console("match", "-o", "json", "-", stdin=message + "\n")
    assert json.loads(answer.out)["message"] == message, answer
    assert not [hex(ord(c)) for c in answer.out if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"], answer
    assert "\uac00" in answer.out, answer


@test("the report of few entries names the server's version each time")
def _():
    with Simulated("healthy") as cluster:
        texts = {re.sub(r'"generatedAt": "[^"]+"', "", cluster.console("report", "-o", "json", "--only", "E01").out)
                 for _ in range(10)}
    assert len(texts) == 1 and '"version": "v1.' in texts.pop()


@test("a report that could not be written is a failure, whatever it found; a closed output is nobody's socket")
def _():
    with Simulated("calico-outage") as cluster:
        for redirection in (">/dev/full", ">&-"):
            process = subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", *cluster.command("report")],
                                     env=environment(HOME.name), stdin=subprocess.DEVNULL, timeout=240)
            assert process.returncode == 1, (redirection, process)


run()
