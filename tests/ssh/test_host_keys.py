#!/usr/bin/python3
"""Host keys: unknown, accepted, pinned, changed, of another type, revoked; and what is kept of them."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from sshd import Folder, Sshd, fingerprint, keygen, public  # noqa: E402
from tap import run, test  # noqa: E402

FOLDER = Folder()
KEY = keygen(FOLDER("key"))
SERVER = Sshd(authorized=[public(KEY)], host_keys=("ed25519", "ecdsa", "rsa"))
ONLY_RSA = Sshd(authorized=[public(KEY)], host_keys=("rsa",))
HOST = f"[127.0.0.1]:{SERVER.port}"
OWN = FOLDER("own_known_hosts")


def other_key(kind="ed25519"):
    """The public part of a key that no server here has: "ssh-ed25519 AAAA…"."""
    path = FOLDER(f"other_{kind}")
    if not os.path.exists(path):
        keygen(path, kind)
    return " ".join(public(path).split()[:2])


def pool(own="", user_file="", more="", **settings):
    FOLDER.write("user_known_hosts", user_file)
    if own is not None:
        FOLDER.write("own_known_hosts", own)
    config = FOLDER.write("config", more + f"""
Host node-*
	HostName 127.0.0.1
	Port {SERVER.port}
Host rsa-*
	HostName 127.0.0.1
	Port {ONLY_RSA.port}
Host *
	UserKnownHostsFile {FOLDER("user_known_hosts")}
	GlobalKnownHostsFile none
