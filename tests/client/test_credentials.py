#!/usr/bin/python3
"""Token files and credential plugins: fresh when they have to be, once after a 401, never twice."""
import json
import os
import random
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from kubectl_version import KUBECTL, kubectl_minor  # noqa: E402
from servers import (REQUEST, api, authority, certificate, expect, kubeconfig, on_terminal, one, path_of, read,  # noqa: E402
                     request, write)  # noqa: E402
from tap import run, test  # noqa: E402

OK = (200, {"kind": "NodeList", "items": []})
# What becomes a visible escape; characters that no Unicode of today knows do no harm.
HARMFUL = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
DENIED = (401, {"kind": "Status", "code": 401, "reason": "Unauthorized", "message": "Unauthorized"})

authority("ours")
certificate("server", "ours")
certificate("operator", "ours", subject="/CN=operator")


def config(server, user):
    return kubeconfig(f"https://127.0.0.1:{server.port}", cluster={"certificate-authority": "ours.pem"}, user=user)


def bearer(asked):
    return asked["headers"].get("Authorization", "").removeprefix("Bearer ")


def plugin(name, script, **more):
    """A plugin that counts its runs, keeps what it was told, and answers by a line of shell."""
    path = write(name, f"""#!/bin/sh
echo run >> {path_of(name)}.runs
printf '%s' "$KUBERNETES_EXEC_INFO" > {path_of(name)}.info
{script}
""", 0o700)
    if os.path.exists(path + ".runs"):
        os.remove(path + ".runs")
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": f"./{name}",
                     **more}}


def runs(name):
    return len(read(name + ".runs").splitlines())


def credential(status, version="client.authentication.k8s.io/v1"):
    return "cat <<'END'\n" + json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status}) + "\nEND"


@test("a token file is read once for many requests, and trimmed")
def _():
    write("token", "  one\n")
    with api(lambda r: OK, "server") as server:
        answers = request(config(server, {"tokenFile": "token", "token": "inline"}), "--times", "3")
    assert [a["code"] for a in answers] == [""] * 3 and [bearer(r) for r in server.requests] == ["one"] * 3


@test("after a 401 the token file is read again, once")
def _():
    write("token", "one")

    def renew(asked):
        if bearer(asked) == "two":
            return OK
        write("token", "two")
        return DENIED
    with api(renew, "server") as server:
        answer = one(config(server, {"tokenFile": "token"}))
    assert answer["code"] == "" and [bearer(r) for r in server.requests] == ["one", "two"], (answer, server.requests)
    with api(lambda r: DENIED, "server") as server:
        expect(one(config(server, {"tokenFile": "token"})), "401", "does not accept the credentials of user operator",
               "renew the credentials")
    assert len(server.requests) == 2


@test("a 401 of a fixed token is told at once")
def _():
    with api(lambda r: DENIED, "server") as server:
        answer = one(config(server, {"token": "sesame"}))
    expect(answer, "401", "user operator")
    assert len(server.requests) == 1 and answer["link"] == "401" and "sesame" not in str(answer), answer


@test("a token file that is missing or empty is named")
def _():
    write("empty", " \n")
    with api(lambda r: OK, "server") as server:
        expect(one(config(server, {"tokenFile": "nowhere"})), "local", "nowhere", "check tokenFile of user operator")
        expect(one(config(server, {"tokenFile": "empty"})), "configuration", "empty holds no token")
    assert not server.requests


@test("a credential plugin runs once for many requests and hears what it should")
def _():
    user = plugin("good", credential({"token": "from-plugin"}), provideClusterInfo=True,
                  env=[{"name": "EXTRA", "value": "x"}], args=["a"])
    with api(lambda r: OK, "server") as server:
        answers = request(config(server, user), "--times", "3")
        info = json.loads(read("good.info"))
    assert [a["code"] for a in answers] == [""] * 3 and runs("good") == 1, answers
    assert {bearer(r) for r in server.requests} == {"from-plugin"}
    assert info["kind"] == "ExecCredential" and info["apiVersion"] == "client.authentication.k8s.io/v1", info
    assert info["spec"]["interactive"] is False, info
    assert info["spec"]["cluster"]["server"] == f"https://127.0.0.1:{server.port}", info
    assert "certificate-authority-data" in info["spec"]["cluster"], info


