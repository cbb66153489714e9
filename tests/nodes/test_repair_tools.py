#!/usr/bin/python3
"""The commands of repair steps, as plans show them, run for real in a scratch folder: logrotate, install, mv, sync,
rpcbind, containerd where they start here. sudo and systemctl are recorded stand-ins, and named so."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from node_fix import Fixed, commands  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

FOLDER = tempfile.mkdtemp(prefix="nks-triage-tools-")
ROTATION = "/etc/logrotate.d/docker"
LOGS = os.path.join(FOLDER, "var/lib/docker/containers")


def plan(scenario, *words):
    with Fixed(scenario, "--time-scale", "0.02") as cluster:
        document = cluster.plan(*words)
        assert document["state"] == "previewed", document
        return document


PLANS = {"file": plan("e01", "E01", "--alternative", "rotate"), "E09": plan("e09", "E09")}


def here(text):
    """A path of a node, in the scratch folder."""
    return re.sub(r"(?<![\w.])/(etc|var)/", FOLDER + r"/\1/", text)


def as_me(argv):
    """The same words without sudo, on the scratch folder; root's files are mine there."""
    words = [here(word) for word in (argv[2:] if argv[:2] == ["sudo", "-n"] else argv)]
    if words[4] == "install":
        words[words.index("-o") + 1], words[words.index("-g") + 1] = str(os.geteuid()), str(os.getegid())
    if words[4] == "logrotate":
        words[5:5] = ["-s", os.path.join(FOLDER, "state")]
    return words


def go(argv, stdin=""):
    return subprocess.run(as_me(argv), input=stdin, capture_output=True, text=True, timeout=180,
                          env=dict(os.environ, PATH="/usr/sbin:/usr/bin:/sbin:/bin"))


STEP = next(step for step in PLANS["file"]["steps"] if step["type"] == "ssh-file")
COMMANDS = [command["argv"] for command in STEP["command"]["commands"]]
CONTENT = here(STEP["command"]["content"])
TARGET, TEMPORARY = here(ROTATION), here("/etc/logrotate.d/.docker.nks-triage~")


def of(word):
    return next(argv for argv in COMMANDS if word in argv[6:8])


def fresh(old=None):
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.dirname(TARGET))
    os.makedirs(os.path.join(LOGS, "ab12"))
    if old is not None:
        with open(TARGET, "w", encoding="utf-8") as file:
            file.write(old)


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@test("the commands in their order put the file in place, with its mode, and leave nothing beside it")
def _():
    for old in (None, "# the old one\n"):
        fresh(old)
        for argv in COMMANDS[:-1]:
            done = go(argv, CONTENT if "install" in argv else "")
            assert done.returncode == 0, (argv, done)
        assert text_of(TARGET) == CONTENT and os.stat(TARGET).st_mode & 0o7777 == 0o644
        assert os.listdir(os.path.dirname(TARGET)) == ["docker"]


@test("before the rename the old file is untouched, whatever came before it; the last command cleans up")
def _():
    fresh("# the old one\n")
    for argv in COMMANDS[:-2]:
        assert go(argv, CONTENT if "install" in argv else "").returncode == 0, argv
        assert text_of(TARGET) == "# the old one\n", argv
    assert text_of(TEMPORARY) == CONTENT
    assert go(COMMANDS[-1]).returncode == 0 and not os.path.exists(TEMPORARY)
    assert go(COMMANDS[-1]).returncode == 0, "twice is as good as once"


@test("an upload that is cut off is seen by its digest, and logrotate refuses a broken file")
def _():
    fresh()
    assert go(of("install"), CONTENT[:40]).returncode == 0
    assert text_of(TEMPORARY) != CONTENT
    done = go(next(argv for argv in COMMANDS if "logrotate" in argv))
    assert done.returncode != 0 or "error" in done.stderr, done
    assert go(of("install"), "no such option {\n").returncode == 0
    done = go(next(argv for argv in COMMANDS if "logrotate" in argv))
    # It ends with 0: that the word is there is what the step looks for.
    assert "error:" in done.stderr, done
    assert go(of("install"), CONTENT).returncode == 0
    assert "error:" not in go(next(argv for argv in COMMANDS if "logrotate" in argv)).stderr


@test("a full disk leaves the old file")
def _():
    fresh("# the old one\n")
    small = os.path.join(FOLDER, "small")
    os.makedirs(small)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", small], capture_output=True).returncode == 0
    words = as_me(of("install"))
    words[-1] = os.path.join(small, ".docker.nks-triage~") if mounted else "/dev/full"
    try:
        done = subprocess.run(words, input=CONTENT * 200, capture_output=True, text=True)
        assert done.returncode != 0 or not mounted, done
    finally:
        if mounted:
            subprocess.run(["umount", small], check=True)
    assert text_of(TARGET) == "# the old one\n"


