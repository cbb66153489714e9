#!/usr/bin/python3
"""Token files and credential plugins: fresh when they have to be, once after a 401, never twice."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.dirname(__file__))
from servers import (api, authority, certificate, expect, kubeconfig, one, path_of, read, request, write)  # noqa: E402
from tap import run, test  # noqa: E402

OK = (200, {"kind": "NodeList", "items": []})
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
        ("head -c 9000000 /dev/zero", "local", "no JSON"),
    )
    with api(lambda r: OK, "server") as server:
        for script, code, text in cases:
            answer = one(config(server, plugin("bad", script)))
            expect(answer, code, "the credential plugin", text)
            assert "hidden" not in str(answer), answer
        assert not server.requests


@test("a plugin that is not installed is named with its hint")
def _():
    with api(lambda r: OK, "server") as server:
        user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
                         "command": "no-such-plugin", "installHint": "apt-get install it \x1b[31m"}}
        expect(one(config(server, user)), "local", "cannot run no-such-plugin", "apt-get install it \\x1b[31m")
        del user["exec"]["installHint"]
        expect(one(config(server, user)), "local", "install it, or correct exec of user operator")


@test("a plugin that has to ask on the terminal is refused with its name")
def _():
    with api(lambda r: OK, "server") as server:
        user = plugin("asks", credential({"token": "t"}), interactiveMode="Always")
        expect(one(config(server, user)), "configuration", "asks", "has to ask on the terminal")
    assert not os.path.exists(path_of("asks.runs"))


run()
