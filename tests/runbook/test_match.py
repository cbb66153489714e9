#!/usr/bin/python3
"""`match` on texts of tickets and events: tests/data/messages.jsonl, and the vectors beside the checkout when
they are there. An expectation "E08w" is a hint (suspected), "E08log" an ordinary E08, "none" no entry."""
import json
import os
import subprocess
import sys
import textwrap

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, "nks-triage")
SHIPPED = {name[:-5] for name in os.listdir(os.path.join(ROOT, "assets", "runbooks"))}


def match(*arguments, text=None):
    return subprocess.run([PROGRAM, "match", *arguments], input=text, capture_output=True, cwd=ROOT, timeout=240)


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


def hard(message, width):
    """As a terminal of that width shows it: words are broken."""
    return "\n".join("\n".join(line[i:i + width] for i in range(0, len(line), width)) for line in message.split("\n"))


EVENT = "Warning  Failed  3m (x4 over 5m)  kubelet  "
OTHERS = ("Normal  Scheduled  5m  default-scheduler  Successfully assigned shop/web-0 to n1   "
          "Warning  BackOff  3m  kubelet  Back-off restarting failed container   " + EVENT)
SHAPES = {
    "combined": lambda m: "(combined from similar events): " + m,
    "JSON in JSON": lambda m: json.dumps(json.dumps(m)),
    "blanks": lambda m: "  ".join(m.split(" ")),
    "an event in capitals": lambda m: EVENT + m.upper(),
    "small letters": str.lower,
    "tabs": lambda m: m.replace(" ", "\t", 3) + "\r",
    "wrapped by describe": lambda m: "\n      ".join(textwrap.wrap(m, 80, break_long_words=False,
                                                                   break_on_hyphens=False)),
    "wrapped by a terminal": lambda m: hard(m, 80),
    "wrapped by a small terminal": lambda m: hard(m, 60),
    "journald": lambda m: "Nov 21 12:00:00 node-1 kubelet[1234]: " + m,
    "klog": lambda m: "E1121 12:00:00.000000    1234 kubelet.go:2000] " + m,
    "klog with fields": lambda m: ('E1121 12:00:00.000000    1234 pod_workers.go:965] "Error syncing pod, skipping" err='
                                   + json.dumps(m) + ' pod="shop/web-0" podUID=1d183c'),
    "colours": lambda m: "\x1b[31m" + m.replace(" ", "\x1b[0m \x1b[1;33m", 3) + "\x1b[0m",
    "no width": lambda m: "\u200b".join(m[i:i + 7] for i in range(0, len(m), 7)),
    "a word processor": lambda m: m.replace('"', "\u201d").replace(" ", "\u00a0"),
    "a web page": lambda m: m.replace("&", "&amp;").replace('"', "&quot;"),
    "quoted in a mail": lambda m: "> " + m.replace("\n", "\n> "),
    "after other events": lambda m: OTHERS + m,
}


@test("wrapping, escaping, prefixing, colours and capitals do not change an answer, and make no text an entry's")
def _():
    chosen = [v for v in vectors() if expected(v) is None or expected(v) in SHIPPED]
    for name, shape in SHAPES.items():
        _, lines = answers([shape(v["message"]).replace("\r", "") for v in chosen])
        wrong = [f"{name}: {v['expect']}: {line['id']}: {line['message'][:90]}" for v, line in zip(chosen, lines)
                 if line["id"] != expected(v)]
        assert not wrong, "\n".join(wrong)


@test("a text that is cut off anywhere is its own entry's, or nobody's; of others at most a hint")
def _():
    # Of two a part says something else than the whole: logins, not pulls; a limit, not a missing image.
    chosen = [v for v in vectors() if expected(v) is None or expected(v) in SHIPPED]
    chosen = [v for v in chosen if "failed login" not in v["message"]
              and not (expected(v) == "E03" and "calico/typha" in v["message"])]
    for share in (30, 50, 70, 85, 95):
        _, lines = answers([v["message"][:len(v["message"]) * share // 100] for v in chosen])
        wrong = [f"{share} %: {v['expect']}: {line['id']}: {line['message'][-90:]}" for v, line in zip(chosen, lines)
                 if line["id"] not in (None, expected(v)) and line["confidence"] != "suspected"]
        assert not wrong, "\n".join(wrong)


@test("two messages in one text are not read as one")
def _():
    others = [v["message"] for v in vectors() if not expected(v)]
    pairs = [EVENT + a + "  " + EVENT + b for a, b in zip(others, others[7:] + others[:7])]
    _, lines = answers(pairs)
    wrong = [f"{line['id']}: {line['message']}" for line in lines if line["id"]]
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
