"""Image registries for a test: an HTTPS proxy that answers for every host itself.

    with Registries({"ghcr.io/owner/image:v1"}) as registries:
        cluster.console("plan", "E06", **registries.environment)

Images that are not in the set are answered with 404; registries.asked holds what was asked for. The certificate is
of an authority of its own, which the environment names.
"""
import http.server
import os
import shutil
import ssl
import subprocess
import tempfile
import threading

HOSTS = ["registry-1.docker.io", "auth.docker.io", "quay.io", "ghcr.io"]


class Registries:
    def __init__(self, images, hosts=()):
        self.images = set(images)
        self.asked = []
        self.folder = tempfile.mkdtemp(prefix="nks-triage-registries-")
        names = ",".join(f"DNS:{host}" for host in [*HOSTS, *hosts])
        certificate, key = os.path.join(self.folder, "ca.pem"), os.path.join(self.folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=registries", "-addext", f"subjectAltName={names}",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        outer = self

        class Tunnel(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_CONNECT(self):
                self.host = self.path.split(":")[0]
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                try:
                    self.connection = context.wrap_socket(self.connection, server_side=True)
                except OSError:
                    self.close_connection = True
                    return
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb")

            def do_HEAD(self):
                host = "docker.io" if self.host == "registry-1.docker.io" else self.host
                path, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
                image = f"{host}/{path}{'@' if ':' in tag else ':'}{tag}"
                outer.asked.append(image)
                self.send_response(200 if image in outer.images else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                self.wfile.flush()

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Tunnel)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {"HTTPS_PROXY": f"http://127.0.0.1:{self.server.server_address[1]}",
                            "SSL_CERT_FILE": certificate}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)
