#!/usr/bin/python3
"""What our client sends for a kubeconfig is what kubectl sends: to whom, by which name, proved how, acting as whom.

Each row is a set of kubeconfig files. Both programs are started with the same files and environment, and reach the
same servers and proxies, which write down what arrives. Rows say where the request has to arrive, so that two
programs that send nothing do not pass for equal.
"""
# Takes: 25 s
import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from kubectl_version import KUBECTL, kubectl_minor  # noqa: E402
from servers import FOLDER, REQUEST, api, authority, certificate, path_of, read, write  # noqa: E402
from tap import run, test  # noqa: E402

SECRET = "tok-3f9a"
MINOR = kubectl_minor()

authority("ours")
authority("theirs")
certificate("server", "ours", names="IP:127.0.0.1,IP:::1,DNS:k8s.example.org,DNS:localhost")
certificate("named", "ours", names="DNS:k8s.example.org")
certificate("other", "theirs", names="IP:127.0.0.1")
certificate("operator", "ours", subject="/O=system:masters/CN=operator")
certificate("second", "ours", subject="/O=people/CN=second")
write("token", f"  {SECRET}-file\n")
os.makedirs(path_of("far"), exist_ok=True)
shutil.copy(path_of("ours.pem"), path_of("far/ca.pem"))
write("far/token", SECRET + "-far")
write("ours-and-theirs.pem", read("theirs.pem") + read("ours.pem"))


def data(name):
    return base64.b64encode(read(name).encode()).decode()


# What arrives

DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "verbs": ["get", "list"]},
        {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"]}]},
}
ARRIVED = []


def arrived(server):
    def answer(asked):
        path = asked["path"].split("?")[0]
        if path.endswith("/version"):
            return 200, {"gitVersion": "v1.30.4", "major": "1", "minor": "30"}
        for end, document in DISCOVERY.items():
            if path.endswith(end):
                return 200, document
        peer = asked["peer"] or {}
        lines = [(name.lower(), value) for name, value in asked["lines"]]
        headers = dict(lines)
        ARRIVED.append({
            "server": server, "method": asked["method"], "path": path, "sni": asked["sni"], "host": headers.get("host"),
            "authorization": headers.get("authorization"), "certificate": sorted(part[0] for part in peer.get("subject", ())) or None,
            "impersonate": sorted(line for line in lines if line[0].startswith("impersonate-")),
            "encoding": headers.get("accept-encoding"), "proxy-authorization": headers.get("proxy-authorization")})
        return 200, {"kind": "NodeList" if "nodes" in path else "PodList", "apiVersion": "v1", "metadata": {}, "items": []}
    return answer


def pump(source, target):
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


def join(connection, port):
    with socket.create_connection(("127.0.0.1", port)) as target:
        threading.Thread(target=pump, args=(connection, target), daemon=True).start()
        pump(target, connection)


PROXIED = []


