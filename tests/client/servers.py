"""Servers that record and misbehave, certificates of an authority of our own, kubeconfigs, and the program `request`.

Every server listens on a free port of loopback and answers by a function that the test gives.
"""
import contextlib
import http.server
import json
import os
import pty
import select
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
REQUEST = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/client/request")
# A machine without a network waits for no name server longer than for a moment.
os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
FOLDER = tempfile.TemporaryDirectory(prefix="nks-triage-test-")


def path_of(name):
    return os.path.join(FOLDER.name, name)


def write(name, text, mode=0o600):
    path = path_of(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def read(name):
    with open(path_of(name), encoding="utf-8") as file:
        return file.read()


# Certificates

def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=FOLDER.name)


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-addext", "keyUsage=critical,keyCertSign,digitalSignature")


def certificate(name, issuer, names="IP:127.0.0.1", expired=False, subject=None):
    """name.pem and name.key, signed by the authority of that name."""
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", subject or f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    folder = path_of(f"{name}.ca")
    os.makedirs(folder, exist_ok=True)
    write(f"{name}.ca/index", "")
    write(f"{name}.ca/extensions", f"subjectAltName={names}\n")
    write(f"{name}.ca/config", f"""
[ca]
default_ca = here
[here]
dir = {folder}
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
organizationName = optional
""")
    dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if expired else ["-days", "30"]
    openssl("ca", "-batch", "-notext", "-config", f"{folder}/config", "-extfile", f"{folder}/extensions",
            "-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key", "-in", f"{name}.csr", "-out", f"{name}.pem", *dates)


# Servers

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answers_version = True      # by itself; else /version is asked of the test's function too

    def do_GET(self):
        request = {"path": self.path, "headers": dict(self.headers), "lines": self.headers.items(), "method": self.command,
                   "peer": self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None,
                   "sni": getattr(self.connection, "sni", None)}
        length = int(self.headers.get("Content-Length") or 0)
        request["body"] = self.rfile.read(length) if length else b""
        if self.path != "/version" or not self.answers_version:
            self.server.requests.append(request)
            answer = self.server.answer(request)
        else:
            answer = (200, {"gitVersion": "v1.30.4"})
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, body, *rest = answer
        headers = {"Content-Type": "application/json", **(rest[0] if rest else {})}
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        if headers.get("Connection") == "close":
            self.close_connection = True

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass        # handshakes that the client refuses are what is tested


class ServerSix(Server):
    address_family = socket.AF_INET6


@contextlib.contextmanager
def api(answer, certificate_name=None, client_authority=None, host="127.0.0.1"):
    """A server; .port, .requests. answer(request) gives (status, body[, headers]) or None: hang up."""
    server = (ServerSix if ":" in host else Server)((host, 0), Handler)
    server.requests = []
    server.answer = answer
    server.port = server.server_port
    if certificate_name:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path_of(f"{certificate_name}.pem"), path_of(f"{certificate_name}.key"))
        if client_authority:
            context.load_verify_locations(path_of(f"{client_authority}.pem"))
            context.verify_mode = ssl.CERT_OPTIONAL

        def note_name(connection, name, _context):
            connection.sni = name
        context.sni_callback = note_name
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def raw(act):
    """A TCP server that gives each connection to act(connection); .port."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            kept.append(connection)
            threading.Thread(target=act, args=(connection,), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()

    class Place:
        port = listener.getsockname()[1]
    try:
        yield Place
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in kept:
            connection.close()


# The client

def kubeconfig(server, cluster=None, user=None, name="config"):
    return write(name, json.dumps({
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "operator"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "operator", "user": user or {}}],
    }))


def request(config, *arguments, path="/api/v1/nodes", environment=None, timeout=240):
    """The answers of the program as a list of dictionaries. Its standard error has to stay empty."""
    clean = {name: value for name, value in os.environ.items()
             if name.lower() not in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "kubeconfig")}
    done = subprocess.run([REQUEST, "--kubeconfig", config, *arguments, path], capture_output=True, text=True,
                          env={**clean, **(environment or {})}, timeout=timeout)
    assert done.stderr == "", done.stderr
    assert done.returncode in (0, 1, 2), (done.returncode, done.stdout)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def on_terminal(command, typed, environment=None, timeout=120):
    """Runs a command in a terminal of its own and types when it says "? ". Returns (exit status, what was seen)."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, {**os.environ, **(environment or {})})
    seen = b""
    asked = 0
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:     # everybody who had it open has ended
            break
        if not part:
            break
        seen += part
        while seen.count(b"? ") > asked and asked < len(typed):
            os.write(terminal, typed[asked])
            asked += 1
    else:
        os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    os.close(terminal)
    return status, seen.decode()


def one(config, *arguments, **keywords):
    answers = request(config, *arguments, **keywords)
    assert len(answers) == 1, answers
    return answers[0]


def expect(answer, code, *texts):
    assert answer["code"] == code, answer
    for text in texts:
        assert text in answer.get("error", ""), (text, answer)
