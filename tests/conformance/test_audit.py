#!/usr/bin/python3
"""Audit events on a real apiserver: it takes them as they are written."""
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
PLANE = ControlPlane()
API = Api(PLANE)
CONFIG = os.path.join(FOLDER.name, "config.json")
with open(CONFIG, "w", encoding="utf-8") as file:
    json.dump({"audit": {"events": True}}, file)


def console(*words):
    return run_console(FOLDER.name, *words, "--kubeconfig", PLANE.kubeconfig("admin"), "--config", CONFIG, timeout=240)


@test("the fix of E15 leaves an event on the object that the real server took")
def _():
    API.post("/api/v1/namespaces/kube-system/configmaps",
             {"metadata": {"name": "calico-config", "finalizers": ["example.com/hold"]}})
    plan = console("plan", "E15")
    assert plan.code == 0, plan
    answer = console("fix", "E15", "--confirm", plan.out.splitlines()[-1].split()[1])
    assert answer.code == 0 and "no event tells of it" not in answer.out, answer
    events = [e for e in API.get("/api/v1/namespaces/kube-system/events")["items"]
              if e.get("source", {}).get("component") == "nks-triage"]
    thing = API.get("/api/v1/namespaces/kube-system/configmaps/calico-config")
    assert [e["involvedObject"]["uid"] for e in events] == [thing["metadata"]["uid"]], events


with PLANE:
    run()
