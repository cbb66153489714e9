#!/usr/bin/python3
"""How the link to the server is: on the screen while it is waited for and when it failed, in `doctor`, in `report`."""
# Waits: for time-outs of links.
# Takes: 60 s
import contextlib
import json
import os
import re
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "client")]
from behind import Behind, kinds  # noqa: E402
from ports import refusing_port, swallowing_port  # noqa: E402
from servers import Handler, api, authority, certificate, path_of, raw, write  # noqa: E402
from simulated import run_console  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import Terminal  # noqa: E402
from wait import wait_for  # noqa: E402

SECRET = "hush-71c4"
BOOKMARK = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n'
Handler.answers_version = False
authority("ours")
authority("theirs")
certificate("server", "ours")
certificate("foreign", "theirs")
certificate("expired", "ours", expired=True)
certificate("named", "ours", names="DNS:k8s.example.org")


def config(server, **cluster):
    tls = {"certificate-authority": path_of("ours.pem")} if server.startswith("https") else {}
    # A file for each server: tests run side by side.
    return write("config-" + re.sub(r"\W", "-", server), json.dumps({
        "current-context": "kr1", "contexts": [{"name": "kr1", "context": {"cluster": "c", "user": "operator"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **tls, **cluster}}],
        "users": [{"name": "operator", "user": {"token": SECRET}}]}))


def status(code, message, **headers):
    return code, {"kind": "Status", "code": code, "message": message}, headers


def empty(asked, version="v1.34.4"):
    """A cluster without objects, whose watches say one thing and end."""
    path = asked["path"]
    if path == "/version":
        return 200, {"gitVersion": version}
    if "selfsubjectreviews" in path:
        return 201, {"status": {"userInfo": {"username": "operator"}}}
    if "selfsubjectaccessreviews" in path:
        return 201, {"status": {"allowed": True}}
    return 200, (BOOKMARK if "watch=1" in path else {"kind": "List", "metadata": {"resourceVersion": "7"}, "items": []})


@contextlib.contextmanager
def answering(answer, certificate_name="server"):
    with api(answer, certificate_name) as server:
        yield f"https://127.0.0.1:{server.port}"


@contextlib.contextmanager
def fixed(server):
    yield server


@contextlib.contextmanager
def full():
    with swallowing_port() as port:
        yield f"https://127.0.0.1:{port}"


@contextlib.contextmanager
def silent(scheme):
    with raw(lambda connection: None) as server:
        yield f"{scheme}://127.0.0.1:{server.port}"


# name: (server, what waits, what failed, the sentence, the line of doctor; more of the cluster entry)
STATES = {
    "a name that does not exist": (lambda: fixed("https://no-such-host.invalid:6443"), None, "DNS failed",
                                   "cannot find the address of no-such-host.invalid", "DNS"),
    "a port that refuses": (lambda: fixed(f"https://127.0.0.1:{refusing_port()}"), None, "TCP failed",
                            "127.0.0.1 refuses connections on port", "TCP"),
    "a port that swallows": (full, "waiting for TCP", "TCP timeout", "does not answer connections", "TCP"),
    "TLS that does not begin": (lambda: silent("https"), "waiting for TLS", "TLS timeout", "does not begin TLS", "TLS"),
    "a server that hangs": (lambda: silent("http"), "waiting for answer", "answer timeout", "did not answer within",
                            "answer"),
    "another authority": (lambda: answering(empty, "foreign"), None, "TLS failed", "is signed by an authority", "TLS"),
    "an expired certificate": (lambda: answering(empty, "expired"), None, "TLS failed", "has expired", "TLS"),
    "another name": (lambda: answering(empty, "named"), None, "TLS failed", "is for another name", "TLS"),
    "401": (lambda: answering(lambda asked: status(401, "Unauthorized")), None, "401 failed",
            "does not accept the credentials of user operator", "authentication"),
    "429": (lambda: answering(lambda asked: status(429, "too many", **{"Retry-After": "1"})), None, "429 busy",
            "too many", "answer"),
    "502": (lambda: answering(lambda asked: (502, "<html>Bad", {"Content-Type": "text/html"})), None, "5xx failed",
            "answers with status 502", "answer"),
    "a portal": (lambda: answering(lambda asked: (200, "<html>Sign in", {"Content-Type": "text/html"})), None,
                 "protocol failed", "answers with text/html", "answer"),
}


def look(terminal, path, waits, fails, says):
    # What is waited for is named after two seconds, and until the time-out.
    sign = f"◌ {waits} " if waits else f"◌ {fails}"
    terminal.start(f"--kubeconfig {path} --request-timeout {10 if waits else 60}", sign)
    terminal.wait(f"◌ {fails}", "Ctrl-r tries now", "kr1 · ", "could not check", " 0 clear")
    screen = terminal.wait_that(lambda screen: says in "".join(screen.splitlines()[-3:-1]),
                                lambda screen: "● live" not in screen)
    assert SECRET not in screen, screen
    terminal.keys("q")
    terminal.wait("Quit nks-triage?")
    terminal.keys("y")
    terminal.wait("status=0")


@test("each state of the link is on the screen with its layer, its sentence and what to do")
def _():
    with Terminal(120, 40) as terminal:
        for name, (place, waits, fails, says, _layer) in STATES.items():
            try:
                with place() as server:
                    look(terminal, config(server), waits, fails, says)
                    terminal.shell("clear")
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error


