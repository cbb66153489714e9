#!/usr/bin/python3
"""The errors that a user meets most: `doctor` passes the layers before, stops at the one that fails, and says in one
line what it is, where, and what to try. No output holds a secret, -v included."""
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "client")]
from ports import refusing_port, swallowing_port  # noqa: E402
from servers import api, authority, certificate, path_of, raw, write  # noqa: E402
from tap import run, test  # noqa: E402

PROGRAM = os.path.join(ROOT, "nks-triage")
SECRET = "hush-71c4"
NUMBERS = itertools.count()
IMPATIENT = ("--request-timeout", "2")
LAYERS = ["kubeconfig", "DNS", "TCP", "TLS", "authentication", "version"]

authority("ours")
authority("theirs")
certificate("server", "ours")
certificate("foreign", "theirs")
certificate("expired", "ours", expired=True)
certificate("named", "ours", names="DNS:k8s.example.org")
certificate("operator", "ours", subject="/CN=operator")
write("token", SECRET + "\n")
write("empty", "\n")


def doctor(config, *arguments, environment=None, command="doctor"):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "ASAN_OPTIONS", "RES_OPTIONS")}
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([PROGRAM, *(["--kubeconfig", config] if config else []), "--request-timeout", "60", "-v",
                               *arguments, *command.split()], capture_output=True, text=True, timeout=240,
                              env={**kept, "HOME": home, "LC_ALL": "C.UTF-8", "TERM": "xterm", **(environment or {})},
                              stdin=subprocess.DEVNULL, start_new_session=True)
    assert SECRET not in done.stdout + done.stderr, (done.stdout, done.stderr)
    return done


def document(server="https://127.0.0.1:6443", user=None, cluster=None, **more):
    return {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "operator"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority": path_of("ours.pem"),
                                                   **(cluster or {})}}],
            "users": [{"name": "operator", "user": {"token": SECRET} if user is None else user}], **more}


def status(code, message, **more):
    return code, {"kind": "Status", "code": code, "message": message, **more}


def well(asked):
    if asked["path"] == "/version":
        return 200, {"gitVersion": "v1.34.4"}
    if "selfsubjectreviews" in asked["path"]:
        return 201, {"status": {"userInfo": {"username": "operator"}}}
    return 201, {"status": {"allowed": True}}


def plugin(script, **more):
    name = f"plugin-{next(NUMBERS)}"
    write(name, f"#!/bin/sh\n{script}\n", 0o700)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": path_of(name),
                     "env": [{"name": "PASSWORD", "value": SECRET}], **more}}


# name: (the kubeconfig's text or document; the layer; what the line says; environment)
FILES = {
    "no kubeconfig": (None, "kubeconfig", ["there is no kubeconfig", ".kube/config", "name one with --kubeconfig"]),
    "a kubeconfig that is not there": ("-", "kubeconfig", ["nowhere", "No such file"]),
    "broken YAML": ("clusters: [\n  {name: c\ncontexts: x", "kubeconfig", ["config, line ", "line 3"]),
    "no current-context": ({**document(), "current-context": ""}, "kubeconfig",
                           ["sets no current-context", "choose one with --context: c"]),
    "a context that is not there": ({**document(), "current-context": "gone"}, "kubeconfig",
                                    ["has no context gone", "it has c"]),
    "a user that is not there": ({**document(), "users": []}, "kubeconfig",
                                 ["config, line ", "the user operator, which is not there"]),
    "a certificate authority that is not there": (document(cluster={"certificate-authority": "gone.pem"}), "kubeconfig",
                                                  ["cannot read", "gone.pem", "names it; correct the path there"]),
    "certificate data that is damaged": (document(cluster={"certificate-authority-data": "%%%"}), "kubeconfig",
                                         ["config, line ", "certificate-authority-data is not base64"]),
    "an auth-provider": (document(user={"auth-provider": {"name": "gcp", "config": {"access-token": SECRET}}}), "kubeconfig",
                         ["config, line ", "auth-provider gcp", "replace it by an exec plugin"]),
    "a token with a line break": (document(user={"token": SECRET + "\nx"}), "kubeconfig",
                                  ["the token of user operator holds", "copy the token again"]),
    "a key without permission to be read in clear": (document(user={
        "client-certificate": path_of("operator.pem"), "client-key": "encrypted.key"}), "kubeconfig",
        ["the client key of user operator is encrypted", "decrypt it with openssl pkey"]),
    "a name that does not exist": (document("https://no-such-host.invalid:6443"), "DNS",
                                   ["no-such-host.invalid", "check the server's name"]),
    "a proxy that does not exist": (document("https://k8s.example.org:6443", cluster={
        "proxy-url": f"http://me:{SECRET}@no-such-proxy.invalid:3128"}), "DNS",
        ["the proxy no-such-proxy.invalid:3128", "check proxy-url"]),
    "a token file that is not there": (document(user={"tokenFile": "gone"}), "authentication",
                                       ["cannot read", "gone", "check tokenFile of user operator in"]),
    "a token file that is empty": (document(user={"tokenFile": path_of("empty")}), "authentication",
                                   ["empty holds no token", "check tokenFile of user operator"]),
    "a plugin that is not installed": (document(user={"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "no-such-plugin",
        "installHint": "get it from the shop"}}), "authentication", ["cannot run no-such-plugin", "get it from the shop"]),
    "a plugin that fails": (document(user=plugin("echo 'session is over' >&2; exit 3")), "authentication",
                            ["ended with status 3: session is over", "sign in again"]),
    "a plugin that has to ask": (document(user=plugin("true", interactiveMode="Always")), "authentication",
                                 ["has to ask on the terminal", "start it from a terminal"]),
    "a plugin that answers nonsense": (document(user=plugin(f"echo '{SECRET}'")), "authentication",
                                       ["without a usable ExecCredential: no JSON", "check exec of user operator in"]),
}