@test("an expired credential is fetched anew, one that lives is not")
def _():
    for expires, expected in (("2000-01-01T00:00:00Z", 1), ("2100-01-01T00:00:00Z", 1)):
        user = plugin("clock", credential({"token": "t", "expirationTimestamp": expires}))
        with api(lambda r: OK, "server") as server:
            answers = request(config(server, user), "--times", "3")
        assert [a["code"] for a in answers] == [""] * 3, answers
        assert runs("clock") == expected, (expires, runs("clock"))      # the past is not asked for every request


@test("after a 401 the plugin runs once more, not for ever")
def _():
    user = plugin("again", f"""
if [ $(wc -l < {path_of('again')}.runs) = 1 ]; then
{credential({"token": "old"})}
else
{credential({"token": "new"})}
fi""")
    with api(lambda r: OK if bearer(r) == "new" else DENIED, "server") as server:
        assert one(config(server, user))["code"] == ""
    assert [bearer(r) for r in server.requests] == ["old", "new"] and runs("again") == 2
    user = plugin("never", credential({"token": "old"}))
    with api(lambda r: DENIED, "server") as server:
        expect(one(config(server, user)), "401", "user operator")
    assert runs("never") == 2 and len(server.requests) == 2


@test("a plugin may bring a client certificate")
def _():
    user = plugin("cert", credential({"clientCertificateData": read("operator.pem"), "clientKeyData": read("operator.key")}))
    with api(lambda r: OK, "server", client_authority="ours") as server:
        assert one(config(server, user))["code"] == ""
    assert (("commonName", "operator"),) in server.requests[0]["peer"]["subject"], server.requests[0]


@test("v1beta1 is spoken too, and needs no interactiveMode")
def _():
    version = "client.authentication.k8s.io/v1beta1"
    user = plugin("beta", credential({"token": "beta"}, version), apiVersion=version)
    del user["exec"]["interactiveMode"]
    with api(lambda r: OK, "server") as server:
        assert one(config(server, user))["code"] == ""
    assert bearer(server.requests[0]) == "beta"


@test("plugins that fail say why, and secrets stay out of it")
def _():
    with open(path_of("noise"), "wb") as file:
        file.write(random.Random(20261121).randbytes(3000000))
    secret = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"hidden"'
    cases = (
        ("echo 'session is over' >&2; echo 'run: login' >&2; exit 3", "local", "ended with status 3: session is over run: login"),
        ("kill -9 $$", "local", "ended with signal 9"),
        (f"echo '{secret}'", "local", "no JSON"),
        ("true", "local", "no JSON"),
        (credential({}), "local", "neither token nor client certificate"),
        (credential({"clientCertificateData": "x"}), "local", "come together or not at all"),
        (credential({"token": "x", "expirationTimestamp": "soon"}), "local", "expirationTimestamp is no time"),
        (credential({"token": "x"}, "client.authentication.k8s.io/v1beta1"), "local", "another apiVersion"),
        ("echo '{\"kind\":\"Pod\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'", "local", "another kind"),
        ("head -c 9000000 /dev/zero", "local", "longer than 1048576 bytes"),
        ("head -c 9000000 /dev/zero | tr '\\0' x >&2; exit 4", "local", "ended with status 4: xxxx"),
        (f"cat {path_of('noise')} >&2; exit 5", "local", "ended with status 5"),
        ("printf '\\033]0;evil\\007\\033[31mred' >&2; exit 6", "local", "\\x1b]0;evil\\x07\\x1b[31mred"),
        (f"cat {path_of('noise')}", "local", "longer than 1048576 bytes"),
        ("printf '[1,2'", "local", "no JSON"),
        ("printf '[]'", "local", "ExecCredential"),
    )
    with api(lambda r: OK, "server") as server:
        for script, code, text in cases:
            answer = one(config(server, plugin("bad", script)))
            expect(answer, code, "the credential plugin", text)
            assert "hidden" not in str(answer) and len(answer["error"]) < 2000, answer
            assert not [c for c in answer["error"] if unicodedata.category(c) in HARMFUL], answer
        assert not server.requests


@test("a plugin that is not installed is named with its hint")
def _():
    with api(lambda r: OK, "server") as server:
        user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
                         "command": "no-such-plugin", "installHint": "apt-get install it \x1b[31m"}}
        expect(one(config(server, user)), "local", "cannot run no-such-plugin", "apt-get install it \\x1b[31m")
        del user["exec"]["installHint"]
        expect(one(config(server, user)), "local", "install it, or correct exec of user operator")


