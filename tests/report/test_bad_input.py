#!/usr/bin/python3
"""What a user can get wrong: each gives its exit status, nothing on standard output, and one line on standard error
that says what, where (file and line, or the address without secrets), and no secret."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from simulated import CONSOLE, SIMULATOR, environment  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.TemporaryDirectory(prefix="nks-triage-test-")
SECRET = "hush-5b1e"
LONGEST = 900
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "true", "interactiveMode": "Never"}


def put(name, data):
    path = os.path.join(HOME.name, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, 0o600)
    return path


def config(cluster=None, user=None, context=None, **more):
    return json.dumps({"current-context": "c", "clusters": [{"name": "k", "cluster": {
        "server": "https://127.0.0.1:1", **(cluster or {})}}], "users": [{"name": "u", "user": {"token": SECRET, **(user or {})}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", **(context or {})}}], **more}, indent=1)


# words of the command line; what the line says
WORDS = [
    (["bogus"], ["bogus"]),
    (["report", "--bogus"], ["--bogus"]),
    (["--wait"], ["--wait"]),
    (["report", "--wait", "soon"], ["--wait", "soon"]),
    (["report", "--wait=-1"], ["--wait", "-1"]),
    (["report", "--request-timeout", "1h"], ["--request-timeout", "1h"]),
    (["report", "--lang", "xx"], ["--lang", "xx"]),
    (["report", "--color", "maybe"], ["--color", "maybe"]),
    (["report", "-o", "yaml"], ["yaml", "json"]),
    (["report", "surplus"], ["surplus"]),
    (["report", "--watch", "--from", "x"], ["--watch", "--from"]),
    (["report", "--from", "x", "--at", "noon"], ["--at", "noon", "2026-"]),
    (["report", "--from", "x", "--only", "E99"], ["E99"]),
    (["fix"], ["which entry"]),
    (["fix", "E08", "E09"], ["one entry", "E09"]),
    (["fix", "E08", "--confirm"], ["--confirm"]),
    (["fix", "E08", "--confirm", "0", "--dry-run"], ["--dry-run"]),
    (["fix", "E08", "--target", "calico-node"], ["--target", "calico-node", "Kind/namespace/name"]),
    (["fix", "E08", "--target", "DaemonSet//calico-node"], ["--target", "Kind/name"]),
    (["plan", "E08", "--target", "a/b/c/d"], ["--target", "a/b/c/d"]),
    (["plan", "E08", "--target", "/x"], ["--target"]),
    (["plan", "E08", "--target", "Pod/"], ["--target"]),
    (["plan", "E08", "--target", ""], ["--target"]),
    (["plan", "E08", "-o", "prom"], ["prom"]),
    (["undo"], ["run"]),
    (["resume", "a", "b"], ["run"]),
    (["explain", "E99"], ["E99"]),
    (["match", "-o", "xml", "text"], ["xml"]),
    (["version", "surplus"], ["surplus"]),
    (["report", "--kubeconfig", "/nonexistent/config"], ["/nonexistent/config", "No such file"]),
    (["report", "--as-group", "g", "--kubeconfig", "@good"], ["--as"]),
    (["report", "--context", "other", "--kubeconfig", "@good"], ["@good", "no context other", "c"]),
    (["report", "--config", "/nonexistent/c.json"], ["/nonexistent/c.json"]),
    (["report", "--from", "/nonexistent/pods.json"], ["/nonexistent/pods.json", "No such file"]),
    (["report", "--from", "/dev/null"], ["/dev/null"]),
]

# kubeconfigs: the text; what the line says. Each names its file, and all but those without a place its line.
KUBECONFIGS = {
    "broken YAML": ("clusters: [\n  {name: c\ncontexts: x", ["line 3"]),
    "no mapping": ("- a\n- b\n", ["no kubeconfig"]),
    "a folder": (None, ["Is a directory"]),
    "a NUL": (b"clusters:\n- name: \"a\\0b\"\n", ["line 2", "NUL"]),
    "no UTF-8": (b"clusters:\n- name: \xff\xfe\n", ["line"]),
    "too large": ("#" * (4 << 20) + "\nx: y\n", ["larger than 4194304 bytes"]),
    "too deep": ("x: " + "[" * 40 + "]" * 40, ["line 1", "nested deeper than 32"]),
    "too many aliases": ("a: &a [" + "x," * 900 + "]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [" + f"*{chr(97 + i)}," * 90 + "]\n"
                                                                  for i in range(3)), ["line", "100000 values"]),
    "a value in itself": ("a: &a [*a]\n", ["line 1", "contains itself"]),
    "an alias of nothing": ("a: *b\n", ["line 1", "alias"]),
    "a key twice": ("clusters: []\nclusters: []\n", ["line 2", "twice"]),
    "a name twice": (config(users=[{"name": "u", "user": {"token": SECRET}}] * 2), ["line", "twice"]),
    "no name": (config(users=[{"user": {"token": SECRET}}]), ["line", "no name"]),
    "a list that is none": (config(users={"u": SECRET}), ["line", "users"]),
    "a token that is a list": (config(user={"token": [SECRET]}), ["line", "token"]),
    "no server": (config(cluster={"server": ""}), ["line", "no server"]),
    "another scheme": (config(cluster={"server": "ftp://127.0.0.1"}), ["line", "http or https"]),
    "a password in the server": (config(cluster={"server": f"https://me:{SECRET}@127.0.0.1"}), ["line", "password"]),
    "a server with a blank": (config(cluster={"server": "https://127.0.0.1 :1"}), ["line", "no URL"]),
    "another scheme of a proxy": (config(cluster={"proxy-url": f"gopher://me:{SECRET}@p"}), ["line", "proxy-url"]),
    "no truth value": (config(cluster={"insecure-skip-tls-verify": "perhaps"}), ["line", "insecure-skip-tls-verify"]),
    "an authority and none": (config(cluster={"insecure-skip-tls-verify": True, "certificate-authority-data":
                                              "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="}), ["line", "insecure-skip-tls-verify"]),
    "no base64": (config(cluster={"certificate-authority-data": "%%"}), ["line", "base64"]),
    "no PEM": (config(cluster={"certificate-authority-data": "eHh4eA=="}), ["line", "PEM"]),
    "an authority that is not there": (config(cluster={"certificate-authority": "gone.pem"}), ["gone.pem", "No such file"]),
    "half a pair": (config(user={"client-certificate-data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="}), ["line", "client-key"]),
    "a key that is no PEM": (config(user={"client-certificate-data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
                                          "client-key-data": "aHVzaC01YjFl"}), ["line", "client-key-data"]),
    "a token with a line break": (config(user={"token": SECRET + "\r\nX-Injected: 1"}), ["line", "token of user u"]),
    "a token and a password": (config(user={"username": "me", "password": SECRET}), ["line", "user u"]),
    "an auth-provider": (config(user={"auth-provider": {"name": "oidc", "config": {"id-token": SECRET}}}), ["line", "oidc"]),
    "a plugin without a command": (config(user={"token": "", "exec": {**EXEC, "command": ""}}), ["line", "command"]),
    "a plugin of an old version": (config(user={"token": "", "exec": {**EXEC, "apiVersion": "client.authentication.k8s.io/v1alpha1"}}),
                                   ["line", "v1alpha1", "v1beta1"]),
    "a plugin without a mode": (config(user={"token": "", "exec": {**EXEC, "interactiveMode": "Often"}}), ["line", "interactiveMode"]),
    "a plugin's variable without a name": (config(user={"token": "", "exec": {**EXEC, "env": [{"value": SECRET}]}}), ["line", "env"]),
    "arguments that are no texts": (config(user={"token": "", "exec": {**EXEC, "args": [{"a": SECRET}]}}), ["line", "args"]),
    "no current-context": (config(**{"current-context": ""}), ["current-context", "--context: c"]),
    "a cluster that is not there": (config(context={"cluster": "gone"}), ["line", "gone", "k"]),
    "a user that is not there": (config(context={"user": "gone"}), ["line", "gone", "u"]),
    "a context without a cluster": (config(context={"cluster": ""}), ["line", "names no cluster"]),
    "groups without a user": (config(user={"as-groups": ["g"]}), ["--as"]),
    "escapes for the terminal": (config(context={"user": "\x1b]0;title\x07\x1b[31m"}), ["line", "\\x1b"]),
}

CONFIGURATIONS = {
    "no JSON": ('{\n "readOnly": true,\n oops\n}', [":3:", "not JSON"]),
    "an unknown key": ('{\n "readOnly": true,\n "readonly": false\n}', [":3", "readonly"]),
    "a wrong type": ('{\n "readOnly": "yes"\n}', [":2", "readOnly"]),
    "a list where none belongs": ('[]', ["config"]),
}

SAVED = {
    "no Kubernetes": ("hello\n", ["neither JSON nor YAML"]),
    "broken JSON": ('\n{"apiVersion": "v1", "kind": oops}', ["line 2"]),
    "broken YAML": ("apiVersion: v1\nkind: Pod\nmetadata: [\n", ["line"]),
    "a damaged archive": (b"\x1f\x8b\x08\x00" + b"x" * 100, ["cannot read it", "gzip"]),
    "nothing to look at": ('{"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "s"}, "data": {"p": "' + SECRET + '"}}',
                           ["no objects"]),
}

SIMULATIONS = [
    (["--fault", "forbidden"], ["forbidden", "forbidden=pods"]),
    (["--fault", "throttle"], ["throttle", "seconds"]),
    (["--fault", "slow=soon"], ["slow", "milliseconds"]),
    (["--fault", "gone=perhaps"], ["gone", "event or http"]),
    (["--fault", "hang=1"], ["hang", "true or false"]),
    (["--fault", "nonsense"], ["nonsense"]),
    (["--scenario", "nonsense"], ["nonsense"]),
    (["--port", "x"], ["--port", "x"]),
]


def call(program, words):
    done = subprocess.run([program, *words], capture_output=True, timeout=240, env=environment(HOME.name, USER="operator"),
                          stdin=subprocess.DEVNULL, start_new_session=True)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def check(answer, code, parts):
    status, out, err = answer
    lines = err.splitlines()
    # Words that a command does not take are followed by its usage, an unknown entry by those there are.
    said = [line for line in lines if line.startswith(("nks-triage: ", "nks-triage-sim: "))]
    assert status == code and not out.strip(), answer
    assert len(said) == 1 and lines[0] == said[0], ("one line", answer)
    assert all(re.match(r"usage: | ", line) for line in lines[1:]), ("more than its usage", answer)
    assert all(part in err for part in parts), (parts, answer)
    assert SECRET not in err and SECRET not in out, ("a secret", answer)
    assert not [c for c in err if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"], ("control characters", answer)
    assert len(said[0]) <= LONGEST, ("too long", answer)


def every(cases, one):
    wrong = []
    for case in cases:
        try:
            one(case)
        except AssertionError as error:
            wrong.append(f"{case}: {error}")
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong)


@test("words that are wrong: exit status 1, and what is wrong with them")
def _():
    good = put("good", config())
    every(range(len(WORDS)), lambda i: check(call(CONSOLE, [word.replace("@good", good) for word in WORDS[i][0]]), 1,
                                             [part.replace("@good", good) for part in WORDS[i][1]]))


@test("kubeconfigs that are wrong: exit status 1, file and line")
def _():
    def one(name):
        text, parts = KUBECONFIGS[name]
        path = put("kubeconfig", text) if text is not None else HOME.name
        check(call(CONSOLE, ["report", "--kubeconfig", path]), 1, parts if "gone.pem" in parts[0] else [path, *parts])
    every(list(KUBECONFIGS), one)


@test("a kubeconfig that is wrong is as wrong for plan, fix, doctor and the console without a terminal")
def _():
    path = put("kubeconfig", KUBECONFIGS["broken YAML"][0])
    for words in (["plan", "E08"], ["fix", "E08"], ["undo", "x"]):
        check(call(CONSOLE, [*words, "--kubeconfig", path]), 1, [path, "line 3"])
    status, out, _ = call(CONSOLE, ["doctor", "--kubeconfig", path])
    assert status == 1 and path in out and "line 3" in out and SECRET not in out, out


@test("configurations that are wrong: exit status 1, file and line")
def _():
    def one(name):
        path = put("config.json", CONFIGURATIONS[name][0])
        check(call(CONSOLE, ["report", "--config", path]), 1, [path, *CONFIGURATIONS[name][1]])
    every(list(CONFIGURATIONS), one)


@test("saved objects that cannot be used: exit status 1, and which file")
def _():
    def one(name):
        path = put("saved.txt", SAVED[name][0])
        check(call(CONSOLE, ["report", "--from", path]), 1, [path, *SAVED[name][1]])
    every(list(SAVED), one)


@test("a simulated cluster that cannot be had: exit status 1")
def _():
    every(range(len(SIMULATIONS)), lambda i: check(call(SIMULATOR, SIMULATIONS[i][0]), 1, SIMULATIONS[i][1]))


@test("the cases are many")
def _():
    assert len(WORDS) + len(KUBECONFIGS) + len(CONFIGURATIONS) + len(SAVED) + len(SIMULATIONS) >= 80


run()
