"""Stands between a console and a real apiserver, request by request, and disturbs what it is told to.

    with ApiProxy(plane) as proxy:
        proxy.on_request = lambda request: "lose" if request.method == "PATCH" else None
        console("fix", …, "--kubeconfig", plane.kubeconfig("admin", proxy.port))

on_request(request) runs before a request is passed on, in a thread of its own, so that it may wait. It answers
  None                        the request is passed on
  "drop"                      it never arrives, the connection ends
  "lose"                      it arrives, its answer does not come back
  (status, document[, {}])    this is answered in its place (with these headers)
  ("after", status, document) it is passed on, and this is what the console is told
on_answer(request, status) runs when the apiserver has answered and the console does not know it yet.
`requests` holds all of them in the order of their answers. The proxy shows the apiserver's own certificate.
"""
import http.client
import http.server
import json
import os
import ssl
import threading


class Request:
    def __init__(self, method, path, body):
        self.method, self.path, self.body = method, path, body
        self.outcome = None     # status, "dropped", "lost"

    @property
    def is_write(self):
        """It changes something: no reading, no dry run, no question about access."""
        return self.method != "GET" and "dryRun" not in self.path and "authorization.k8s.io" not in self.path

    @property
    def is_lease(self):
        return "/leases" in self.path

    def __repr__(self):
        return f"{self.method} {self.path} -> {self.outcome}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy = None
    upstream = None

    def log_message(self, *_):
        pass

    def answer(self, status, headers, text):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def ask(self, request):
        """The apiserver's answer; a kept connection that ended meanwhile is opened anew where nothing was sent."""
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        for attempt in (0, 1):
            fresh = self.upstream is None
            if fresh:
                self.upstream = http.client.HTTPSConnection("127.0.0.1", self.proxy.target, timeout=600,
                                                            context=ssl._create_unverified_context())
            try:
                self.upstream.request(request.method, request.path, request.body or None, headers)
                return self.upstream.getresponse()
            except (OSError, http.client.HTTPException):
                self.upstream.close()
                self.upstream = None
                if fresh or request.method != "GET" or attempt:
                    raise

    def stream(self, answer):
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            piece = answer.read1(65536)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
            if not piece:
                answer.read()   # says that it is at its end: the connection can be used again
                return

    def pass_on(self):
        proxy = self.proxy
        request = Request(self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        wanted = proxy.on_request(request) if proxy.on_request else None
        if wanted == "drop":
            self.end(request, "dropped")
            return
        is_after = isinstance(wanted, tuple) and wanted[0] == "after"
        if isinstance(wanted, tuple) and not is_after:
            self.instead(request, *wanted)
            return
        try:
            answer = self.ask(request)
        except (OSError, http.client.HTTPException):
            self.end(request, "no server")
            return
        if is_after:
            answer.read()
            self.instead(request, *wanted[1:])
            return
        if wanted == "lose":
            answer.read()
            self.end(request, "lost")
            return
        if proxy.on_answer:
            proxy.on_answer(request, answer.status)
        self.end(request, answer.status, close=False)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        try:
            self.stream(answer)
        except (OSError, http.client.HTTPException):
            self.close_connection = True    # one of the two sides went away in the middle

    def instead(self, request, status, document, headers=()):
        self.end(request, status, close=False)
        self.answer(status, [("Content-Type", "application/json"), *dict(headers).items()], json.dumps(document).encode())

    def end(self, request, outcome, close=True):
        request.outcome = outcome
        self.proxy.requests.append(request)
        if close:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on


class ApiProxy:
    def __init__(self, plane, on_request=None, on_answer=None):
        self.target, self.on_request, self.on_answer = plane.port, on_request, on_answer
        self.requests = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        folder = plane.path("certificates")
        context.load_cert_chain(os.path.join(folder, "apiserver.crt"), os.path.join(folder, "apiserver.key"))

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            request_queue_size = 64

            def finish_request(self, request, client_address):
                """The handshake happens in the connection's own thread."""
                super().finish_request(context.wrap_socket(request, server_side=True), client_address)

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"proxy": self}))
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def writes(self):
        """What was sent to change objects, Leases left out."""
        return [r for r in self.requests if r.is_write and not r.is_lease]
