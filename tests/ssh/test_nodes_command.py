#!/usr/bin/python3
"""`nodes`: answers of many nodes over SSH, who says the same, host keys that a person accepts, exit codes."""
import atexit
import hashlib
import io
import json
import os
import socket
import sys
import tarfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from simulated import Simulated, run_console  # noqa: E402
from sshd import Folder, Sshd, fingerprint, keygen, public  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

CHECKS = sorted(name.removesuffix(".json") for name in os.listdir(os.path.join(ROOT, "assets", "checks")))
VERDICTS = {"hit", "clear", "not_applicable", "could_not_check"}
FOLDER = Folder()
KEY = keygen(FOLDER("id"))
CLUSTER = Simulated("calico-outage")
atexit.register(CLUSTER.stop)
NODES = [node["metadata"]["name"] for node in CLUSTER.get("/api/v1/nodes")["items"]]
SIM = ("--ssh-config", CLUSTER.ready["sshConfig"])


def nodes(*words, **more):
    return CLUSTER.console("nodes", *words, **more)


def config(name, server, known=None, user=None):
    """An ssh_config that leads every node to this server."""
    lines = ["Host *", "  HostName 127.0.0.1", f"  Port {server.port}", f"  User {user or server.user}", f"  IdentityFile {KEY}"]
    if known is not None:
        lines.append("  UserKnownHostsFile " + FOLDER.write(name + ".known", known))
    return ("--ssh-config", FOLDER.write(name, "\n".join(lines) + "\n"))


def state(name):
    """A state folder of its own: what is accepted in one test is unknown in the next."""
    return ("--state-dir", FOLDER(name))


@test("-o json: every node with address, and each check with one of the four verdicts; sorted")
def _():
    answer = nodes("-o", "json", *SIM)
    document = json.loads(answer.out)
    assert [node["name"] for node in document["nodes"]] == sorted(NODES, key=lambda n: int(n.rsplit("-", 1)[1])), answer
    for node in document["nodes"]:
        assert node["reachable"] is True and node["reason"] is None, node
        assert node["address"].startswith("10.0.0."), node
        assert [check["name"] for check in node["checks"]] == CHECKS, node
        assert {check["verdict"] for check in node["checks"]} <= VERDICTS, node
        assert all(isinstance(check["text"], str) for check in node["checks"]), node
    disk = next(check for check in document["nodes"][0]["checks"] if check["name"] == "disk")
    assert disk["value"]["disk"]["worst"]["usedPercent"] >= 0, disk
    assert answer.code in (0, 4, 5), answer


@test("text: who answers the same is listed together, names folded; progress only on a terminal")
def _():
    answer = nodes("--check", "disk", *SIM)
    assert answer.out.startswith("12 of 12 nodes answered"), answer
    assert "\r" not in answer.err and not answer.err, answer
    assert "nks-prod-default-worker-[0-11] (12)" in answer.out and "all the same" in answer.out, answer
    assert answer.code == 0, answer


@test("one node, one check; what does not exist is a misuse and names what there is")
def _():
    answer = nodes("--node", NODES[3], "--check", "memory", "-o", "json", *SIM)
    document = json.loads(answer.out)
    assert [node["name"] for node in document["nodes"]] == [NODES[3]], answer
    assert [check["name"] for check in document["nodes"][0]["checks"]] == ["memory"], answer
    answer = nodes("--check", "nonsense", *SIM)
    assert answer.code == 1 and "there is no check nonsense" in answer.err and "disk" in answer.err, answer
    answer = nodes("--node", "nobody", *SIM)
    assert answer.code == 1 and "there is no node nobody" in answer.err, answer
    for words in (("word",), ("-o", "yaml"), ("--accept-host-key", "x"), ("--accept-host-key", "=SHA256:x")):
        answer = nodes(*words, *SIM)
        assert answer.code == 1 and answer.err and not answer.out, answer


