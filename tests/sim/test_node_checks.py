#!/usr/bin/python3
"""The shipped checks of nodes, through the console's own connections, on what the simulated nodes answer."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from nodes import Nodes  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/nodes/check_probe")
CHECKS = os.path.join(ROOT, "assets", "checks")


def node_facts(cluster, name):
    info = cluster.get("/api/v1/nodes/" + name)["status"]["nodeInfo"]
    return info["containerRuntimeVersion"], info["osImage"]


def checks(cluster, name):
    """Name of a check -> (verdict, its deciding sign), of all checks on one node."""
    known_hosts = os.path.join(os.path.dirname(cluster.ssh_config), "known_hosts")
    done = subprocess.run([PROGRAM, "run", CHECKS, *node_facts(cluster, name), name, cluster.ssh_config, known_hosts,
                           "all"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["trouble"] == 0 and answer["exit"] == 0, answer
    return {item["check"]: (item["verdict"], item.get("sign", ""), item.get("reason", ""))
            for item in answer["results"]}


def bad(results):
    return {name: sign for name, (verdict, sign, _reason) in results.items() if verdict == "bad"}


def could_not(results):
    return {name: reason for name, (verdict, _sign, reason) in results.items() if verdict == "could not check"}


@test("bad day: each node shows its own fault and no other, and every answer is understood")
def _():
    with Nodes("bad-day") as cluster:
        for name, wanted in (
                ("nks-prod-default-worker-0", {}),
                ("nks-prod-docker-worker-1", {"container-logs", "disk", "log-rotation"}),
                ("nks-prod-closed-0", {"sandbox-image"}),
                ("nks-prod-centos-worker-1", {"cgroups"}),
                ("nks-prod-default-worker-4", {"rpc"}),
                ("nks-prod-data-worker-0", {"disk"})):
            results = checks(cluster, name)
            assert len(results) == len(os.listdir(CHECKS)), results
            assert not could_not(results), (name, could_not(results))
            assert set(bad(results)) == set(wanted), (name, bad(results))


@test("healthy: no check of any node finds anything")
def _():
    with Nodes("healthy") as cluster:
        for i in (0, 7):
            results = checks(cluster, f"nks-prod-default-worker-{i}")
            assert not bad(results) and not could_not(results), (bad(results), could_not(results))


@test("E02: the rotation file that lacks, and the one of another mode, are told apart from the right one")
def _():
    with Nodes("e02") as cluster:
        rotation = [checks(cluster, f"nks-prod-docker-worker-{i}")["log-rotation"] for i in (0, 2, 3)]
        assert rotation[0][0] == "ok", rotation
        assert rotation[1][0] == "bad" and rotation[2][:2] == ("bad", "file-missing"), rotation


@test("a file that was deleted while it is open fills the disk, and is named")
def _():
    with Nodes("healthy") as cluster:
        name = "nks-prod-default-worker-0"
        cluster.node(name, machine={"deletedFiles": [{"path": "/var/log/app.log", "size": 70 << 30, "pid": 77}]})
        results = checks(cluster, name)
        assert results["disk"][:2] == ("bad", "disk-nearly-gone"), results["disk"]
        assert results["container-logs"][1] == "deleted-open", results


@test("a check whose command sudo refuses says so")
def _():
    with Nodes("healthy") as cluster:
        cluster.node("nks-prod-default-worker-0", ssh={"sudo": {"refused": ["journalctl *"]}})
        verdict, _sign, reason = checks(cluster, "nks-prod-default-worker-0")["journal"]
        assert verdict == "could not check" and "sudo is refused" in reason, (verdict, reason)


@test("every system that is simulated answers every check")
def _():
    with open(os.path.join(ROOT, "assets", "machines.json"), encoding="utf-8") as file:
        names = {system["osImage"].rstrip("*") for system in json.load(file)["systems"]}
    assert names == {"CentOS Linux 7", "Rocky Linux 8", "Rocky Linux 9", "Ubuntu 18.04", "Ubuntu 20.04", "Ubuntu"}
    with Nodes(os.path.join(ROOT, "tests", "data", "scenarios", "systems.json")) as cluster:
        nodes = [node["metadata"]["name"] for node in cluster.get("/api/v1/nodes")["items"]]
        assert len(nodes) == 6
        for name in nodes:
            results = checks(cluster, name)
            assert not bad(results) and not could_not(results), (name, bad(results), could_not(results))


run()
