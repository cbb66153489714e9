#!/usr/bin/python3
"""`nks-triage report --from`: what was saved of a cluster is diagnosed as the cluster is."""
import copy
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from simulated import AT_REST, Simulated, run_console  # noqa: E402
from sources import read  # noqa: E402
from tap import run, test  # noqa: E402

SCHEMA = jsonschema.Draft202012Validator(json.loads(read("tests/data/report.schema.json")))
KINDS = ("nodes,pods,events,deployments,daemonsets,replicasets,statefulsets,jobs,namespaces,services,"
         "persistentvolumes,persistentvolumeclaims,storageclasses")
APIS = {"Job": "batch/v1", "StorageClass": "storage.k8s.io/v1"}
APIS.update({kind: "apps/v1" for kind in ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")})
HOME = tempfile.mkdtemp(prefix="nks-triage-test-")


def essence(document):
    """Findings without their evidence: logs are read of live clusters alone."""
    return [{key: value for key, value in found.items() if key != "evidence"} for found in document["findings"]]


with Simulated("calico-outage", *AT_REST) as outage:
    def kubectl(*words):
        return subprocess.run(["kubectl", "--kubeconfig", outage.kubeconfig, *words], check=True, text=True,
                              capture_output=True, timeout=240).stdout

    LIVE = essence(json.loads(outage.console("report", "-o", "json").out))
    ALL_TEXT = kubectl("get", KINDS, "-A", "-o", "json")
    YAML_TEXT = kubectl("get", "pods", "-n", "shop", "-o", "yaml")
    TABLE_TEXT = kubectl("get", "pods", "-A")
ALL = json.loads(ALL_TEXT)
PULLING = next(o for o in ALL["items"] if o["kind"] == "Pod" and o["metadata"]["namespace"] == "shop"
               and o["status"]["containerStatuses"][0]["state"].get("waiting"))
WELL = next(o for o in ALL["items"] if o["kind"] == "Pod" and o["metadata"]["namespace"] == "shop"
            and all(s["ready"] for s in o["status"]["containerStatuses"]))


def of_kind(kind):
    return [o for o in ALL["items"] if o["kind"] == kind]


def save(name, content):
    path = os.path.join(HOME, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))
    return path


def report(*words, code, stdin=None):
    answer = run_console(HOME, "report", "-o", "json", *words, stdin=stdin)
    assert answer.code == code, answer
    document = json.loads(answer.out)
    SCHEMA.validate(document)
    assert document["cluster"] is None
    document["stderr"] = answer.err
    return document


def ids(document):
    return [f["id"] for f in document["findings"]]


@test("a List of everything gives the findings of the live cluster")
def _():
    document = report("--from", save("all.json", ALL_TEXT), code=3)
    assert LIVE and essence(document) == LIVE, (essence(document), LIVE)
    # Of some kinds there are no objects, and a list of everything does not say that they were asked for.
    # Nor does it hold what is fetched only where first signs ask for it.
    assert all(c["reason"].startswith("there are no ") or c["reason"].endswith(": not read")
               for c in document["checks"] if c["verdict"] == "could_not_check")
    assert document["inputs"] == [{"path": os.path.join(HOME, "all.json"), "objects": len(ALL["items"]), "error": None}]


@test("the same from standard input, a folder by kinds, an array, lines, concatenated objects")
def _():
    expected = LIVE
    assert essence(report("--from", "-", code=3, stdin=ALL_TEXT)) == expected
    for kind in {o["kind"] for o in ALL["items"]}:
        items = [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in of_kind(kind)]
        api = APIS.get(kind, "v1")
        save(f"folder/deep/{kind.lower()}.txt", {"kind": kind + "List", "apiVersion": api, "items": items})
    save("folder/kubelet.log", "E1121 10:00:00.000000 1 kubelet.go:1] failed\n")
    document = report("--from", os.path.join(HOME, "folder"), code=3)
    assert essence(document) == expected
    assert [i for i in document["inputs"] if i["path"].endswith("kubelet.log")][0]["error"]
    assert essence(report("--from", save("array.json", ALL["items"]), code=3)) == expected
    lines = "\n".join(json.dumps(o) for o in ALL["items"])
    assert essence(report("--from", save("lines", lines), code=3)) == expected
    joined = "".join(json.dumps(o, indent=1) for o in ALL["items"])
    assert essence(report("--from", save("joined", joined), code=3)) == expected
    several = [word for kind in sorted({o["kind"] for o in ALL["items"]})
               for word in ("--from", save(f"several/{kind}", {"kind": "List", "items": of_kind(kind)}))]
    assert essence(report(*several, code=3)) == expected


@test("a list without kinds: the name of the file says what it is, or the fields do")
def _():
    bare = [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in of_kind("ReplicaSet")]
    document = report("--from", save("replicasets.json", {"items": bare}), "--only", "image-pull", code=0)
    assert document["inputs"][0]["objects"] == len(bare)
    pod = {k: v for k, v in PULLING.items() if k not in ("kind", "apiVersion")}
    assert ids(report("--from", save("whatever", {"items": [pod]}), code=4)) == ["image-pull"]


@test("YAML, one document or several")
def _():
    one = report("--from", save("pods.yaml", YAML_TEXT), code=4)
    assert ids(one) == ["image-pull"]
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\n---\n{json.dumps(PULLING)}\n---\n{json.dumps(WELL)}\n"
    several = report("--from", save("several.yml", text), code=4)
    assert ids(several) == ["image-pull"] and several["inputs"][0]["objects"] == 3


@test("a recorded watch: the last state counts, deleted is gone")
def _():
    events = [{"type": "ADDED", "object": WELL}, {"type": "ADDED", "object": PULLING}]
    assert ids(report("--from", save("watch", "\n".join(map(json.dumps, events))), code=4)) == ["image-pull"]
    events.append({"type": "DELETED", "object": PULLING})
    assert ids(report("--from", save("watch", "\n".join(map(json.dumps, events))), code=0)) == []


@test("a cause is claimed only when the input holds it: without events no E03")
def _():
    document = report("--from", save("pods", {"kind": "PodList", "apiVersion": "v1", "items": of_kind("Pod")}), code=3)
    assert set(ids(document)) <= {"image-pull", "not-ready"}, ids(document)
    verdicts = {c["id"]: c["verdict"] for c in document["checks"]}
    assert verdicts["E03"] == "could_not_check" and verdicts["node-not-ready"] == "could_not_check"


@test("nothing found among the kinds that were saved: exit status 0, the other checks are named")
def _():
    document = report("--from", save("well", WELL), code=0)
    assert document["coverage"]["couldNotCheck"] > 0 and document["coverage"]["clear"] > 0
    assert ids(report("--from", save("empty", {"kind": "PodList", "apiVersion": "v1", "items": []}), code=0)) == []


@test("twice the same object: the newer version counts, in whatever order")
def _():
    newer = copy.deepcopy(WELL)
    newer["metadata"]["uid"] = PULLING["metadata"]["uid"]
    newer["metadata"]["name"] = PULLING["metadata"]["name"]
    newer["metadata"]["resourceVersion"] = str(int(PULLING["metadata"]["resourceVersion"]) + 5)
    for order in ([PULLING, newer], [newer, PULLING]):
        assert ids(report("--from", save("twice", {"kind": "List", "items": order}), code=0)) == []


@test("cut off: what is whole is diagnosed, the rest is named; nothing found is exit status 5")
def _():
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [PULLING, WELL, WELL]})
    document = report("--from", save("cut", text[:-len(json.dumps(WELL)) // 2]), code=4)
    assert ids(document) == ["image-pull"]
    assert document["inputs"][0]["objects"] == 2 and "line" in document["inputs"][0]["error"]
    assert "cut" in document["stderr"]
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [WELL, PULLING]})
    report("--from", save("cut", text[:-100]), code=5)


@test("an object without status, or with a phase that there is not, is neither healthy nor sick")
def _():
    for status in ({}, {"phase": "Sleeping"}):
        pod = dict(WELL, status=status)
        document = report("--from", save("odd", {"kind": "List", "items": [WELL, pod]}), code=5)
        reasons = [c["reason"] for c in document["checks"] if c["id"] == "image-pull"]
        assert "could be judged" in reasons[0] and pod["metadata"]["name"] in reasons[0], reasons
        found = report("--from", save("odd", {"kind": "List", "items": [PULLING, pod]}), code=4)
        assert ids(found) == ["image-pull"]


@test("unusable or missing input: exit status 1 only where nothing could be read")
def _():
    table = save("table.txt", TABLE_TEXT)
    for words in (["--from", "/nonexistent"], ["--from", table], ["--from", save("none", "")]):
        answer = run_console(HOME, "report", "-o", "json", *words)
        assert answer.code == 1 and answer.out == "" and answer.err, answer
    document = report("--from", save("well", WELL), "--from", table, code=0)
    assert document["inputs"][1]["error"]
    document = report("--from", save("well", WELL), "--from", "/nonexistent", code=5)
    assert document["inputs"][1]["objects"] == 0 and document["inputs"][1]["error"]


def tar(name, members, mode="w:gz"):
    path = os.path.join(HOME, name)
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            info = tarfile.TarInfo(member)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(info)
                continue
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@test("archives: .tar.gz, .tar, .zip, and one on standard input")
def _():
    half = len(ALL["items"]) // 2
    members = [("dump/a.json", {"kind": "List", "items": ALL["items"][:half]}), ("dump/kubelet.log", b"E1121 failed"),
               ("dump/deep/b.json", {"kind": "List", "items": ALL["items"][half:]}), ("dump/.hidden", b"{")]
    for path in (tar("all.tar.gz", members), tar("all.tar", members, "w")):
        document = report("--from", path, code=3)
        assert essence(document) == LIVE
        assert [i["path"] for i in document["inputs"] if not i["error"]] == [path + ":dump/a.json",
                                                                            path + ":dump/deep/b.json"]
    path = os.path.join(HOME, "all.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("all.json", ALL_TEXT)
    assert essence(report("--from", path, code=3)) == LIVE


@test("hostile archives: links, paths that lead outside, bombs, cut-off ones; the rest is diagnosed")
def _():
    path = tar("odd.tar.gz", [("../../up.json", PULLING), ("/abs.json", PULLING), ("link", None), ("well.json", WELL)])
    document = report("--from", path, code=5)
    assert ids(document) == []
    assert len([i for i in document["inputs"] if i["error"]]) == 3, document["inputs"]
    bomb = tar("bomb.tar.gz", [("well.json", WELL), ("bomb", b" " * (80 << 20)), ("after.json", PULLING)])
    document = report("--from", bomb, code=5)
    assert any("200 times its size" in (i["error"] or "") for i in document["inputs"]), document["inputs"]
    whole = open(tar("whole.tar.gz", [("pulling.json", PULLING), ("noise", os.urandom(1 << 20))]), "rb").read()
    with open(os.path.join(HOME, "cut.tar.gz"), "wb") as file:
        file.write(whole[:len(whole) // 2])
    document = report("--from", os.path.join(HOME, "cut.tar.gz"), code=4)
    assert ids(document) == ["image-pull"] and any(i["error"] for i in document["inputs"])


@test("links below a folder are not followed")
def _():
    outside = save("outside/secret.json", PULLING)
    save("linked/well.json", WELL)
    os.symlink(outside, os.path.join(HOME, "linked", "away.json"))
    os.symlink("..", os.path.join(HOME, "linked", "up"))
    document = report("--from", os.path.join(HOME, "linked"), code=5)
    assert ids(document) == []


@test("now is the newest time in the input, or --at")
def _():
    pod = copy.deepcopy(WELL)
    node = copy.deepcopy(of_kind("Node")[0])
    for condition in pod["status"]["conditions"]:
        if condition["type"] in ("Ready", "ContainersReady"):
            condition.update(status="False", lastTransitionTime="2031-01-01T00:00:00Z")
    pod["status"]["containerStatuses"][0]["ready"] = False
    pod["metadata"].pop("managedFields", None)
    path = save("young", {"kind": "List", "items": [pod, node]})
    words = ["--from", path, "--only", "not-ready"]
    assert ids(report(*words, code=0)) == []
    assert ids(report(*words, "--at", "2031-01-01T01:00:00Z", code=4)) == ["not-ready"]
    answer = run_console(HOME, "report", *words, "--at", "yesterday")
    assert answer.code == 1 and "yesterday" in answer.err


@test("hostile names and messages reach no terminal as they are")
def _():
    pod = copy.deepcopy(PULLING)
    waiting = pod["status"]["containerStatuses"][0]["state"]["waiting"]
    waiting["message"] = "pull \x1b]0;owned\x07 \u202etxt | `x` \x9b31m\n# heading"
    pod["metadata"]["name"] = "a\x1b[2J\"\\|"
    path = save("hostile", pod)
    for form in ("text", "json", "prom", "md"):
        answer = run_console(HOME, "report", "-o", form, "--from", path)
        assert answer.code == 4, answer
        for bad in ("\x1b", "\x07", "\u202e", "\x9b"):
            assert bad not in answer.out, (form, answer.out)
        assert "\n# heading" not in answer.out


@test("how Calico is set up is read of the input, where that holds it; without it E12 could not be checked")
def _():
    with Simulated("e12") as cluster:
        text = subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, "get", KINDS, "-A", "-o", "json"], check=True,
                              text=True, capture_output=True, timeout=240).stdout
    items = json.loads(text)["items"]
    checks = {c["id"]: c for c in report("--from", save("e12.json", {"kind": "List", "items": items}), code=0)["checks"]}
    assert checks["E12"]["verdict"] == "could_not_check", checks["E12"]
    felix = {"apiVersion": "crd.projectcalico.org/v1", "kind": "FelixConfiguration", "metadata": {"name": "default"},
             "spec": {"bpfEnabled": True}}
    path = save("e12.json", {"kind": "List", "items": items + [felix]})
    assert ids(report("--from", path, code=4)) == ["E12"]
    felix["spec"].update(bpfConnectTimeLoadBalancing="Disabled", bpfHostNetworkedNATWithoutCTLB="Enabled")
    assert ids(report("--from", save("e12.json", {"kind": "List", "items": items + [felix]}), code=0)) == []


try:
    run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