@test("--no-ssh connects to nobody and says so; a server that is not there is 5")
def _():
    answer = nodes("--no-ssh", *SIM)
    assert answer.code == 1 and "--no-ssh was given" in answer.err, answer
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        path = FOLDER.write("nowhere", open(CLUSTER.kubeconfig, encoding="utf-8").read().replace(
            CLUSTER.server, f"http://127.0.0.1:{closed.getsockname()[1]}"))
        answer = run_console(CLUSTER.folder, "nodes", "--kubeconfig", path, "--wait", "3")
    assert answer.code == 5 and answer.err, answer


@test("an unknown host key: nothing is run, the fingerprint is shown, and a line that accepts exactly it")
def _():
    server = Sshd([public(KEY)])
    words = config("unknown", server)
    answer = nodes(*words, *state("unknown-state"))
    shown = fingerprint(server.host_keys["ed25519"])
    assert answer.code == 5 and answer.out.startswith("0 of 12 nodes answered, 12 failed"), answer
    assert "nks-prod-default-worker-[0-11] (12)" in answer.out, answer
    assert f"--accept-host-key {NODES[0]}={shown}" in answer.out, answer
    assert "Accepted publickey" not in server.log(), server.log()
    document = json.loads(nodes("-o", "json", *words, *state("unknown-state")).out)
    offered = document["nodes"][0]["hostKey"]
    assert (offered["fingerprint"], offered["state"], offered["type"]) == (shown, "unknown", "ssh-ed25519"), offered
    assert document["nodes"][0]["reachable"] is False and "not known" in document["nodes"][0]["reason"], document


@test("a key is accepted by its fingerprint alone, asked at once, and kept for this cluster and no other")
def _():
    server = Sshd([public(KEY)])
    words = (*config("accept", server), *state("accept-state"))
    shown = fingerprint(server.host_keys["ed25519"])
    other = fingerprint(keygen(FOLDER("other-host")))
    answer = nodes("--check", "disk", "--accept-host-key", f"{NODES[0]}={other}", *words)
    assert answer.code == 5 and other in answer.err and answer.out.startswith("0 of 12"), answer
    answer = nodes("--check", "disk", "--accept-host-key", f"nobody={shown}", *words)
    assert answer.code == 5 and "nobody" in answer.err, answer
    answer = nodes("--check", "disk", "--accept-host-key", f"{NODES[0]}={shown}", *words)
    assert "1 of 12 nodes answered" in answer.out, answer
    answer = nodes("--check", "disk", *words)
    assert "12 of 12 nodes answered" in answer.out, answer
    with Simulated("calico-outage") as another:
        answer = another.console("nodes", "--check", "disk", *words)
        assert "0 of 12 nodes answered" in answer.out, answer


@test("a file of pinned keys is trusted at once: by flag, and by the configuration")
def _():
    server = Sshd([public(KEY)])
    pinned = FOLDER.write("pinned", server.known() + "\n")
    words = config("pin", server)
    answer = nodes("--check", "disk", "--pin-host-keys", pinned, *words, *state("pin-state"))
    assert "12 of 12 nodes answered" in answer.out and "1 new host key is trusted" in answer.err, answer
    settings = FOLDER.write("config.json", json.dumps({"ssh": {"configFile": words[1], "knownHosts": pinned}}))
    answer = nodes("--check", "disk", "--config", settings, *state("pin-state-2"))
    assert "12 of 12 nodes answered" in answer.out, answer
    answer = nodes("--pin-host-keys", FOLDER("nothing"), *words, *state("pin-state-3"))
    assert answer.code == 1 and not answer.out, answer


