#!/usr/bin/python3
"""TLS with an authority of our own, proxies, and what is sent to whom."""
import base64
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from servers import (api, authority, certificate, expect, kubeconfig, one, path_of, raw, read, write)  # noqa: E402
from tap import run, test  # noqa: E402

OK = (200, {"kind": "NodeList", "items": []})

authority("ours")
authority("theirs")
certificate("server", "ours")
certificate("foreign", "theirs")
certificate("expired", "ours", expired=True)
certificate("named", "ours", names="DNS:k8s.example.org")
certificate("operator", "ours", subject="/O=system:masters/CN=operator")


def https(server, authority_name="ours", user=None, **cluster):
    if authority_name:
        cluster["certificate-authority"] = f"{authority_name}.pem"
    return kubeconfig(f"https://127.0.0.1:{server.port}", cluster=cluster, user=user)


@test("the token goes over TLS, the certificate is checked against the kubeconfig's authority")
def _():
    with api(lambda r: OK, "server") as server:
        answer = one(https(server, user={"token": "sesame"}))
        assert answer["code"] == "" and answer["status"] == 200, answer
        assert server.requests[0]["headers"]["Authorization"] == "Bearer sesame"
        data = base64.b64encode(read("ours.pem").encode()).decode()
        assert one(https(server, None, **{"certificate-authority-data": data}))["code"] == ""


@test("a certificate of another authority is refused, and nothing is sent")
def _():
    with api(lambda r: OK, "foreign") as server:
        answer = one(https(server, user={"token": "sesame"}))
        expect(answer, "TLS", f"the certificate of 127.0.0.1:{server.port} is signed by an authority",
               "check certificate-authority-data")
        assert answer["link"] == "TLS" and not server.requests, (answer, server.requests)


@test("the kubeconfig's authority shuts the system's out")
def _():
    environment = {"SSL_CERT_FILE": path_of("theirs.pem"), "SSL_CERT_DIR": path_of(".")}
    with api(lambda r: OK, "foreign") as server:
        expect(one(https(server), environment=environment), "TLS", "signed by an authority")
        assert one(https(server, None), environment=environment)["code"] == ""


@test("an expired certificate is called expired")
def _():
    with api(lambda r: OK, "expired") as server:
        expect(one(https(server)), "TLS", "has expired", "check the clock")


@test("a certificate for another name is called so")
def _():
    with api(lambda r: OK, "named") as server:
        expect(one(https(server)), "TLS", "is for another name", "tls-server-name")


@test("tls-server-name is the name that is asked for and checked, the Host stays")
def _():
    with api(lambda r: OK, "named") as server:
        answer = one(https(server, **{"tls-server-name": "k8s.example.org"}))
        assert answer["code"] == "", answer
        assert server.requests[0]["headers"]["Host"] == f"127.0.0.1:{server.port}", server.requests
        assert server.requests[0]["sni"] == "k8s.example.org", server.requests
        expect(one(https(server, **{"tls-server-name": "other.example.org"})), "TLS", "is for another name")


@test("insecure-skip-tls-verify takes any certificate")
def _():
    with api(lambda r: OK, "expired") as server:
        assert one(https(server, None, **{"insecure-skip-tls-verify": True}))["code"] == ""


@test("the client certificate is shown")
def _():
    with api(lambda r: OK, "server", client_authority="ours") as server:
        one(https(server, user={"client-certificate": "operator.pem", "client-key": "operator.key"}))
        subject = server.requests[0]["peer"]["subject"]
        assert (("commonName", "operator"),) in subject, subject
        one(https(server))
        assert not server.requests[1]["peer"], server.requests[1]


@test("a key that does not belong to the certificate is a matter of the kubeconfig's certificate")
def _():
    with api(lambda r: OK, "server") as server:
        expect(one(https(server, user={"client-certificate": "operator.pem", "client-key": "server.key"})), "TLS",
               "client certificate or its key cannot be used")


@test("https to a port that speaks plain http says so")
def _():
    with api(lambda r: OK) as server:
        expect(one(https(server)), "TLS", "no TLS with 127.0.0.1", "check that the port speaks https")


