#!/usr/bin/python3
"""`nks-triage report` on simulated clusters: what it finds, in which form, with which exit code."""
# Takes: 20 s
import json
import os
import re
import signal
import socket
import tempfile
import subprocess
import sys
import unicodedata

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from fault_proxy import FaultProxy  # noqa: E402
from simulated import AT_REST, CONSOLE, Simulated, environment, run_console  # noqa: E402
from sources import ROOT, read  # noqa: E402
from tap import run, test  # noqa: E402
from wait import PATIENCE, wait_for  # noqa: E402

SCHEMA = jsonschema.Draft202012Validator(json.loads(read("tests/data/report.schema.json")))
RUNBOOKS = [json.loads(read("assets/runbooks/" + name)) for name in os.listdir(os.path.join(ROOT, "assets/runbooks"))]
outage = Simulated("calico-outage", *AT_REST)
healthy = Simulated("healthy")


def report(cluster, *words, code, **more):
    answer = cluster.console("report", "-o", "json", *words, **more)
    assert answer.code == code, answer
    document = json.loads(answer.out)
    SCHEMA.validate(document)
    return document


def finding(document, name):
    found = [f for f in document["findings"] if f["id"] == name]
    assert len(found) == 1, (name, [f["id"] for f in document["findings"]])
    return found[0]


def names(found, kind):
    return {o["name"] for o in found["objects"] if o["kind"] == kind}


def waits_for_image(pod):
    statuses = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
    return any(s["state"].get("waiting", {}).get("reason") in ("ErrImagePull", "ImagePullBackOff") for s in statuses)


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


@test("calico-outage: E08 is critical, with the objects that are broken and those that the fix changes")
def _():
    found = finding(report(outage, code=3), "E08")
    pods = outage.get("/api/v1/namespaces/kube-system/pods")["items"]
    calico = [p for p in pods if p["metadata"]["name"].startswith("calico-")]
    assert found["severity"] == "critical" and found["confidence"] == "certain" and found["remedy"] == "api"
    assert names(found, "Deployment") == {"calico-typha", "calico-kube-controllers"}
    assert names(found, "DaemonSet") == {"calico-node"}
    assert names(found, "Pod") == {p["metadata"]["name"] for p in calico if waits_for_image(p) or not is_ready(p)}
    uids = {p["metadata"]["name"]: p["metadata"]["uid"] for p in calico}
    assert all(o["uid"] == uids[o["name"]] for o in found["objects"] if o["kind"] == "Pod")
    assert found["since"] is not None
    texts = " ".join(e["text"] for e in found["evidence"])
    assert "Failed to pull image" in texts and "felix is not ready" in texts, texts


@test("calico-outage: the general symptoms of its pods are E08's, not findings of their own")
def _():
    document = report(outage, code=3)
    found = finding(document, "E08")
    assert {"image-pull", "not-ready"} <= set(found["alsoSeen"]), found["alsoSeen"]
    explained = {o["uid"] for f in document["findings"] if f["id"].startswith("E") for o in f["objects"]}
    for general in (f for f in document["findings"] if not f["id"].startswith("E")):
        assert not explained & {o["uid"] for o in general["objects"]}, general


@test("calico-outage: Docker Hub's limit is found where it is, in the user's namespace")
def _():
    found = finding(report(outage, code=3), "E03")
    assert found["severity"] == "warning"
    assert {o["namespace"] for o in found["objects"]} == {"shop"}
    assert "image-pull" in found["alsoSeen"]
    assert any("429" in e["text"] or "toomanyrequests" in e["text"] for e in found["evidence"])


@test("one verdict a runbook, and the coverage counts them")
def _():
    document = report(outage, code=3)
    assert sorted(c["id"] for c in document["checks"]) == sorted(r["id"] for r in RUNBOOKS)
    verdicts = {c["id"]: c["verdict"] for c in document["checks"]}
    assert all(verdicts[f["id"]] == "hit" for f in document["findings"])
    counted = document["coverage"]
    for verdict, key in (("hit", "hit"), ("clear", "clear"), ("not_applicable", "notApplicable"),
                         ("could_not_check", "couldNotCheck")):
        assert counted[key] == list(verdicts.values()).count(verdict), (counted, verdicts)