@test("a changed key is refused loudly, and no flag accepts it while the node is the same")
def _():
    server = Sshd([public(KEY)])
    before = public(keygen(FOLDER("before"))).split()
    known = f"[127.0.0.1]:{server.port} {before[0]} {before[1]}\n"
    shown = fingerprint(server.host_keys["ed25519"])
    words = (*config("changed", server, known), *state("changed-state"))
    answer = nodes(*words)
    assert answer.code == 5 and "THE HOST KEY IS ANOTHER ONE" in answer.out, answer
    assert "--accept-host-key" not in answer.out, answer
    answer = nodes("--accept-host-key", f"{NODES[0]}={shown}", *words)
    assert answer.code == 5 and answer.out.startswith("0 of 12") and answer.err, answer
    assert "Accepted publickey" not in server.log()
    offered = json.loads(nodes("-o", "json", *words).out)["nodes"][0]["hostKey"]
    assert offered["state"] == "changed" and offered["newNode"] is False, offered


def known_file(folder, cluster):
    return os.path.join(FOLDER(folder), "known_hosts", hashlib.sha256(cluster.server.encode()).hexdigest()[:16])


@test("a changed key of a node that was made anew (E14): said so, and accepted by its fingerprint alone")
def _():
    first = Sshd([public(KEY)])
    words = (*config("anew", first), *state("anew-state"))
    shown = fingerprint(first.host_keys["ed25519"])
    assert "1 of 12 nodes answered" in nodes("--check", "disk", "--accept-host-key", f"{NODES[0]}={shown}", *words).out
    kept = open(known_file("anew-state", CLUSTER), encoding="utf-8").read()
    first.stop()
    second = Sshd([public(KEY)], port=first.port)
    shown = fingerprint(second.host_keys["ed25519"])
    with Simulated("calico-outage", "--seed", "77") as cluster:
        with open(known_file("anew-state", cluster), "w", encoding="utf-8") as file:
            file.write(kept)
        os.chmod(known_file("anew-state", cluster), 0o600)
        answer = cluster.console("nodes", "--check", "disk", *words)
        name = cluster.get("/api/v1/nodes")["items"][0]["metadata"]["name"]
        assert "0 of 12 nodes answered" in answer.out and "a new node (E14)" in answer.out, answer
        answer = cluster.console("nodes", "--check", "disk", "--accept-host-key", f"{name}={shown}", *words)
        assert "1 of 12 nodes answered" in answer.out, answer


@test("who is not let in could not be asked; the others answer all the same")
def _():
    server = Sshd([])
    answer = nodes("--check", "disk", *config("refused", server, server.known() + "\n"), *state("refused-state"))
    assert answer.code == 5 and "0 of 12 nodes answered, 12 failed" in answer.out, answer
    assert "Nodes" in answer.out or "could not check" in answer.out, answer
    text = "Host 10.0.0.21\n  HostName 127.0.0.1\n" + f"  Port {server.port}\n  IdentityFile {KEY}\n" \
        f"  UserKnownHostsFile {FOLDER('refused.known')}\n" + open(SIM[1], encoding="utf-8").read()
    answer = nodes("--check", "disk", "--ssh-config", FOLDER.write("mixed", text), *state("mixed-state"))
    assert "11 of 12 nodes answered, 1 failed" in answer.out, answer
    assert answer.out.index(NODES[0]) < answer.out.index("worker-[1-11]"), answer


@test("what a node writes is shown, not obeyed")
def _():
    hostile = r"sh -s | sed -e 's#% /$#% /\x1b[31mred\x1b]0;evil\x07\xe2\x80\xaex#'"
    server = Sshd([public(KEY)], options=[f'ForceCommand {hostile}'])
    words = (*config("hostile", server, server.known() + "\n"), *state("hostile-state"))
    answer = nodes("--check", "disk", *words)
    assert "\\x1b[31mred" in answer.out and "\x1b" not in answer.out and "\u202e" not in answer.out, answer
    answer = nodes("--check", "disk", "-o", "json", *words)
    assert "\x1b" not in answer.out and json.loads(answer.out)["nodes"][0]["reachable"], answer


