#!/usr/bin/python3
"""Every entry that is mended over the API, with real controllers: found, planned, fixed, verified, nothing left to do,
undone to what it was; then the kubectl lines of the plan do the same as we did."""
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
import entry_faults as faults  # noqa: E402
from audited import AuditedPlane, Operator  # noqa: E402
from fault_rows import build_preload, row, run_rows  # noqa: E402
from kube_api import ApiError  # noqa: E402
from quick_console import quick_console  # noqa: E402
from registries import Registries  # noqa: E402
from tap import run  # noqa: E402
from wait import wait_for  # noqa: E402

PLANE = AuditedPlane(service_accounts=True)
API = PLANE.api
LONG_AGO = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
PLANE.kwok_config = PLANE.write("stages", "\n---\n".join(json.dumps(one) for one in faults.stages(LONG_AGO)))
CONSOLE = quick_console(PLANE.folder)
PRELOAD = build_preload(PLANE.folder)
REGISTRIES = Registries(faults.REGISTRY)
SYSTEM = "/apis/apps/v1/namespaces/kube-system/"
# What moves by itself, or tells of the move: not what somebody decided.
MOVES = {"resourceVersion", "generation", "managedFields", "creationTimestamp"}
RESTARTED = "kubectl.kubernetes.io/restartedAt"


