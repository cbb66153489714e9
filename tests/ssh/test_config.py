#!/usr/bin/python3
"""What ssh_config says about a host: the same as OpenSSH reads out of it (`ssh -G`), and what is not followed is named."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from sshd import Folder  # noqa: E402
from tap import run, test  # noqa: E402

FOLDER = Folder()
HOSTS = ("node-1", "node-22", "db.example.com", "web.example.com", "10.0.0.7", "10.0.0.200", "bastion", "Node-1", "other")


def openssh(config, host, user=None):
    """What ssh itself would do, in our words."""
    out = subprocess.run(["ssh", "-G", "-F", config, *(["-l", user] if user else []), host], check=True,
                         capture_output=True, text=True).stdout
    values = {"identities": []}
    for line in out.splitlines():
        word, _, rest = line.partition(" ")
        if word == "identityfile":
            values["identities"].append(rest)
        elif word in ("hostname", "user", "port", "proxyjump"):
            values[word] = rest
    jump = values.get("proxyjump", "none")
    return {"address": values["hostname"], "user": values["user"], "port": int(values["port"]),
            "jump": "" if jump == "none" else jump, "identities": values["identities"]}


def ours(nodes, host, user=None):
    said = nodes.ask("effective", node=host, **({"user": user} if user else {}))
    return {"address": said["address"], "user": said["user"], "port": said["port"], "jump": said["jump"],
            "identities": said["identities"].split(", ") if said["identities"] else []}, said["not_followed"]


def pool(text, **settings):
    config = FOLDER.write("config", text)
    return Pool(env={"HOME": FOLDER("home")}, **{"config": config, "known_hosts": FOLDER("own"), **settings})


def same(text, user=None):
    """Every host reads the same by both. An IdentityFile that is always there keeps ssh's defaults out."""
    text += f"\nHost *\n\tIdentityFile {FOLDER('always')}\n"
    with pool(text) as nodes:
        assert nodes.error is None, nodes.error
        for host in HOSTS:
            mine, _not_followed = ours(nodes, host, user)
            theirs = openssh(FOLDER("config"), host, user)
            assert mine == theirs, f"{host}: ours {mine}, ssh's {theirs}, of\n{text}"


@test("the first value counts; identity files add up")
def _():
    same("""
Host node-*
	User centos
	Port 2201
	IdentityFile /k/one
Host *
	User root
	Port 22
	IdentityFile /k/two
""")
    same("User early\nPort 7\nHost node-1\n\tUser late\n\tPort 8\n")


@test("patterns: several, with * and ?, negated, of any case")
def _():
    same("Host node-? web.*\n\tUser one\nHost *.example.com !db.example.com\n\tUser two\nHost 10.0.0.??? !*\n\tUser three\n")
    same("Host !node-1 *\n\tUser all-but-one\nHost NODE-1\n\tUser upper\nHost *[0-9]\n\tUser brackets\n")


@test("words with =, quotes, blanks and remarks")
def _():
    same('  hOSt   node-1 "node-22"\n\tUSER=one\n\tPort = 2222\n# a remark\n\tIdentityFile "/k/with blank"\n\n'
         'Host=web.example.com\n  HostName "10.1.1.1"\r\n  User\ttwo\r\n')


@test("HostName with its tokens, and Match on host, originalhost, user and all")
def _():
    same("Host node-*\n\tHostName %h.cluster.local\nMatch host *.cluster.local\n\tUser matched\n"
         "Match originalhost node-1 host *.local\n\tPort 2022\nMatch all\n\tIdentityFile /k/all\n")
    same("Match user root\n\tPort 1\nMatch user centos,ubuntu\n\tPort 2\nMatch !user root\n\tPort 3\n", user="ubuntu")
    same("Match originalhost node-1,node-22 !host node-22\n\tUser one\nMatch host 10.0.0.*\n\tUser two\n")
    same("Match host NODE-1,WEB.*\n\tUser upper\nMatch originalhost NODE-22\n\tUser upper\nMatch user Jumper\n\tPort 9\n"
         "Host bastion\n\tUser jumper\nMatch user jumper\n\tPort 2200\n")


@test("Include: relative to the folder of the user's own files, with patterns, within a Host, several deep")
def _():
    FOLDER.write("a.conf", "Host node-1\n\tUser from-a\nHost *\n\tPort 2001\n")
    FOLDER.write("b.conf", f"Include {FOLDER('c.conf')}\nUser from-b\n")
    FOLDER.write("c.conf", "Port 2003\n")
    same(f"Include {FOLDER('a.conf')}\nHost *\n\tUser last\n")
    same(f"Host node-*\n\tInclude {FOLDER('b.conf')}\n\tIdentityFile /k/after\nHost *\n\tUser last\n")
    same(f"Host web.example.com\n\tInclude {FOLDER('a.conf')} {FOLDER('missing')}\nHost *\n\tUser last\n")
    same(f"Include {FOLDER('[bc]*.conf')}\n")


