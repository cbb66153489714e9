#!/usr/bin/python3
"""`nks-triage report --from` on what other tools leave behind: bundles, recordings, texts that PowerShell wrote, logs
between the objects, parts that are cut off."""
import gzip
import json
import os
import shutil
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from clusters import FRESH, NODES, NOW, SICK, WEB, at, full  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402

HOME = tempfile.mkdtemp(prefix="nks-triage-test-")
LOOP = SICK["a crash loop"][0]
POD = LOOP[-1]
WELL = NODES + WEB


def listed(objects, kind="List", api="v1"):
    return {"apiVersion": api, "kind": kind, "metadata": {}, "items": objects}


def save(name, content):
    path = os.path.join(HOME, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def expect(paths, code, found=(), now=NOW):
    words = [word for path in ([paths] if isinstance(paths, str) else paths) for word in ("--from", path)]
    answer = run_console(HOME, "report", "-o", "json", *words, *(("--at", now) if now else ()))
    assert answer.code == code, (paths, answer)
    if code == 1:
        assert answer.err and not answer.out, answer
        return None
    document = json.loads(answer.out)
    assert {f["id"] for f in document["findings"] if f["severity"] != "info"} == set(found), (paths, document["findings"])
    return document


def of(kind, objects):
    return [o for o in objects if o["kind"] == kind]


def bundle(folder, files):
    for name, content in files.items():
        save(f"{folder}/{name}", content)
    return os.path.join(HOME, folder)


ALL = LOOP + WEB
BUNDLE = {
    "version.yaml": "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  versionNumber: 0.90\n",
    "cluster-info/cluster_version.json": {"info": {"major": "1"}, "string": "v1.28"},
    "cluster-resources/nodes.json": listed(of("Node", ALL), "NodeList"),
    "cluster-resources/nodes-errors.json": "null",
    "cluster-resources/pods/shop.json": listed([{k: v for k, v in o.items() if k not in ("kind", "apiVersion")}
                                                for o in of("Pod", ALL)], "PodList"),
    "cluster-resources/pods/logs/shop/web/app.log": 'hello\n{"level": "info", "metadata": {}}\nnot JSON\n{"lev',
    "cluster-resources/auth-cani-list/shop.json": {"resourceRules": []},
    "cluster-resources/deployments/shop.json": listed(of("Deployment", ALL), "DeploymentList", "apps/v1"),
    "cluster-resources/events/shop.json": listed([], "EventList"),
    "cluster-resources/custom-resource-definitions.json": {"items": [{"metadata": {"name": "x"}, "spec": {}}]},
    "audit/audit.log.gz": gzip.compress(b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","metadata":{"name":"e"}}\n'),
    "analysis.json": [{"name": "x", "severity": "debug"}],
}


@test("a support bundle: folder and archive, with links to its own logs")
def _():
    folder = bundle("support-bundle-1", BUNDLE)
    link = os.path.join(folder, "cluster-resources", "pods", "link.log")
    os.symlink("logs/shop/web/app.log", link)
    document = expect(folder, 4, {"crash-loop"})
    assert not [i for i in document["inputs"] if i["path"].endswith("link.log")]
    path = os.path.join(HOME, "bundle.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "support-bundle-1")
    expect(path, 4, {"crash-loop"})
    healthy = bundle("support-bundle-2", {**BUNDLE, "cluster-resources/pods/shop.json": listed(of("Pod", WEB), "PodList")})
    os.symlink("logs/shop/web/app.log", os.path.join(healthy, "cluster-resources", "pods", "link.log"))
    expect(healthy, 0)
    os.symlink("/etc/hostname", os.path.join(healthy, "cluster-resources", "pods", "away.log"))
    expect(healthy, 5)


@test("`kubectl cluster-info dump`: a folder, and all in one text with logs between")
def _():
    lists = {"nodes.json": listed(of("Node", ALL), "NodeList"), "shop/pods.json": listed(of("Pod", ALL), "PodList"),
             "shop/deployments.json": listed(of("Deployment", ALL), "DeploymentList", "apps/v1"),
             "shop/replication-controllers.json": listed([], "ReplicationControllerList")}
    log = "==== START logs for container app of pod shop/web ====\nhello\n==== END logs for container app of pod shop/web ====\n"
    expect(bundle("dump", {**lists, "shop/web/logs.txt": log}), 4, {"crash-loop"})
    expect(save("dump.txt", "".join(json.dumps(o, indent=4) + "\n" for o in lists.values()) + log), 4, {"crash-loop"})


@test("a watch with bookmarks and an error; objects of `get -w` one after another, where the newer one counts")
def _():
    events = [{"type": "ADDED", "object": o} for o in LOOP]
    events += [{"type": "BOOKMARK", "object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}}},
               {"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "code": 410}}]
    expect(save("watch.json", "\n".join(map(json.dumps, events))), 4, {"crash-loop"})

    def version(pod, number):
        return {**pod, "metadata": {**pod["metadata"], "name": "w", "uid": "w", "resourceVersion": number}}
    expect(save("later.json", json.dumps(version(POD, "5")) + json.dumps(version(WEB[2], "11"))), 0)
    expect(save("mixed.json", json.dumps(version(WEB[2], "11")) + json.dumps(version(POD, "5"))), 0)


@test("what shells do to a text: UTF-16, byte order marks, warnings before it, a prompt after it, compression")
def _():
    text = json.dumps(listed(LOOP))
    expect(save("utf16.json", b"\xff\xfe" + text.encode("utf-16-le")), 4, {"crash-loop"})
    expect(save("utf8.json", b"\xef\xbb\xbf" + text.encode()), 4, {"crash-loop"})
    expect(save("warned.json", "Warning: v1 ComponentStatus is deprecated in v1.19+\n" + text), 4, {"crash-loop"})
    expect(save("klog.json", "W1121 10:00:00.1 12 loader.go:221] Config not found\n" + text), 4, {"crash-loop"})
    expect(save("prompt.json", text + "\n$ exit\n"), 4, {"crash-loop"})
    expect(save("pods.json.gz", gzip.compress(text.encode())), 4, {"crash-loop"})


@test("older names: extensions/v1beta1; kinds and fields that are missing")
def _():
    old = [{**o, "apiVersion": "extensions/v1beta1"} if o["apiVersion"] == "apps/v1" else o for o in WELL]
    document = expect(save("old.json", listed(old)), 0)
    assert document["inputs"][0]["objects"] == len(old)
    nameless = [{k: v for k, v in POD.items() if k not in ("kind", "apiVersion")}]
    for name, content in {"a": {"items": nameless}, "b": nameless, "c": nameless[0],
                          "kubelet": {"kind": "PodList", "metadata": {}, "items": nameless}}.items():
        expect(save(f"nameless/{name}", content), 4, {"crash-loop"})
    expect(save("null.json", listed(None, "PodList")), 0)
    expect(save("strange.json", listed(["a", 1, None, [], {}], "PodList")), 0)


@test("what is cut off, broken or no object is named; the rest is diagnosed")
def _():
    well = save("well.json", listed(WELL))
    text = json.dumps(listed(ALL))
    expect(save("cut.json", text[:len(text) * 8 // 10]), 4, {"crash-loop"})
    expect(save("cut-well.json", json.dumps(listed(WELL))[:-200]), 5)
    expect([well, save("table.txt", "NAME   READY   STATUS\nweb-0  1/1     Running\n")], 0)
    expect([well, save("json.log", '{"level":"info","metadata":{}}\nplain\n{"lev')], 0)
    expect([well, os.path.join(HOME, "not-there")], 5)
    for name, content in {"empty": b"", "random": bytes(range(256)) * 4, "log": "E1121 10:00:00 x\n",
                          "deep": "[" * 3000 + "]" * 3000, "table": {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "rows": []},
                          "manifest": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"},
                                       "spec": {"replicas": 2}}}.items():
        expect(save(f"nothing-{name}", content), 1)
    strange = {**WEB[2], "metadata": {**WEB[2]["metadata"], "uid": "q"}, "status": {"phase": "Exploded"}}
    expect(save("phase.json", listed(WELL + [strange])), 5)
    expect(save("phase-sick.json", listed(LOOP + [strange])), 4, {"crash-loop"})
    expect(save("no-status.json", listed(WELL + [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n9"}}])), 5)


@test("now is the newest time of the input, not a deletion ahead, nor what people wrote")
def _():
    ahead = full("queue-1-x", deletionTimestamp=at(-60), deletionGracePeriodSeconds=3600,
                 annotations={"example.com/expirationTime": "2031-01-01T00:00:00Z"})
    expect(save("ahead.json", listed(WELL + [ahead, FRESH])), 0, now=None)
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "n1"},
             "spec": {"renewTime": at(-30)[:-1] + ".000000Z"}}
    waiting = full("slow-1-x", [{**FRESH["status"]["containerStatuses"][0], "state": {"waiting": {
        "reason": "CreateContainerConfigError"}}}], "Pending", since=0, created=0)
    expect(save("lease.json", listed(WEB[2:] + [waiting])), 0, now=None)
    expect(save("lease.json", listed(WEB[2:] + [waiting, lease])), 4, {"config-error"}, now=None)


@test("one object alone is no younger than a minute; a container that was tried again is past its first")
def _():
    for state, found in (({"waiting": {"reason": "CreateContainerConfigError"}}, {"config-error"}),
                         ({"waiting": {"reason": "ContainerCreating"}}, ())):
        alone = full("x-1-y", [{**FRESH["status"]["containerStatuses"][0], "state": state}], "Pending", since=0, created=0)
        expect(save("alone.json", alone), 4 if found else 0, found, now=None)
        expect(save("young.json", listed(WEB[2:] + [alone])), 0, now=None)
    again = full("x-1-y", [{**FRESH["status"]["containerStatuses"][0], "restartCount": 1, "state": {"waiting": {
        "reason": "RunContainerError"}}}], "Pending", since=0, created=0)
    expect(save("again.json", listed(WEB[2:] + [again])), 4, {"config-error"}, now=None)


try:
    run()
finally:
    shutil.rmtree(HOME, ignore_errors=True)