@test("the same cluster gives the same bytes but for generatedAt and the times in the lines of logs, which go on")
def _():
    texts = {re.sub(r'"generatedAt": "[^"]+"|"text": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d', "",
                    outage.console("report", "-o", "json").out) for _ in range(4)}
    assert len(texts) == 1, texts
    document = report(outage, code=3)
    order = {"critical": 0, "warning": 1, "info": 2}
    keys = [(order[f["severity"]], f["since"] or "9") for f in document["findings"]]
    assert keys == sorted(keys), keys


@test("healthy: nothing found, everything looked at, exit status 0")
def _():
    document = report(healthy, code=0)
    assert document["findings"] == []
    assert document["coverage"]["couldNotCheck"] == 0 and document["coverage"]["hit"] == 0
    assert document["coverage"]["clear"] > 0


@test("hostile: escape sequences of a cluster reach no form; without Calico E08 is not applicable")
def _():
    with Simulated("hostile") as cluster:
        document = report(cluster, code=4)
        verdicts = {c["id"]: c["verdict"] for c in document["checks"]}
        # E01 and E02 are about nodes with Docker, E10 about Cinder, the others about Calico.
        assert {i for i, verdict in verdicts.items() if verdict == "not_applicable"} == {
            "E01", "E02", "E08", "E10", "E12", "E13", "E14"}
        assert document["coverage"]["notApplicable"] == 7
        for form in ("text", "json", "prom", "md"):
            text = cluster.console("report", "-o", form).out
            bad = {hex(ord(c)) for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co") and c != "\n"}
            assert not bad, (form, bad)


@test("a user who may read nothing: exit status 5, each check says what may not be listed")
def _():
    document = report(outage, "--as", "nobody", code=5)
    assert document["findings"] == []
    assert document["cluster"]["user"] == "nobody"
    for check in document["checks"]:
        assert check["verdict"] == "could_not_check", check
        assert re.fullmatch(r"cannot list [a-z]+: forbidden", check["reason"]), check


@test("a user who may read everything sees what the admin sees")
def _():
    admin = report(outage, code=3)
    viewer = report(outage, "--as", "viewer", code=3)
    seen, known = (re.sub(r'"text": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d', "", json.dumps(document["findings"]))
                   for document in (viewer, admin))    # the times in the lines of logs go on
    assert seen == known
    assert viewer["cluster"]["user"] == "viewer"


@test("one forbidden resource: its checks could not be made, the others were")
def _():
    with Simulated("healthy", "--fault", "forbidden=nodes") as cluster:
        document = report(cluster, code=5)
        verdicts = {c["id"]: c for c in document["checks"]}
        assert verdicts["node-not-ready"]["verdict"] == "could_not_check"
        assert verdicts["node-not-ready"]["reason"] == "cannot list nodes: forbidden"
        assert verdicts["image-pull"]["verdict"] == "clear"


@test("--only: the exit status is that of the chosen entries; what was left out does not count")
def _():
    document = report(outage, "--only", "E03", code=4)
    assert [f["id"] for f in document["findings"]] == ["E03"]
    left = [c for c in document["checks"] if c["id"] != "E03"]
    assert all(c["verdict"] == "could_not_check" and "--only" in c["reason"] for c in left)
    assert report(outage, "--only", "crash-loop,disk-pressure", code=0)["findings"] == []
    both = report(outage, "--only", "e08", "--only", "dockerhub-rate-limit", code=3)
    assert {f["id"] for f in both["findings"]} == {"E08", "E03"}
    answer = outage.console("report", "--only", "E99")
    assert answer.code == 1 and "E99" in answer.err and answer.out == "", answer


@test("text: at most 80 columns of cells, no escape sequences, in each language")
def _():
    def cells(line):
        return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
                   for c in line)
    for language in ("en", "ko", "ja"):
        answer = outage.console("report", "--lang", language)
        assert answer.code == 3, answer
        assert "E08" in answer.out and "E03" in answer.out and "kube-system/calico-node" in answer.out
        assert "\x1b" not in answer.out
        wide = [line for line in answer.out.splitlines() if cells(line) > 80]
        assert not wide, wide
    assert "\x1b[1;31m" in outage.console("report", "--color", "always").out


