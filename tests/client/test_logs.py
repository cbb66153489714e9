#!/usr/bin/python3
"""A followed log is read to its end across connections that break anywhere: no line is lost, none comes twice.

The server does what an apiserver does with a kubelet behind it: sinceTime counts in whole seconds, so a new connection
repeats what was sent before; many lines share a moment, and equal lines follow each other.
"""
import concurrent.futures
import contextlib
import datetime
import os
import random
import re
import socket
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from servers import ROOT, kubeconfig, raw  # noqa: E402
from tap import run, test  # noqa: E402

LOGS = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/client/logs")
SEEDS = range(int(os.environ.get("SEEDS", "16")))
START = datetime.datetime(2026, 11, 21, 9, 0, 0, tzinfo=datetime.timezone.utc)


class Log:
    """What one container writes, and how often the connection to it breaks."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.cuts = self.random.randint(2, 4)
        self.requests = []
        moment = 0
        self.lines = []
        for number in range(self.random.randint(200, 600)):
            moment += self.random.choice((0, 0, 1, 700, 90_000_000, 1_300_000_000))
            text = self.random.choice(("same", "", f"line {number}", "x" * self.random.randint(1, 3000), "ä\x1b[1m \u2028", "\r"))
            self.lines.append((moment, text))

    def body(self, since):
        first = 0
        if since:
            at = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", since).replace("Z", "+00:00"))
            first = int((at - START).total_seconds()) * 10**9
        return "".join(f"{self.stamp(moment)} {text}\n" for moment, text in self.lines if moment >= first).encode()

    @staticmethod
    def stamp(moment):
        return (START + datetime.timedelta(seconds=moment // 10**9)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 10**9:09}Z"

    def expected(self):
        # A line break inside belongs to the line's end.
        return "".join(text.removesuffix("\r") + "\n" for _, text in self.lines)


def answer(logs):
    def act(connection):
        with contextlib.suppress(OSError):      # the client may be gone before we are
            serve(connection)

    def serve(connection):
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(4096)
            if not part:
                return
            head += part
        url = urllib.parse.urlparse(head.decode().split(" ")[1])
        name = re.search(r"/pods/([^/]+)", url.path)
        if not name:
            send(connection, b'{"gitVersion":"v1.34.4"}')
            return
        log = logs[name[1]]
        if not url.path.endswith("/log"):
            send(connection, b'{"kind":"Pod","status":{"containerStatuses":[{"name":"c","state":{"terminated":{}}}]}}')
            return
        query = dict(urllib.parse.parse_qsl(url.query))
        log.requests.append(query)
        body = log.body(query.get("sinceTime"))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        whole = len(log.requests) > log.cuts
        end = len(body) if whole else log.random.randrange(len(body))
        at = 0
        while at < end:
            size = min(log.random.randint(1, 5000), end - at)
            connection.sendall(b"%x\r\n%s\r\n" % (size, body[at:at + size]))
            at += size
        if whole:
            connection.sendall(b"0\r\n\r\n")
        connection.shutdown(socket.SHUT_RDWR)
    return act


def send(connection, body):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                       % (len(body), body))
    connection.shutdown(socket.SHUT_RDWR)


def follow(config, name, log):
    done = subprocess.run([LOGS, config, "ns", name], capture_output=True, timeout=600)
    assert done.stderr == b"done\n", (name, done.stderr)
    found, wanted = done.stdout.decode().split("\n"), log.expected().split("\n")
    for number, (one, other) in enumerate(zip(found, wanted)):
        assert one == other, (name, number, one[:80], other[:80])
    assert len(found) == len(wanted), (name, len(found), len(wanted))
    assert len(log.requests) == log.cuts + 1, (name, log.requests)
    assert all(query["timestamps"] == "true" and query["follow"] == "true" for query in log.requests)


@test("logs that break at random places are read whole and once")
def _():
    logs = {f"p{seed}": Log(seed) for seed in SEEDS}
    with raw(answer(logs)) as server, concurrent.futures.ThreadPoolExecutor(8) as pool:
        config = kubeconfig(f"http://127.0.0.1:{server.port}")
        for result in [pool.submit(follow, config, name, log) for name, log in logs.items()]:
            result.result()


run()
