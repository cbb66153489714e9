#!/usr/bin/python3
"""The shipped checks on simulated nodes, and what the entries of the guide conclude from them."""
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from nodes import Nodes  # noqa: E402
from simulated import AT_REST, CONSOLE  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402

PROBE = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests", "nodes", "check_probe")


def all_checks(cluster, names=None):
    """node -> check -> result, of the nodes that answer."""
    with urllib.request.urlopen(cluster.server + "/api/v1/nodes", timeout=90) as answer:
        nodes = json.load(answer)["items"]
    known = os.path.join(os.path.dirname(cluster.ssh_config), "known_hosts")
    found = {}
    for node in nodes:
        name, info = node["metadata"]["name"], node["status"]["nodeInfo"]
        if names and name not in names:
            continue
        done = subprocess.run([PROBE, "run", os.path.join(ROOT, "assets", "checks"), info["containerRuntimeVersion"], info["osImage"],
                               name, cluster.ssh_config, known, "all"], capture_output=True, text=True, timeout=120, check=True)
        found[name] = {result["check"]: result for result in json.loads(done.stdout)["results"]}
    return found


def report(cluster, *options):
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([CONSOLE, "report", "-o", "json", "--kubeconfig", cluster.ready["kubeconfig"], *options],
                              capture_output=True, text=True, timeout=120, check=False,
                              env=dict(os.environ, HOME=home, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home))
    return done.returncode, json.loads(done.stdout)


def evidence(document, entry):
    return [line["source"] + " " + line["text"] for finding in document["findings"] if finding["id"] == entry
            for line in finding["evidence"]]


@test("a healthy cluster: every check has an answer on every node, and none is bad")
def _():
    with Nodes("healthy") as cluster:
        found = all_checks(cluster)
        assert len(found) == 12, sorted(found)
        for node, results in found.items():
            wrong = [result for result in results.values() if result["verdict"] not in ("ok", "not applicable")]
            assert not wrong, (node, wrong)


# scenario, entry and its confidence with SSH (None: only the check), a node, the check there and its worst sign
CASES = [
    ("e01", "E01", "certain", "nks-prod-docker-worker-1", "container-logs", "log-share"),
    ("e01", None, None, "nks-prod-docker-worker-1", "log-rotation", "file-missing"),
    ("e02", "E02", "certain", "nks-prod-docker-worker-2", "log-rotation", "file-mode"),
    ("e04", "E04", "certain", "nks-prod-closed-0", "sandbox-image", "sandbox-image-missing"),
    ("e07", "E07", "certain", "nks-prod-centos-worker-1", "cgroups", "cgroup-limit"),
    ("e09", "E09", "certain", "nks-prod-default-worker-4", "rpc", "statd-failed"),
    ("e16", "E16", "certain", "nks-prod-scaleout-0", "cni", "no-config"),
]


def add(scenario, entry, confidence, node, check, sign):
    @test(f"{scenario}: {check} on {node} says {sign}" + (f", and {entry} is {confidence}" if entry else ""))
    def _():
        with Nodes(scenario) as cluster:
            result = all_checks(cluster, [node])[node][check]
            assert result["verdict"] == "bad" and result["sign"] == sign, result
            if not entry:
                return
            _code, document = report(cluster, "--ssh-config", cluster.ssh_config)
            sure = [finding["confidence"] for finding in document["findings"] if finding["id"] == entry]
            assert confidence in sure, (sure, document["findings"])
            # E02's detector says what it compared in its own words.
            wanted = f"Node/{node} /etc/logrotate.d/docker" if entry == "E02" else f"node:{node} check {check} "
            assert any(line.startswith(wanted) for line in evidence(document, entry)), evidence(document, entry)


for case in CASES:
    add(*case)


def findings(cluster, entry, *words):
    _code, document = report(cluster, *words)
    return [finding for finding in document["findings"] if finding["id"] == entry], document


def judged(finding):
    """Pods come and go with their last events."""
    objects = [(item["kind"], item["name"]) for item in finding["objects"] if item["kind"] != "Pod"]
    return finding["confidence"], finding["severity"], objects


