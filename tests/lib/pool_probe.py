"""Speaks to tests/ssh/pool_probe: the pool of SSH connections, driven from a test."""
import json
import os
import queue
import subprocess
import threading

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests/ssh/pool_probe")


class Pool:
    """A pool in a program of its own. Leaving the block ends it and tells how long that took (ended_ms)."""

    def __init__(self, env=None, program=None, **settings):
        self.next_id = 0
        self.others = queue.Queue()
        self.answers = {}
        self.outputs = {}
        self.arrived = threading.Condition()
        self.ended_ms = None
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(program or [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        encoding="utf-8", env={**os.environ, "SSH_AUTH_SOCK": "", **(env or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        # Time enough on a machine that is busy with other tests.
        self.error = self.ask("new", **{"connect_timeout_ms": 60000, **settings})["error"]

    def _read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            with self.arrived:
                if "done" in answer:
                    self.answers[answer["done"]] = answer
                elif "output" in answer:
                    self.outputs.setdefault(answer["output"], []).append(answer)
                elif "cancelled" in answer:
                    self.answers[answer["cancelled"]] = answer
                else:
                    self.others.put(answer)
                self.arrived.notify_all()
        with self.arrived:
            self.arrived.notify_all()
        self.others.put(None)

    def send(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def ask(self, what, **request):
        self.send(do=what, **request)
        answer = self.others.get(timeout=90)
        assert answer is not None, f"pool_probe ended with {self.process.wait()}"
        assert answer["did"] == what, answer
        return answer

    def start(self, node, line=None, **request):
        self.next_id += 1
        if line is not None:
            request["line"] = line
        self.send(do="run", id=self.next_id, node=node, **request)
        return self.next_id

    def wait(self, call, seconds=120):
        with self.arrived:
            there = self.arrived.wait_for(lambda: call in self.answers or self.process.poll() is not None, seconds)
            assert there and call in self.answers, f"no answer to {call} in {seconds} s"
            return self.answers[call]

    def wait_output(self, call, seconds=120):
        with self.arrived:
            assert self.arrived.wait_for(lambda: call in self.outputs, seconds), f"no output of {call}"
            return self.outputs[call]

    def run(self, node, line=None, seconds=120, **request):
        return self.wait(self.start(node, line, **request), seconds)

    def offers(self):
        return self.ask("offers")["offers"]

    def close(self):
        if self.process.poll() is None:
            self.ended_ms = self.ask("free")["milliseconds"]
            self.process.stdin.close()
            status = self.process.wait(90)
            assert status == 0, f"pool_probe ended with {status}"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.process.kill()
            self.process.wait()
        else:
            self.close()
