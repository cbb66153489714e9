#!/usr/bin/python3
"""--namespace: who has rights in one namespace alone sees that one, whole, and is not told that others are healthy."""
import json
import os
import sys
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "client")]
from servers import Handler, api, kubeconfig, path_of  # noqa: E402
from simulated import Simulated, run_console  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import Terminal  # noqa: E402

Handler.answers_version = False
BOOKMARK = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"%s"}}}\n'


def only_in(cluster, name_space):
    """A server like the cluster's, for a user who may do everything in one namespace and nothing elsewhere."""
    def answer(asked):
        path = asked["path"]
        if "selfsubjectreviews" in path:
            return 201, {"status": {"userInfo": {"username": "ana"}}}
        if "selfsubjectaccessreviews" in path:
            wanted = json.loads(asked["body"])["spec"]["resourceAttributes"]
            return 201, {"status": {"allowed": wanted.get("namespace") == name_space}}
        if path != "/version" and f"/namespaces/{name_space}/" not in path:
            return 403, {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "ana may not"}
        if "watch=1" in path:
            return 200, BOOKMARK % path.split("resourceVersion=")[1].split("&")[0]
        with urllib.request.urlopen(cluster.server + path, timeout=120) as got:
            return got.status, got.read()
    return api(answer)


def report(server, *words):
    told = run_console(path_of("home"), "report", "--kubeconfig", kubeconfig(f"http://127.0.0.1:{server.port}"), "-o",
                       "json", *words)
    return told, json.loads(told.out), {check["slug"]: check for check in json.loads(told.out)["checks"]}


@test("rights in one namespace: its findings, and nothing elsewhere is called healthy or cause for exit status 5")
def _():
    with Simulated("calico-outage") as cluster, only_in(cluster, "shop") as server:
        told, document, checks = report(server, "--namespace", "shop")
        assert told.code == 4 and not told.err, told
        assert [finding["id"] for finding in document["findings"]] == ["E03"], document["findings"]
        nodes = checks["node-not-ready"]
        assert nodes["verdict"] == "could_not_check" and "cannot list nodes: forbidden" in nodes["reason"], nodes
        calico = [check for check in document["checks"] if check["id"] == "E08"][0]
        assert calico["verdict"] == "could_not_check", calico
        crash = checks["crash-loop"]
        assert crash["verdict"] == "clear" and crash["reason"] == "in namespace shop", crash


@test("a namespace that is well: exit status 0")
def _():
    with Simulated("healthy") as cluster, only_in(cluster, "shop") as server:
        told, document, checks = report(server, "--namespace", "shop")
        assert told.code == 0 and document["findings"] == [], told
        assert checks["crash-loop"]["verdict"] == "clear", checks["crash-loop"]


@test("the same user without --namespace: nothing could be looked at, exit status 5")
def _():
    with Simulated("healthy") as cluster, only_in(cluster, "shop") as server:
        told, document, _checks = report(server)
        assert told.code == 5 and document["coverage"]["clear"] == 0, told
        assert not any("/namespaces/shop/" in asked["path"] for asked in server.requests), "another scope than was asked for"


@test("a namespace without rights: exit status 5 with the right that is missing")
def _():
    with Simulated("healthy") as cluster, only_in(cluster, "shop") as server:
        told, _document, checks = report(server, "--namespace", "default")
        assert told.code == 5 and "cannot list pods: forbidden" in checks["crash-loop"]["reason"], told


@test("doctor asks for the rights in the namespace")
def _():
    with Simulated("healthy") as cluster, only_in(cluster, "shop") as server:
        path = kubeconfig(f"http://127.0.0.1:{server.port}")
        told = run_console(path_of("home"), "doctor", "--kubeconfig", path, "--namespace", "shop")
        lines = {line.split()[2]: line for line in told.out.splitlines() if " watch " in line}
        assert "✔" in lines["pods"] and "✖" in lines["nodes"] and "denied" in lines["nodes"], told


@test("the screen: the namespace in the header, its pods, the nodes named as forbidden")
def _():
    for columns, rows in ((120, 40), (80, 24)):
        with Simulated("healthy") as cluster, only_in(cluster, "shop") as server, Terminal(columns, rows) as terminal:
            path = kubeconfig(f"http://127.0.0.1:{server.port}")
            terminal.start(f"--kubeconfig {path} --namespace shop")
            terminal.keys("3")
            terminal.wait("● live", "namespace shop", "Pods in shop", "cart-")
            terminal.keys("1")
            terminal.wait("forbidden: list nodes")


run()
