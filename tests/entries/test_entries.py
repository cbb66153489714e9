#!/usr/bin/python3
"""Every entry of the guide on the cluster of its own scenario: what is found there, and nowhere else."""
import concurrent.futures
import json
import os
import sys

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from simulated import Simulated  # noqa: E402
from sources import read  # noqa: E402
from tap import run, test  # noqa: E402

SCHEMA = jsonschema.Draft202012Validator(json.loads(read("tests/data/report.schema.json")))
ENTRIES = [f"E{n:02}" for n in range(1, 17)]
# Seen on the nodes alone; without SSH a report says so, in place of a finding.
NODE_ONLY = ("E01", "E02")

# Findings of an entry in its own scenario: severity, confidence, and names that must be among its objects.
FOUND = {
    "E03": [("warning", "certain", {"Pod/shop/web-api-*": 2}), ("warning", "certain", {"Pod/batch/ledger-0": 1})],
    "E04": [("critical", "certain", {"Pod/shop/pricing-*": 3}), ("critical", "likely", {"Pod/kube-system/metrics-server-*": 1})],
    "E05": [("critical", "certain", {"Pod/kube-system/kube-flannel-ds-*": 2, "DaemonSet/kube-system/kube-flannel-ds": 1})],
    "E06": [("warning", "certain", {"Pod/shop/order-worker-*": 2, "Deployment/shop/order-worker": 1})],
    "E07": [("critical", "certain", {"Pod/batch/render-*": 2})],
    "E08": [("critical", "certain", {"Deployment/kube-system/calico-typha": 1, "DaemonSet/kube-system/calico-node": 1,
                                     "Deployment/kube-system/calico-kube-controllers": 1,
                                     "Pod/kube-system/calico-node-*": 7, "Pod/kube-system/calico-typha-*": 3})],
    "E09": [("warning", "certain", {"Pod/shop/media-*": 2})],
    "E10": [("warning", "likely", {"PersistentVolumeClaim/shop/data-orders-db-0": 1})],
    "E11": [("warning", "likely", {"Pod/shop/asset-store-0": 1}), ("warning", "suspected", {"Pod/batch/indexer-*": 1})],
    "E12": [("warning", "likely", {"DaemonSet/kube-system/calico-node": 1, "Pod/monitoring/node-probe-*": 12})],
    "E13": [("warning", None, {"Pod/shop/storefront-*": 8})],
    "E14": [("critical", "suspected", {"Node/nks-prod-readded-0": 1})],
    "E15": [("critical", "certain", {"ConfigMap/kube-system/calico-config": 1}),
            ("critical", "certain", {"Deployment/kube-system/kubernetes-dashboard": 1}),
            ("warning", "certain", {"ClusterRole/calico-node": 1}),
            ("warning", "certain", {"DaemonSet/kube-system/csi-cinder-nodeplugin": 1})],
    "E16": [("critical", "likely", {"Node/nks-prod-scaleout-0": 1, "Pod/kube-system/calico-node-*": 1})],
}
# What an entry's false friends are called in its scenario; the general symptom that each is, if any.
FRIENDS = {
    "e01": {"nks-prod-docker-worker-2": "memory-pressure", "nks-prod-data-worker-0": "disk-pressure"},
    "e03": {"partner-feed": "image-pull", "queue-exporter": "image-pull", "landing": "image-pull", "banner": None},
    "e04": {"tool": "image-pull", "event-router": "image-pull", "mailer": "sandbox-failed"},
    "e05": {"probe": "image-pull", "cni-tools": "image-pull"},
    "e06": {"secret-tool": "image-pull", "mirror-check": "image-pull"},
    "e07": {"thumbnailer": None, "watcher": None, "slicer": None},
    "e08": {"coupon": None},
    "e09": {"archive": "volume-mount", "gallery": None, "scratch": "volume-mount"},
    "e10": {"audit-db": None, "raw-store": None, "old-exports": None},
    "e11": {"feeder": "volume-attach", "rates": "volume-mount"},
    "e12": {"host-metrics": None, "node-exporter": None},
    "e13": {"cart": None},
    "e15": {"shop-reader": None, "settings": None, "dns-autoscaler": None, "cart": None,
            "felixconfigurations.crd.projectcalico.org": None, "data-postgres-0": None},
    "e16": {"nks-prod-scaleout-later-0": "node-not-ready"},
}


def reported(scenario):
    """The report on a scenario's cluster: (exit status, document)."""
    with Simulated(scenario) as cluster:
        answer = cluster.console("report", "-o", "json")
    assert answer.out, answer
    document = json.loads(answer.out)
    SCHEMA.validate(document)
    return answer.code, document


with concurrent.futures.ThreadPoolExecutor(2) as _pool:
    SCENARIOS = [entry.lower() for entry in ENTRIES] + ["healthy", "bad-day"]
    REPORTS = dict(zip(SCENARIOS, _pool.map(reported, SCENARIOS)))


def named(finding):
    """"Kind/namespace/name" of a finding's objects."""
    return ["/".join(part for part in (o["kind"], o["namespace"], o["name"]) if part) for o in finding["objects"]]


def count(names, pattern):
    return sum(name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])) for name in names)