class Story:
    """One entry: what it changes (paths), how its fault is made, what people do meanwhile."""

    def __init__(self, entry, *paths, words=(), name=False, secrets=(), acts=(), recreates=False):
        self.entry, self.paths, self.words, self.secrets, self.acts = entry, paths, list(words), dict(secrets), acts
        self.names = ["--confirm-name", "admin"] if name else []
        self.recreates = recreates      # undone, a Secret is another object with other times
        self.operator = Operator(PLANE, CONSOLE)
        self.operator.variables = dict(REGISTRIES.environment, NO_PROXY="127.0.0.1")

    def __enter__(self):
        self.operator.__enter__()
        return self

    def __exit__(self, *_):
        self.operator.__exit__()

    def state(self):
        """What was decided about the objects; times of restarts are told by their being there."""
        found = {}
        for path in self.paths:
            try:
                value = API.get(path)
            except ApiError as error:
                assert error.code == 404, error
                found[path] = None
                continue
            value["metadata"] = {k: v for k, v in value["metadata"].items() if k not in MOVES and not (
                self.recreates and k == "uid")}
            notes = value["metadata"].get("annotations", {})
            notes.pop("deployment.kubernetes.io/revision", None)
            notes.pop("deprecated.daemonset.template.generation", None)
            if not notes:
                value["metadata"].pop("annotations", None)
            value.pop("status", None)
            text = json.dumps(value, sort_keys=True)
            found[path] = json.loads(re.sub(rf'("{RESTARTED}": )"[^"]*"', r'\1"then"', text))
        return found

    def findings(self):
        answer = self.operator.run("report", "-o", "json")
        return [f for f in json.loads(answer.out)["findings"] if f["id"] == self.entry]

    def confirm(self, *words):
        return [*words, "--confirm", self.operator.digest(*(["plan", *words[1:]] if words[0] == "fix" else words)), *self.names]

    def carry_out(self):
        files = []
        for name, value in self.secrets.items():
            path = os.path.join(self.operator.home, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(value)
            os.chmod(path, 0o600)
            files += ["--secret-file", f"{name}={path}"]
        running = self.operator.start(*self.confirm("fix", self.entry, *self.words), *files)
        for part, act in self.acts:
            running.wait_line(part)
            act()
        return running.end()

    def is_planned(self):
        answer = self.operator.run("plan", self.entry, "-o", "json", *self.words)
        found = json.loads(answer.out) if answer.out.startswith("{") else {}
        return found if answer.code == 0 and found.get("digest") else None

    def fix(self):
        """Fixed, verified, gone, nothing left to do. Returns the state before and after."""
        wait_for(self.is_planned, interval=0.5, what=lambda: (self.operator.run("plan", self.entry, *self.words),
                                                    PLANE.kubectl("get", "pods", "-A").stdout, PLANE.log("kwok")))
        before = self.state()
        answer = self.carry_out()
        assert answer.code == 0 and "done and verified" in answer.out, answer
        after = self.state()
        assert after != before and not self.findings(), (before, self.findings())
        again = self.operator.run("fix", self.entry, *self.words)
        assert again.code == 0 and "nothing to do" in again.out, again
        assert self.operator.journal()[0] == "verified"
        return before, after

    def undo(self):
        name = self.operator.runs()[0]["id"]
        answer = self.operator.run(*self.confirm("undo", name))
        assert answer.code == 0, answer

    def by_hand(self):
        """The lines of a new plan, as they are shown, in a shell with real kubectl."""
        plan = wait_for(self.is_planned, interval=0.5, what=lambda: self.operator.run("plan", self.entry, *self.words))
        lines = [step["kubectl"] for step in plan["steps"] if step["kubectl"] and step["state"] != "skipped"]
        assert lines, plan
        environment = dict(os.environ, PATH=PLANE.bin + ":" + os.environ["PATH"], HOME=self.operator.home)
        for line in lines:
            done = subprocess.run(["bash", "-c", self.fill(line)], text=True, capture_output=True, timeout=180, env=environment,
                                  cwd=self.operator.home)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
        return lines

    def fill(self, line):
        return line

    def tell(self):
        before, after = self.fix()
        self.undo()
        undone = self.state()
        assert undone == before, difference(before, undone)
        # What a rollout back keeps running while the old image fails is what runs: pods that are made now fail, as they did.
        for place in {path.split("/namespaces/")[1].split("/")[0] for path in self.paths if "/namespaces/" in path}:
            labels = [path.rsplit("/", 1)[1] for path in self.paths if f"/{place}/" in path]
            PLANE.kubectl("delete", "pods", "-n", place, "-l", f"app in ({','.join(labels)})")
        self.by_hand()
        state = self.state()
        assert state == after, difference(after, state)


def difference(one, other):
    return [(path, one[path], other[path]) for path in one if one[path] != other[path]]


def namespace(name):
    API.post("/api/v1/namespaces", {"metadata": {"name": name}})
    wait_for(lambda: PLANE.kubectl("-n", name, "get", "serviceaccount", "default", check=False).returncode == 0)


def make(place, kind, body):
    API.post(f"/apis/apps/v1/namespaces/{place}/{kind}", body)


@row("E05: Flannel's images from where they are now")
def _():
    make("kube-system", "daemonsets", faults.workload("DaemonSet", "kube-flannel-ds", [faults.FLANNEL], tolerations=faults.EVERYWHERE))
    with Story("E05", SYSTEM + "daemonsets/kube-flannel-ds") as story:
        story.tell()


@row("E06: GitHub's old registry is left, in the workload that makes the pods")
def _():
    namespace("packages")
    make("packages", "deployments", faults.workload("Deployment", "order-worker", [faults.PACKAGES], 2))
    with Story("E06", "/apis/apps/v1/namespaces/packages/deployments/order-worker") as story:
        story.tell()


@row("E11: who owns a volume's files is looked at in its root alone")
def _():
    namespace("shop")
    make("shop", "deployments", faults.workload("Deployment", "store", ["nginx:1"], 2, securityContext={"fsGroup": 2000}))
    with Story("E11", "/apis/apps/v1/namespaces/shop/deployments/store") as story:
        story.tell()


@row("E15: a finalizer that is not Kubernetes' own is taken out")
def _():
    body = faults.workload("DaemonSet", "kube-proxy", ["nginx:1"])
    body["metadata"]["finalizers"] = ["orphan", "example.com/hold"]
    make("kube-system", "daemonsets", body)
    with Story("E15", SYSTEM + "daemonsets/kube-proxy") as story:
        story.tell()


class WithSecret(Story):
    """The values of some fields are not shown: what goes into the FILE of a line is known from what our run made."""

    def __init__(self, *arguments, file, **more):
        super().__init__(*arguments, **more)
        self.file, self.after = file, None

    def fix(self):
        before, self.after = super().fix()
        return before, self.after

    def fill(self, line):
        if not line.endswith(" FILE"):
            return line
        path = os.path.join(self.operator.home, "filled.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.file(self.after), file)
        return line.removesuffix("FILE") + path


@row("E03: a Secret for Docker Hub, in the ServiceAccount of the pods that fail; they are made anew")
def _():
    namespace("hub")
    make("hub", "deployments", faults.workload("Deployment", "web-api", [faults.HUB], 2))
    paths = ["/api/v1/namespaces/hub/serviceaccounts/default", "/api/v1/namespaces/hub/secrets/nks-triage-docker-hub"]
    with WithSecret("E03", *paths, name=True, secrets={"username": "robot", "password": "not-a-real-token"},
                    recreates=True, file=lambda after: {k: v for k, v in after[paths[1]].items() if k != "status"}) as story:
        before, after = story.fix()
        wait_for(lambda: PLANE.kubectl("get", "pods", "-n", "hub").stdout.count("1/1") == 2, interval=0.3)
        story.undo()
        assert story.state() == before, difference(before, story.state())
        # The account pulls again: pods that are made now fail, as they did.
        PLANE.kubectl("delete", "pods", "--all", "-n", "hub")
        story.by_hand()
        assert story.state() == after, difference(after, story.state())
        wait_for(lambda: PLANE.kubectl("get", "pods", "-n", "hub").stdout.count("1/1") == 2, interval=0.3)


@row("E10: one key of the cloud configuration, and what reads it is restarted")
def _():
    namespace("volumes")
    for path, body in faults.grown_volume("volumes"):
        API.post(path, body)
    claim = "/api/v1/namespaces/volumes/persistentvolumeclaims/data"
    API.request("PATCH", claim + "/status", {"status": {
        "phase": "Bound", "capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteOnce"]}}, "application/merge-patch+json")
    make("kube-system", "daemonsets", faults.workload("DaemonSet", "csi-cinder-nodeplugin", ["nginx:1"]))
    make("kube-system", "statefulsets", faults.workload("StatefulSet", "csi-cinder-controllerplugin", ["nginx:1"], 1))
    paths = ["/api/v1/namespaces/kube-system/secrets/cinder-csi-cloud-config", SYSTEM + "daemonsets/csi-cinder-nodeplugin",
             SYSTEM + "statefulsets/csi-cinder-controllerplugin"]
    secret = paths[0]

    def patch(after):
        return [{"op": "replace", "path": "/data/cloud-config", "value": after[secret]["data"]["cloud-config"]}]
    with WithSecret("E10", *paths, file=patch) as story:
        # The one thing that kwok has not: a kubelet that knows its file systems.
        story.operator.proxy.on_request = lambda request: (
            200, faults.summary("volumes", request.path.split("/")[4])) if "stats/summary" in request.path else None
        before, after = story.fix()
        assert before[secret]["data"] != after[secret]["data"]
        story.undo()
        undone = story.state()
        assert undone[secret] == before[secret], difference(before, undone)
        story.by_hand()
        assert story.state() == after, difference(after, story.state())


def clear_calico():
    for path in ("daemonsets/calico-node", "deployments/calico-typha", "deployments/calico-kube-controllers"):
        API.delete(SYSTEM + path)
    wait_for(lambda: "calico" not in PLANE.kubectl("get", "pods,rs,ds,deploy", "-n", "kube-system").stdout, interval=0.3)


def settled(count):
    """So many calico-node pods have a status, and the controller knows."""
    def is_settled():
        status = API.get(SYSTEM + "daemonsets/calico-node").get("status", {})
        return status.get("currentNumberScheduled") == count and status.get("observedGeneration")
    wait_for(is_settled, interval=0.3)


CALICO = [SYSTEM + path for path in ("daemonsets/calico-node", "deployments/calico-typha", "deployments/calico-kube-controllers")]


@row("E12, E08, E16: Calico's settings, its images, and those that a new node cannot pull")
def _():
    public = "docker.io/calico/%s:" + faults.NEW
    for kind, body in faults.calico(*(public % name for name in ("node", "cni", "typha", "kube-controllers"))):
        if kind == "daemonsets":
            body["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "FELIX_BPFENABLED", "value": "true"}]
        make("kube-system", kind, body)
    namespace("edge")
    make("edge", "deployments", faults.workload("Deployment", "agent", ["nginx:1"], 1, hostNetwork=True,
                                                dnsPolicy="ClusterFirstWithHostNet"))
    with Story("E12", CALICO[0]) as story:
        story.tell()
    API.delete("/apis/apps/v1/namespaces/edge/deployments/agent")
    clear_calico()
    def break_calico():
        for kind, body in faults.calico(faults.NODE, f"calico-cni:{faults.TAG}", faults.TYPHA, faults.CONTROLLERS):
            make("kube-system", kind, body)
    break_calico()
    with Story("E08", *CALICO, recreates=True) as story:
        before, after = story.fix()
        story.undo()
        assert story.state() == before, difference(before, story.state())
        # The fault needs nodes whose agents have not been ready for long: a fresh copy of the same state.
        clear_calico()
        break_calico()
        story.by_hand()
        assert story.state() == after, difference(after, story.state())
    clear_calico()
    e16()


def e16():
    for kind, body in faults.calico(*(faults.HARBOR % name for name in ("node", "cni", "typha", "kube-controllers"))):
        make("kube-system", kind, body)
    settled(2)
    PLANE.add_nodes(1, prefix="fresh")
    settled(3)

    # Its last step waits for a new node that is Ready; here all of them are new.
    acts = [("[1/", lambda: API.delete("/api/v1/nodes/fresh-0"))]
    with Story("E16", *CALICO, acts=acts) as story:
        # The node has to be older than five minutes, and only the apiserver says how old it is.
        clock = os.path.join(story.operator.home, "clock")
        with open(clock, "w", encoding="utf-8") as file:
            file.write("420 0")
        story.operator.variables.update(LD_PRELOAD=PRELOAD, PRELOAD_FAULTS=clock)
        before, after = story.fix()
        assert "docker.io/calico/node" in json.dumps(after) and "harbor" not in json.dumps(after), after
        story.undo()
        assert story.state() == before, difference(before, story.state())


with PLANE:
    PLANE.add_nodes(2)
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == 2, interval=0.3, what=lambda: PLANE.log("kwok"))
    run_rows(4)
    REGISTRIES.stop()
    run()
