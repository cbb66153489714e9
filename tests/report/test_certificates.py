#!/usr/bin/python3
"""certificate-expiry: the client's certificate and the authority of a kubeconfig, against a simulated cluster."""
import asyncio
import base64
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from simulated import Simulated, run_console  # noqa: E402
from tap import run, test  # noqa: E402

DAY = 24 * 60 * 60
CONFIG = """[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class TlsFront:
    """Takes TLS connections and passes their bytes to the simulated server: client certificates belong to TLS."""

    def __init__(self, port, certificate, key):
        self.target = port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context))
        self.port = self.server.sockets[0].getsockname()[1]
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def serve(self, reader, writer):
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(self.pump(reader, to_writer), self.pump(to_reader, writer))
        except OSError:
            pass

    @staticmethod
    async def pump(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


class Authority:
    """Makes certificates that began and end at chosen days from now."""

    def __init__(self, folder):
        self.folder = folder
        for name, text in (("index.txt", ""), ("serial", "01\n"), ("ca.cnf", CONFIG.format(folder=folder))):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.key = os.path.join(folder, "key.pem")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=240)

    def make(self, name, began, ends):
        request = os.path.join(self.folder, name + ".csr")
        out = os.path.join(self.folder, name + ".pem")

        def stamp(days):
            return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY))
        self.openssl("req", "-new", "-key", self.key, "-subj", "/CN=" + name, "-out", request)
        self.openssl("ca", "-batch", "-selfsign", "-config", os.path.join(self.folder, "ca.cnf"), "-keyfile", self.key,
                     "-in", request, "-out", out, "-notext", "-startdate", stamp(-began), "-enddate", stamp(ends))
        return read(out)


def read(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


def findings(cluster, folder, authority, client=None, ca=None, code=0, front=None):
    front = front or FRONT
    user = {"client-certificate-data": client, "client-key-data": read(authority.key)} if client else {}
    server = {"server": cluster.server, **({"certificate-authority-data": ca} if ca else {})}
    if client:
        server = {"server": f"https://127.0.0.1:{front.port}", "insecure-skip-tls-verify": True}
    if front is not FRONT:
        server = {"server": f"https://127.0.0.1:{front.port}", "certificate-authority-data": ca, "tls-server-name": "old-front"}
    path = os.path.join(folder, "kubeconfig")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                   "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                   "clusters": [{"name": "c", "cluster": server}], "users": [{"name": "u", "user": user}]}, file)
    answer = run_console(folder, "--kubeconfig", path, "report", "-o", "json", "--only", "certificate-expiry")
    assert answer.code == code, answer
    assert "PRIVATE" not in answer.out + answer.err
    return json.loads(answer.out)["findings"]


with tempfile.TemporaryDirectory() as FOLDER, Simulated("healthy") as CLUSTER:
    MADE = Authority(FOLDER)
    MADE.make("front", 10, 100)
    FRONT = TlsFront(int(CLUSTER.server.rsplit(":", 1)[1]), os.path.join(FOLDER, "front.pem"), MADE.key)

    @test("a client certificate that ends within two weeks: a warning that names it and its end")
    def _():
        found = findings(CLUSTER, FOLDER, MADE, MADE.make("kubernetes-admin", 300, 9), code=4)
        assert [(f["id"], f["severity"], f["confidence"]) for f in found] == [("certificate-expiry", "warning", "certain")], found
        texts = [line["text"] for line in found[0]["evidence"]]
        assert any(text.startswith("client certificate kubernetes-admin: ends 20") for text in texts), texts

    @test("under two days it is critical, and so it is when it has ended")
    def _():
        for ends in (1, -3):
            found = findings(CLUSTER, FOLDER, MADE, MADE.make("joe", 300, ends), code=3)
            assert [f["severity"] for f in found] == ["critical"], found

    @test("the authority counts too")
    def _():
        found = findings(CLUSTER, FOLDER, MADE, ca=MADE.make("kubernetes", 3000, 5), code=4)
        assert any(line["text"].startswith("certificate authority kubernetes: ends") for line in found[0]["evidence"]), found

    @test("the server's own certificate counts, as the connection showed it")
    def _():
        pem = MADE.make("old-front", 300, 6)
        front = TlsFront(int(CLUSTER.server.rsplit(":", 1)[1]), os.path.join(FOLDER, "old-front.pem"), MADE.key)
        found = findings(CLUSTER, FOLDER, MADE, ca=pem, code=4, front=front)
        assert any(line["text"].startswith("server certificate old-front: ends") for line in found[0]["evidence"]), found

    @test("good ones, short-lived ones that somebody renews, and none at all are no finding")
    def _():
        assert not findings(CLUSTER, FOLDER, MADE, MADE.make("joe", 300, 60))
        assert not findings(CLUSTER, FOLDER, MADE, ca=MADE.make("kubernetes", 300, 3000))
        assert not findings(CLUSTER, FOLDER, MADE, MADE.make("joe", 1, 6))
        assert not findings(CLUSTER, FOLDER, MADE)

    run()