@test("logrotate reads what is put in place, and a forced run cuts the log, compresses the copy and keeps the open file")
def _():
    fresh()
    for argv in COMMANDS[:-1]:
        assert go(argv, CONTENT if "install" in argv else "").returncode == 0
    os.chmod(os.path.join(LOGS, "ab12"), 0o755)
    log = os.path.join(LOGS, "ab12/ab12-json.log")
    with open(log, "a", encoding="utf-8") as writer:
        writer.write('{"log":"x"}\n' * 100000)
        writer.flush()
        done = go(next(argv for argv in commands(PLANS["file"]) if "logrotate" in argv and "-f" in argv))
        assert done.returncode == 0, done
        assert os.stat(log).st_size == 0, done
        writer.write("after\n")
    assert text_of(log) == "after\n"
    packed = [name for name in os.listdir(os.path.join(LOGS, "ab12")) if name.endswith(".gz")]
    assert len(packed) == 1, os.listdir(os.path.join(LOGS, "ab12"))


@test("rpcinfo's words on a real rpcbind: what makes a restart needless is what it prints")
def _():
    rpcbind = None
    if subprocess.run(["rpcinfo", "-p", "127.0.0.1"], capture_output=True).returncode != 0:
        rpcbind = subprocess.Popen(["/sbin/rpcbind", "-f", "-w"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: "100000" in subprocess.run(["rpcinfo", "-p", "127.0.0.1"], capture_output=True, text=True).stdout,
                 what="rpcbind")
        answer = subprocess.run(["rpcinfo", "-u", "127.0.0.1", "100000"], capture_output=True, text=True)
        assert "ready and waiting" in answer.stdout, answer
        none = subprocess.run(["rpcinfo", "-u", "127.0.0.1", "100099"], capture_output=True, text=True)
        assert "ready and waiting" not in none.stdout and none.returncode != 0, none
    finally:
        if rpcbind:
            rpcbind.terminate()
            rpcbind.wait(90)
    unless = [step for step in PLANS["E09"]["steps"] if "rpcinfo -u 127.0.0.1 100024" in (step["instruction"] or "")]
    assert len(unless) == 1 and "ready and waiting" in unless[0]["instruction"], PLANS["E09"]["steps"]


@test("a wrapped command through recorded stand-ins of sudo and systemctl: its words arrive as they are shown")
def _():
    fresh()
    tools = os.path.join(FOLDER, "bin")
    os.makedirs(tools)
    record = os.path.join(FOLDER, "record")
    for name, text in (("sudo", f'#!/bin/sh\nprintf "sudo %s\\n" "$*" >>{record}\nshift\nexec "$@"\n'),
                       ("systemctl", f'#!/bin/sh\nprintf "systemctl %s\\n" "$*" >>{record}\n')):
        path = os.path.join(tools, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
    argv = next(words for words in commands(PLANS["E09"]) if words[-2:] == ["restart", "rpc-statd"])
    subprocess.run(argv, check=True, env=dict(os.environ, PATH=tools + ":/usr/bin:/bin"))
    assert text_of(record).splitlines() == ["sudo " + " ".join(argv[1:]), "systemctl restart rpc-statd"], text_of(record)


@test("ctr tags an image of containerd's namespace k8s.io, lists it as the plan looks for it, and takes the tag away")
def _():
    fresh()
    socket, root = os.path.join(FOLDER, "c.sock"), os.path.join(FOLDER, "containerd")
    config = os.path.join(FOLDER, "config.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'version = 2\nroot = "{root}/root"\nstate = "{root}/state"\n'
                   'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
                   f'[grpc]\naddress = "{socket}"\n[ttrpc]\naddress = "{socket}.ttrpc"\n')
    daemon = subprocess.Popen(["containerd", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ctr(*words, **more):
        return subprocess.run(["ctr", "-a", socket, "-n", "k8s.io", "images", *words], capture_output=True, text=True,
                              timeout=180, **more)

    try:
        wait_for(lambda: ctr("ls", "-q").returncode == 0 or daemon.poll() is not None, what="containerd")
        assert daemon.poll() is None, "containerd ended"
        source, target = "harbor.example/container_service/pause:3.7", "k8s.gcr.io/pause:3.7"
        archive = os.path.join(FOLDER, "image.tar")
        make_image(archive, source)
        done = ctr("import", "--no-unpack", archive)
        if done.returncode != 0:
            done = ctr("import", archive)
        assert source in ctr("ls", "-q").stdout.split(), (done, ctr("ls", "-q"))
        assert ctr("tag", source, target).returncode == 0
        assert {source, target} <= set(ctr("ls", "-q").stdout.split())
        assert ctr("tag", source, target).returncode != 0, "a second tag fails: the plan looks first"
        assert ctr("rm", target).returncode == 0
        assert ctr("ls", "-q").stdout.split() == [source]
    finally:
        daemon.terminate()
        daemon.wait(90)


def make_image(path, name):
    """An image of one empty layer, as an OCI archive."""
    import hashlib
    import io
    import tarfile

    def digest(content):
        return "sha256:" + hashlib.sha256(content).hexdigest()

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w"):
        pass
    layer = layer.getvalue()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(config), "size": len(config)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(layer), "size": len(layer)}],
    }).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(manifest), "size": len(manifest),
        "annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1]},
        "platform": {"architecture": "amd64", "os": "linux"}}]}).encode()
    with tarfile.open(path, "w") as archive:
        for place, content in (("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index),
                               *((f"blobs/sha256/{digest(c)[7:]}", c) for c in (layer, config, manifest))):
            member = tarfile.TarInfo(place)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


try:
    run()
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