@test("plain http gets no token, but the user to act as")
def _():
    with api(lambda r: OK) as server:
        one(kubeconfig(f"http://127.0.0.1:{server.port}", user={"token": "sesame", "as-groups": ["g1", "g2"]}),
            "--as", "viewer")
        headers = server.requests[0]["headers"]
        assert "Authorization" not in headers and headers["Impersonate-User"] == "viewer", headers


# Proxies

def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(asked, status="200 OK", port=None):
    """Answers CONNECT, whatever is asked for leads to the port."""
    def act(connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        asked.append(head.decode())
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode() if "200" not in status
                           else f"HTTP/1.1 {status}\r\n\r\n".encode())
        if "200" not in status:
            return
        target = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pump, args=(connection, target), daemon=True).start()
        pump(target, connection)
    return act


def through(server, proxy_port, user=None, **cluster):
    return kubeconfig(f"https://k8s.example.org:{server.port}", cluster={"certificate-authority": "ours.pem", **cluster},
                      user=user), proxy_port


@test("proxy-url is used for every host, and sees neither token nor path")
def _():
    asked = []
    with api(lambda r: OK, "named") as server, raw(proxy(asked, port=server.port)) as middle:
        config = kubeconfig(f"https://k8s.example.org:{server.port}", user={"token": "sesame"},
                            cluster={"certificate-authority": "ours.pem", "proxy-url": f"http://127.0.0.1:{middle.port}"})
        answer = one(config)
        assert answer["code"] == "", answer
        assert asked[0].startswith(f"CONNECT k8s.example.org:{server.port} "), asked
        assert "sesame" not in asked[0] and "nodes" not in asked[0], asked
        assert server.requests[0]["headers"]["Authorization"] == "Bearer sesame"


@test("HTTPS_PROXY is used, NO_PROXY and loopback are not sent there")
def _():
    asked = []
    with api(lambda r: OK, "named") as server, raw(proxy(asked, port=server.port)) as middle:
        config = kubeconfig(f"https://k8s.example.org:{server.port}", cluster={"certificate-authority": "ours.pem"})
        where = {"HTTPS_PROXY": f"http://127.0.0.1:{middle.port}"}
        assert one(config, environment=where)["code"] == "" and len(asked) == 1, asked
        expect(one(config, environment={**where, "NO_PROXY": "example.org"}), "DNS", "k8s.example.org")
        loopback = kubeconfig(f"https://127.0.0.1:{server.port}", name="loopback",
                              cluster={"certificate-authority": "ours.pem", "tls-server-name": "k8s.example.org"})
        assert one(loopback, environment=where)["code"] == "" and len(asked) == 1, asked


@test("a proxy that refuses is named, without its password")
def _():
    for status, hint in (("403 Forbidden", "check the proxy's rules"), ("407 Who", "the proxy wants a user")):
        with raw(proxy([], status)) as middle:
            config = kubeconfig("https://k8s.example.org:6443",
                                cluster={"proxy-url": f"http://me:secret@127.0.0.1:{middle.port}"})
            answer = one(config)
        expect(answer, "TCP", f"the proxy 127.0.0.1:{middle.port} refuses", status[:3], hint)
        assert "secret" not in str(answer), answer


@test("a proxy that is not there is told from the server")
def _():
    config = kubeconfig("https://k8s.example.org:6443", cluster={"proxy-url": "http://127.0.0.1:1"})
    expect(one(config), "TCP", "cannot connect to the proxy 127.0.0.1:1", "check proxy-url")


@test("socks5 lets the proxy look names up")
def _():
    asked = []

    def socks(connection):
        connection.recv(262)
        connection.sendall(b"\x05\x00")
        asked.append(connection.recv(262))
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        target = socket.create_connection(("127.0.0.1", server.port))
        threading.Thread(target=pump, args=(connection, target), daemon=True).start()
        pump(target, connection)
    with api(lambda r: OK, "named") as server, raw(socks) as middle:
        config = kubeconfig(f"https://k8s.example.org:{server.port}",
                            cluster={"certificate-authority": "ours.pem", "proxy-url": f"socks5://127.0.0.1:{middle.port}"})
        assert one(config)["code"] == ""
    assert b"k8s.example.org" in asked[0] and asked[0][3] == 3, asked


run()
