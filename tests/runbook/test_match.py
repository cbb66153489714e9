#!/usr/bin/python3
"""`match` on texts of tickets and events: tests/data/messages.jsonl, and the vectors beside the checkout when
they are there. An expectation "E08w" is a hint (suspected), "E08log" an ordinary E08, "none" no entry."""
import json
import os
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, "nks-triage")
SHIPPED = {name[:-5] for name in os.listdir(os.path.join(ROOT, "assets", "runbooks"))}


def match(*arguments, text=None):
    return subprocess.run([PROGRAM, "match", *arguments], input=text, capture_output=True, cwd=ROOT, timeout=60)


def vectors():
    for path in (os.path.join(ROOT, "tests", "data", "messages.jsonl"),
                 os.path.join(ROOT, "..", "shared", "vectors", "messages.jsonl")):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                yield from (json.loads(line) for line in file)


def expected(vector):
    label = vector["expect"]
    return None if label == "none" else label[:3]


def answers(messages):
    """One answer a message; a message of several lines is given with \\n, as a log or a JSON text has it."""
    text = "".join(message.replace("\n", "\\n") + "\n" for message in messages)
    result = match("-o", "json", "-", text=text.encode())
    lines = [json.loads(line) for line in result.stdout.decode().splitlines()]
    assert len(lines) == len(messages), result.stderr
    return result.returncode, lines


@test("every vector whose entry is shipped gets its entry, and no other text gets one")
def _():
    chosen = [v for v in vectors() if expected(v) is None or expected(v) in SHIPPED]
    code, lines = answers([v["message"] for v in chosen])
    wrong = [f"{v['expect']}: {line['id']}: {v['message'][:90]}" for v, line in zip(chosen, lines)
             if line["id"] != expected(v)]
    assert not wrong, "\n".join(wrong)
    assert code == 3 and len(chosen) > 30


@test("a text that only hints is suspected, every other one more than that")
def _():
    chosen = [v for v in vectors() if expected(v) in SHIPPED]
    _, lines = answers([v["message"] for v in chosen])
    wrong = [f"{v['expect']}: {line['confidence']}" for v, line in zip(chosen, lines)
             if (line["confidence"] == "suspected") != v["expect"].endswith("w")]
    assert not wrong, "\n".join(wrong)


@test("wrapping, escaping, prefixing and upper case do not change an answer")
def _():
    chosen = [v for v in vectors() if expected(v) in SHIPPED]
    shapes = [
        lambda m: "(combined from similar events): " + m,
        lambda m: json.dumps(json.dumps(m)),
        lambda m: "  ".join(m.split(" ")),
        lambda m: "Warning  Failed  3m (x4 over 5m)  kubelet  " + m.upper(),
        lambda m: m.replace(" ", "\t", 3) + "\r",
    ]
    for shape in shapes:
        _, lines = answers([shape(v["message"]) for v in chosen])
        wrong = [f"{v['expect']}: {line['id']}: {line['message'][:90]}" for v, line in zip(chosen, lines)
                 if line["id"] != expected(v)]
        assert not wrong, "\n".join(wrong)


@test("near misses of a message belong to nobody: another host, another image")
def _():
    near = [
        "Failed to pull image \"x\": unexpected status code https://registry-1.docker.io.example.com/v2/x: 404 Not Found",
        "Failed to pull image \"quay.io/x/y\": toomanyrequests: see https://docs.redhat.com/increase-rate-limit",
        "Back-off pulling image \"docker.io/acme/typha-dashboard:v1\"",
        "Back-off pulling image \"docker.io/acme/notcalico/kube-controllers-extra:v1\"",
        "Readiness probe failed: felix is not ready",
        "Failed to connect to Typhoon.",
    ]
    code, lines = answers(near)
    assert [line["id"] for line in lines] == [None] * len(near), lines
    assert code == 0


@test("JSON has the promised members; none is null")
def _():
    code, lines = answers(["Failed to connect to Typha.", "all is well", ""])
    assert list(lines[0]) == ["message", "id", "slug", "confidence", "alsoSeen"], lines[0]
    assert lines[0]["id"] == "E08" and lines[0]["slug"] == "calico-typha-image", lines[0]
    assert lines[1] == {"message": "all is well", "id": None, "slug": None, "confidence": None, "alsoSeen": []}
    assert lines[2]["message"] == "" and lines[2]["id"] is None
    assert code == 3


@test("tokens are taken out of what is printed")
def _():
    text = "toomanyrequests: You have reached your pull rate limit as 'joe': dckr_jti_EXAMPLE. See https://www.docker.com/x"
    for arguments in (("-o", "json", "-"), ("-",)):
        out = match(*arguments, text=(text + "\n").encode()).stdout.decode()
        assert "dckr_jti" not in out and "joe" not in out and "E03" in out, out


@test("bytes that are no UTF-8, terminal escapes and endless lines do no harm")
def _():
    hostile = b"\xff\xfe\x1b[2J Failed to connect to Typha. \xc3\n" + b"x" * 300000 + b"\n\x00\n"
    result = match("-", text=hostile)
    assert result.returncode == 3 and b"\x1b" not in result.stdout, result
    assert len(result.stdout.splitlines()) == 3
    result = match("-o", "json", "-", text=hostile)
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["E08", None, None]


@test("one message as an argument; -- before one that begins with a dash; usage errors")
def _():
    assert match("Failed", "to", "connect", "to", "Typha.").returncode == 3
    assert match("--", "-- Failed to connect to Typha.").returncode == 3
    assert match("nothing of that kind").returncode == 0
    assert match().returncode == 1 and match("-o", "yaml", "x").returncode == 1 and match("--bad").returncode == 1
    assert b"usage" in match().stderr


run()
