#!/usr/bin/python3
"""Servers that mean harm: what they send is bounded, each limit names itself and its value, nothing of ours goes to
whom it is not meant for, and nothing of theirs reaches a terminal."""
import gzip
import json
import os
import subprocess
import sys
import threading
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from servers import ROOT, api, authority, certificate, expect, kubeconfig, one, path_of, raw  # noqa: E402
from tap import run, test  # noqa: E402
from wait import PATIENCE, wait_for  # noqa: E402

WATCH = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/client/watch")
SECRET = "hush-9e02"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LIST = {"metadata": {"resourceVersion": "1"}, "items": []}


def plain(server, **keywords):
    return kubeconfig(f"http://127.0.0.1:{server.port}", **keywords)


def sends(connection, *pieces):
    """Answers one request with the pieces; the last may be endless."""
    try:
        asked = b""
        while b"\r\n\r\n" not in asked:
            piece = connection.recv(65536)
            if not piece:
                return
            asked += piece
        for piece in pieces:
            for part in [piece] if isinstance(piece, bytes) else piece:
                connection.sendall(part)
        connection.close()
    except OSError:
        pass        # the client has seen enough


def endless(*pieces):
    while True:
        yield from pieces


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def check_line(text):
    """What is shown of it is one short line without control characters."""
    assert "\n" not in text and len(text) <= 900, text
    assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co")], text


def answer_to(*pieces, arguments=(), code, texts):
    with raw(lambda connection: sends(connection, *pieces)) as server:
        answer = one(plain(server), *arguments)
        expect(answer, code, *[text.replace("@", f"127.0.0.1:{server.port}") for text in texts])
    check_line(answer["error"])
    return answer


