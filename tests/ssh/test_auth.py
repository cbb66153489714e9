#!/usr/bin/python3
"""Who we are: key files, their certificates, the agent, its certificates; and what is said where none is taken."""
import itertools
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from sshd import Folder, Sshd, keygen, public  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

FOLDER = Folder()
KEYS = {kind: keygen(FOLDER(f"key_{kind}"), kind) for kind in ("ed25519", "ecdsa", "rsa")}
STRANGERS = [keygen(FOLDER(f"stranger_{i}")) for i in range(7)]
LOCKED = keygen(FOLDER("locked"), passphrase="a long phrase")
LOCKED_PEM = FOLDER("locked_pem")
subprocess.run(["openssl", "genrsa", "-aes128", "-traditional", "-passout", "pass:secret", "-out", LOCKED_PEM, "2048"],
               check=True, capture_output=True)
os.chmod(LOCKED_PEM, 0o600)
AUTHORITY = keygen(FOLDER("authority"))
CERTIFIED = keygen(FOLDER("certified"))
FILED = keygen(FOLDER("filed"))


def sign(path, user):
    subprocess.run(["ssh-keygen", "-q", "-s", AUTHORITY, "-I", "test", "-n", user, path + ".pub"], check=True)


SERVER = Sshd(authorized=[public(path) for path in KEYS.values()],
              options=[f"TrustedUserCAKeys {AUTHORITY}.pub", "MaxAuthTries 6"])
sign(CERTIFIED, SERVER.user)
sign(FILED, SERVER.user)
PASSWORDS = Sshd(options=["PubkeyAuthentication no", "PasswordAuthentication yes"])
TWO = Sshd(authorized=[public(KEYS["ed25519"])], options=["AuthenticationMethods publickey,password",
                                                          "PasswordAuthentication yes"])


NUMBERS = itertools.count()


class Agent:
    def __init__(self, *keys):
        out = subprocess.run(["ssh-agent", "-s", "-a", FOLDER(f"agent-{next(NUMBERS)}")], check=True,
                             capture_output=True, text=True).stdout
        self.socket = re.search(r"SSH_AUTH_SOCK=([^;]+)", out).group(1)
        self.pid = int(re.search(r"SSH_AGENT_PID=(\d+)", out).group(1))
        for key in keys:
            # Without its certificate file, unless the certificate is what is meant.
            subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True, env=self.env())

    def env(self):
        return {**os.environ, "SSH_AUTH_SOCK": self.socket}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, 15)


def pool(more="", env=None, **settings):
    known = FOLDER.write("known", "".join(s.known() + "\n" for s in (SERVER, PASSWORDS, TWO)))
    config = FOLDER.write("config", more + f"""
Host node-*
	Port {SERVER.port}
Host passwords
	Port {PASSWORDS.port}
Host two
	Port {TWO.port}
Host *
	HostName 127.0.0.1
	UserKnownHostsFile {known}
""")
    return Pool(env={"HOME": FOLDER("home"), **(env or {})},
                **{"config": config, "known_hosts": FOLDER("own"), **settings})


def identities(*paths):
    return "Host node-*\n" + "".join(f"\tIdentityFile {path}\n" for path in paths)


@test("a key file of each type, from the settings and from ssh_config")
def _():
    for path in KEYS.values():
        with pool(key=path) as nodes:
            assert nodes.run("node-1", "echo here")["out"] == "here\n", path
        with pool(more=identities(path)) as nodes:
            assert nodes.run("node-1", "echo here")["out"] == "here\n", path


@test("no file is written beside a key, and none is missed")
def _():
    alone = FOLDER("alone")
    with open(KEYS["ed25519"], encoding="ascii") as file:
        FOLDER.write("alone", file.read())
    before = sorted(os.listdir(FOLDER.path))
    with pool(key=alone) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    assert sorted(set(os.listdir(FOLDER.path)) - {"config", "known", "own"}) == \
        sorted(set(before) - {"config", "known", "own"})


@test("a key with a certificate beside it is shown with that")
def _():
    with pool(key=FILED) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"


