#!/usr/bin/python3
"""Ratios against a real kube-apiserver, measured in one run on one machine.

    tests/bench/real.py [--nodes 100] [--pods 2000] [--rounds 5]

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

LOAD = os.path.join(os.environ.get("OUT", ".build/release"), "tests/bench/load")
ACCEPT = {"protobuf": "application/vnd.kubernetes.protobuf", "json": "application/json"}
STARTED = "2026-01-02T03:04:05Z"


def node(number):
    return {"metadata": {"name": f"node-{number}", "labels": {"kubernetes.io/hostname": f"node-{number}"}}}


def node_status():
    info = {"kubeletVersion": "v1.34.4", "containerRuntimeVersion": "containerd://1.7.2", "osImage": "Debian GNU/Linux 12",
            "kernelVersion": "6.1.0-20-amd64", "machineID": "m", "systemUUID": "u", "bootID": "b", "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": "amd64"}
    kinds = {"MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True"}
    return {"nodeInfo": info, "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "250"},
            "conditions": [{"type": kind, "status": value, "reason": f"Kubelet{kind}", "lastTransitionTime": STARTED,
                            "lastHeartbeatTime": STARTED} for kind, value in kinds.items()]}


def pod(number, nodes):
    app = f"app-{number % 50}"
    env = [{"name": f"VARIABLE_{i}", "value": f"a value of the usual length {number}"} for i in range(40)]
    volumes = [{"name": f"volume-{i}", "configMap": {"name": f"{app}-configuration-{i}", "optional": True}} for i in range(8)]
    mounts = [{"name": f"volume-{i}", "mountPath": f"/etc/{app}/{i}", "readOnly": True} for i in range(8)]
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    return {"metadata": {"name": f"{app}-7d9c6b5f4d-x{number:05}", "namespace": "bench",
                         "labels": {"app": app, "pod-template-hash": "7d9c6b5f4d", "team": f"team-{number % 10}"},
                         "annotations": {"checksum/configuration": f"{number:064x}"}},
            "spec": {"nodeName": f"node-{number % nodes}", "volumes": volumes, "containers": [
                {"name": "app", "image": f"registry.example.com/team/{app}:v1.2.3", "env": env, "volumeMounts": mounts,
                 "ports": [{"containerPort": 8080}], "readinessProbe": probe, "livenessProbe": probe,
                 "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}]}}


def pod_status(number):
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    image = f"registry.example.com/team/app-{number % 50}"
    return {"phase": "Running", "startTime": STARTED, "hostIP": f"10.0.0.{number % 100}",
            "podIP": f"10.100.{number // 250}.{number % 250}",
            "conditions": [{"type": kind, "status": "True", "lastTransitionTime": STARTED} for kind in kinds],
            "containerStatuses": [{"name": "app", "ready": True, "started": True, "restartCount": 0, "image": image + ":v1.2.3",
                                   "imageID": f"{image}@sha256:{number:064x}", "state": {"running": {"startedAt": STARTED}}}]}


def add_nodes(api, count):
    def add(number):
        api.post("/api/v1/nodes", node(number))
        api.patch(f"/api/v1/nodes/node-{number}/status", {"status": node_status()})
    api.each(add, range(count))


def add_pods(api, count, nodes):
    def add(number):
        body = pod(number, nodes)
        api.post("/api/v1/namespaces/bench/pods", body)
        api.patch(f"/api/v1/namespaces/bench/pods/{body['metadata']['name']}/status", {"status": pod_status(number)})
    api.post("/api/v1/namespaces", {"metadata": {"name": "bench"}})
    api.each(add, range(count))


def server_cpu(plane):
    return bench.cpu(plane.processes["kube-apiserver"].pid)


def load(plane, encoding):
    before = server_cpu(plane)
    out = subprocess.run([LOAD, plane.kubeconfig("admin"), "0", encoding], check=True, capture_output=True, text=True).stdout
    return dict(json.loads(out), serverCpu=server_cpu(plane) - before)


def curl(plane, encoding, folder):
    """The bare transfer: every pod in one answer, nothing done with it. The server prints JSON prettily for curl's own name."""
    file = os.path.join(folder, "body")
    started = time.monotonic()
    subprocess.run(["curl", "-sfk", "-A", "bench", "-o", file, "-H", "Accept: " + ACCEPT[encoding], "-H",
                    "Authorization: Bearer " + plane.tokens["admin"], plane.server + "/api/v1/pods"], check=True)
    return {"all": time.monotonic() - started, "bytes": os.path.getsize(file)}