@test("the same in `doctor` and in `report`: exit status 5, and the layer")
def _():
    for name, (place, _waits, _fails, says, layer) in STATES.items():
        with place() as server:
            path = config(server)
            told = run_console(path_of("home"), "doctor", "--kubeconfig", path, "--request-timeout", "2")
            bad = [line for line in told.out.splitlines() if "✖" in line]
            assert told.code == 5 and len(bad) == 1 and bad[0].split()[1] == layer and says in bad[0], (name, told)
            told = run_console(path_of("home"), "report", "--kubeconfig", path, "--request-timeout", "2", "--wait", "7")
            assert told.code == 5 and says in told.err and SECRET not in told.out + told.err, (name, told)
            assert " 0 clear" in told.out, (name, told)


def old(asked):
    return empty(asked, "v1.19.16")


@test("a server that is too old is called so: on the screen, in doctor, and a report that finds nothing proves nothing")
def _():
    with answering(old) as server, Terminal(120, 40) as terminal:
        path = config(server)
        terminal.start(f"--kubeconfig {path}")
        terminal.wait("SERVER TOO OLD", "v1.19.16")
        told = run_console(path_of("home"), "doctor", "--kubeconfig", path)
        assert told.code == 5 and "✖ version" in told.out and "v1.19.16, too old" in told.out, told
        told = run_console(path_of("home"), "report", "--kubeconfig", path)
        assert told.code == 5 and "the server is v1.19.16, too old" in told.err and "1.22 or newer" in told.err, told
    with answering(empty) as server:
        told = run_console(path_of("home"), "report", "--kubeconfig", config(server))
        assert told.code == 0 and not told.err, told


@test("403 is no failure of the link: it is live, and each pane says what may not be listed")
def _():
    def forbidding(asked):
        return empty(asked) if asked["path"] == "/version" else status(403, "forbidden: no")
    with answering(forbidding) as server, Terminal(120, 40) as terminal:
        terminal.start(f"--kubeconfig {config(server)}")
        terminal.wait("● live", "forbidden: list nodes", "forbidden: list pods", " 0 clear")
        terminal.wait_that(lambda screen: "● live" in screen and "◌" not in screen)
        told = run_console(path_of("home"), "report", "--kubeconfig", config(server))
        assert told.code == 5 and "cannot list nodes: forbidden" in told.out, told


def started(arguments="--request-timeout 2 --quiet-after 1"):
    return Behind(config, arguments)


@test("a black hole: waited for, failed, what is shown is called old; then it is there again, without a list")
def _():
    with started() as behind:
        lists = len(behind.proxy.lists())
        behind.proxy.set("blackhole")
        behind.terminal.wait("answer timeout")
        behind.terminal.wait("1 Nodes 12/12 ready", " old ", "Ctrl-r tries now")
        behind.terminal.wait_that(lambda screen: " old " in screen and "● live" not in screen)
        behind.proxy.set("pass")
        behind.terminal.wait("● live")
        behind.cordon()
        assert len(behind.proxy.lists()) == lists, behind.proxy.requests


@test("a quiet cluster is live: the server is asked now and then, and its panes are not called old")
def _():
    with started() as behind:
        asked = len(behind.proxy.requests)
        wait_for(lambda: behind.proxy.requests[asked:].count("GET /version") >= 4, what="four signs of life")
        behind.terminal.wait_that(lambda screen: "● live" in screen.splitlines()[0] and " old ┐" not in screen)


@test("Ctrl-r ends a back-off and leaves connections that lead nowhere")
def _():
    with started("--request-timeout 90 --quiet-after 120") as behind:
        behind.proxy.set("blackhole")
        behind.terminal.keys("C-r")
        behind.terminal.wait("waiting for answer")
        behind.proxy.set("pass")
        # The connections of before stay dead in the proxy; only new ones lead anywhere.
        behind.terminal.keys("C-r")
        behind.terminal.wait("● live")
        behind.cordon()
        behind.proxy.set("refuse")
        behind.terminal.wait("TCP failed")
        behind.proxy.set("pass")
        behind.terminal.keys("C-r")
        behind.terminal.wait("● live")
        behind.cordon("uncordon")
        # Who was told to wait for a minute is not heard of again by itself within half of it.
        behind.cluster.fault(throttle=60, watchEnd=True)
        behind.terminal.wait("429 busy")
        behind.cluster.fault(throttle=0, watchEnd=False)
        behind.terminal.keys("C-r")
        behind.terminal.wait("● live", seconds=30)
        behind.cordon()


@test("a proxy that cuts every two seconds: watches go on from their versions, no list, no failure, no growing wait")
def _():
    with started("--quiet-after 30") as behind:
        lists = len(behind.proxy.lists())
        behind.proxy.set("brief", delay=2.0)
        behind.proxy.reset()
        begun = len(behind.proxy.watches())
        begun_at = time.monotonic()
        said = []

        def count():
            lines = [line.split("?")[0] for line in behind.proxy.watches()[begun:]]
            return [lines.count(kind) for kind in kinds(behind.proxy.watches())]

        def cut_four_times():
            first = behind.terminal.text().splitlines()[0]
            said.extend([first] if re.search("failed|timeout|busy", first) else [])
            return min(count()) >= 5
        wait_for(cut_four_times, what=lambda: f"five watches of each kind: {count()}")
        took, most = time.monotonic() - begun_at, max(count())
        behind.cordon()
        assert len(behind.proxy.lists()) == lists, behind.proxy.lists()[lists:]
        assert not said, said
        # The first began at once, four lived two seconds each, or less where a busy proxy read the request late. No watch
        # is asked for more than once a second.
        assert 3.5 < took < 60 and most <= took + 3, (took, most)


run(at_a_time=4)