@test("a key of the agent, and a certificate that the agent alone has")
def _():
    with Agent(KEYS["ecdsa"]) as agent, pool(env=agent.env()) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    with Agent(CERTIFIED) as agent, pool(env=agent.env()) as nodes:
        listed = subprocess.run(["ssh-add", "-l"], env=agent.env(), capture_output=True, text=True, check=True).stdout
        assert "ED25519-CERT" in listed, listed
        assert nodes.run("node-1", "echo here")["out"] == "here\n"


@test("no descriptor is left of asking the agent")
def _():
    with Agent(*STRANGERS[:2], KEYS["ecdsa"]) as agent, pool(env=agent.env()) as nodes:
        def descriptors():
            assert nodes.run("node-1", "kill -KILL $PPID")["trouble"] == "lost"
            assert nodes.run("node-1", "true", user="stranger")["trouble"] == "auth refused"
            return len(os.listdir(f"/proc/{nodes.process.pid}/fd"))
        before = descriptors()
        for _round in range(8):
            descriptors()
        wait_for(lambda: descriptors() <= before, what=lambda: f"{before} descriptors, not {descriptors()}")


@test("the agent of IdentityAgent is asked, none where it says so")
def _():
    with Agent(KEYS["rsa"]) as agent:
        with pool(more=f"IdentityAgent {agent.socket}\n") as nodes:
            assert nodes.run("node-1", "echo here")["out"] == "here\n"
        with pool(more="IdentityAgent none\n", env=agent.env()) as nodes:
            assert nodes.run("node-1", "echo here")["trouble"] == "auth refused"


@test("no more keys are shown than a server looks at before it hangs up")
def _():
    with Agent(*STRANGERS[4:]) as agent, pool(more=identities(*STRANGERS), env=agent.env()) as nodes:
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "auth refused" and "takes none of our keys" in answer["error"], answer


@test("the key of the settings comes first, so that many others do not exhaust the server's patience")
def _():
    with Agent(*STRANGERS) as agent, pool(key=KEYS["ed25519"], more=identities(*STRANGERS), env=agent.env()) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"


@test("more keys than the server looks at: the right one of the agent is found where ssh_config names it")
def _():
    public_only = FOLDER.write("named.pub", public(KEYS["ed25519"]) + "\n")
    for name in (KEYS["ed25519"] + ".pub", public_only, FOLDER("named")):
        with Agent(*STRANGERS, KEYS["ed25519"]) as agent, pool(more=identities(name), env=agent.env()) as nodes:
            answer = nodes.run("node-1", "echo here")
            assert answer["out"] == "here\n", (name, answer)


@test("a key with a passphrase is taken from the agent that has it, though the agent has many others")
def _():
    server = Sshd(authorized=[public(LOCKED)])
    more = f"Host locked\n\tPort {server.port}\n\tIdentityFile {LOCKED}\n"
    FOLDER.write("locked_known", server.known() + "\n")
    with Agent(*STRANGERS) as agent:
        ask = FOLDER.write("askpass", "#!/bin/sh\necho a long phrase\n", 0o700)
        subprocess.run(["ssh-add", "-q", LOCKED], check=True, stdin=subprocess.DEVNULL, capture_output=True,
                       env={**agent.env(), "SSH_ASKPASS": ask, "SSH_ASKPASS_REQUIRE": "force"})
        with pool(more=more + f"UserKnownHostsFile {FOLDER('locked_known')}\n", env=agent.env()) as nodes:
            assert nodes.run("locked", "echo here")["out"] == "here\n"
    server.stop()


@test("a key with a passphrase is never asked for: the agent is named")
def _():
    for path in (LOCKED, LOCKED_PEM):
        # No terminal to ask on; with one it is the same, which the program's own session shows.
        with pool(key=path) as nodes:
            answer = nodes.run("node-1", "echo here")
            assert answer["trouble"] == "auth refused" and not answer["may_have_run"], answer
            assert f"{path} has a passphrase" in answer["error"] and "ssh-add" in answer["error"], answer


