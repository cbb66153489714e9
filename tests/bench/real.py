#!/usr/bin/python3
"""Ratios against a real kube-apiserver, measured in one run on one machine.

    tests/bench/real.py [--sizes 100:2000 1000:10000] [--rounds 3]

A size is NODES:PODS, smallest first; each pod has one event, each node two.
The same cluster is read as protobuf and as JSON, turn about: by our client
alone (tests/bench/load.c), by the console on a screen, by curl, which does
nothing with what it gets, and by `kubectl get pods -A`. Prints medians. The
machine is noisy: only figures of one run may be compared.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
import bench  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from population import Population  # noqa: E402

LOAD = os.path.join(os.environ.get("OUT", ".build/release"), "tests/bench/load")
ACCEPT = {"protobuf": "application/vnd.kubernetes.protobuf", "json": "application/json"}
def server_cpu(plane):
    return bench.cpu(plane.processes["kube-apiserver"].pid)


def load(plane, encoding):
    before = server_cpu(plane)
    out = subprocess.run([LOAD, plane.kubeconfig("admin"), "0", encoding], check=True,
                         capture_output=True, text=True).stdout
    return dict(json.loads(out), serverCpu=server_cpu(plane) - before)


def curl(plane, encoding, folder):
    """The bare transfer: every pod in one answer, nothing done with it. For curl's own name JSON would be indented."""
    file = os.path.join(folder, "body")
    started = time.monotonic()
    subprocess.run(["curl", "-sfk", "-A", "bench", "-o", file, "-H", "Accept: " + ACCEPT[encoding], "-H",
                    "Authorization: Bearer " + plane.tokens["admin"], plane.server + "/api/v1/pods"], check=True)
    return {"all": time.monotonic() - started, "bytes": os.path.getsize(file)}


def rounds(plane, size, count, folder):
    nodes, pods = size
    results = {name: [] for name in ("load protobuf", "load json", "curl protobuf", "curl json", "console",
                                    "console json", "kubectl")}
    bench.kubectl_round()  # kubectl fills its discovery cache, the server its own
    load(plane, "json")
    for _ in range(count):
        for encoding in ACCEPT:
            results["load " + encoding].append(load(plane, encoding))
            results["curl " + encoding].append(curl(plane, encoding, folder))
        os.environ.pop("NKS_TRIAGE_NO_PROTOBUF", None)
        results["console"].append(bench.console_round(nodes, pods))
        os.environ["NKS_TRIAGE_NO_PROTOBUF"] = "1"
        results["console json"].append(bench.console_round(nodes, pods))
        results["kubectl"].append(bench.kubectl_round())
    os.environ.pop("NKS_TRIAGE_NO_PROTOBUF", None)
    if any(r["pods"] != pods for name in ACCEPT for r in results["load " + name]):
        raise SystemExit("bench: not every pod was read")
    return results


def middle(results, name, value):
    return statistics.median(r[value] for r in results[name])


def paired(results, name, value, other, other_value):
    """The middle of the ratios of runs that followed each other: the machine's speed drifts."""
    return statistics.median(a[value] / b[other_value] for a, b in zip(results[name], results[other]))


def report(size, count, results, empty):
    nodes, pods = size
    print(f"kube-apiserver, {nodes} nodes, {pods} pods, {pods + 2 * nodes} events, median of {count} rounds "
          "(noisy machine: compare within this run only)")
    print(f"{'':28}{'protobuf':>10}{'JSON':>10}")
    for text, name, value, scale in (
            ("first pod, s", "load", "firstSeconds", 1), ("all pods, s", "load", "podsSeconds", 1),
            ("all kinds, s", "load", "allSeconds", 1),
            ("our CPU, s", "load", "cpuSeconds", 1), ("apiserver's CPU, s", "load", "serverCpu", 1),
            ("anonymous memory, MiB", "load", "loadedKiB", 1024), ("bare transfer of pods, s", "curl", "all", 1),
            ("bare transfer, MB", "curl", "bytes", 1e6)):
        values = [middle(results, f"{name} {encoding}", value) / scale for encoding in ACCEPT]
        print(f"  {text:26}{values[0]:10.3f}{values[1]:10.3f}")
    for text, value, scale in (("console, first row, s", "first", 1), ("console, all and checked, s", "all", 1),
                               ("console, CPU, s", "cpu", 1), ("console, at rest, anonymous", "anonymous", 1024),
                               ("console, highest resident", "resident", 1024)):
        values = [middle(results, name, value) / scale for name in ("console", "console json")]
        print(f"  {text:27}{values[0]:9.3f}{values[1]:10.3f}")
    print(f"  kubectl get pods -A         {middle(results, 'kubectl', 'all'):8.3f} s,"
          f" {middle(results, 'kubectl', 'resident') / 1024:.1f} MiB,"
          f" {middle(results, 'kubectl', 'cpu'):.2f} s CPU")
    heap = (middle(results, "load protobuf", "loadedKiB") - empty["loadedKiB"]) * 1024 / pods
    aims = (("first row, s", middle(results, "console", "first"), "under 0.3"),
            ("all pods / bare transfer", paired(results, "load protobuf", "podsSeconds", "curl protobuf", "all"),
             "at most 1.3"),
            ("all kinds / bare transfer of pods",
             paired(results, "load protobuf", "allSeconds", "curl protobuf", "all"),
             "(events come from etcd)"),
            ("kubectl / console, time", paired(results, "kubectl", "all", "console", "all"), "at least 5"),
            ("kubectl / console, resident", paired(results, "kubectl", "resident", "console", "resident"),
             "at least 20"),
            ("console, anonymous, MiB", middle(results, "console", "anonymous") / 1024,
             f"under {10 if pods <= 2000 else 30}"),
            ("memory per pod with its event, bytes", heap, "under 1536 without the event"))
    for text, value, aim in aims:
        print(f"  {text:38}{value:9.2f}   aim: {aim}")


def report_growth(sizes, all_results):
    factor = sizes[-1][1] / sizes[0][1]
    print(f"growth from {sizes[0][1]} to {sizes[-1][1]} pods, {factor:.1f} times as many")
    for text, name, value in (("all rows and checks, s", "console", "all"),
                              ("our CPU, s", "load protobuf", "cpuSeconds"),
                              ("anonymous memory", "load protobuf", "loadedKiB")):
        small, big = (middle(results, name, value) for results in (all_results[0], all_results[-1]))
        print(f"  {text:38}{big / small:9.2f}   aim: at most {factor:.1f}")


def size_of(text):
    nodes, pods = text.split(":")
    return int(nodes), int(pods)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=size_of, nargs="+", default=[(100, 2000), (1000, 10000)])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    folder = tempfile.mkdtemp(prefix="nks-triage-bench-")
    all_results = []
    try:
        with ControlPlane(controllers=False) as plane:
            os.environ.update(KUBECONFIG=plane.kubeconfig("admin"), XDG_STATE_HOME=os.path.join(folder, "state"),
                              XDG_CONFIG_HOME=os.path.join(folder, "config"),
                              PATH=plane.bin + os.pathsep + os.environ["PATH"])
            population = Population(plane, Api(plane))
            for size in arguments.sizes:
                population.grow(size[0], 0 if not all_results else population.pods)
                empty = load(plane, "protobuf") if not all_results else empty
                population.grow(*size)
                all_results.append(rounds(plane, size, arguments.rounds, folder))
                report(size, arguments.rounds, all_results[-1], empty)
            if len(all_results) > 1:
                report_growth(arguments.sizes, all_results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
