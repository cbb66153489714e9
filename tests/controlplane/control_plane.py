"""Starts a real control plane on free loopback ports and stops exactly what it started.

    with ControlPlane() as plane:
        plane.kubeconfig("admin")      # also "viewer", "nobody"
        plane.kubectl("get", "nodes")

etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok come
from build.py. Run as a program it prints the kubeconfig's path and serves
until a signal.
"""
import base64
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from ports import own_port  # noqa: E402
from wait import wait_for  # noqa: E402

CONTROLLERS = ("deployment-controller,replicaset-controller,daemonset-controller,statefulset-controller,"
               "clusterrole-aggregation-controller,disruption-controller,node-lifecycle-controller,"
               "garbage-collector-controller,namespace-controller,serviceaccount-controller")


def unblock_signals():
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def binaries(version="1.34.4"):
    out = subprocess.run([os.path.join(HERE, "build.py"), "--kubernetes", version], check=True, text=True,
                         stdout=subprocess.PIPE)
    return out.stdout.strip().splitlines()[-1]


class ControlPlane:
    def __init__(self, version=None, controllers=True, kwok_config=None, apiserver=(), service_accounts=False):
        """apiserver: more arguments of the kube-apiserver. service_accounts: pods get what their ServiceAccount has."""
        self.service_accounts = service_accounts
        self.version = version or os.environ.get("NKS_TRIAGE_KUBERNETES", "1.34.4")
        self.folder = tempfile.mkdtemp(prefix="nks-triage-plane-")
        self.bin = binaries(self.version)
        self.controllers = controllers
        self.kwok_config = kwok_config
        self.apiserver = apiserver
        self.processes = {}
        self.tokens = {name: secrets.token_hex(16) for name in ("admin", "viewer", "nobody")}
        self.etcd_port, self.peer_port, self.port = own_port(), own_port(), own_port()
        self.server = f"https://127.0.0.1:{self.port}"

    # -- life

    def __enter__(self):
        try:
            self.start_etcd()
            self.start_apiserver()
            if self.controllers:
                self.start_controllers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def spawn(self, name, *arguments):
        log = open(self.path(name + ".log"), "ab")
        self.processes[name] = subprocess.Popen([os.path.join(self.bin, arguments[0]), *arguments[1:]],
                                                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                start_new_session=True, preexec_fn=unblock_signals)
        log.close()

    def stop(self):
        for process in reversed(list(self.processes.values())):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start_etcd(self):
        url, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.peer_port}"
        self.spawn("etcd", "etcd", "--data-dir", self.path("etcd"), "--unsafe-no-fsync", "--listen-client-urls", url,
                   "--advertise-client-urls", url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                   "--initial-cluster", f"default={peer}", "--log-level", "error")

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        return self.path(name)

    def start_apiserver(self):
        groups = {"admin": ',"system:masters"', "viewer": "", "nobody": ""}
        tokens = self.write("tokens.csv", "".join(
            f"{token},{name},{name}-uid{groups[name]}\n" for name, token in self.tokens.items()))
        key = self.path("service-account.key")
        if not os.path.exists(key):
            subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        self.spawn("kube-apiserver", "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
                   "--bind-address=127.0.0.1", f"--secure-port={self.port}", f"--cert-dir={self.path('certificates')}",
                   f"--token-auth-file={tokens}", "--authorization-mode=RBAC",
                   "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}",
                   f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.0.0.0/24",
                   *([] if self.service_accounts else ["--disable-admission-plugins=ServiceAccount"]),
                   "--allow-privileged=true", *self.apiserver)
        wait_for(self.ready, 90, 0.1, lambda: "kube-apiserver:\n" + self.log("kube-apiserver"))
        for name in self.tokens:
            self.kubeconfig(name)
        wait_for(lambda: self.kubectl("get", "clusterrole", "view", check=False).returncode == 0, 60, 0.2)
        # These exist already after a restart of the apiserver.
        rbac, storage = ".rbac.authorization.k8s.io", ".storage.k8s.io"
        self.kubectl("create", "clusterrole", "cluster-viewer", "--verb=get,list,watch", "--resource=" + ",".join((
            "nodes", "persistentvolumes", "storageclasses" + storage, "csidrivers" + storage, "roles" + rbac,
            "rolebindings" + rbac, "clusterroles" + rbac, "clusterrolebindings" + rbac,
            "customresourcedefinitions.apiextensions.k8s.io")), check=False)
        for role in ("view", "cluster-viewer"):
            self.kubectl("create", "clusterrolebinding", f"viewer-{role}", f"--clusterrole={role}", "--user=viewer",
                         check=False)

    def ready(self):
        process = self.processes["kube-apiserver"]
        assert process.poll() is None, "kube-apiserver ended:\n" + self.log("kube-apiserver")
        try:
            context = ssl._create_unverified_context()
            request = urllib.request.Request(self.server + "/readyz",
                                             headers={"Authorization": "Bearer " + self.tokens["admin"]})
            return urllib.request.urlopen(request, context=context, timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]

    def start_controllers(self):
        admin = self.kubeconfig("admin")
        self.spawn("kube-controller-manager", "kube-controller-manager", f"--kubeconfig={admin}", "--leader-elect=false",
                   f"--controllers={CONTROLLERS}", "--secure-port=0",
                   f"--service-account-private-key-file={self.path('service-account.key')}")
        self.spawn("kube-scheduler", "kube-scheduler", f"--kubeconfig={admin}", "--leader-elect=false", "--secure-port=0")
        kwok = ["kwok", f"--kubeconfig={admin}", "--manage-all-nodes=false",
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
                "--node-lease-duration-seconds=40", "--server-address=127.0.0.1:0"]
        if self.kwok_config:
            kwok.append(f"--config={self.kwok_config}")
        self.spawn("kwok", *kwok)

    # -- use

    def kubeconfig(self, user, port=None):
        """port: of a proxy before the apiserver."""
        name = f"kubeconfig-{user}" + (f"-{port}" if port else "")
        path = self.path(name)
        if os.path.exists(path):
            return path
        with open(self.path("certificates/apiserver.crt"), "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        document = {"apiVersion": "v1", "kind": "Config", "current-context": user,
                    "clusters": [{"name": "plane", "cluster": {"server": f"https://127.0.0.1:{port or self.port}",
                                                               "certificate-authority-data": authority}}],
                    "users": [{"name": user, "user": {"token": self.tokens[user]}}],
                    "contexts": [{"name": user, "context": {"cluster": "plane", "user": user}}]}
        return self.write(name, json.dumps(document))

    def kubectl(self, *arguments, user="admin", input=None, check=True):
        return subprocess.run([os.path.join(self.bin, "kubectl"), "--kubeconfig", self.kubeconfig(user), *arguments],
                              input=input, text=True, capture_output=True, check=check)

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def restart_apiserver(self):
        """kill -9, and a new one on the same port."""
        self.processes["kube-apiserver"].kill()
        self.processes["kube-apiserver"].wait()
        self.start_apiserver()

    def compact(self, revision):
        """What is older than this revision is forgotten."""
        subprocess.run([os.path.join(self.bin, "etcdctl"), "--endpoints", f"127.0.0.1:{self.etcd_port}", "compact",
                        str(revision)], check=True, capture_output=True)

    def add_nodes(self, count, prefix="node"):
        """Nodes that kwok keeps Ready."""
        items = [{"apiVersion": "v1", "kind": "Node",
                  "metadata": {"name": f"{prefix}-{i}", "annotations": {"kwok.x-k8s.io/node": "fake"},
                               "labels": {"kubernetes.io/hostname": f"{prefix}-{i}"}}} for i in range(count)]
        self.kubectl("create", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


if __name__ == "__main__":
    STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    with ControlPlane() as plane:
        print(plane.kubeconfig("admin"), flush=True)
        signal.sigwait(STOP)
