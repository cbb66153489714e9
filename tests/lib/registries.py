"""The public registries, as a proxy on loopback shows them: nothing leaves the machine.

    registries = Registries({"ghcr.io/acme/worker:2.4.1"})
    cluster.console("plan", "E06", **registries.environment)

A proxy for HTTPS_PROXY that ends every tunnel itself, with certificates of an
authority of its own (SSL_CERT_FILE). A manifest that is in the set is
answered with 200, each other with 404; no registry wants a token.
"""
import http.server
import os
import shutil
import socketserver
import ssl
import subprocess
import tempfile
import threading

HOSTS = ("ghcr.io", "quay.io", "registry-1.docker.io", "auth.docker.io", "docker.io")


def make_certificate(folder):
    names = ",".join("DNS:" + host for host in HOSTS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registries",
                    "-addext", "subjectAltName=" + names, "-keyout", os.path.join(folder, "key.pem"),
                    "-out", os.path.join(folder, "ca.pem")], check=True, capture_output=True)


class Answer(http.server.BaseHTTPRequestHandler):
    """One request inside of a tunnel."""
    protocol_version = "HTTP/1.1"
    host = ""
    images = frozenset()
    asked = None

    def log_message(self, *_):
        pass

    def answer(self):
        repository, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
        host = "docker.io" if self.host == "registry-1.docker.io" else self.host
        image = f"{host}/{repository}:{tag}"
        self.asked.append(image)
        found = image in self.images or self.path == "/v2/"
        self.send_response(200 if found else 404)
        self.send_header("Docker-Content-Digest", "sha256:" + "0" * 64)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = answer


class Registries:
    def __init__(self, images):
        self.images = frozenset(images)
        self.asked = []
        self.folder = tempfile.mkdtemp(prefix="nks-triage-test-")
        make_certificate(self.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.folder, "ca.pem"), os.path.join(self.folder, "key.pem"))
        outer = self

        class Tunnel(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline().decode("latin-1")
                while self.rfile.readline().strip():
                    pass
                host = line.split()[1].rsplit(":", 1)[0] if line.startswith("CONNECT ") else ""
                self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                try:
                    with context.wrap_socket(self.connection, server_side=True) as secure:
                        handler = type("At", (Answer,), {"host": host, "images": outer.images, "asked": outer.asked})
                        handler(secure, self.client_address, self.server)
                except (OSError, ssl.SSLError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Tunnel)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {"HTTPS_PROXY": f"http://127.0.0.1:{self.server.server_address[1]}",
                            "SSL_CERT_FILE": os.path.join(self.folder, "ca.pem")}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)
