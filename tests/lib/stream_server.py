"""A small API server whose watches send what a test says, as fast as the client takes it.

    server = StreamServer({"api/v1/pods": [pod, ...]})
    server.send("api/v1/pods", stream_server.event("MODIFIED", pod))

Lists are JSON in one page; kinds that are not given are empty. Also a console on a
pseudo terminal, and stamps: texts that can be found in what it writes there.
"""
import fcntl
import http.server
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import tempfile
import termios
import threading
import time

from wait import PATIENCE, wait_for

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
START = "2026-01-02T03:04:05Z"


def event(kind, item):
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.lstrip("/").partition("?")
        if path == "version":
            self.answer({"gitVersion": "v1.34.4"})
        elif "watch=1" in query:
            self.watch(path)
        else:
            self.server.owner.listed += 1
            self.answer({"metadata": {"resourceVersion": "1"}, "items": self.server.owner.lists.get(path, [])})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer({"status": {"allowed": True}})

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def watch(self, path):
        owner = self.server.owner
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        with owner.lock:
            owner.watchers[path] = self.connection
        owner.stopped.wait()
        self.close_connection = True

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class StreamServer:
    def __init__(self, lists):
        self.lists, self.watchers, self.lock, self.stopped = lists, {}, threading.Lock(), threading.Event()
        self.listed = 0
        self.http = Server(("127.0.0.1", 0), Handler)
        self.http.owner = self
        self.folder = tempfile.TemporaryDirectory()
        self.kubeconfig = os.path.join(self.folder.name, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "stream",
                       "clusters": [{"name": "stream",
                                     "cluster": {"server": f"http://127.0.0.1:{self.http.server_port}"}}],
                       "users": [{"name": "stream", "user": {}}],
                       "contexts": [{"name": "stream", "context": {"cluster": "stream", "user": "stream"}}]}, file)
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.http.shutdown()
        self.http.server_close()
        self.folder.cleanup()

    def wait_for_watches(self, *paths):
        wait_for(lambda: all(path in self.watchers for path in paths), what="the watches")

    def send(self, path, events):
        """Blocks while the client is behind."""
        self.watchers[path].sendall(b"%x\r\n%b\r\n" % (len(events), events))


    def unread(self, path):
        """Bytes that are still on their way to the client: not acknowledged, or not read by it."""
        connection = self.watchers[path]
        local, remote = connection.getsockname()[1], connection.getpeername()[1]
        waiting = 0
        with open("/proc/net/tcp", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                ends = [int(end.split(":")[1], 16) for end in fields[1:3]]
                if sorted(ends) == sorted((local, remote)):
                    waiting += sum(int(queue, 16) for queue in fields[4].split(":"))
        return waiting

    def wait_until_taken(self, *paths):
        wait_for(lambda: not any(self.unread(path) for path in paths), interval=0.01, what="the client to read what was sent")


STAMP_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def stamp(number):
    """Four letters that all differ from those of the numbers just before and after, and are not all the same:
    then curses writes the whole of it, letter by letter. A number below 26 ** 4 has a stamp of its own."""
    return "".join(STAMP_LETTERS[(number // 26 ** place + (number if place else 0) + 7 * place) % 26]
                   for place in (3, 2, 1, 0))


class Console:
    """The console on a pseudo terminal; a thread reads what it writes. on_bytes(bytes, monotonic time)."""

    def __init__(self, kubeconfig, rows=40, columns=120, on_bytes=None, arguments=()):
        self.folder = tempfile.TemporaryDirectory()
        self.on_bytes, self.written, self.stamps = on_bytes, 0, {}
        self.tail = b""
        environment = dict(os.environ, KUBECONFIG=kubeconfig, TERM="xterm-256color", LC_ALL="C.UTF-8",
                           HOME=self.folder.name,
                           XDG_STATE_HOME=self.folder.name + "/state", XDG_CONFIG_HOME=self.folder.name + "/config")
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(ROOT)
            os.execve("./nks-triage", ["nks-triage", *arguments], environment)
        threading.Thread(target=self.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        self.folder.cleanup()

    def read(self):
        while True:
            try:
                select.select([self.terminal], [], [])
                data = os.read(self.terminal, 65536)
            except OSError:
                return
            now = time.monotonic()
            self.written += len(data)
            text = self.tail + data
            for found in re.findall(rb"v1\.([A-Z]{4})|(?<![A-Z])([A-Z]{4})(?![A-Za-z])", text):
                self.stamps.setdefault((found[0] or found[1]).decode(), now)
            self.tail = text[-8:]
            if self.on_bytes:
                self.on_bytes(data, now)

    def keys(self, text):
        os.write(self.terminal, text.encode())

    def wait_stamp(self, text, seconds=PATIENCE):
        """Monotonic time when it was painted."""
        return wait_for(lambda: self.stamps.get(text), seconds, 0.005, lambda: f"the stamp {text} on the screen")

    def memory(self):
        """Anonymous memory in KiB."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])

    def cpu(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakeups(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", file.read())[1])


# Objects

def meta(name, uid, version, name_space=None, **more):
    members = {"name": name, "uid": f"{uid:08x}-1f33-4c39-9d0c-0c7d2c4fd1a1", "resourceVersion": str(version),
               "creationTimestamp": START, **more}
    return dict(members, namespace=name_space) if name_space else members


def node(number, version, ready=True, kubelet="v1.34.4", heartbeat=START):
    kinds = {"MemoryPressure": False, "DiskPressure": False, "PIDPressure": False, "Ready": ready}
    name = f"node-{number:03}"
    return {"metadata": meta(name, number, version, labels={"kubernetes.io/hostname": name}),
            "status": {"nodeInfo": {"kubeletVersion": kubelet, "containerRuntimeVersion": "containerd://1.7.2"},
                       "conditions": [{"type": kind, "status": str(value), "reason": f"Kubelet{kind}",
                                       "lastTransitionTime": START, "lastHeartbeatTime": heartbeat}
                                      for kind, value in kinds.items()]}}


def pod(number, version, nodes=100, waiting=None, restarts=0, message=""):
    kinds = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    state = {"waiting": {"reason": waiting, "message": message}} if waiting else {"running": {"startedAt": START}}
    return {"metadata": meta(f"app-{number % 50}-7d9c6b5f4d-x{number}", 0x10000000 + number, version, "bench",
                             labels={"app": f"app-{number % 50}"}),
            "spec": {"nodeName": f"node-{number % nodes:03}", "restartPolicy": "Always",
                     "containers": [{"name": "app", "image": f"registry.example.com/team/app-{number % 50}:v1"}]},
            "status": {"phase": "Running", "startTime": START, "podIP": "10.1.2.3",
                       "conditions": [{"type": kind, "status": "False" if waiting and "Ready" in kind else "True",
                                       "lastTransitionTime": START} for kind in kinds],
                       "containerStatuses": [{"name": "app", "ready": not waiting, "restartCount": restarts,
                                              "state": state, "image": "registry.example.com/team/app:v1"}]}}


def pod_event(number, version, of, reason, text, kind="Warning", count=1):
    name = f"app-{of % 50}-7d9c6b5f4d-x{of}"
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"metadata": meta(f"{name}.{number:x}", 0x20000000 + number, version, "bench"), "type": kind,
            "reason": reason,
            "involvedObject": {"kind": "Pod", "namespace": "bench", "name": name,
                               "uid": f"{0x10000000 + of:08x}-1f33-4c39-9d0c-0c7d2c4fd1a1"},
            "message": text, "source": {"component": "kubelet", "host": f"node-{of % 100:03}"},
            "firstTimestamp": when, "lastTimestamp": when, "count": count}