def rounds(plane, arguments, folder):
    results = {name: [] for name in ("load protobuf", "load json", "curl protobuf", "curl json", "console", "console json", "kubectl")}
    bench.kubectl_round()  # kubectl fills its discovery cache, the server its own
    load(plane, "json")
    for _ in range(arguments.rounds):
        for encoding in ACCEPT:
            results["load " + encoding].append(load(plane, encoding))
            results["curl " + encoding].append(curl(plane, encoding, folder))
        os.environ.pop("NKS_TRIAGE_NO_PROTOBUF", None)
        results["console"].append(bench.console_round(arguments.nodes, arguments.pods))
        os.environ["NKS_TRIAGE_NO_PROTOBUF"] = "1"
        results["console json"].append(bench.console_round(arguments.nodes, arguments.pods))
        results["kubectl"].append(bench.kubectl_round())
    return results


def report(arguments, results, empty):
    def middle(name, value):
        return statistics.median(r[value] for r in results[name])
    print(f"kube-apiserver, {arguments.nodes} nodes, {arguments.pods} pods, median of {arguments.rounds} rounds "
          "(noisy machine: compare within this run only)")
    print(f"{'':28}{'protobuf':>10}{'JSON':>10}")
    for text, name, value, scale in (
            ("first pod, s", "load", "firstSeconds", 1), ("all kinds, s", "load", "allSeconds", 1),
            ("our CPU, s", "load", "cpuSeconds", 1), ("apiserver's CPU, s", "load", "serverCpu", 1),
            ("anonymous memory, MiB", "load", "loadedKiB", 1024), ("bare transfer of pods, s", "curl", "all", 1),
            ("bare transfer, MB", "curl", "bytes", 1e6)):
        print(f"  {text:26}" + "".join(f"{middle(f'{name} {encoding}', value) / scale:10.3f}" for encoding in ACCEPT))
    for text, value, scale in (("console, first row, s", "first", 1), ("console, all and checked, s", "all", 1),
                               ("console, CPU, s", "cpu", 1), ("console, anonymous, MiB", "anonymous", 1024),
                               ("console, resident, MiB", "resident", 1024)):
        print(f"  {text:26}{middle('console', value) / scale:8.3f}{middle('console json', value) / scale:10.3f}")
    print(f"  kubectl get pods -A         {middle('kubectl', 'all'):8.3f} s, {middle('kubectl', 'resident') / 1024:.1f} MiB,"
          f" {middle('kubectl', 'cpu'):.2f} s CPU")
    heap = (middle("load protobuf", "loadedKiB") - empty["loadedKiB"]) * 1024 / arguments.pods
    print(f"  all kinds / bare transfer   {middle('load protobuf', 'allSeconds') / middle('curl protobuf', 'all'):8.2f}        aim: at most 1.3")
    print(f"  kubectl / console           {middle('kubectl', 'all') / middle('console', 'all'):8.2f}        aim: at least 5")
    print(f"  kubectl / console, memory   {middle('kubectl', 'resident') / middle('console', 'resident'):8.2f}        aim: at least 20")
    print(f"  anonymous memory per pod    {heap:8.0f} bytes  aim: under 1536")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    folder = tempfile.mkdtemp(prefix="nks-triage-bench-")
    try:
        with ControlPlane(controllers=False) as plane:
            api = Api(plane)
            os.environ.update(KUBECONFIG=plane.kubeconfig("admin"), XDG_STATE_HOME=os.path.join(folder, "state"),
                              XDG_CONFIG_HOME=os.path.join(folder, "config"),
                              PATH=plane.bin + os.pathsep + os.environ["PATH"])
            add_nodes(api, arguments.nodes)
            empty = load(plane, "protobuf")
            add_pods(api, arguments.pods, arguments.nodes)
            results = rounds(plane, arguments, folder)
        if any(r["pods"] != arguments.pods for name in ACCEPT for r in results["load " + name]):
            raise SystemExit("bench: not every pod was read")
        report(arguments, results, empty)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
