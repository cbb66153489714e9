#!/usr/bin/python3
"""What a preview tells of the server: what it adds to a change or makes of it, who else manages the fields."""
# Waits: for the hold times of fixes.
# Takes: 25 s
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import WORKLOADS, Proxy, kubectl  # noqa: E402
from simulated import Simulated, run_console  # noqa: E402
from tap import run, test  # noqa: E402

CLUSTER = Simulated("calico-outage")
IMAGE = "docker.io/calico/typha:v3.24.1"


def plan(edit):
    """The plan of E08 where edit(object) stands for admission in the dry run of calico-typha."""
    def on_request(method, path):
        if method != "PATCH" or "dryRun=All" not in path or not path.startswith(WORKLOADS["typha"]):
            return None
        thing = CLUSTER.get(WORKLOADS["typha"])
        thing["spec"]["template"]["spec"]["containers"][0]["image"] = IMAGE
        edit(thing)
        return 200, thing
    proxy = Proxy(CLUSTER, on_request)
    try:
        answer = run_console(CLUSTER.folder, "plan", "E08", "-o", "json", "--kubeconfig", proxy.kubeconfig)
        assert answer.code == 0, answer
        document = json.loads(answer.out)
        return document, next(s for s in document["steps"] if s["type"] == "patch-image"), \
            run_console(CLUSTER.folder, "plan", "E08", "--kubeconfig", proxy.kubeconfig).out
    finally:
        proxy.stop()


@test("what nobody asked for is told apart from what was")
def _():
    def edit(thing):
        thing["spec"]["template"]["metadata"].setdefault("annotations", {})["mesh.example.com/injected"] = "yes"
        thing["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "mesh.example.com/proxy:1"})
    plain, _, _ = plan(lambda thing: None)
    document, step, text = plan(edit)
    ours = [line for line in step["diff"] if not line.get("byServer")]
    assert [line["after"] for line in ours] == [IMAGE], step["diff"]
    added = json.dumps([line for line in step["diff"] if line.get("byServer")])
    assert "mesh.example.com/injected" in added and "mesh.example.com/proxy:1" in added, step["diff"]
    assert "the server adds, by default or admission:" in text
    assert document["digest"] != plain["digest"], "what admission adds is part of what is confirmed"


@test("a value that admission makes another of is shown beside the one that was asked for")
def _():
    def edit(thing):
        thing["spec"]["template"]["spec"]["containers"][0]["image"] = "mirror.example.com/calico/typha:v3.24.1"
    _, step, text = plan(edit)
    (line,) = step["diff"]
    assert line["byServer"] and line["asked"] == IMAGE and line["after"].startswith("mirror.example.com/"), line
    assert f'asked for: "{IMAGE}"' in text, text


@test("a plain server adds nothing")
def _():
    _, step, text = plan(lambda thing: None)
    assert not any("byServer" in line for line in step["diff"]) and "the server adds" not in text


@test("other managers of a field are named on its step; whoever delivers the object is named, too")
def _():
    kubectl(CLUSTER, "label", "deployment/calico-typha", "--namespace", "kube-system",
            "kustomize.toolkit.fluxcd.io/name=network")
    kubectl(CLUSTER, "set", "image", "deployment/calico-kube-controllers", "--namespace", "kube-system",
            "calico-kube-controllers=calico-kube-controllers:v3.24.1", "--field-manager=image-updater")
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "kube-controllers:v3.24.1"}]
    kubectl(CLUSTER, "patch", "deployment/calico-kube-controllers", "--namespace", "kube-system", "--type=json",
            "--field-manager=image-updater", "--patch", json.dumps(patch))
    answer = CLUSTER.console("plan", "E08", "-o", "json")
    document = json.loads(answer.out)
    owners = {s["target"].split("/")[-1]: s["owner"] for s in document["steps"] if s["type"] == "patch-image"}
    assert "image-updater" in owners["calico-kube-controllers"], owners
    (delivery,) = [p for p in document["preconditions"] if "delivers" in p["text"]]
    assert delivery["ok"] is False and not delivery["blocking"] and "Flux" in delivery["reason"], delivery


try:
    run()
finally:
    CLUSTER.stop()