@test("titles are in the chosen language")
def _():
    titles = {r["id"]: {language: r["texts"][language]["title"] for language in ("en", "ko", "ja")} for r in RUNBOOKS}
    for language in ("en", "ko", "ja"):
        for found in report(outage, "--lang", language, code=3)["findings"]:
            assert found["title"] == titles[found["id"]][language], found


def read_prom(text):
    """Samples of the Prometheus text format by a strict grammar: [(name, {label: value}, number)]."""
    label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(" + label + r"(?:," + label + r")*)\})? (-?[0-9.e+]+)")
    samples = []
    types = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        head = re.fullmatch(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)", line)
        if head:
            assert head.group(1) == "HELP" or head.group(3) == "gauge", line
            assert (head.group(1), head.group(2)) not in types, line
            types[(head.group(1), head.group(2))] = True
            continue
        match = sample.fullmatch(line)
        assert match, line
        assert ("TYPE", match.group(1)) in types, line
        labels = dict((k, v) for k, v in re.findall(r'([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
        samples.append((match.group(1), labels, float(match.group(3))))
    keys = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples]
    assert len(keys) == len(set(keys)), "a series twice"
    return samples


@test("prom: parsable, one series an object, one a check, up")
def _():
    answer = outage.console("report", "-o", "prom")
    assert answer.code == 3, answer
    samples = read_prom(answer.out)
    document = report(outage, code=3)
    expected = {(f["id"], f["slug"], f["severity"], o["kind"], o["namespace"], o["name"])
                for f in document["findings"] for o in f["objects"]}
    got = {tuple(labels[k] for k in ("id", "slug", "severity", "kind", "namespace", "name"))
           for name, labels, value in samples if name == "nks_triage_finding" and value == 1}
    assert got == expected
    checks = {(labels["id"], labels["verdict"]) for name, labels, _ in samples if name == "nks_triage_check"}
    assert checks == {(c["id"], c["verdict"]) for c in document["checks"]}
    values = {name: value for name, labels, value in samples if not labels}
    assert values["nks_triage_up"] == 1 and values["nks_triage_last_sync_timestamp_seconds"] > 1.6e9


@test("md: a heading a finding, tables whose rows have equal columns")
def _():
    answer = outage.console("report", "-o", "md")
    assert answer.code == 3, answer
    assert len(re.findall(r"^## \w+ · E0[38] · ", answer.out, re.M)) == 2, answer.out
    rows = [line for line in answer.out.splitlines() if line.startswith("|")]
    assert rows
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) in (3, 4), row


@test("a server that cannot be reached: exit status 5, the layer on stderr and in every check")
def _():
    with Simulated("healthy") as cluster:
        home = cluster.folder
        kubeconfig = os.path.join(home, "unreachable")
        with open(cluster.kubeconfig, encoding="utf-8") as file:
            text = file.read()
        with open(kubeconfig, "w", encoding="utf-8") as file:
            file.write(text.replace(cluster.server, "http://127.0.0.1:1"))
        answer = run_console(home, "report", "-o", "json", "--kubeconfig", kubeconfig, "--wait", "3")
    assert answer.code == 5, answer
    assert "127.0.0.1" in answer.err, answer
    document = json.loads(answer.out)
    SCHEMA.validate(document)
    assert document["findings"] == []
    for check in document["checks"]:
        assert check["verdict"] == "could_not_check" and "TCP" in check["reason"], check


