#!/usr/bin/python3
"""The report on a real cluster: quiet where all is well, honest where a user may not look."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

PLANE = ControlPlane()


def report(user):
    result = subprocess.run([os.path.join(ROOT, "nks-triage"), "--kubeconfig", PLANE.kubeconfig(user), "report", "-o",
                             "json"], capture_output=True, text=True,
                            env=dict(os.environ, XDG_STATE_HOME=PLANE.path("state"), XDG_CONFIG_HOME=PLANE.path("config")))
    return result.returncode, json.loads(result.stdout), result.stderr


@test("a cluster where all is well: nothing found, every check looked")
def _():
    PLANE.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=10")
    wait_for(lambda: PLANE.kubectl("get", "pods", "--no-headers").stdout.count("1/1") == 10)
    code, document, error = report("admin")
    assert (code, document["findings"], document["coverage"]["couldNotCheck"]) == (0, [], 0), (code, document, error)
    assert document["cluster"]["version"] == "v" + PLANE.version, document["cluster"]


with PLANE:
    PLANE.add_nodes(3)
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == 3)
    run()
