#!/usr/bin/python3
"""Entries that people mend outside of the console: changed from outside, the finding goes, and its friends stay."""
import concurrent.futures
import json
import os
import sys
import traceback
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from remedy import kubectl  # noqa: E402
from simulated import Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402


def post(cluster, path, body):
    request = urllib.request.Request(cluster.server + path, json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request, timeout=90).close()


def set_image(cluster, workload, **images):
    kubectl(cluster, "-n", "kube-system", "set", "image", workload,
            *(f"{name.replace('_', '-')}={image}" for name, image in images.items()))


def e04(cluster):
    """The NKS registry is enabled: the pause image can be had, the default images have other names."""
    post(cluster, "/sim/registry", [{"image": "k8s.gcr.io/pause:*", "seconds": 0.2}])
    set_image(cluster, "deployment/metrics-server",
              metrics_server="a1b2c3d4-kr1-registry.container.nhncloud.com/nks/metrics-server:v0.6.4")


def e07(cluster):
    """Drained, given the kernel's argument, rebooted."""
    node = "nks-prod-centos-worker-1"
    kubectl(cluster, "cordon", node)
    post(cluster, "/sim/nodes/" + node, {"reboot": True, "facts": {"memory-cgroups": "ok"}})
    kubectl(cluster, "uncordon", node)


def e09(cluster):
    post(cluster, "/sim/nodes/nks-prod-default-worker-4", {"facts": {"rpc-statd": "active"}})


def e13(cluster):
    kubectl(cluster, "patch", "felixconfigurations.crd.projectcalico.org/default", "--type=merge", "--patch",
            '{"spec":{"bpfConnectTimeLoadBalancing":"Disabled","bpfHostNetworkedNATWithoutCTLB":"Enabled"}}')


def e14(cluster):
    """The add-on is updated."""
    images = {"calico_node": "docker.io/calico/node:v3.28.2", "upgrade_ipam": "docker.io/calico/cni:v3.28.2",
              "install_cni": "docker.io/calico/cni:v3.28.2", "mount_bpffs": "docker.io/calico/node:v3.28.2"}
    set_image(cluster, "daemonset/calico-node", **images)
    set_image(cluster, "deployment/calico-kube-controllers",
              calico_kube_controllers="docker.io/calico/kube-controllers:v3.28.2")


def e16(cluster):
    """The node is taken away, the images are set, another node is added."""
    kubectl(cluster, "delete", "node", "nks-prod-scaleout-0", "--wait=false")
    images = {"calico_node": "docker.io/calico/node:v3.24.1", "upgrade_ipam": "docker.io/calico/cni:v3.24.1",
              "install_cni": "docker.io/calico/cni:v3.24.1", "mount_bpffs": "docker.io/calico/node:v3.24.1"}
    set_image(cluster, "daemonset/calico-node", **images)
    post(cluster, "/sim/nodes", {"name": "nks-prod-scaleout-1", "group": "scaleout"})
    wait_for(lambda: any(c["type"] == "Ready" and c["status"] == "True" for c in
                         cluster.get("/api/v1/nodes/nks-prod-scaleout-1")["status"]["conditions"]), what="Ready")


MENDS = {"E04": e04, "E07": e07, "E09": e09, "E13": e13, "E14": e14, "E16": e16}
OUTCOMES = {}


def findings(cluster):
    answer = cluster.console("report", "-o", "json")
    assert answer.out, answer
    return json.loads(answer.out)["findings"]


def active(cluster, entry):
    return [f for f in findings(cluster) if f["id"] == entry]


def others(cluster, entry):
    return {f["id"] for f in findings(cluster) if f["id"].startswith("E") and f["id"] != entry}


def tell(entry):
    try:
        with Simulated(entry.lower(), "--time-scale", "0.2") as cluster:
            assert active(cluster, entry), "not found at first"
            MENDS[entry](cluster)
            wait_for(lambda: not active(cluster, entry), interval=0.5, what=lambda: f"{active(cluster, entry)} to go")
            # Whatever the pods that were replaced went through.
            wait_for(lambda: not others(cluster, entry), interval=0.5, what=lambda: f"{others(cluster, entry)} to go")
    except BaseException:
        return traceback.format_exc()
    return None


def mended(entry):
    def check():
        assert OUTCOMES[entry] is None, OUTCOMES[entry]
    return check


for _entry in MENDS:
    test(f"{_entry}: mended from outside it is gone, and nothing of the guide came of it")(mended(_entry))

with concurrent.futures.ThreadPoolExecutor(3) as _pool:
    OUTCOMES.update(zip(MENDS, _pool.map(tell, MENDS)))
run()