def bad_line(done):
    lines = [line for line in done.stdout.splitlines() if "✖" in line]
    assert len(lines) == 1, (done.stdout, done.stderr)
    return lines[0]


def check(done, layer, texts):
    line = bad_line(done)
    assert line.split()[1] == layer and all(text in line for text in texts), (layer, texts, line, done.stderr)
    assert "; " in line or layer == "kubeconfig", ("nothing to try", line)
    passed = [re.split(r"\s+", row.strip())[1] for row in done.stdout.splitlines() if row.strip()[:1] in ("✔", "?")]
    before = LAYERS[:LAYERS.index(layer)] if layer in LAYERS else LAYERS[:4]
    if "were sent" not in done.stdout and layer != "authentication":
        assert passed == before, (passed, before, done.stdout)
    assert done.returncode == (1 if layer == "kubeconfig" else 5), done.returncode
    assert ("Stopped here" in done.stdout) == (layer != "kubeconfig"), done.stdout


def check_file(text, layer, texts):
    write("encrypted.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nS0VZ\n-----END ENCRYPTED PRIVATE KEY-----\n")
    if text is None:
        path = None
    elif text == "-":
        path = path_of("nowhere")
    else:
        path = write("config", text if isinstance(text, str) else json.dumps(text, indent=1))
    check(doctor(path), layer, texts)


for name, row in FILES.items():
    test(name)(lambda row=row: check_file(*row))


def with_server(answer, layer, texts, certificate_name="server", **more):
    with api(answer, certificate_name) as server:
        scheme = "https" if certificate_name else "http"
        path = write("config", json.dumps(document(f"{scheme}://127.0.0.1:{server.port}", **more)))
        done = doctor(path)
        check(done, layer, [text.replace("@", str(server.port)) for text in texts])
        return done


def old(asked):
    return (200, {"gitVersion": "v1.18.2"}) if asked["path"] == "/version" else well(asked)


SERVERS = {
    "a certificate of another authority": (well, "TLS", ["127.0.0.1:@ is signed by an authority", "certificate-authority-data"],
                                           "foreign"),
    "a certificate that has expired": (well, "TLS", ["127.0.0.1:@ has expired", "check the clock"], "expired"),
    "a certificate for another name": (well, "TLS", ["is for another name", "set tls-server-name"], "named"),
    "credentials that are not accepted": (lambda r: status(401, "Unauthorized"), "authentication",
                                          ["https://127.0.0.1:@ does not accept the credentials of user operator",
                                           "renew the credentials of user operator in"]),
    "somebody unknown": (lambda r: well(r) if r["path"] == "/version" else
                         (201, {"status": {"userInfo": {"username": "system:anonymous"}}}), "authentication",
                         ["does not accept the credentials of user operator", "renew"]),
    "a server that is too old": (old, "version", ["v1.18.2, too old", "1.22 or newer"]),
    "a failing gateway": (lambda r: (502, "<html>Bad Gateway</html>", {"Content-Type": "text/html"}), "answer",
                          ["answers with status 502", "check the server's address and proxies"]),
    "a login page": (lambda r: (200, "<html>Sign in</html>", {"Content-Type": "text/html"}), "answer",
                     ["answers with text/html", "a proxy or login page"]),
}
VERSIONED = ("a server that is too old", "somebody unknown", "credentials that are not accepted", "a failing gateway",
             "a login page")


