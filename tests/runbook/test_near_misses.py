#!/usr/bin/python3
"""Near misses of every message pattern, made from its own examples: another host, another verb, another resource.
A word is exchanged where the pattern itself speaks of it, and lint is asked whether the pattern still takes the text."""
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, "nks-triage")
FILES = sorted(glob.glob(os.path.join(ROOT, "assets", "runbooks", "*.json"))
               + glob.glob(os.path.join(ROOT, "assets", "examples", "*.json")))
HOST = re.compile(r"(?<![\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:io|com|net|org|dev)(?![\w-])", re.I)
VERBS = {"pull": "push", "pulling": "pushing", "mount": "format", "connect": "listen", "create": "rename",
         "resolve": "revoke", "reclaim": "report", "garbage": "carbon", "setting": "reading", "cleaning": "counting",
         "expand": "shrink", "nodeexpandvolume": "nodeunstagevolume", "toomanyrequests": "unexpected"}
RESOURCES = {"image": "chart", "images": "charts", "sandbox": "socket", "volume": "queue", "volumes": "queues",
             "ephemeral-storage": "memory", "inodes": "pids", "cgroup": "cpuset", "memory": "cpu", "felix": "phoenix",
             "typha": "relay", "calico": "cilium", "flannel": "weave", "rpc.statd": "rpc.mountd", "statd": "mountd",
             "ipam": "dhcp", "affinities": "leases", "pause": "start", "container": "session", "ownership": "colour",
             "libdcgm": "libother", "allocate": "schedule", "rate": "size", "limit": "colour", "bird": "fish"}


def exchanged(text, words, pattern):
    """The text with each of the words that the pattern names exchanged; None where there is none."""
    named = {w: other for w, other in words.items() if re.search(r"(?<![a-z])" + re.escape(w).replace(r"\.", r"\\?\.")
                                                                + r"(?![a-z])", pattern, re.I)}
    changed = text
    for word, other in named.items():
        changed = re.sub(r"(?<![a-z])" + re.escape(word) + r"(?![a-z])", other, changed, flags=re.I)
    return changed if changed != text else None


def another_host(text, pattern):
    """Each host that the pattern names (its dots escaped there) is another one."""
    hosts = [h for h in set(HOST.findall(text)) if h.lower().replace(".", "\\.") in pattern.lower()]
    changed = text
    for host in hosts:
        changed = changed.replace(host, "registry.elsewhere.example")
    return changed if changed != text else None


def near_misses(pattern, example):
    for kind, text in (("host", another_host(example, pattern)), ("verb", exchanged(example, VERBS, pattern)),
                       ("resource", exchanged(example, RESOURCES, pattern))):
        if text:
            yield kind, text


def messages(value, path=()):
    """Every pattern with examples in a document: where it is, and what holds it."""
    if isinstance(value, dict):
        if "pattern" in value and "examples" in value:
            yield path, value
        for key, member in value.items():
            yield from messages(member, path + (key,))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from messages(member, path + (index,))


def lint(document, folder):
    path = os.path.join(folder, "near.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return subprocess.run([PROGRAM, "lint", path], capture_output=True, text=True, cwd=ROOT, timeout=240).stdout


# What a pattern is not about: the same words in another place. Each with its reason.
FREE = {
    # Docker Hub's own host or link and the status decide; the words are one way of several to say it.
    ("E03", "messages.hub-429", "verb"), ("E03", "messages.hub-429", "resource"),
    ("E03", "messages.hub-limit-link", "resource"),
    # A default image's name together with the network's failure decides; "pull" belongs to another wording.
    ("E04", "messages.default-image", "verb"),
    # The host and the refusal decide; "image" and "pull" belong to containerd's short-lived wording.
    ("E06", "messages.github-packages", "verb"), ("E06", "messages.github-packages", "resource"),
}


def misses_of(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document.pop("replaces", None)
    for place, message in messages(document):
        for example in message["examples"]["match"]:
            for kind, text in near_misses(message["pattern"], example):
                yield document, place, kind, text


def still_matches(document, place, text, folder):
    changed = copy.deepcopy(document)
    holder = changed
    for key in place:
        holder = holder[key]
    holder["examples"] = {"match": holder["examples"]["match"], "nomatch": [text]}
    return "matches this example and should not" in lint(changed, folder)


def report_on(path, folder):
    wrong = []
    counts = {"host": 0, "verb": 0, "resource": 0}
    for document, place, kind, text in misses_of(path):
        name = (os.path.basename(path)[:-5], ".".join(map(str, place)), kind)
        if name in FREE:
            continue
        counts[kind] += 1
        if still_matches(document, place, text, folder):
            wrong.append(f"{name}: {text[:150]}")
    return wrong, counts


TOTAL = {"host": 0, "verb": 0, "resource": 0}


def add_test(path):
    @test(f"{os.path.basename(path)}: no near miss of its examples matches")
    def _():
        with tempfile.TemporaryDirectory() as folder:
            wrong, counts = report_on(path, folder)
        for kind, number in counts.items():
            TOTAL[kind] += number
        assert not wrong, "\n".join(wrong)


for _path in FILES:
    with open(_path, encoding="utf-8") as _file:
        if "\"pattern\"" in _file.read():
            add_test(_path)


@test("there are near misses of each kind, and the exchange is noticed where a pattern is too wide")
def _():
    assert TOTAL["host"] >= 5 and TOTAL["verb"] >= 15 and TOTAL["resource"] >= 15, TOTAL
    with open(FILES[0], encoding="utf-8") as file:
        document = json.load(file)
    document["messages"] = {"wide": {"pattern": "pull|image|[a-z]+", "examples": {
        "match": ["Failed to pull image"], "nomatch": ["1 2 3"]}}}
    for key in ("when", "confirm", "collect", "exclude", "confidence", "latent", "also", "steps", "preconditions", "applies",
                "verify", "undo", "parameters", "conflicts"):
        document.pop(key, None)
    document["when"] = {"event": {"message": "wide"}}
    with tempfile.TemporaryDirectory() as folder:
        assert still_matches(document, ("messages", "wide"), "Failed to push chart", folder)


run()
