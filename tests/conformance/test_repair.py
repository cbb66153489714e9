#!/usr/bin/python3
"""E08 with real controllers: images that no kubelet can pull are found, replaced by real rollouts, and verified."""
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
import stages  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from kube_api import Api  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

NODES, TAG = 4, "v3.24.1"
MIRROR = f"registry.example/container_service/calico/typha:{TAG}"


def refusal(image):
    whole = image if "/" in image else "docker.io/library/" + image
    return (f'Failed to pull image "{image}": rpc error: code = NotFound desc = failed to pull and unpack image '
            f'"{whole}": failed to resolve reference "{whole}": {whole}: not found')


FAILING = {image: refusal(image) for image in (f"calico-typha:{TAG}", f"calico-kube-controllers:{TAG}", MIRROR)}
UNREADY = {f"calico-node:{TAG}": "Readiness probe failed: calico/node is not ready: felix is not ready: "
                                 "readiness probe reporting 503"}
FOLDER = tempfile.TemporaryDirectory()
PLANE = ControlPlane(kwok_config=stages.write(os.path.join(FOLDER.name, "stages"), failing=FAILING, unready=UNREADY,
                                              minutes=10))
API = Api(PLANE)
APPS = "/apis/apps/v1/namespaces/kube-system/"
STATE = {}


def workload(kind, name, container, image, **spec):
    labels = {"k8s-app": name}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "kube-system"}, "spec": {
        "selector": {"matchLabels": labels}, **spec, "template": {"metadata": {"labels": labels}, "spec": {
            "tolerations": [{"operator": "Exists"}], "containers": [{"name": container, "image": image}]}}}}


def console(*words, timeout=240):
    return run_console(FOLDER.name, *words, "--kubeconfig", PLANE.kubeconfig("admin"), timeout=timeout)


def report():
    answer = console("report", "-o", "json")
    return answer.code, json.loads(answer.out)


def images():
    return {name: [c["image"] for group in ("initContainers", "containers")
                   for c in API.get(APPS + path)["spec"]["template"]["spec"].get(group, [])]
            for name, path in (("typha", "deployments/calico-typha"), ("node", "daemonsets/calico-node"),
                               ("controllers", "deployments/calico-kube-controllers"))}


def digest():
    answer = console("plan", "E08", "-o", "json")
    assert answer.code == 0, answer
    return json.loads(answer.out)["digest"]


@test("real pods that cannot be pulled and a Felix that is not ready are E08, and certain")
def _():
    node = workload("DaemonSet", "calico-node", "calico-node", f"calico-node:{TAG}")
    node["spec"]["template"]["spec"].update(hostNetwork=True, initContainers=[
        {"name": "install-cni", "image": f"calico-cni:{TAG}"}])
    API.post(APPS + "daemonsets", node)
    API.post(APPS + "deployments", workload("Deployment", "calico-typha", "calico-typha", f"calico-typha:{TAG}",
                                            replicas=2))
    API.post(APPS + "deployments", workload("Deployment", "calico-kube-controllers", "calico-kube-controllers",
                                            f"calico-kube-controllers:{TAG}", replicas=1))
    wait_for(lambda: PLANE.kubectl("get", "pods", "-n", "kube-system").stdout.count("ImagePullBackOff") == 3, interval=0.3,
             what=lambda: PLANE.kubectl("get", "pods", "-A").stdout + PLANE.log("kwok"))
    wait_for(lambda: API.get(APPS + "daemonsets/calico-node")["status"].get("numberUnavailable") == NODES, interval=0.3)
    code, document = report()
    assert code == 3, (code, document["findings"])
    finding = next(f for f in document["findings"] if f["id"] == "E08")
    assert finding["confidence"] == "certain" and finding["severity"] == "critical", finding
    assert {o["name"] for o in finding["objects"]} >= {"calico-typha", "calico-kube-controllers"}, finding["objects"]


@test("what is changed between preview and confirmation is not repaired: 6, and nothing was touched")
def _():
    old = digest()
    PLANE.kubectl("-n", "kube-system", "set", "image", "deployment/calico-typha", f"calico-typha={MIRROR}")
    before = images()
    answer = console("fix", "E08", "--confirm", old)
    assert answer.code == 6, answer
    assert images() == before
    PLANE.kubectl("-n", "kube-system", "set", "image", "deployment/calico-typha", f"calico-typha=calico-typha:{TAG}")
    assert wait_for(digest) == old, "the same cluster has the same plan"


@test("the confirmed fix rolls the real workloads and is verified")
def _():
    answer = console("fix", "E08", "--confirm", digest())
    assert answer.code == 0 and "verified" in answer.out, answer
    assert images() == {"typha": [f"docker.io/calico/typha:{TAG}"],
                        "controllers": [f"docker.io/calico/kube-controllers:{TAG}"],
                        "node": [f"docker.io/calico/cni:{TAG}", f"docker.io/calico/node:{TAG}"]}, images()
    for kind, name in (("deployment", "calico-typha"), ("deployment", "calico-kube-controllers"),
                       ("daemonset", "calico-node")):
        PLANE.kubectl("-n", "kube-system", "rollout", "status", f"{kind}/{name}", "--timeout=1s")
    managers = {entry["manager"] for entry in API.get(APPS + "daemonsets/calico-node")["metadata"]["managedFields"]}
    assert "nks-triage" in managers, managers


@test("the report is quiet, and a second run has nothing to do")
def _():
    code, document = report()
    assert (code, document["findings"]) == (0, []), (code, document["findings"])
    generation = API.get(APPS + "daemonsets/calico-node")["metadata"]["generation"]
    answer = console("fix", "E08")
    assert answer.code == 0 and "nothing to do" in answer.out, answer
    assert API.get(APPS + "daemonsets/calico-node")["metadata"]["generation"] == generation


with PLANE:
    PLANE.add_nodes(NODES)
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == NODES, interval=0.3,
             what=lambda: PLANE.log("kwok"))
    run()