@test("the user is the flag's, else the configuration's by group, image, or for all; the environment counts")
def _():
    server = Sshd([public(KEY)])
    text = f"Host *\n  HostName 127.0.0.1\n  Port {server.port}\n  IdentityFile {KEY}\n" \
        f"  UserKnownHostsFile {FOLDER.write('users.known', server.known())}\n"
    path = FOLDER.write("users", text)

    def tries(user, settings, *words, **more):
        before = len(server.log())
        chosen = FOLDER.write("users.json", json.dumps({"ssh": dict(settings, configFile=path)}))
        nodes("--check", "disk", "--node", NODES[0], "--config", chosen, *state("users-state"), *words, **more)
        wait_for(lambda: f"nvalid user {user} " in server.log()[before:], what=lambda: server.log()[before:])

    tries("groupie", {"user": "anyone", "userByNodeGroup": {"default-worker": "groupie"}})
    tries("imager", {"user": "anyone", "userByImage": {"ubuntu": "imager"}})
    tries("anyone", {"user": "anyone"})
    tries("flagged", {"user": "anyone"}, "--ssh-user", "flagged")
    tries("fromenv", {"user": "anyone"}, NKS_TRIAGE_SSH_USER="fromenv")


@test("report reads evidence on nodes only where SSH is configured; else it is left out and does not count")
def _():
    def e02(answer):
        return next(check for check in json.loads(answer.out)["checks"] if check["id"] == "E02")

    with Simulated("e02") as cluster:
        left_out = cluster.console("report", "-o", "json", "--only", "E02")
        check = e02(left_out)
        assert check["verdict"] == "could_not_check" and "no SSH" in check["reason"], check
        assert left_out.code == 0, left_out
        asked = cluster.console("report", "-o", "json", "--only", "E02", "--ssh-config", cluster.ready["sshConfig"])
        assert e02(asked)["verdict"] != "could_not_check", asked
        server = Sshd([public(KEY)])
        failed = cluster.console("report", "-o", "json", "--only", "E02", *config("report", server), *state("report-state"))
        check = e02(failed)
        assert check["verdict"] == "could_not_check" and "host key" in check["reason"], check
        assert failed.code == 5, failed


@test("doctor: nobody is asked unless SSH is configured; then each node and how far one comes")
def _():
    answer = CLUSTER.console("doctor")
    assert "not asked: no user, key, jump host or ssh_config is chosen" in answer.out, answer
    answer = CLUSTER.console("doctor", "--no-ssh", *SIM)
    assert "left out: --no-ssh was given" in answer.out, answer
    answer = CLUSTER.console("doctor", *SIM, timeout=120)
    for node in NODES:
        assert any(node in line and "ubuntu@127.0.0.1:" in line for line in answer.out.splitlines()), answer
    server = Sshd([public(KEY)])
    answer = CLUSTER.console("doctor", *config("doctor", server), *state("doctor-state"))
    assert answer.code == 5 and "host key" in answer.out and "some were never accepted" in answer.out, answer


@test("save keeps what the nodes said, and report --from finds the same from it")
def _():
    with Simulated("e02") as cluster:
        ssh = ("--ssh-config", cluster.ready["sshConfig"])
        live = json.loads(cluster.console("report", "-o", "json", "--only", "E02", *ssh).out)
        path = FOLDER("ticket.tar.gz")
        answer = cluster.console("save", path, *ssh, timeout=120)
        assert answer.code == 0, answer
        with tarfile.open(path) as archive:
            member = next(name for name in archive.getnames() if name.endswith("nodes.json"))
            saved = json.load(io.TextIOWrapper(archive.extractfile(member), encoding="utf-8"))
        assert saved["kind"] == "NodeChecks" and any(node["reachable"] for node in saved["nodes"]), saved
        again = cluster.console("report", "--from", path, "-o", "json", "--only", "E02")
        assert [f["id"] for f in json.loads(again.out)["findings"]] == [f["id"] for f in live["findings"]], again
        assert json.loads(again.out)["checks"] == live["checks"], again
        assert all(entry["error"] is None for entry in json.loads(again.out)["inputs"]), again


run()
