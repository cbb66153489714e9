"""What the tests of fixes share: plans, what the cluster holds, a proxy that loses answers."""
import http.client
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import urllib.parse

from simulated import CONSOLE, Simulated, environment, run_console
from sources import ROOT
from wait import wait_for

WORKLOADS = {
    "typha": "/apis/apps/v1/namespaces/kube-system/deployments/calico-typha",
    "controllers": "/apis/apps/v1/namespaces/kube-system/deployments/calico-kube-controllers",
    "node": "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node",
}
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


def plan(cluster, *words):
    """The plan as JSON; the exit status must be 0."""
    answer = cluster.console("plan", "E08", "-o", "json", *words)
    assert answer.code == 0, answer
    return json.loads(answer.out)


def images(cluster):
    """Every image of the three workloads: {"typha/containers/calico-typha": "…"}"""
    found = {}
    for name, path in WORKLOADS.items():
        spec = cluster.get(path)["spec"]["template"]["spec"]
        for group in ("initContainers", "containers"):
            for container in spec.get(group, []):
                found[f"{name}/{group}/{container['name']}"] = container["image"]
    return found


def generations(cluster):
    return {name: cluster.get(path)["metadata"]["generation"] for name, path in WORKLOADS.items()}


def our_leases(cluster):
    return [lease["metadata"]["name"] for lease in cluster.get(LEASES)["items"]
            if lease["metadata"]["name"].startswith("nks-triage-")]


def kubectl(cluster, *words, check=True, **more):
    return subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, *words], capture_output=True, text=True,
                          check=check, timeout=180, **more)


def runs(cluster):
    answer = cluster.console("runs", "-o", "json")
    assert answer.code == 0, answer
    return json.loads(answer.out)["runs"]


class Proxy:
    """Stands between console and cluster. on_request(method, path) may answer "lose" (the request arrives, its answer
    does not), "drop" (it never arrives), a (status, document) that is answered in its place, or None."""

    def __init__(self, cluster, on_request):
        upstream = urllib.parse.urlsplit(cluster.server)
        outer = self
        self.is_silent = False  # of watches nothing is passed on any more
        self.is_cut = False     # answers end with their next piece
        self.arrived = []       # paths, as they come
        self.requests = []      # (method, path, status or what happened), as they are answered

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.arrived.append(self.path)
                wanted = on_request(self.command, self.path)
                self.close_connection = True
                if wanted == "drop":
                    outer.requests.append((self.command, self.path, "dropped"))
                    return
                if isinstance(wanted, tuple):
                    outer.requests.append((self.command, self.path, wanted[0]))
                    text = json.dumps(wanted[1]).encode()
                    self.send_response(wanted[0])
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                    self.send_header("Connection", "close")
                    self.end_headers()
                    self.wfile.write(text)
                    return
                connection = http.client.HTTPConnection(upstream.hostname, upstream.port)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                if wanted == "lose":
                    answer.read()
                    outer.requests.append((self.command, self.path, "lost"))
                    return
                outer.requests.append((self.command, self.path, answer.status))
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while True:
                        piece = answer.read1(65536)
                        if not piece:
                            break
                        if outer.is_cut:
                            break
                        # Silence: the connection stands, and nothing comes through it any more.
                        if outer.is_silent and "watch" in self.path:
                            continue
                        self.wfile.write(piece)
                        self.wfile.flush()
                except OSError:
                    pass
                connection.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.kubeconfig = os.path.join(cluster.folder, "proxied")
        with open(cluster.kubeconfig, encoding="utf-8") as file:
            text = file.read()
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            file.write(text.replace(cluster.server, f"http://127.0.0.1:{self.server.server_address[1]}"))
        os.chmod(self.kubeconfig, 0o600)

    def writes(self, text=""):
        """Requests that change something, dry runs left out."""
        return [r for r in self.requests if r[0] != "GET" and "dryRun" not in r[1] and "reviews" not in r[1]
                and text in r[1]]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Running:
    """A console that runs while the test looks at it."""

    def __init__(self, cluster, *words, kubeconfig=None, console=CONSOLE, **more):
        """more: environment variables."""
        self.lines = []
        self.process = subprocess.Popen(
            [console, *words, "--kubeconfig", kubeconfig or cluster.kubeconfig], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(cluster.folder, **more))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def text(self):
        return "\n".join(self.lines)

    def wait_line(self, part):
        wait_for(lambda: part in self.text(), what=lambda: f"{part!r} in:\n{self.text()}")

    def end(self, seconds=400):
        code = self.process.wait(seconds)
        self.reader.join(90)
        return code


class Place:
    """A cluster, a proxy before it, and the digest of the plan as seen through the proxy."""

    def __init__(self, on_request=lambda method, path: None):
        self.cluster = Simulated("calico-outage")
        self.armed = False
        self.proxy = Proxy(self.cluster, lambda method, path: on_request(method, path) if self.armed else None)
        self.before = images(self.cluster)
        answer = self.console("plan", "E08")
        assert answer.code == 0, answer
        self.digest = answer.out.splitlines()[-1].split()[1]
        self.armed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.stop()
        self.cluster.stop()

    def console(self, *words, **more):
        return run_console(self.cluster.folder, *words, "--kubeconfig", self.proxy.kubeconfig, timeout=240, **more)

    def fix(self):
        return self.console("fix", "E08", "--confirm", self.digest)

    def start(self, *words):
        return Running(self.cluster, *words, kubeconfig=self.proxy.kubeconfig)


class Copy:
    """A console of its own in which the runbook of an entry was edited by edit(runbook). program: what is copied."""

    def __init__(self, edit, entry="E08", program=CONSOLE):
        self.entry = entry
        self.folder = tempfile.mkdtemp(prefix="nks-triage-copy-")
        self.console = os.path.join(self.folder, "nks-triage")
        shutil.copy(program, self.console)
        shutil.copytree(os.path.join(ROOT, "assets"), os.path.join(self.folder, "assets"))
        path = os.path.join(self.folder, "assets", "runbooks", entry + ".json")
        with open(path, encoding="utf-8") as file:
            runbook = json.load(file)
        edit(runbook)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(runbook, file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def run(self, cluster, *words, kubeconfig=None, **more):
        """more: environment variables."""
        return subprocess.run([self.console, *words, "--kubeconfig", kubeconfig or cluster.kubeconfig],
                              capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                              env=environment(cluster.folder, **more))

    def digest(self, cluster, *words, **more):
        answer = self.run(cluster, "plan", self.entry, *words, **more)
        assert answer.returncode == 0, answer
        return answer.stdout.splitlines()[-1].split()[1]


def two_patches(runbook):
    """Two writes, nothing waited for, an end that is known after a second (the signs are still there)."""
    runbook["steps"] = [step for step in runbook["steps"] if step["id"] in ("patch-typha", "patch-kube-controllers")]
    for precondition in runbook["preconditions"]:
        if "ofSteps" in precondition:
            precondition["ofSteps"] = ["patch-typha", "patch-kube-controllers"]
    runbook["verify"] = {"when": "gone", "deadlineSeconds": 1, "holdSeconds": 0}


def quickly(runbook):
    runbook["verify"]["holdSeconds"] = 1


def hold_finalizer(cluster):
    """What E15 finds: a finalizer that nobody handles, on a default object of a healthy cluster."""
    kubectl(cluster, "patch", "daemonset/calico-node", "--namespace", "kube-system", "--type=json", "--patch",
            '[{"op":"add","path":"/metadata/finalizers","value":["orphan","example.com/hold"]}]')