def http_proxy(name, tls=None):
    """Everything that is asked for leads to server A, plain requests to server C."""
    def act(connection):
        with contextlib.suppress(OSError):
            if tls:
                connection = tls.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(4096)
                if not part:
                    return
                head += part
            text = head.decode()
            proof = re.search(r"(?im)^proxy-authorization: *(.*?)\r$", text)
            if "/version" not in text.split(" HTTP/")[0]:
                PROXIED.append((name, text.split(" HTTP/")[0].split("?")[0], proof and proof[1], "sesame" in text or SECRET in text))
            if not text.startswith("CONNECT"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            join(connection, PORTS["A"])
    return act


def socks_proxy(connection):
    with contextlib.suppress(OSError):
        offered = connection.recv(262)
        proof = None
        if 2 in offered[2:]:
            connection.sendall(b"\x05\x02")
            proof = connection.recv(600)
            connection.sendall(b"\x01\x00")
        else:
            connection.sendall(b"\x05\x00")
        asked = connection.recv(262)
        host = asked[5:5 + asked[4]].decode() if asked[3] == 3 else socket.inet_ntop(
            socket.AF_INET if asked[3] == 1 else socket.AF_INET6, asked[4:-2])
        PROXIED.append(("socks", asked[3] == 3, host, proof))
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        join(connection, PORTS["A"])


def listen(act):
    """A TCP server for the life of this program."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=act, args=(connection,), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


PORTS = {}
stack = contextlib.ExitStack()
for letter, arguments in (("A", ("server", "ours")), ("B", ("other", "ours")), ("C", ()), ("N", ("named", "ours"))):
    PORTS[letter] = stack.enter_context(api(arrived(letter), *arguments)).port
PORTS["6"] = stack.enter_context(api(arrived("6"), "server", "ours", host="::1")).port
PORTS["proxy"] = listen(http_proxy("http"))


def tls_context(client_authority=None):
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path_of("server.pem"), path_of("server.key"))
    if client_authority:
        context.load_verify_locations(path_of(f"{client_authority}.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


PORTS["tlsproxy"] = listen(http_proxy("https", tls_context()))
PORTS["strictproxy"] = listen(http_proxy("strict", tls_context("ours")))
PORTS["socks"] = listen(socks_proxy)


TOKEN = {"token": SECRET}


# Both programs

def fill(text):
    return re.sub(r"@(\w+)@", lambda place: str(PORTS[place[1]]), text)


def environment(files, more):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "ASAN_OPTIONS")}
    return {**kept, "HOME": path_of("home"), "KUBECONFIG": ":".join(path_of(name) for name in files),
            **{name: fill(value) for name, value in more.items()}}


def observe(command, environ):
    ARRIVED.clear()
    PROXIED.clear()
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL)
    sent = ARRIVED[-1] if ARRIVED else None
    proxied = sorted(set(map(str, PROXIED)))
    return sent, proxied, done.stdout + done.stderr


def kubectl(row, environ):
    what = row.get("get")
    arguments = ["get", what] if what else ["get", "--raw", "/api/v1/nodes"]
    shutil.rmtree(path_of("home"), ignore_errors=True)
    return observe([KUBECTL, "--request-timeout=60s", *row.get("arguments", []), *arguments], environ)


def ours(row, environ):
    path = "/api/v1/namespaces/{namespace}/pods" if row.get("get") == "pods" else "/api/v1/nodes"
    return observe([REQUEST, "--gzip", "--timeout", "60000", *row.get("arguments", []), path], environ)


def write_files(files):
    for name, document in files.items():
        os.makedirs(os.path.dirname(path_of(name)), exist_ok=True)
        write(name, fill(document if isinstance(document, str) else json.dumps(document)))


def config(server="https://127.0.0.1:@A@", cluster=None, user=None, context=None, name="c", **more):
    """The cluster trusts our authority and the user has a token, unless the row says otherwise."""
    trusted = {} if cluster and any(key in cluster for key in ("certificate-authority", "certificate-authority-data",
                                                                "insecure-skip-tls-verify")) else \
        {"certificate-authority": path_of("ours.pem")} if server.startswith("https") else {}
    return {"apiVersion": "v1", "kind": "Config", "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name, **(context or {})}}],
            "clusters": [{"name": name, "cluster": {"server": server, **trusted, **(cluster or {})}}],
            "users": [{"name": name, "user": TOKEN if user is None else user}], **more}


def plugin(name, status, version="client.authentication.k8s.io/v1", **more):
    """A credential plugin that keeps what it is told."""
    answer = json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status})
    write(name, f"""#!/bin/sh
printf '%s' "$KUBERNETES_EXEC_INFO" > {path_of(name)}.info
echo "$1 $EXTRA" > {path_of(name)}.heard
cat <<'END'
{answer}
END
""", 0o700)
    return {"exec": {"apiVersion": version, "interactiveMode": "Never", "command": path_of(name), **more}}


def compare(row):
    """Both are asked; what arrived has to be equal, and to arrive where the row says."""
    write_files(row["files"])
    environ = environment(row.get("list", row["files"]), row.get("environment", {}))
    told = {}
    for who in (kubectl, ours):
        for name in row.get("plugins", []):
            for end in (".info", ".heard"):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(path_of(name) + end)
        if who is kubectl and MINOR < row.get("since", 0):
            continue
        sent, proxied, said = who(row, environ)
        plugins = [json.loads(read(name + ".info")) for name in row.get("plugins", [])]
        plugins += [read(name + ".heard") for name in row.get("plugins", [])]
        told[who.__name__] = (sent, proxied, plugins)
        where = sent["server"] if sent else None
        wanted = row["kubectl"] if who is kubectl and "kubectl" in row else row["to"]
        assert where == wanted, (who.__name__, where, said)
        assert who is kubectl or SECRET not in said, said
        for key, value in row.get("sent", {}).items() if where == row["to"] and sent else ():
            assert sent[key] == value, (who.__name__, key, sent[key], value)
        if "proxies" in row:
            assert len(proxied) == row["proxies"], (who.__name__, proxied)
    if "kubectl" in told and "kubectl" not in row:
        assert told["kubectl"] == told["ours"], json.dumps(told, indent=1, default=str)


def bearer(text):
    return {"authorization": "Bearer " + text}


CERTIFICATE = {"client-certificate": path_of("operator.pem"), "client-key": path_of("operator.key")}
OPERATOR = [("commonName", "operator"), ("organizationName", "system:masters")]
SECOND = [("commonName", "second"), ("organizationName", "people")]
CLUSTER_A = [{"name": "c", "cluster": {"server": "https://127.0.0.1:@A@", "certificate-authority": path_of("ours.pem")}}]
CLUSTER_B = [{"name": "c", "cluster": {"server": "https://127.0.0.1:@B@", "certificate-authority": path_of("theirs.pem")}}]
CONTEXT = [{"name": "c", "context": {"cluster": "c", "user": "c"}}]
USER = [{"name": "c", "user": TOKEN}]
NKS = "toast-nks-" + "0a1b2c3d"

ROWS = {
    # Files and their merging
    "one file": dict(files={"a": config(user=TOKEN)}, to="A", sent=bearer(SECRET)),
    "a list: the first file's current-context wins": dict(
        files={"a": config(name="one", user=TOKEN), "b": config("https://127.0.0.1:@B@", name="two")}, to="A"),
    "a list: --context chooses from the second file": dict(
        files={"a": config(name="one"), "b": config("https://127.0.0.1:@B@", name="two", user=TOKEN,
                                                    cluster={"certificate-authority": path_of("theirs.pem")})},
        arguments=["--context", "two"], to="B", sent=bearer(SECRET)),
    "a list: an entry of the first file wins whole": dict(
        files={"a": {"clusters": CLUSTER_A, "users": [{"name": "c", "user": {"as": "viewer"}}]},
               "b": {"clusters": CLUSTER_B, "users": USER, "contexts": CONTEXT, "current-context": "c"}},
        to="A", kubectl=None, sent={"authorization": None, "impersonate": [("impersonate-user", "viewer")]}),
    "a list: the cluster's certificate authority is not filled in from a later file": dict(
        files={"a": {"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:@B@"}}]},
               "b": {"clusters": CLUSTER_B, "users": USER, "contexts": CONTEXT, "current-context": "c"}}, to=None),
    "a list: context, cluster and user each in a file of its own": dict(
        files={"a": {"contexts": CONTEXT}, "b": {"clusters": CLUSTER_A}, "d": {"users": USER, "current-context": "c"}},
        to="A", sent=bearer(SECRET)),
    "a list: empty and missing files": dict(
        files={"empty": "", "a": config(user=TOKEN)}, list=["missing", "empty", "a"], to="A", sent=bearer(SECRET)),
    "a list: a file that holds only a comment, and one twice": dict(
        files={"comment": "# nothing\n---\n", "a": config(user=TOKEN)}, list=["comment", "a", "a"], to="A"),
    "a list: a folder in it": dict(files={"a": config(user=TOKEN), "folder/b": ""}, list=["a", "folder"], to=None),
    "a list: a broken file": dict(files={"a": config(user=TOKEN), "b": "clusters: [\n"}, to=None),
    "a list: the first namespace counts with its context": dict(
        files={"a": config(context={"namespace": "first"}), "b": config(context={"namespace": "second"})},
        get="pods", to="A", sent={"path": "/api/v1/namespaces/first/pods"}),
    "two entries of one name in a file": dict(
        files={"a": {**config(), "users": [{"name": "c", "user": {"token": "t-first"}}, {"name": "c", "user": TOKEN}]}},
        to=None),
    "paths are relative to the file that has the entry": dict(
        files={"far/a": {"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:@A@",
                                                              "certificate-authority": "ca.pem"}}],
                         "users": [{"name": "c", "user": {"tokenFile": "token"}}]},
               "b": {"contexts": CONTEXT, "current-context": "c"}}, to="A", sent=bearer(SECRET + "-far")),
    "paths may go up": dict(
        files={"far/a": config(cluster={"certificate-authority": "../ours.pem"}, user={"tokenFile": "./../token"})},
        to="A", sent=bearer(SECRET + "-file")),
    "YAML with comments, anchors and odd quoting": dict(files={"a": f"""
# by hand
apiVersion: v1
kind: Config
current-context: 'c'
contexts:
- {{name: c, context: {{cluster: "c", user: c}}}}
clusters:
- name: c
  cluster: &c
    certificate-authority: {path_of("ours.pem")}
    server: >-
      https://127.0.0.1:@A@
users:
- name: c
  user:
    token: "{SECRET}"
preferences: {{}}
extensions: []
unknown-field: 5
"""}, to="A", sent=bearer(SECRET)),
    "names that look like numbers and truths": dict(
        files={"a": config(name="1", user=TOKEN), "b": config(name="true")}, to="A", sent=bearer(SECRET)),
    "unknown members are left aside": dict(
        files={"a": config(cluster={"certificate-authority": path_of("ours.pem"), "zzz": {"a": 1}},
                           user={**TOKEN, "x": [1]})}, to="A"),
    "null members": dict(files={"a": config(cluster={"certificate-authority": path_of("ours.pem"), "tls-server-name": None,
                                                     "proxy-url": None},
                                            user={**TOKEN, "exec": None, "as-groups": None})}, to="A"),
    # kubectl would ask for a name and a password on the terminal.
    "a context without a user": dict(
        files={"a": config(context={"user": ""})}, to="A", kubectl=None, sent={"authorization": None}),
    "a context whose user is not there": dict(files={"a": config(context={"user": "nobody"})}, to=None),
    "a context whose cluster is not there": dict(files={"a": config(context={"cluster": "nowhere"})}, to=None),
    "current-context names what is not there": dict(files={"a": {**config(), "current-context": "gone"}}, to=None),
    "no current-context": dict(files={"a": {**config(), "current-context": ""}}, to=None),
    "no current-context, but --context": dict(
        files={"a": {**config(user=TOKEN), "current-context": ""}}, arguments=["--context", "c"], to="A"),
    "--context names what is not there": dict(files={"a": config()}, arguments=["--context", "gone"], to=None),
    "a namespace": dict(files={"a": config(context={"namespace": "blue"})}, get="pods", to="A",
                        sent={"path": "/api/v1/namespaces/blue/pods"}),
    "no namespace": dict(files={"a": config()}, get="pods", to="A", sent={"path": "/api/v1/namespaces/default/pods"}),
    # Servers
    "a path prefix": dict(files={"a": config("https://127.0.0.1:@A@/k8s/clusters/c-1", user=TOKEN)}, get="nodes", to="A",
                          sent={"path": "/k8s/clusters/c-1/api/v1/nodes"}),
    "a path prefix with a slash at its end": dict(
        files={"a": config("https://127.0.0.1:@A@/k8s/clusters/c-1/")}, get="nodes", to="A",
        sent={"path": "/k8s/clusters/c-1/api/v1/nodes"}),
    "a slash alone": dict(files={"a": config("https://127.0.0.1:@A@/")}, get="nodes", to="A",
                          sent={"path": "/api/v1/nodes"}),
    "a query and a fragment behind the prefix": dict(
        files={"a": config("https://127.0.0.1:@A@/prefix?x=1#y")}, get="nodes", to="A", sent={"path": "/prefix/api/v1/nodes"}),
    "IPv6": dict(files={"a": config("https://[::1]:@6@", user=TOKEN)}, to="6", sent=bearer(SECRET)),
    "a name": dict(files={"a": config("https://localhost:@A@", user=TOKEN)}, to="A", sent={"sni": "localhost"}),
    "no scheme, an authority: http all the same": dict(
        files={"a": config("127.0.0.1:@C@", user=TOKEN, cluster={"certificate-authority": path_of("ours.pem")})},
        to="C", sent={"authorization": None}),
    "no scheme, nothing else: http": dict(files={"a": config("127.0.0.1:@C@", user=TOKEN)}, to="C",
                                          sent={"authorization": None}),
    "plain http drops token and certificate": dict(
        files={"a": config("http://127.0.0.1:@C@", user={**TOKEN, **CERTIFICATE})}, to="C", sent={"authorization": None}),
    "plain http keeps the user to act as": dict(
        files={"a": config("http://127.0.0.1:@C@", user={**TOKEN, "as": "viewer"})}, to="C",
        sent={"impersonate": [("impersonate-user", "viewer")]}),
    "an upper-case scheme": dict(files={"a": config("HTTPS://127.0.0.1:@A@", user=TOKEN,
                                                    cluster={"certificate-authority": path_of("ours.pem")})},
                                 to="A", sent=bearer(SECRET)),
    # TLS
    "certificate-authority-data": dict(
        files={"a": config(cluster={"certificate-authority-data": data("ours.pem")}, user=TOKEN)}, to="A"),
    # kubectl says "certificate-authority-data will override" and stops all the same; so with client certificates.
    "certificate-authority-data beats the file": dict(
        kubectl=None,
        files={"a": config(cluster={"certificate-authority-data": data("ours.pem"),
                                    "certificate-authority": path_of("theirs.pem")})}, to="A"),
    "certificate-authority-data beats a file that is not there": dict(
        kubectl=None,
        files={"a": config(cluster={"certificate-authority-data": data("ours.pem"), "certificate-authority": "gone.pem"})},
        to="A"),
    "several authorities in one file": dict(
        files={"a": config(cluster={"certificate-authority": "ours-and-theirs.pem"})}, to="A"),
    "another authority": dict(files={"a": config(cluster={"certificate-authority": path_of("theirs.pem")}, user=TOKEN)},
                              to=None),
    "an authority that is not there": dict(files={"a": config(cluster={"certificate-authority": "gone.pem"})}, to=None),
    "an authority that is none": dict(files={"a": config(cluster={"certificate-authority": path_of("token")})}, to=None),
    "the system's authorities are shut out": dict(
        files={"a": config(cluster={"certificate-authority": path_of("theirs.pem")})},
        environment={"SSL_CERT_FILE": path_of("ours.pem")}, to=None),
    "the system's authorities where the cluster names none": dict(
        files={"a": {**config(user=TOKEN), "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:@A@"}}]}},
        environment={"SSL_CERT_FILE": path_of("ours.pem"), "SSL_CERT_DIR": path_of("home")}, to="A"),
    "insecure-skip-tls-verify": dict(
        files={"a": config("https://127.0.0.1:@B@", cluster={"insecure-skip-tls-verify": True}, user=TOKEN)}, to="B",
        sent=bearer(SECRET)),
    "insecure-skip-tls-verify with an authority": dict(
        files={"a": config(cluster={"insecure-skip-tls-verify": True, "certificate-authority": path_of("ours.pem")})},
        to=None),
    "tls-server-name": dict(
        files={"a": config("https://127.0.0.1:@N@", user=TOKEN, cluster={
            "certificate-authority": path_of("ours.pem"), "tls-server-name": "k8s.example.org"})},
        to="N", sent={"sni": "k8s.example.org", **bearer(SECRET)}),
    "tls-server-name that the certificate does not have": dict(
        files={"a": config("https://127.0.0.1:@N@", cluster={"certificate-authority": path_of("ours.pem"),
                                                            "tls-server-name": "other.example.org"})}, to=None),
    "tls-server-name, prefix and IPv6 together": dict(
        files={"a": config("https://[::1]:@6@/p", cluster={"certificate-authority": path_of("ours.pem"),
                                                          "tls-server-name": "k8s.example.org"})},
        get="nodes", to="6", sent={"sni": "k8s.example.org", "path": "/p/api/v1/nodes"}),
    "no tls-server-name where it is needed": dict(files={"a": config("https://127.0.0.1:@N@")}, to=None),
    "disable-compression": dict(files={"a": config(cluster={"certificate-authority": path_of("ours.pem"),
                                                            "disable-compression": True})},
                                since=26, to="A", sent={"encoding": None}),
    "compression": dict(files={"a": config()}, to="A", sent={"encoding": "gzip"}),
    # Proofs
    "a client certificate from files": dict(files={"a": config(user=CERTIFICATE)}, to="A", sent={"certificate": OPERATOR}),
    "a client certificate from data": dict(
        files={"a": config(user={"client-certificate-data": data("operator.pem"), "client-key-data": data("operator.key")})},
        to="A", sent={"certificate": OPERATOR}),
    "a client certificate: data beats files": dict(
        kubectl=None,
        files={"a": config(user={**CERTIFICATE, "client-certificate-data": data("second.pem"),
                                 "client-key-data": data("second.key")})}, to="A", sent={"certificate": SECOND}),
    "a certificate from a file, its key from data": dict(
        files={"a": config(user={"client-certificate": "operator.pem", "client-key-data": data("operator.key")})},
        to="A", sent={"certificate": OPERATOR}),
    "a certificate and a token": dict(files={"a": config(user={**CERTIFICATE, **TOKEN})}, to="A",
                                      sent={"certificate": OPERATOR, **bearer(SECRET)}),
    "a certificate without its key": dict(files={"a": config(user={"client-certificate": path_of("operator.pem")})}, to=None),
    "a key without its certificate": dict(files={"a": config(user={**TOKEN, "client-key": path_of("operator.key")})}, to="A",
                                          sent={"certificate": None}),
    "a key of another certificate": dict(
        files={"a": config(user={"client-certificate": "operator.pem", "client-key": "second.key"})}, to=None),
    "a token file": dict(files={"a": config(user={"tokenFile": "token"})}, to="A", sent=bearer(SECRET + "-file")),
    "a token file beats the token": dict(files={"a": config(user={**TOKEN, "tokenFile": "token"})}, to="A",
                                         sent=bearer(SECRET + "-file")),
    "the token where its file is not there": dict(files={"a": config(user={**TOKEN, "tokenFile": "gone"})}, to="A",
                                                  sent=bearer(SECRET)),
    "a token file that is not there": dict(files={"a": config(user={"tokenFile": "gone"})}, to=None),
    "a user name and a password": dict(files={"a": config(user={"username": "me", "password": "sesame"})}, to="A",
                                       sent={"authorization": "Basic bWU6c2VzYW1l"}),
    "a password and a token": dict(files={"a": config(user={"username": "me", "password": "sesame", **TOKEN})}, to=None),
    # A number where a text belongs: Go's decoder refuses the file, we read the digits that are meant.
    "a token that looks like a number": dict(
        files={"a": json.dumps(config(user={"token": 12345}))}, to="A", kubectl=None, sent=bearer("12345")),
    "a token in quotes that looks like a number": dict(files={"a": config(user={"token": "12345"})}, to="A",
                                                       sent=bearer("12345")),
    # Acting as somebody
    "as": dict(files={"a": config(user={**TOKEN, "as": "viewer"})}, to="A",
               sent={"impersonate": [("impersonate-user", "viewer")], **bearer(SECRET)}),
    "as with uid, groups and extras": dict(
        files={"a": config(user={**TOKEN, "as": "viewer", "as-uid": "u-1", "as-groups": ["one", "two"],
                                 "as-user-extra": {"scopes": ["a", "b c"], "example.org/Reason": ["x"], "odd!(key)%": ["é"]}})},
        since=23, to="A"),
    "as a service account, groups and extras": dict(
        files={"a": config(user={**TOKEN, "as": "system:serviceaccount:a:b", "as-groups": ["system:authenticated"],
                                 "as-user-extra": {"reason": ["because"]}})}, to="A"),
    "--as beats the file": dict(files={"a": config(user={**TOKEN, "as": "viewer"})}, arguments=["--as", "other"], to="A",
                                sent={"impersonate": [("impersonate-user", "other")]}),
    "--as with groups of the file": dict(
        files={"a": config(user={**TOKEN, "as": "viewer", "as-groups": ["one"]})}, arguments=["--as", "other"], to="A"),
    "groups without a user to act as": dict(files={"a": config(user={**TOKEN, "as-groups": ["one"]})}, to=None),
    # Proxies
    "proxy-url": dict(
        files={"a": config("https://k8s.example.org:6443", user=TOKEN, cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "http://127.0.0.1:@proxy@"})},
        to="A", proxies=1, sent=bearer(SECRET)),
    "proxy-url with a password": dict(
        files={"a": config("https://k8s.example.org:6443", cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "http://me:p%40ss@127.0.0.1:@proxy@"})},
        to="A", proxies=1, sent={"proxy-authorization": None}),
    "proxy-url by https": dict(
        files={"a": config("https://k8s.example.org:6443", user=TOKEN, cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "https://127.0.0.1:@tlsproxy@"})},
        to="A", proxies=1, sent=bearer(SECRET)),
    "proxy-url by https that asks for the client certificate": dict(
        files={"a": config("https://k8s.example.org:6443", user=CERTIFICATE, cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "https://127.0.0.1:@strictproxy@"})},
        to="A", proxies=1, sent={"certificate": OPERATOR}),
    "proxy-url by https that asks for a certificate, and there is none": dict(
        files={"a": config("https://k8s.example.org:6443", user=TOKEN, cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "https://127.0.0.1:@strictproxy@"})},
        to=None, proxies=0),
    "proxy-url by https, of another authority": dict(
        files={"a": config("https://k8s.example.org:6443", user=TOKEN, cluster={
            "certificate-authority": path_of("theirs.pem"), "proxy-url": "https://127.0.0.1:@tlsproxy@"})},
        to=None, proxies=0),
    "proxy-url by socks5": dict(
        files={"a": config("https://k8s.example.org:6443", user=TOKEN, cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "socks5://127.0.0.1:@socks@"})},
        to="A", proxies=1, sent=bearer(SECRET)),
    "proxy-url by socks5 with a password, to an address": dict(
        files={"a": config("https://127.0.0.1:@A@", cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "socks5://me:pass@127.0.0.1:@socks@"})},
        to="A", proxies=1),
    "proxy-url and tls-server-name": dict(
        files={"a": config("https://10.255.255.1:6443", cluster={
            "certificate-authority": path_of("ours.pem"), "tls-server-name": "k8s.example.org",
            "proxy-url": "http://127.0.0.1:@proxy@"})}, to="A", proxies=1, sent={"sni": "k8s.example.org"}),
    "proxy-url goes before HTTPS_PROXY and NO_PROXY": dict(
        files={"a": config("https://k8s.example.org:6443", cluster={
            "certificate-authority": path_of("ours.pem"), "proxy-url": "http://127.0.0.1:@proxy@"})},
        environment={"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"}, to="A", proxies=1),
    "proxy-url of another kind": dict(
        files={"a": config(cluster={"certificate-authority": path_of("ours.pem"), "proxy-url": "ftp://127.0.0.1:1"})}, to=None),
    "HTTPS_PROXY": dict(files={"a": config("https://k8s.example.org:6443")},
                        environment={"HTTPS_PROXY": "http://127.0.0.1:@proxy@"}, to="A", proxies=1),
    "https_proxy": dict(files={"a": config("https://k8s.example.org:6443")},
                        environment={"https_proxy": "127.0.0.1:@proxy@"}, to="A", proxies=1),
    "HTTPS_PROXY is not for loopback": dict(files={"a": config()},
                                            environment={"HTTPS_PROXY": "http://127.0.0.1:@proxy@"}, to="A", proxies=0),
    "NO_PROXY": dict(files={"a": config("https://k8s.example.invalid:6443")},
                     environment={"HTTPS_PROXY": "http://127.0.0.1:@proxy@", "NO_PROXY": "example.invalid"},
                     to=None, proxies=0),
    "plain http through a proxy": dict(
        files={"a": config("http://k8s.example.org:8080", user=TOKEN, cluster={"proxy-url": "http://127.0.0.1:@proxy@"})},
        to=None, proxies=1),
    # Plugins
    "a plugin's token": dict(
        files={"a": config(user=plugin("p1", {"token": SECRET}, args=["one"], env=[{"name": "EXTRA", "value": "two"}]))},
        since=22, plugins=["p1"], to="A", sent=bearer(SECRET)),
    "a plugin's certificate": dict(
        files={"a": config(user=plugin("p2", {"clientCertificateData": read("operator.pem"),
                                              "clientKeyData": read("operator.key")}))},
        since=22, plugins=["p2"], to="A", sent={"certificate": OPERATOR}),
    "a plugin of v1beta1 that is told the cluster": dict(
        files={"a": config(user=plugin("p3", {"token": SECRET}, "client.authentication.k8s.io/v1beta1",
                                       provideClusterInfo=True),
                           cluster={"certificate-authority": path_of("ours.pem"), "tls-server-name": "localhost",
                                    "extensions": [{"name": "client.authentication.k8s.io/exec",
                                                    "extension": {"audience": "x", "level": 3, "on": True}}]})},
        since=24, plugins=["p3"], to="A", sent=bearer(SECRET)),
    "a plugin beside a token is not run": dict(
        files={"a": config(user={**plugin("p4", {"token": "t-plugin"}), **TOKEN})}, since=22, to="A", sent=bearer(SECRET)),
    "a plugin of a path relative to the file": dict(
        files={"far/a": config(user=plugin("p5", {"token": SECRET}, command="../p5"))}, since=22, plugins=["p5"], to="A"),
    "a plugin of v1 without interactiveMode": dict(
        files={"a": config(user={"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": path_of("p1")}})},
        since=22, to=None),
    "a plugin over plain http is not run": dict(
        files={"a": config("http://127.0.0.1:@C@", user={"exec": {"apiVersion": "client.authentication.k8s.io/v1",
                                                                  "interactiveMode": "Never", "command": "/bin/false"}})},
        to="C"),
    # NKS's own form: names like toast-..., everything as data
    "NKS's kubeconfig with a certificate": dict(
        files={"a": config(name=NKS, cluster={"certificate-authority-data": data("ours.pem")}, user={
            "client-certificate-data": data("operator.pem"), "client-key-data": data("operator.key")})},
        to="A", sent={"certificate": OPERATOR}),
    "NKS's kubeconfig with a token": dict(
        files={"a": config(name=NKS, cluster={"certificate-authority-data": data("ours.pem")}, user=TOKEN,
                           preferences={})}, to="A", sent=bearer(SECRET)),
    "NKS's kubeconfig with a plugin": dict(
        files={"a": config(name=NKS, cluster={"certificate-authority-data": data("ours.pem")},
                           user=plugin("p6", {"token": SECRET}, "client.authentication.k8s.io/v1beta1",
                                       args=["token", "--cluster", NKS], provideClusterInfo=False))},
        # Whether it may ask the operator is told to a plugin since 1.22.
        since=22, plugins=["p6"], to="A", sent=bearer(SECRET)),
}

for name, row in ROWS.items():
    test(name)(lambda row=row: compare(row))


@test("the rows are many, and the programs are the real ones")
def _():
    assert len(ROWS) >= 80 and MINOR >= 20, (len(ROWS), MINOR)
    assert FOLDER.name in path_of("a")


with stack:
    run()