@test("errors of a server")
def _():
    from servers import Handler
    for name, (answer, layer, texts, *certificate_name) in SERVERS.items():
        Handler.answers_version = name not in VERSIONED
        try:
            with_server(answer, layer, texts, *certificate_name)
        except AssertionError as error:
            raise AssertionError(name) from error
        finally:
            Handler.answers_version = True


@test("a server that refuses connections")
def _():
    port = refusing_port()
    check(doctor(write("config", json.dumps(document(f"https://127.0.0.1:{port}")))), "TCP",
          [f"127.0.0.1 refuses connections on port {port}", "check that the apiserver runs"])


@test("a server that takes the connection and says nothing")
def _():
    with raw(lambda connection: None) as server:
        check(doctor(write("config", json.dumps(document(f"https://127.0.0.1:{server.port}"))), *IMPATIENT), "TLS",
              [f"127.0.0.1:{server.port} takes the connection but does not begin TLS", "load balancer"])


@test("a server that takes no connection")
def _():
    with swallowing_port() as port:
        check(doctor(write("config", json.dumps(document(f"https://127.0.0.1:{port}"))), *IMPATIENT), "TCP",
              [f"127.0.0.1 port {port} does not answer connections", "check VPN"])


@test("https to a port that speaks plain http")
def _():
    with api(well) as server:
        check(doctor(write("config", json.dumps(document(f"https://127.0.0.1:{server.port}")))), "TLS",
              [f"no TLS with 127.0.0.1:{server.port}", "check that the port speaks https"])


@test("a proxy that refuses, without its password")
def _():
    def refuse(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
    with raw(refuse) as proxy:
        config = document("https://k8s.example.org:6443", cluster={"proxy-url": f"http://me:{SECRET}@127.0.0.1:{proxy.port}"})
        check(doctor(write("config", json.dumps(config))), "TCP",
              [f"the proxy 127.0.0.1:{proxy.port} refuses", "407", "the proxy wants a user and password"])


@test("permissions that are missing are named, and the walk goes on to the terminal and the paths")
def _():
    def some(asked):
        if "selfsubjectaccessreviews" not in asked["path"]:
            return well(asked)
        some.count += 1
        return 201, {"status": {"allowed": some.count != 1}}
    some.count = 0
    with api(some, "server") as server:
        done = doctor(write("config", json.dumps(document(f"https://127.0.0.1:{server.port}"))))
    assert done.returncode in (0, 5), done
    text = [line for line in done.stdout.splitlines() if "denied" in line]
    assert len(text) == 1, done.stdout
    order = [done.stdout.index(f"\n{word}\n") for word in ("Permissions", "Terminal", "Program")]
    assert order == sorted(order) and "state folder" in done.stdout, done.stdout


@test("-v shows every request with its status, and no credentials of any kind")
def _():
    users = ({"token": SECRET}, {"tokenFile": path_of("token")}, {"username": "me", "password": SECRET},
             plugin('echo \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'
                    + SECRET + '"}}\''))
    for user in users:
        with api(well, "server") as server:
            path = write("config", json.dumps(document(f"https://127.0.0.1:{server.port}", user=user)))
            done = doctor(path)
            sent = [request["headers"].get("Authorization", "") for request in server.requests]
        assert done.returncode == 0 and sent and all(text for text in sent), (done, sent)
        lines = done.stderr.splitlines()
        assert any("GET /version 200" in line for line in lines), lines
        assert any("POST /apis/authentication.k8s.io/v1/selfsubjectreviews 201" in line for line in lines), lines
        assert "Authorization" not in done.stderr and "Bearer" not in done.stderr, lines
        done = doctor(path, command="report --wait 1")
        assert done.returncode != 0


@test("the errors are many")
def _():
    assert len(FILES) + len(SERVERS) + 5 >= 30, (len(FILES), len(SERVERS))


run()
