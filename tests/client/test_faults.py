#!/usr/bin/python3
"""Servers that refuse, hang, lie and break: each fault names its layer, the place, and what to try."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from ports import refusing_port, swallowing_port  # noqa: E402
from servers import api, expect, kubeconfig, one, raw, request  # noqa: E402
from tap import run, test  # noqa: E402

OK = (200, {"kind": "NodeList", "items": []})


def plain(server, **keywords):
    return kubeconfig(f"http://127.0.0.1:{server.port}", **keywords)


def hold(_connection):
    """Says nothing; the connection stays open until the server ends."""


@test("a server that is there answers, and the link is well")
def _():
    with api(lambda r: (*OK, {"Warning": '299 - "old API"', "Audit-Id": "abc"})) as server:
        answer = one(plain(server))
    assert answer["status"] == 200 and answer["code"] == "" and answer["link"] == "", answer
    assert answer["document"] == OK[1] and answer["warnings"] == "old API" and answer["auditId"] == "abc", answer
    headers = server.requests[0]["headers"]
    assert headers["User-Agent"].startswith("nks-triage/") and headers["Accept"] == "application/json", headers
    assert "Accept-Encoding" not in headers and "Authorization" not in headers, headers


@test("the version is asked once, after the first answer")
def _():
    seen = []
    with api(lambda r: seen.append(r["path"]) or OK) as server:
        answers = request(plain(server), "--times", "4")
    assert [a["code"] for a in answers] == [""] * 4 and len(seen) == 4, (answers, seen)


@test("a name that does not exist is a matter of DNS")
def _():
    expect(one(kubeconfig("https://no-such-host.invalid:6443")), "DNS", "no-such-host.invalid", "check the server's name")


@test("a refused connection is a matter of TCP")
def _():
    port = refusing_port()
    answer = one(kubeconfig(f"http://127.0.0.1:{port}"))
    expect(answer, "TCP", f"127.0.0.1 refuses connections on port {port}", "check that the apiserver runs")
    assert answer["link"] == "TCP" and answer["status"] == 0, answer


@test("a server that takes the connection and stays silent is a time-out")
def _():
    with raw(hold) as server:
        expect(one(plain(server), "--timeout", "2000"), "timeout", f"127.0.0.1:{server.port} did not answer within 2 s")


@test("a server that does not begin TLS is a time-out of TLS")
def _():
    with raw(hold) as server:
        expect(one(kubeconfig(f"https://127.0.0.1:{server.port}"), "--timeout", "2000"), "timeout", "does not begin TLS")


@test("a server that takes no connection is a time-out of TCP")
def _():
    with swallowing_port() as port:
        expect(one(kubeconfig(f"http://127.0.0.1:{port}"), "--timeout", "2000"), "timeout",
               f"127.0.0.1 port {port} does not answer connections", "check VPN")


@test("a time-out on a connection that was used before is no matter of TLS")
def _():
    with api(lambda r: OK if len(server.requests) < 2 else hang.wait(120) and OK) as server:
        hang = threading.Event()
        answers = request(plain(server), "--times", "2", "--timeout", "2000")
        hang.set()
    expect(answers[1], "timeout", "did not answer within 2 s")


@test("a connection that is closed without a word is said so")
def _():
    with api(lambda r: None) as server:
        expect(one(plain(server)), "TCP", "closed the connection without an answer")


@test("an answer that breaks off is no answer")
def _():
    def cut(connection):
        connection.recv(4096)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"kind":')
        connection.shutdown(2)
    with raw(cut) as server:
        expect(one(plain(server)), "TCP", "broke before the answer was whole")


@test("a watch that breaks inside a chunk keeps what came and is a matter of TCP")
def _():
    def cut(connection):
        connection.recv(4096)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
                           b'5\r\nabcde\r\n9\r\nab')
        connection.shutdown(2)
    with raw(cut) as server:
        answer = one(plain(server), "--stream")
    expect(answer, "TCP", "broke")
    assert answer["streamed"] == 7, answer


@test("half a JSON document is no answer of an apiserver")
def _():
    with api(lambda r: (200, '{"kind":"NodeList","items":[')) as server:
        expect(one(plain(server)), "protocol", "is not whole JSON")
    with api(lambda r: (200, "")) as server:
        expect(one(plain(server)), "protocol", "is not whole JSON")


@test("a login page is recognised, in a list and in a watch")
def _():
    page = (200, "<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"})
    with api(lambda r: page) as server:
        for arguments in ([], ["--stream"]):
            answer = one(plain(server), *arguments)
            expect(answer, "protocol", "answers with text/html", "a proxy or login page answers for the apiserver")
            assert answer["streamed"] == 0 and answer["link"] == "protocol", answer


@test("a redirect is not followed")
def _():
    with api(lambda r: (302, "", {"Location": "https://login.example.org/"})) as server:
        expect(one(plain(server)), "protocol", "302", "a proxy or login page")
        assert len(server.requests) == 1


@test("something else than HTTP is said so")
def _():
    def ssh(connection):
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        connection.recv(4096)
        connection.shutdown(2)
    with raw(ssh) as server:
        expect(one(plain(server)), "protocol", "does not answer in HTTP")


@test("403 says what the server says, and the link stays well")
def _():
    status = {"kind": "Status", "code": 403, "reason": "Forbidden",
              "message": 'nodes is forbidden: User "v" cannot list resource "nodes" at the cluster scope'}
    with api(lambda r: (403, status)) as server:
        answer = one(plain(server))
    expect(answer, "403", status["message"], "needs a role")
    assert answer["link"] == "" and answer["document"]["reason"] == "Forbidden", answer


@test("a failing gateway is a matter of the server, with the status")
def _():
    with api(lambda r: (502, "<html>Bad Gateway</html>", {"Content-Type": "text/html"})) as server:
        answer = one(plain(server))
    expect(answer, "5xx", "answers with status 502", "no answer of a kube-apiserver")
    assert answer["link"] == "5xx", answer


@test("a busy server is asked again when it says when")
def _():
    with api(lambda r: OK if len(server.requests) == 3 else
             (429, {"kind": "Status", "message": "too many"}, {"Retry-After": "0"})) as server:
        answer = one(plain(server))
        assert answer["status"] == 200 and len(server.requests) == 3, (answer, len(server.requests))
    with api(lambda r: (429, {"kind": "Status", "message": "too many"}, {"Retry-After": "0"})) as server:
        expect(one(plain(server)), "429", "too many")
        assert len(server.requests) == 5, len(server.requests)


@test("a busy server that does not say when is not asked again, nor is one that says next week")
def _():
    for headers in ({}, {"Retry-After": "Fri, 31 Dec 2100 00:00:00 GMT"}):
        count = []
        with api(lambda r: count.append(1) or (503, {"kind": "Status", "message": "later"}, headers)) as server:
            if headers:
                expect(one(plain(server), "--stream"), "5xx", "later")
            else:
                expect(one(plain(server)), "5xx", "later")
        assert len(count) == 1, count


@test("an answer larger than 4 MiB names the limit")
def _():
    with api(lambda r: (200, '{"a":"' + "x" * (5 << 20) + '"}')) as server:
        expect(one(plain(server)), "limit", "larger than 4194304 bytes")


@test("hostile text of a server is shown harmless")
def _():
    with api(lambda r: (400, {"kind": "Status", "message": "\x1b[2J\u202e {server} %s"})) as server:
        answer = one(plain(server))
    expect(answer, "4xx", "\\x1b[2J\\u202e {server} %s")


@test("the server's path prefix is kept")
def _():
    with api(lambda r: OK) as server:
        one(kubeconfig(f"http://127.0.0.1:{server.port}/k8s/clusters/c-1/"), path="/api/v1/nodes?limit=5")
    assert server.requests[0]["path"] == "/k8s/clusters/c-1/api/v1/nodes?limit=5", server.requests


@test("log texts are no JSON, and not taken for a login page")
def _():
    with api(lambda r: (200, "line one\n", {"Content-Type": "text/plain"})) as server:
        answer = one(plain(server), "--text", path="/api/v1/namespaces/x/pods/y/log")
    assert answer["code"] == "" and answer["body"] == "line one\n", answer


run()