def state_of(answer, resource="pods", what="waiting"):
    """What the reflector says of a kind whose list is answered so; all others are empty."""
    def all_others(asked):
        path = asked["path"].split("?")[0]
        if not path.endswith("/" + resource):
            return 200, LIST
        return answer(asked)
    with api(all_others) as server:
        process = subprocess.Popen([WATCH, plain(server)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            def said():
                process.stdin.write("\n")
                process.stdin.flush()
                state = json.loads(process.stdout.readline())["states"][resource]
                return state if state[1] else None
            state = wait_for(said, what=f"the failure of {resource}")
        finally:
            process.stdin.close()
            process.stdout.close()
            assert process.wait(PATIENCE) == 0
    check_line(state[1])
    return state[1], server.requests


def check_state(answer, *texts):
    said, requests = state_of(answer)
    for text in texts:
        assert text in said, (text, said)
    return requests


@test("headers without end: the limit and its value")
def _():
    answer_to(HEAD, endless(b"X-Filler: " + b"x" * 1000 + b"\r\n"), code="limit",
              texts=["the headers of @ are larger than 131072 bytes", "what answers in its place"])


@test("one header without end")
def _():
    answer_to(HEAD, b"X-Filler: ", endless(b"x" * 65536), code="limit",
              texts=["a header of @ is larger than 102400 bytes", "what answers in its place"])


@test("interim answers without end")
def _():
    answer_to(endless(b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 200 + b"\r\n\r\n"), code="limit",
              texts=["the headers of @ are larger than 131072 bytes"])


@test("a body without end: the limit and its value")
def _():
    answer_to(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", endless(chunk(b" " * 65536)), code="limit",
              texts=["the answer of @ is larger than 4194304 bytes", "what answers in its place"])


@test("an error body without end: its status says enough")
def _():
    answer_to(b"HTTP/1.1 500 No\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
              endless(chunk(b"x" * 65536)), code="5xx", texts=["answers with status 500"])


@test("a body that drips: the time-out holds for the whole")
def _():
    stop = threading.Event()

    def drip():
        while not stop.wait(0.05):
            yield b" "
    try:
        answer_to(HEAD, b"Content-Length: 100000\r\n\r\n", drip(), arguments=("--timeout", "3000"), code="timeout",
                  texts=["@ did not answer within 3 s"])
    finally:
        stop.set()


@test("headers that drip: the same")
def _():
    stop = threading.Event()

    def drip():
        while not stop.wait(0.05):
            yield b"X-A: b\r\n"
    try:
        answer_to(HEAD, drip(), arguments=("--timeout", "3000"), code="timeout", texts=["@ did not answer within 3 s"])
    finally:
        stop.set()


@test("a chunk that is cut off, a length that is not reached")
def _():
    for framing in (b"Transfer-Encoding: chunked\r\n\r\n1000\r\n{}", b"Content-Length: 4096\r\n\r\n{}",
                    b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b'{"a":1}')):
        answer_to(HEAD + framing, code="TCP", texts=["the connection to @ broke before the answer was whole"])


@test("a chunk whose length is none")
def _():
    for length in (b"zz", b"-1", b"fffffffffffffffffff"):
        answer_to(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + length + b"\r\n{}\r\n0\r\n\r\n", code="TCP", texts=["@"])


@test("another protocol: HTTP/2 GOAWAY, SSH, TLS alerts, nothing but zeros")
def _():
    goaway = b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18 + b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + b"\x00" * 8
    for bytes_sent in (goaway, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\x00" * 4096):
        answer_to(bytes_sent, code="protocol", texts=["@ does not answer in HTTP", "check that the address and port"])


@test("a compressed answer that nobody asked for, and one that is damaged")
def _():
    packed = gzip.compress(json.dumps(LIST).encode())
    for data in (packed, packed[:-12], b"\x1f\x8b" + b"x" * 50):
        answer = (200, data, {"Content-Encoding": "gzip"})
        with api(lambda r, answer=answer: answer) as server:
            expect(one(plain(server)), "protocol")
        said, _ = state_of(lambda r, answer=answer: answer) if data is not packed else ("", 0)
        assert data is packed or "cannot be decoded" in said or "ends too early" in said, said


@test("a page where a list is expected: a captive portal, another type, no type")
def _():
    for headers in ({"Content-Type": "text/html"}, {"Content-Type": "application/octet-stream"}):
        check_state(lambda r, headers=headers: (200, "<html><script>\x1b[2J</script>", headers), "answers with",
                    "check the server's address")
    check_state(lambda r: (200, "<html>", {"Content-Type": "application/json"}), "not valid JSON", "at byte 0")


@test("redirects, in a circle or to somebody else: not followed, and no credentials go there")
def _():
    authority("ours")
    certificate("server", "ours")
    for status in (301, 302, 307, 308):
        with api(lambda r: (200, LIST), "server") as other:
            with api(lambda r, status=status: (status, "", {"Location": f"https://127.0.0.1:{other.port}/api/v1/nodes"}),
                     "server") as server:
                answer = one(kubeconfig(f"https://127.0.0.1:{server.port}", {"certificate-authority": path_of("ours.pem")},
                                        {"token": SECRET}))
                assert f"answers with status {status}" in answer["error"] and SECRET not in json.dumps(answer), answer
                assert len(server.requests) == 1 and SECRET in server.requests[0]["headers"]["Authorization"]
            assert other.requests == [], other.requests
    with api(lambda r: (302, "", {"Location": r["path"]})) as server:
        assert "answers with status 302" in one(plain(server))["error"]
        assert len(server.requests) == 1


@test("a Status with a huge message, and with escapes for the terminal")
def _():
    for message in ("\x1b]0;owned\x07\x1b[2J\u202e\u2028" * 2000, "x" * 200000, "%s%n{server}" * 900, "\U000e0041\ue000"):
        with api(lambda r, message=message: (403, {"kind": "Status", "code": 403, "message": message, "reason": "Forbidden"})) as server:
            answer = one(plain(server))
        assert answer["code"] == "403", answer
        check_line(answer["error"])
    deep = '{"kind":"Status","details":' + "[" * 100000 + "]" * 100000 + "}"
    with api(lambda r: (500, deep)) as server:
        expect(one(plain(server)), "5xx", "answers with status 500")


@test("lists without end: pages that repeat, pages that never stop, objects that never stop")
def _():
    requests = check_state(lambda r: (200, {**LIST, "metadata": {"continue": "same"}}), "the list of pods does not end",
                           "a page names itself", "proxies")
    assert len([r for r in requests if "/pods" in r["path"]]) <= 6
    counter = iter(range(10 ** 9))
    check_state(lambda r: (200, {**LIST, "metadata": {"continue": f"t{next(counter)}"}}), "it has more than 2000 pages",
                "what answers in its place")
    many = b'{"metadata":{},"items":[' + b"{}," * 500001 + b"{}]}"
    check_state(lambda r: (200, many), "it has more than 500000 objects", "--namespace")


@test("an object of 100 MB, one that is nested, and one that unpacks to a thousand times its size")
def _():
    huge = b'{"items":[{"a":"' + b"x" * (100 << 20) + b'"}]}'
    check_state(lambda r: (200, huge), "an object at byte 10", "16777216 is the limit", "what answers in its place")
    deep = b'{"items":[{"spec":' + b'{"a":' * 100000 + b"1" + b"}" * 100000 + b"}]}"
    check_state(lambda r: (200, deep), "an object at byte 10", "nested deeper than 100 levels")
    bomb = gzip.compress(b'{"items":[{"a":"' + b"x" * (64 << 20))
    assert len(bomb) < 100000
    check_state(lambda r: (200, bomb, {"Content-Encoding": "gzip"}), "16777216 is the limit")
    protobuf = b"k8s\x00\x12\xff\xff\xff\xff\x0f" + b"\x12\xff\xff\xff\x7f" + b"x" * 100
    check_state(lambda r: (200, protobuf, {"Content-Type": "application/vnd.kubernetes.protobuf"}), "an object at byte",
                "16777216 is the limit")


@test("a watch line of 20 MB: the same limit")
def _():
    line = b'{"type":"ADDED","object":{"a":"' + b"x" * (20 << 20)
    check_state(lambda r: (200, line) if "watch=1" in r["path"] else (200, LIST), "an object at byte 0", "16777216 is the limit")


@test("nothing of it slows the others down: a list that drips, and one that is well")
def _():
    stop = threading.Event()

    def slow(asked):
        if asked["path"].startswith("/api/v1/pods") or "watch=1" in asked["path"]:
            stop.wait(2 * PATIENCE)
        return 200, LIST
    with api(slow) as server:
        process = subprocess.Popen([WATCH, plain(server)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            def others():
                process.stdin.write("\n")
                process.stdin.flush()
                states = json.loads(process.stdout.readline())["states"]
                return states["pods"][0] == "never" and states["nodes"][0] == "current"
            wait_for(others, what="nodes, while pods are waited for")
        finally:
            stop.set()
            process.stdin.close()
            process.stdout.close()
            assert process.wait(PATIENCE) == 0


run()
