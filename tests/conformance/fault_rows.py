"""What the rows of the fault table share: a namespace each, objects that are wrong, and what must be so afterwards."""
import concurrent.futures
import os
import subprocess
import threading
import time
import traceback

from audited import Operator
from kube_api import ApiError
from sources import ROOT
from tap import test
from wait import wait_for

APPS = "/apis/apps/v1/namespaces/{}/deployments"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


def status(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": message}


def deployment(name, labels=None, image="acme/old:1", **spec):
    app = {"app": name}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels or {}}, "spec": {
        "replicas": 0, "selector": {"matchLabels": app}, **spec, "template": {"metadata": {"labels": app}, "spec": {
            "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": image}]}}}}


class Row:
    """A namespace with three Deployments, the last of them with the fault; an operator with a console."""
    count = 0
    lock = threading.Lock()

    def __init__(self, plane, console, user="admin"):
        with Row.lock:
            Row.count += 1
            self.namespace = f"row-{Row.count}"
        self.plane, self.api = plane, plane.api
        self.apps = APPS.format(self.namespace)
        self.operator = Operator(plane, console, self.namespace, user)
        self.console = console
        self.mark = 0

    def __enter__(self):
        self.operator.__enter__()
        self.api.post("/api/v1/namespaces", {"metadata": {"name": self.namespace, "labels": {"row": self.namespace}}})
        for body in self.objects():
            self.api.post(self.apps, body)
        wait_for(lambda: all(self.api.get(f"{self.apps}/{b['metadata']['name']}").get("status", {}).get(
            "observedGeneration") for b in self.objects()))
        self.mark = self.plane.audit_now()
        return self

    def __exit__(self, *_):
        self.operator.__exit__()

    def objects(self):
        return [deployment("first"), deployment("second"), deployment("third", {"fault": "three"})]

    def get(self, name):
        return self.api.get(f"{self.apps}/{name}")

    def values(self):
        """What the steps set: as they were (10, 10, three), as they are to be (3, 4, mended)."""
        first, second, third = (self.get(name) for name in ("first", "second", "third"))
        return (first["spec"]["revisionHistoryLimit"], second["spec"]["revisionHistoryLimit"],
                third["metadata"]["labels"].get("fault"))

    def set(self, name, value):
        return self.api.patch(f"{self.apps}/{name}", value)

    def disturb(self, name, what, method="PATCH", times=1, before=None):
        """The first requests that change this object meet with this; before() runs first."""
        left = [times]

        def on_request(request):
            if request.method != method or not request.is_write or name not in request.path or left[0] <= 0:
                return None
            left[0] -= 1
            if before:
                before()
            return what
        self.operator.proxy.on_request = on_request

    def after(self, name, act):
        """act() runs once, when the apiserver has changed this object and the console does not know yet."""
        done = []

        def on_answer(request, _status):
            if request.is_write and name in request.path and not done:
                done.append(request)
                act()
        self.operator.proxy.on_answer = on_answer

    def fix(self, *words, **more):
        return self.operator.run("fix", "fault-three", "--confirm", self.operator.digest("plan", "fault-three"), *words, **more)

    def start(self, *words, **more):
        return self.operator.start("fix", "fault-three", "--confirm", self.operator.digest("plan", "fault-three"), *words,
                                   **more)

    def written(self):
        """What the apiserver says was asked of this row's objects: [("patch", "first", 200), …]"""
        return [(verb, path.rsplit("/", 1)[1], code) for verb, path, code in self.plane.audit(self.mark)
                if f"/namespaces/{self.namespace}/" in path]

    def leases(self):
        """Leases of ours whose holder works in this namespace's group are gone with the run; all of ours are listed."""
        return [lease for lease in self.api.get(LEASES)["items"] if lease["metadata"]["name"].startswith("nks-triage-")]


ROWS = []


def row(name):
    """A row is a function of no arguments; all run at once, and each is a test."""
    def register(function):
        ROWS.append((name, function))
        return function
    return register


def run_rows(at_once):
    outcomes = {}

    def one(pair):
        started = time.monotonic()
        try:
            pair[1]()
        except BaseException:   # what a failed assertion says is told by its test
            outcomes[pair[0]] = traceback.format_exc()
        print(f"# {time.monotonic() - started:.1f} s: {pair[0]}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, ROWS))
    for name, _ in ROWS:
        def check(name=name):
            assert name not in outcomes, outcomes[name]
        test(name)(check)


def build_preload(folder):
    path = os.path.join(folder, "preload.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-D_GNU_SOURCE", "-o", path,
                    os.path.join(ROOT, "tests", "lib", "preload.c")], check=True)
    return path


def gone(api, path):
    try:
        api.get(path)
    except ApiError as error:
        return error.code == 404
    return False