@test("with a terminal nothing is asked on it either")
def _():
    for path in (LOCKED, LOCKED_PEM):
        program = [sys.executable, "-c", """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    # The terminal is the controlling one of the child; its speech goes by the pipes.
    os.dup2(3, 0); os.dup2(4, 1)
    os.execv(sys.argv[1], sys.argv[1:2])
shown = b""
while True:
    try:
        piece = os.read(terminal, 1000)
    except OSError:
        break
    if not piece:
        break
    shown += piece
sys.stderr.write(shown.decode())
sys.exit(9 if shown else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""]
        from pool_probe import PROGRAM  # pylint: disable=import-outside-toplevel
        wrapper = FOLDER.write("wrapper", f"#!/bin/sh\nexec 3<&0 4>&1\nexec {sys.executable} {FOLDER('in_terminal.py')} {PROGRAM}\n",
                               0o700)
        FOLDER.write("in_terminal.py", program[2])
        with pool(key=path, program=[wrapper]) as nodes:
            assert nodes.run("node-1", "echo here")["trouble"] == "auth refused"


@test("a stranger is refused, and told what to name")
def _():
    with pool(key=STRANGERS[0]) as nodes:
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "auth refused" and "--ssh-key" in answer["error"], answer
    with pool(key=KEYS["rsa"], user="stranger") as nodes:
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "auth refused" and "user stranger" in answer["error"], answer


@test("without any key, a server for passwords alone, and one that wants two proofs")
def _():
    with pool() as nodes:
        answer = nodes.run("node-1", "echo here")
        assert answer["trouble"] == "auth refused" and "no key to show" in answer["error"], answer
    with pool(key=KEYS["rsa"]) as nodes:
        answer = nodes.run("passwords", "echo here")
        assert answer["trouble"] == "auth refused" and "passwords" in answer["error"], answer
    with pool(key=KEYS["ed25519"]) as nodes:
        answer = nodes.run("two", "echo here")
        assert answer["trouble"] == "auth refused" and "second proof" in answer["error"], answer


@test("a server that hangs up after two keys is told apart from one that knows none")
def _():
    server = Sshd(options=["MaxAuthTries 2"])
    more = f"Host few\n\tPort {server.port}\n" + "".join(f"\tIdentityFile {path}\n" for path in STRANGERS)
    FOLDER.write("few_known", server.known() + "\n")
    with pool(more=more + f"UserKnownHostsFile {FOLDER('few_known')}\n") as nodes:
        answer = nodes.run("few", "echo here")
        assert answer["trouble"] == "auth refused" and "too many keys" in answer["error"], answer
        assert answer["milliseconds"] < 30000, answer
    server.stop()


@test("IdentitiesOnly: the agent's other keys are not shown")
def _():
    only = f"IdentitiesOnly yes\nIdentityFile {STRANGERS[0]}\n"
    with Agent(KEYS["ed25519"]) as agent, pool(more=only, env=agent.env()) as nodes:
        assert nodes.run("node-1", "echo here")["trouble"] == "auth refused"
    with Agent(KEYS["ed25519"]) as agent, pool(more=only + f"IdentityFile {KEYS['ed25519']}.pub\n", env=agent.env()) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"


@test("a file that is no key, and one that is missing, are passed over for the next")
def _():
    broken = FOLDER.write("broken", "-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n-----END OPENSSH PRIVATE KEY-----\n")
    with pool(more=identities(broken, FOLDER("missing"), KEYS["ed25519"])) as nodes:
        assert nodes.run("node-1", "echo here")["out"] == "here\n"
    with pool(more=identities(broken)) as nodes:
        answer = nodes.run("node-1", "echo here")
        assert "cannot be read as a private key" in answer["error"], answer


@test("an agent that takes the question and says nothing does not hold up the end of the pool")
def _():
    import socket  # pylint: disable=import-outside-toplevel
    path = FOLDER("silent")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen(5)
        with pool(env={"SSH_AUTH_SOCK": path}) as nodes:
            nodes.start("node-1", "echo here")
            silent.accept()
            nodes.close()
            assert nodes.ended_ms < 20000, nodes.ended_ms
        with pool(env={"SSH_AUTH_SOCK": path}, connect_timeout_ms=1500) as nodes:
            answer = nodes.run("node-1", "echo here")
            assert answer["trouble"] != "fine" and answer["milliseconds"] < 60000, answer


run()