SUPPORTED = {"e12": "E12", "e13": "E13", "e14": "E14"}
for scenario, entry in SUPPORTED.items():
    @test(f"{entry}: eBPF programs on the node support it; without SSH the finding stands, and says what was not read")
    def _(scenario=scenario, entry=entry):
        with Nodes(scenario, *AT_REST) as cluster:
            seen, _document = findings(cluster, entry, "--ssh-config", cluster.ssh_config)
            assert len(seen) == 1, seen
            assert any("check cni" in line["source"] for line in seen[0]["evidence"]), seen[0]["evidence"]
            bare, document = findings(cluster, entry, "--no-ssh")
            assert [judged(finding) for finding in bare] == [judged(finding) for finding in seen], (bare, seen)
            assert not any("check cni" in line["source"] for line in bare[0]["evidence"]), bare
            reason = next(check["reason"] for check in document["checks"] if check["id"] == entry)
            assert "SSH" in reason, reason


@test("E10: the device of the claim's own volume is measured: what the kernel does not know makes it certain")
def _():
    with Nodes("e10") as cluster:
        bare, document = findings(cluster, "E10", "--no-ssh")
        assert [f["confidence"] for f in bare] == ["likely"], bare
        assert "SSH" in next(check["reason"] for check in document["checks"] if check["id"] == "E10"), document["checks"]
        seen, _document = findings(cluster, "E10", "--ssh-config", cluster.ssh_config)
        assert [f["confidence"] for f in seen] == ["certain"], seen
        assert [o["name"] for o in seen[0]["objects"]] == ["data-orders-db-0"], seen
        line = next(line for line in seen[0]["evidence"] if "block-devices" in line["source"])
        assert line["text"] == "53687091200" and "volumes[pvc-10000000-2a51-4c3b-9f0a-5a6b7c8d9e01]" in line["source"], line
        # The kernel knows the new size: only the file system was not grown.
        node = line["source"].split(" ")[0].removeprefix("node:")
        devices = [{"name": "vdb", "type": "disk", "size": 100 << 30, "fsType": "ext4", "mountPoint": ""}]
        cluster.node(node, machine={"blockDevices": devices})
        seen, _document = findings(cluster, "E10", "--ssh-config", cluster.ssh_config)
        assert [f["confidence"] for f in seen] == ["likely"], seen
        line = next(line for line in seen[0]["evidence"] if "block-devices" in line["source"])
        assert line["source"].endswith(".share") and line["text"].startswith("0.4"), line


def nodes(cluster, *words):
    return cluster.console("nodes", "--ssh-config", cluster.ssh_config, *words, timeout=120)


@test("nodes: 3 where a sign is critical, 4 where the worst is a warning, 5 where nobody could be asked, else 0")
def _():
    with Nodes("e16") as cluster:
        new = nodes(cluster, "--check", "cni")
        assert new.code == 3 and "scaleout-0" in new.out, new
        answers = json.loads(nodes(cluster, "--check", "cni", "-o", "json").out)["nodes"]
        severities = {check["severity"] for node in answers for check in node["checks"]}
        assert severities == {None, "critical"}, answers
        assert nodes(cluster, "--check", "os").code == 0
    with Nodes("e02") as cluster:
        # One node refuses connections: what was found on others is the answer.
        answer = nodes(cluster, "--check", "log-rotation")
        assert answer.code == 4 and "worker-4" in answer.out, answer
        checks = [c for n in json.loads(nodes(cluster, "--check", "log-rotation", "-o", "json").out)["nodes"] for c in n["checks"]]
        assert {c["severity"] for c in checks if c["verdict"] == "hit"} == {"warning"}, checks
        answer = nodes(cluster, "--check", "os")
        assert answer.code == 5 and "1 failed" in answer.out, answer
        answer = nodes(cluster, "--check", "os", "--node", "nks-prod-docker-worker-4")
        assert answer.code == 5, answer
        assert nodes(cluster, "--check", "os", "--node", "nks-prod-docker-worker-0").code == 0
        cluster.node("nks-prod-docker-worker-0", machine={"filesystems": {"/": {"used": 104500000000}}})
        answer = nodes(cluster, "--check", "disk", "--node", "nks-prod-docker-worker-0")
        assert answer.code == 3 and "95 % full or more" in answer.out, answer


@test("without SSH the evidence is left out by choice: could not check, and no failure to look")
def _():
    with Nodes("e01") as cluster:
        code, document = report(cluster, "--no-ssh")
        assert code in (3, 4), code
        assert "E01" not in {finding["id"] for finding in document["findings"]}, document["findings"]
        left_out = [entry for entry in document["checks"] if entry["id"] == "E01"]
        assert left_out[0]["verdict"] == "could_not_check" and "SSH" in json.dumps(left_out), left_out


run()