@test("a server that hangs, or answers HTML: exit status 5, and soon")
def _():
    for setting in ("hang", "html", "unauthorized", "half"):
        with Simulated("healthy", "--fault", setting) as cluster:
            answer = cluster.console("report", "-o", "json", "--wait", "2")
            assert answer.code == 5, (setting, answer)
            assert answer.err, setting
            document = json.loads(answer.out)
            SCHEMA.validate(document)
            assert all(c["verdict"] == "could_not_check" and c["reason"] for c in document["checks"]), setting


@test("answers that break off for a moment: the report waits for whole ones, and finds what it finds without")
def _():
    with FaultProxy(int(outage.server.rsplit(":", 1)[1])) as proxy:
        path = os.path.join(outage.folder, "broken-off")
        with open(outage.kubeconfig, encoding="utf-8") as file, open(path, "w", encoding="utf-8") as copy:
            copy.write(file.read().replace(outage.server, f"http://127.0.0.1:{proxy.port}"))
        proxy.set("cut", after=300, times=7)
        answer = run_console(outage.folder, "report", "-o", "json", "--kubeconfig", path)
        assert proxy.times == 0 and answer.code == 3, answer
        assert [f["id"] for f in json.loads(answer.out)["findings"]] == ["E08", "E03"], answer


@test("an unusable kubeconfig: exit status 1, the reason on stderr, nothing on stdout")
def _():
    for words in (["--kubeconfig", "/nonexistent"], ["--kubeconfig", outage.kubeconfig, "--context", "other"]):
        answer = run_console(outage.folder, "report", "-o", "json", *words)
        assert answer.code == 1 and answer.out == "" and answer.err, answer
    answer = outage.console("report", "-o", "yaml")
    assert answer.code == 1 and "yaml" in answer.err and answer.out == "", answer
    answer = outage.console("report", "surplus")
    assert answer.code == 1 and "surplus" in answer.err, answer


def watching(cluster):
    return subprocess.Popen(cluster.command("report", "-o", "json", "--watch"), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, env=environment(cluster.folder))


def not_applicable(document):
    return {c["id"] for c in document["checks"] if c["verdict"] == "not_applicable"}


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()


@test("--watch: a document a line, now and when something changes; SIGINT ends it with 130")
def _():
    with Simulated("calico-outage") as cluster:
        process = watching(cluster)
        try:
            first = json.loads(process.stdout.readline())
            SCHEMA.validate(first)
            assert {"E03", "E08"} <= {f["id"] for f in first["findings"]}
            cluster.process.kill()

            def is_said():
                document = json.loads(process.stdout.readline())
                SCHEMA.validate(document)
                # What was found stays found while the server is away, and is never called clear.
                assert {f["id"] for f in document["findings"]} == {f["id"] for f in first["findings"]}
                assert not_applicable(document) == not_applicable(first)
                verdicts = {c["id"]: c for c in document["checks"]}
                return ("out of date" in verdicts["E08"]["reason"] and verdicts["E08"]["verdict"] == "hit"
                        and verdicts["crash-loop"]["verdict"] == "could_not_check")
            wait_for(is_said, what="the lost server to be said")
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
        finally:
            end(process)


@test("SIGINT while the cluster is waited for: exit status 130, and no half report")
def _():
    with socket.create_server(("127.0.0.1", 0)) as silent, tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "silent")
        silent.settimeout(PATIENCE)
        with open(outage.kubeconfig, encoding="utf-8") as file, open(path, "w", encoding="utf-8") as copy:
            copy.write(file.read().replace(outage.server, f"http://127.0.0.1:{silent.getsockname()[1]}"))
        process = subprocess.Popen([CONSOLE, "report", "--wait", "600", "--kubeconfig", path], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home))
        with silent.accept()[0] as asked:
            assert asked.recv(4096).startswith(b"GET ")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130 and out == "" and "interrupted" in err, (process.returncode, out, err)


@test("--watch: ends when nobody reads any more")
def _():
    with Simulated("calico-outage") as cluster:
        process = watching(cluster)
        process.stdout.readline()
        process.stdout.close()
        cluster.process.kill()
        assert process.wait(PATIENCE) != 0


try:
    run()
finally:
    outage.stop()
    healthy.stop()
