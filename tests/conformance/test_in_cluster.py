#!/usr/bin/python3
"""In a pod: the service account that a kubelet mounts, against a real apiserver, as kubectl uses it there.

A mount namespace of its own has the account's folder where every client looks for it.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "controlplane")]
from control_plane import ControlPlane  # noqa: E402
from simulated import CONSOLE, environment  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
PLANE = ControlPlane()
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
MOUNTED = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /var/run/secrets/kubernetes.io
cp -r "$1" /var/run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"
"""


def account(name, namespace="default"):
    """The folder of a service account with a token of its own."""
    folder = os.path.join(FOLDER.name, name)
    os.makedirs(folder, exist_ok=True)
    shutil.copy(PLANE.path("certificates/apiserver.crt"), os.path.join(folder, "ca.crt"))
    token = PLANE.kubectl("create", "token", name, "-n", namespace).stdout.strip()
    for file, text in (("token", token), ("namespace", namespace)):
        with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
            out.write(text)
    return folder


def in_pod(folder, *words, **more):
    return subprocess.run([*UNSHARE, "sh", "-c", MOUNTED, "sh", folder, *words], capture_output=True, text=True, timeout=60,
                          env=environment(FOLDER.name, KUBERNETES_SERVICE_HOST="127.0.0.1",
                                          KUBERNETES_SERVICE_PORT=str(PLANE.port), **more))


def report(folder, **more):
    done = in_pod(folder, CONSOLE, "report", "-o", "json", **more)
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


@test("an account that may do all sees all, at the address and with the CA of the pod")
def _():
    code, document, error = report(account("admin"))
    assert (code, document["coverage"]["couldNotCheck"]) == (0, 0), (code, document, error)
    assert document["cluster"]["context"] == "in-cluster" and document["cluster"]["server"] == PLANE.server, document["cluster"]
    assert document["cluster"]["version"] == "v" + PLANE.version, document["cluster"]
    kubectl = in_pod(account("admin"), os.path.join(PLANE.bin, "kubectl"), "get", "nodes", "-o", "name")
    assert kubectl.stdout.split() == ["node/node-0", "node/node-1"], kubectl


@test("an account that may do nothing is told what it lacks")
def _():
    code, document, _ = report(account("nothing"))
    assert code == 5 and document["coverage"]["clear"] == 0, (code, document["coverage"])
    assert any("cannot list pods: forbidden" in check["reason"] for check in document["checks"]), document["checks"]
    kubectl = in_pod(account("nothing"), os.path.join(PLANE.bin, "kubectl"), "get", "pods")
    assert "system:serviceaccount:default:nothing" in kubectl.stderr and kubectl.returncode, kubectl


@test("a kubeconfig goes before the account, as with kubectl")
def _():
    code, document, error = report(account("nothing"), KUBECONFIG=PLANE.kubeconfig("admin"))
    assert code == 0 and document["cluster"]["context"] == "admin", (code, document, error)


@test("another CA is refused at TLS, a token that is none at 401, an account without a token is no cluster")
def _():
    folder = account("admin")
    with open(os.path.join(folder, "token"), "w", encoding="utf-8") as out:
        out.write("nonsense")
    done = in_pod(folder, CONSOLE, "report")
    assert done.returncode == 5 and "401" in done.stdout, done
    folder = account("admin")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout",
                    os.path.join(FOLDER.name, "other.key"), "-out", os.path.join(folder, "ca.crt")], check=True,
                   capture_output=True)
    done = in_pod(folder, CONSOLE, "report")
    assert done.returncode == 5 and "certificate" in done.stdout.lower(), done
    os.unlink(os.path.join(folder, "token"))
    done = in_pod(folder, CONSOLE, "report")
    assert done.returncode == 1 and "kubeconfig" in done.stderr, done


with PLANE:
    PLANE.add_nodes(2)
    for name in ("admin", "nothing"):
        PLANE.kubectl("create", "serviceaccount", name)
    PLANE.kubectl("create", "clusterrolebinding", "admin-account", "--clusterrole=cluster-admin", "--serviceaccount=default:admin")
    wait_for(lambda: PLANE.kubectl("get", "nodes", "--no-headers").stdout.count(" Ready") == 2)
    wait_for(lambda: PLANE.kubectl("auth", "can-i", "list", "nodes", "--as=system:serviceaccount:default:admin",
                                   check=False).stdout.strip() == "yes", 30)
    run()