""")
    return Pool(**{"key": KEY, "config": config, "known_hosts": OWN, **settings})


def own_file():
    with open(OWN, encoding="utf-8") as file:
        return file.read()


@test("an unknown key is never accepted by itself, whatever ssh_config says")
def _():
    for more in ("", "Host *\n\tStrictHostKeyChecking no\n", "StrictHostKeyChecking accept-new\n"):
        with pool(more=more) as nodes:
            answer = nodes.run("node-1", "echo here", uid="u1")
            assert answer["trouble"] == "host key unknown" and not answer["may_have_run"], answer
            offer, = nodes.offers()
            assert offer == {"node": "node-1", "uid": "u1", "host": HOST, "type": "ssh-ed25519",
                             "fingerprint": fingerprint(SERVER.host_keys["ed25519"]), "trouble": "host key unknown",
                             "known_fingerprint": "", "is_revoked": False, "is_new_node": False}, offer
            assert offer["fingerprint"] in answer["error"], answer
        assert own_file() == "", own_file()


@test("accepted by its fingerprint, it is kept with the Node's uid, for us alone, and serves the next pool")
def _():
    with pool(own=None if os.path.exists(OWN) and os.unlink(OWN) is None else None) as nodes:
        nodes.run("node-1", "echo here", uid="u1")
        print_ = nodes.offers()[0]["fingerprint"]
        assert "offers no key" in nodes.ask("accept", node="node-1", fingerprint="SHA256:other")["error"]
        assert "offers no key" in nodes.ask("accept", node="node-2", fingerprint=print_)["error"]
        assert nodes.ask("accept", node="node-1", fingerprint=print_)["error"] is None
        assert nodes.offers() == []
        assert nodes.run("node-1", "echo here", uid="u1")["out"] == "here\n"
    assert own_file() == f"{SERVER.known()} node-1 uid=u1\n", own_file()
    assert os.stat(OWN).st_mode & 0o777 == 0o600
    with pool(own=own_file()) as nodes:
        assert nodes.run("node-1", "echo here", uid="u1")["trouble"] == "fine"
    # OpenSSH reads the same file.
    out = subprocess.run(["ssh-keygen", "-F", HOST, "-f", OWN], capture_output=True, text=True, check=True).stdout
    assert "found: line 1" in out, out


@test("keys of the user's and the global file are known, hashed names and patterns too; these files are not written")
def _():
    hashed = FOLDER.write("hashed", SERVER.known() + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", hashed], check=True, capture_output=True)
    with open(hashed, encoding="utf-8") as file:
        hashed_line = file.read()
    assert "127.0.0.1" not in hashed_line
    key = SERVER.known().split(" ", 1)[1]
    for line in (SERVER.known(), hashed_line, f"[127.0.*]:* {key}", f"127.0.0.1 {key}", f"other,{HOST} {key}"):
        with pool(user_file=line + "\n") as nodes:
            assert nodes.run("node-1", "echo here")["trouble"] == "fine", line
        with open(FOLDER("user_known_hosts"), encoding="utf-8") as file:
            assert file.read() == line + "\n"
    more = f"GlobalKnownHostsFile /nonexistent {FOLDER('user_known_hosts')}\nUserKnownHostsFile none\n"
    with pool(user_file=SERVER.known() + "\n", more=more) as nodes:
        assert nodes.run("node-1", "echo here")["trouble"] == "fine"


@test("a key of the second type is asked for where that one is known")
def _():
    for kind in ("rsa", "ecdsa"):
        with pool(own=SERVER.known(kind=kind) + "\n") as nodes:
            assert nodes.run("node-1", "echo here")["trouble"] == "fine", kind


@test("a changed key is refused, with both fingerprints, and cannot be accepted while the Node is the same")
def _():
    for settings in ({}, {"more": "StrictHostKeyChecking no\n"}):
        with pool(own=f"{HOST} {other_key()} node-1 uid=u1\n", **settings) as nodes:
            answer = nodes.run("node-1", "echo here", uid="u1")
            assert answer["trouble"] == "host key changed" and not answer["may_have_run"], answer
            offer, = nodes.offers()
            assert offer["known_fingerprint"] == fingerprint(FOLDER("other_ed25519")), offer
            assert offer["known_fingerprint"] in answer["error"] and offer["fingerprint"] in answer["error"], answer
            assert not offer["is_new_node"], offer
            for replaces_old in (False, True):
                error = nodes.ask("accept", node="node-1", fingerprint=offer["fingerprint"], replaces_old=replaces_old)
                assert "its Node has not" in error["error"], error
        assert own_file() == f"{HOST} {other_key()} node-1 uid=u1\n"


@test("a changed key of a new Node of the same name is told apart, and replaced only by one who was told")
def _():
    with pool(own=f"# a remark\n{HOST} {other_key()} node-1 uid=u1\n[127.0.0.9]:1 {other_key()} node-9 uid=u9\n") as nodes:
        answer = nodes.run("node-1", "echo here", uid="u2")
        assert answer["trouble"] == "host key changed" and "E14" in answer["error"], answer
        offer, = nodes.offers()
        assert offer["is_new_node"], offer
        assert nodes.ask("accept", node="node-1", fingerprint=offer["fingerprint"])["error"]
        done = nodes.ask("accept", node="node-1", fingerprint=offer["fingerprint"], replaces_old=True)
        assert done["error"] is None, done
        assert nodes.run("node-1", "echo here", uid="u2")["trouble"] == "fine"
    assert own_file() == (f"# a remark\n[127.0.0.9]:1 {other_key()} node-9 uid=u9\n{SERVER.known()} node-1 uid=u2\n")


@test("an old key in a file that is not ours is named; ours cannot replace it")
def _():
    with pool(own=f"{HOST} {other_key()} node-1 uid=u1\n", user_file=f"{HOST} {other_key()}\n") as nodes:
        nodes.run("node-1", "echo here", uid="u2")
        offer, = nodes.offers()
        error = nodes.ask("accept", node="node-1", fingerprint=offer["fingerprint"], replaces_old=True)["error"]
        assert "another known_hosts file" in error, error


@test("a key of another type than the known one is refused like a changed one")
def _():
    line = f"[127.0.0.1]:{ONLY_RSA.port} {other_key()} rsa-1 uid=u1\n"
    with pool(own=line) as nodes:
        answer = nodes.run("rsa-1", "echo here", uid="u1")
        assert answer["trouble"] == "host key changed", answer
        assert "ssh-rsa" in answer["error"] and "ssh-ed25519" in answer["error"], answer
        assert nodes.offers()[0]["known_fingerprint"] == "", nodes.offers()


@test("a revoked key is refused although it is known, by our file and by the user's, and cannot be accepted")
def _():
    revoked = f"@revoked * {' '.join(public(SERVER.host_keys['ed25519']).split()[:2])}\n"
    for own, user_file in ((SERVER.known() + "\n" + revoked, ""), (SERVER.known() + "\n", revoked), ("", revoked)):
        with pool(own=own, user_file=user_file) as nodes:
            answer = nodes.run("node-1", "echo here")
            assert answer["trouble"] == "host key changed" and "revoked" in answer["error"], answer
            offer, = nodes.offers()
            assert offer["is_revoked"], offer
            assert nodes.ask("accept", node="node-1", fingerprint=offer["fingerprint"], replaces_old=True)["error"]


@test("a file of keys is pinned beforehand, each line once; what is no key is left out")
def _():
    given = FOLDER.write("given", f"# keys\n\n{SERVER.known()}\nnonsense\n{SERVER.known()}\n127.0.0.9 {other_key('rsa')}\n"
                                  f"@revoked * {other_key()}\n")
    with pool() as nodes:
        assert nodes.ask("pin", path=given) == {"did": "pin", "error": None, "count": 3}
        assert nodes.ask("pin", path=given)["count"] == 0
        assert nodes.run("node-1", "echo here")["trouble"] == "fine"
        assert nodes.ask("pin", path=FOLDER("missing"))["error"]
    assert own_file().count("\n") == 3 and "nonsense" not in own_file(), own_file()


@test("a key that was accepted for a group at once: every node of it connects")
def _():
    with pool() as nodes:
        names = [f"node-{i}" for i in range(8)]
        for call in [nodes.start(name, "echo here", uid=name) for name in names]:
            assert nodes.wait(call)["trouble"] == "host key unknown"
        for offer in nodes.offers():
            assert nodes.ask("accept", node=offer["node"], fingerprint=offer["fingerprint"])["error"] is None
        for call in [nodes.start(name, "echo here", uid=name) for name in names]:
            assert nodes.wait(call)["trouble"] == "fine"
    assert own_file().count("\n") == 1, own_file()


@test("a server that comes back with another key is refused although it was known a moment before")
def _():
    first = Sshd(authorized=[public(KEY)])
    name = f"[127.0.0.1]:{first.port}"
    more = f"Host moved\n\tHostName 127.0.0.1\n\tPort {first.port}\n"
    with pool(own=first.known() + "\n", more=more) as nodes:
        assert nodes.run("moved", "echo here")["trouble"] == "fine"
        port = first.port
        first.stop()
        second = Sshd(authorized=[public(KEY)], port=port)
        answer = nodes.run("moved", "echo here")
        assert answer["trouble"] == "host key changed" and name in answer["error"], answer
        second.stop()


run()