def fits(finding, wanted):
    severity, confidence, objects = wanted
    return (finding["severity"] == severity and confidence in (None, finding["confidence"])
            and all(count(named(finding), pattern) == n for pattern, n in objects.items()))


def of(scenario, entry):
    return [f for f in REPORTS[scenario][1]["findings"] if f["id"] == entry]


def verdict(scenario, entry):
    return next(c for c in REPORTS[scenario][1]["checks"] if c["id"] == entry)


def detected(entry):
    def check():
        found = of(entry.lower(), entry)
        for wanted in FOUND[entry]:
            assert sum(fits(f, wanted) for f in found) == 1, (wanted, [(f["severity"], f["confidence"], named(f)) for f in found])
        assert len(found) == len(FOUND[entry]), [named(f) for f in found]
        for finding in found:
            assert finding["evidence"] and all(e["source"] for e in finding["evidence"]), finding
        assert verdict(entry.lower(), entry)["verdict"] == "hit"
        severest = {f["severity"] for f in REPORTS[entry.lower()][1]["findings"]}
        assert REPORTS[entry.lower()][0] == (3 if "critical" in severest else 4)
    return check


for _entry in FOUND:
    test(f"{_entry}: found in its scenario with its objects, severity and confidence")(detected(_entry))


@test("a finding is of a node, of the cluster, or of a workload or object, as each entry is about")
def _():
    groups = {}
    for entry in ENTRIES:
        groups.setdefault(json.loads(read(f"assets/runbooks/{entry}.json"))["group"], []).append(entry)
    assert groups.pop("node") == ["E01", "E02", "E07", "E09", "E14", "E16"], groups
    assert groups.pop("cluster") == ["E08", "E12", "E13"], groups
    assert set(groups) == {"owner", "object"}, groups


@test("E01 and E02: without SSH they say what they could not look at, in place of a finding")
def _():
    for entry in NODE_ONLY:
        answer = verdict(entry.lower(), entry)
        assert answer["verdict"] == "could_not_check" and answer["reason"], answer
        assert of(entry.lower(), entry) == []
    assert sorted(named(f) for f in of("e01", "disk-pressure")) == [["Node/nks-prod-data-worker-0"],
                                                                    ["Node/nks-prod-docker-worker-1"]]


@test("16 x 16: each scenario holds its own entry and no other")
def _():
    letters = {"hit": "X", "clear": ".", "not_applicable": "-", "could_not_check": "?"}
    print("#      " + " ".join(ENTRIES))
    wrong = []
    for row in ENTRIES:
        cells = []
        for column in ENTRIES:
            answer = verdict(row.lower(), column)
            cells.append(letters[answer["verdict"]])
            expected = row == column
            if row == column and row in NODE_ONLY:
                expected = answer["verdict"] == "could_not_check"
                wrong += [] if expected else [(row, column, answer)]
            elif (answer["verdict"] == "hit") != expected:
                wrong.append((row, column, answer))
        print(f"#  {row}   " + "   ".join(cells), flush=True)
    assert not wrong, wrong


def befriended(scenario):
    def check():
        for name, symptom in FRIENDS[scenario].items():
            entries = [f["id"] for f in REPORTS[scenario][1]["findings"] if f["id"].startswith("E")
                       for o in f["objects"] if o["name"] == name or o["name"].startswith(name + "-")]
            assert not entries, (name, entries)
            general = [f["id"] for f in REPORTS[scenario][1]["findings"] if not f["id"].startswith("E")
                       for o in f["objects"] if o["name"] == name or o["name"].startswith(name + "-")]
            assert (symptom in general) if symptom else not general, (name, symptom, general)
    return check


for _scenario in FRIENDS:
    test(f"{_scenario}: what only looks like it is not taken for it")(befriended(_scenario))


@test("healthy: its noise is no finding, and all that can be looked at from here was")
def _():
    code, document = REPORTS["healthy"]
    assert code == 0 and document["findings"] == []
    assert document["coverage"]["couldNotCheck"] == 0 and document["coverage"]["hit"] == 0, document["coverage"]


@test("bad-day: at least eight entries and ten general symptoms at once")
def _():
    code, document = REPORTS["bad-day"]
    found = {f["id"] for f in document["findings"]}
    entries = {i for i in found if i.startswith("E")}
    assert code == 3
    assert {"E03", "E04", "E06", "E07", "E09", "E10", "E11", "E15", "E16"} <= entries, entries
    assert len(found - entries) >= 10, found
    assert {"crash-loop", "oom-killed", "config-error", "unschedulable", "job-failed", "pvc-pending", "node-cordoned",
            "memory-pressure", "disk-pressure", "evicted", "terminating-stuck", "pv-failed"} <= found, found


@test("bad-day: each entry is found on the same objects as in its own scenario, and no false friend joins them")
def _():
    for entry in sorted(set(FOUND) & {f["id"] for f in REPORTS["bad-day"][1]["findings"]}):
        wanted = sorted((f["severity"], f["confidence"], sorted(o["kind"] for o in f["objects"])) for f in of(entry.lower(), entry))
        found = sorted((f["severity"], f["confidence"], sorted(o["kind"] for o in f["objects"])) for f in of("bad-day", entry))
        assert wanted == found, (entry, wanted, found)


run()
