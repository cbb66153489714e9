#!/usr/bin/python3
"""An image registry over TLS on loopback, for the test of registry checks.

    tests/lib/tls_registry.py FOLDER

Makes a certificate for 127.0.0.1 in FOLDER/ca.pem, prints the port, serves
until its standard input is closed and then prints the requests it saw, one a
line: "METHOD PATH AUTHORIZATION".

    /v2/open/...      answers HEAD with 200
    /v2/token/...     wants "Bearer good", whose realm is this server
    /v2/elsewhere/... wants a token from a realm that nobody listed
    /v2/stubborn/...  wants a token for ever
    /v2/busy/...      429
    /v2/moved/...     a redirect to /v2/open/...
    everything else   404
"""
import http.server
import os
import ssl
import subprocess
import sys
import threading

FOLDER = sys.argv[1]
SEEN = []


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def challenge(self, realm):
        self.answer(401, [("Www-Authenticate", f'Bearer realm="{realm}",service="reg",scope="repository:x:pull"')])

    def do_GET(self):
        SEEN.append(f"{self.command} {self.path} {self.headers.get('Authorization', '-')}")
        here = f"https://127.0.0.1:{PORT}/token"
        if self.path.startswith("/token?"):
            self.answer(200, [("Content-Type", "application/json")], b'{"token": "good"}')
        elif self.path.startswith("/v2/open/"):
            self.answer(200)
        elif self.path.startswith("/v2/token/"):
            if self.headers.get("Authorization") == "Bearer good":
                self.answer(200)
            else:
                self.challenge(here)
        elif self.path.startswith("/v2/elsewhere/"):
            self.challenge("https://127.0.0.2/token")
        elif self.path.startswith("/v2/stubborn/"):
            self.challenge(here)
        elif self.path.startswith("/v2/busy/"):
            self.answer(429)
        elif self.path.startswith("/v2/moved/"):
            self.answer(307, [("Location", f"https://127.0.0.1:{PORT}/v2/open/x/manifests/v1")])
        else:
            self.answer(404)

    do_HEAD = do_GET


subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", os.path.join(FOLDER, "key.pem"), "-out", os.path.join(FOLDER, "ca.pem")],
               check=True, stderr=subprocess.DEVNULL)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
PORT = server.server_address[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(FOLDER, "ca.pem"), os.path.join(FOLDER, "key.pem"))
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(PORT, flush=True)
sys.stdin.read()
print("\n".join(SEEN), flush=True)