@test("ProxyJump: the first of it and ProxyCommand counts, none is none")
def _():
    same("Host node-*\n\tProxyJump me@bastion:2222\nHost *\n\tProxyJump elsewhere\n")
    same("Host node-1\n\tProxyJump none\nHost *\n\tProxyJump a,b,c\n")
    same("Host node-1\n\tProxyCommand none\n\tProxyJump later\nHost *\n\tProxyJump elsewhere\n")


@test("what the settings say comes before ssh_config")
def _():
    text = "Host *\n\tUser root\n\tIdentityFile /k/two\n\tProxyJump a\n\tPort 2022\n"
    with pool(text, user="centos", key="/k/one", jump="b,c") as nodes:
        mine, _ = ours(nodes, "node-1")
        assert mine == {"address": "node-1", "user": "centos", "port": 2022, "jump": "b,c",
                        "identities": ["/k/one", "/k/two"]}, mine
        assert ours(nodes, "node-1", "ubuntu")[0]["user"] == "ubuntu"
    with pool(text, jump="none") as nodes:
        assert ours(nodes, "node-1")[0]["jump"] == ""


@test("files of identities: ~, tokens and variables")
def _():
    home = FOLDER("home")
    with pool("Host node-1\n\tHostName 10.0.0.7\n\tUser me\n\tPort 23\n\tIdentityFile ~/k-%h-%p-%r-%n-%%\n"
              "\tIdentityFile %d/two\n\tIdentityFile ${HOME}/three\n") as nodes:
        assert ours(nodes, "node-1")[0]["identities"] == [f"{home}/k-10.0.0.7-23-me-node-1-%", f"{home}/two",
                                                          f"{home}/three"]


@test("without any IdentityFile, the usual files that are there")
def _():
    os.makedirs(FOLDER("home/.ssh"), exist_ok=True)
    FOLDER.write("home/.ssh/id_rsa", "")
    FOLDER.write("home/.ssh/id_ed25519", "")
    with pool("") as nodes:
        assert ours(nodes, "node-1")[0]["identities"] == [FOLDER("home/.ssh/id_ed25519"), FOLDER("home/.ssh/id_rsa")]


@test("without --ssh-config, ~/.ssh/config is read; a named file that is missing is an error")
def _():
    os.makedirs(FOLDER("home/.ssh"), exist_ok=True)
    FOLDER.write("home/.ssh/config", "Host node-1\n\tUser from-home\nInclude more\n")
    FOLDER.write("home/.ssh/more", "Port 2044\n")
    with pool("", config=None) as nodes:
        mine, _ = ours(nodes, "node-1")
        assert (mine["user"], mine["port"]) == ("from-home", 2044), mine
    nodes = pool("", config=FOLDER("missing"))
    assert FOLDER("missing") in nodes.error, nodes.error
    nodes.process.kill()


@test("what it asks and is not done is named, once each, and only where it asks for something")
def _():
    text = """
Host node-1
	CertificateFile /k/one-cert.pub
	CertificateFile /k/two-cert.pub
	RevokedHostKeys /k/revoked
	StrictHostKeyChecking no
	ProxyCommand nc %h %p
	AddressFamily inet6
Match host node-1 exec "false"
	User never
Host node-22
	AddressFamily any
	StrictHostKeyChecking ask
	CanonicalizeHostname no
	ProxyJump bastion
	IdentitiesOnly yes
	HostKeyAlias alias
	ServerAliveInterval 15
"""
    with pool(text) as nodes:
        assert ours(nodes, "node-1")[1].split(", ") == [
            "CertificateFile", "RevokedHostKeys", "StrictHostKeyChecking", "ProxyCommand", "AddressFamily",
            "Match exec"], ours(nodes, "node-1")
        assert ours(nodes, "node-22")[1] == "", ours(nodes, "node-22")


@test("nothing of it runs: neither Match exec nor ProxyCommand")
def _():
    trace = FOLDER("trace")
    with pool(f'Match exec "echo match >>{trace}"\n\tUser never\nHost *\n\tProxyCommand sh -c "echo proxy >>{trace}"\n'
              "\tHostName 127.0.0.1\n\tPort 1\n") as nodes:
        assert ours(nodes, "node-1")[0]["user"] != "never"
        answer = nodes.run("node-1", "true")
        assert answer["trouble"] == "unreachable" and "Connection refused" in answer["error"], answer
    assert not os.path.exists(trace)


@test("a file of nonsense, of many lines, and one that includes itself: read to its end, and hosts still have values")
def _():
    FOLDER.write("self.conf", f"Include {FOLDER('self.conf')}\nUser from-self\n")
    for text in ("\x01enter\n\x01leave\n\x01leave\nUser me\n", "Host\nMatch\nPort\nPort x\nUser \"\nInclude\n=\n==\n",
                 "Host *\n" * 30000 + "User me\n", f"Include {FOLDER('self.conf')}\n", "Match host\nMatch exec\nMatch !\n",
                 "Host " + "*" * 2000 + "a\nUser me\n", "\ufeffUser me\nHost \u00e4\n"):
        with pool(text) as nodes:
            mine, _ = ours(nodes, "node-1")
            assert mine["port"] == 22 and mine["address"] == "node-1", (text[:40], mine)


run()
