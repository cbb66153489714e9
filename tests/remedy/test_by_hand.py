#!/usr/bin/python3
"""Who follows the plan by hand gets what the fix does."""
# Waits: for the hold times of fixes.
# Takes: 30 s
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import generations, images, plan  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402


@test("the kubectl lines of the plan do what the fix does")
def _():
    with Simulated("calico-outage") as by_hand:
        for step in plan(by_hand)["steps"]:
            if step["kubectl"]:
                answer = subprocess.run(step["kubectl"], shell=True, capture_output=True, text=True,
                                                      timeout=180)
                assert answer.returncode == 0, (step["kubectl"], answer)
        assert all(image.startswith("docker.io/calico/") for image in images(by_hand).values())
        assert set(generations(by_hand).values()) == {2}
        node = by_hand.get("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")["status"]
        assert node["numberReady"] == 12


run()