@test("a plugin that has to ask is refused with its name where there is no terminal")
def _():
    with api(lambda r: OK, "server") as server:
        user = plugin("asks", credential({"token": "t"}), interactiveMode="Always")
        expect(one(config(server, user)), "configuration", "asks", "has to ask on the terminal", "start it from a terminal")
    assert not os.path.exists(path_of("asks.runs"))


ASK = """printf 'password? ' >&2
read answer
echo "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\
\\"status\\":{\\"token\\":\\"$answer\\"}}"
"""


def asked_on_terminal(server, user, typed, *arguments):
    status, seen = on_terminal([REQUEST, "--kubeconfig", config(server, user), "--terminal", *arguments, "/api/v1/nodes"], typed)
    seen = seen.replace("^C", "^C\n")
    return status, seen, [json.loads(line) for line in seen.splitlines() if line[:1] in ('"', "{")]


@test("with a terminal the plugin asks there, is told so, and the terminal comes back")
def _():
    for mode in ("Always", "IfAvailable"):
        with api(lambda r: OK, "server") as server:
            status, seen, lines = asked_on_terminal(server, plugin("asks", ASK, interactiveMode=mode), [b"sesame\n"],
                                                    "--times", "2")
            assert [bearer(r) for r in server.requests] == ["sesame"] * 2, (seen, server.requests)
        assert (status, lines[0], lines[1]) == (0, "lent", "back") and "password? " in seen, seen
        assert json.loads(read("asks.info"))["spec"]["interactive"] is True and runs("asks") == 1


@test("Never means never, also on a terminal, as with kubectl")
def _():
    heard = {}
    # client.authentication.k8s.io/v1 and its interactiveMode came with kubectl 1.22.
    programs = ("ours", "kubectl") if kubectl_minor() >= 22 else ("ours",)
    for mode in ("Never", "IfAvailable", "Always"):
        user = plugin("modes", credential({"token": "t"}), interactiveMode=mode)
        with api(lambda r: OK, "server") as server:
            path = config(server, user)
            for name, command in (("ours", [REQUEST, "--kubeconfig", path, "--terminal", "/api/v1/nodes"]),
                                  ("kubectl", [KUBECTL, "--kubeconfig", path, "get", "--raw", "/api/v1/nodes"])):
                if name not in programs:
                    continue
                write("modes.info", "")
                status, seen = on_terminal(command, [])
                assert status == 0, seen
                heard[mode, name] = json.loads(read("modes.info"))
        assert all(heard[mode, name] == heard[mode, "ours"] for name in programs), heard
        assert heard[mode, "ours"]["spec"]["interactive"] is (mode != "Never"), heard


@test("Ctrl-C ends the plugin and not us, and it is not run again for the next request")
def _():
    with api(lambda r: OK, "server") as server:
        status, seen, lines = asked_on_terminal(server, plugin("asks", ASK, interactiveMode="Always"), [b"\x03"], "--times", "3")
        assert not server.requests
    assert status == 0 and [line for line in lines if isinstance(line, str)] == ["lent", "back"], seen
    answers = [line for line in lines if isinstance(line, dict)]
    assert len(answers) == 3 and runs("asks") == 1, seen
    for answer in answers:
        expect(answer, "local", "asks ended with signal 2")


@test("a plugin has none of our descriptors, also while connections are open")
def _():
    listing = f"for one in /proc/$$/fd/*; do readlink $one; done > {path_of('fds')}.list"
    user = plugin("fds", listing + f"""
if [ $(wc -l < {path_of('fds')}.runs) = 1 ]; then
{credential({"token": "old"})}
else
{credential({"token": "new"})}
fi""")
    with api(lambda r: OK if bearer(r) == "new" else DENIED, "server") as server:
        assert one(config(server, user))["code"] == ""
    assert runs("fds") == 2
    found = read("fds.list").splitlines()
    allowed = ("/dev/null", "pipe:", path_of("fds"), "")
    assert len(found) >= 3 and not [one for one in found if not one.startswith(allowed[:3]) and one], found
    assert sum(one.startswith("pipe:") for one in found) <= 2, found


@test("a plugin that hangs is ended, and what it said is told")
def _():
    user = plugin("hangs", f"echo $$ > {path_of('hangs')}.pid; echo 'waiting for \x1b[2J the browser' >&2; sleep 600")
    with api(lambda r: OK, "server") as server:
        answer = one(config(server, user), "--plugin-timeout", "3000")
    expect(answer, "timeout", "did not end in time; it said: waiting for", "\\x1b[2J", "it may wait for a sign-in")
    assert not os.path.exists(f"/proc/{read('hangs.pid').strip()}")


run()
