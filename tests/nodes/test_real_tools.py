#!/usr/bin/python3
"""Each check's shell lines run for real: df, du, find, stat, sha256sum, logrotate, rpcinfo with rpcbind and rpc.statd, ctr
with containerd, lsblk, /proc; through sh as a node gets them, and through sshd. systemctl and sudo are recorded stand-ins
(scratch_node.py)."""
# Waits: for services that start.
# Takes: 20 s
import getpass
import glob
import hashlib
import io
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from scratch_node import CHECKS, PROBE, ScratchNode, enter, wait_for, write  # noqa: E402
from tap import run, test  # noqa: E402

enter()
for needed in ("df", "find", "stat", "sha256sum", "lsblk", "logrotate", "rpcinfo", "rpcbind", "rpc.statd", "ctr", "containerd", "ps",
               "getent", "curl", "timeout", "lsof", "journalctl", "/usr/sbin/sshd"):
    assert shutil.which(needed, path=os.environ["PATH"] + ":/usr/sbin:/sbin"), f"{needed} is not installed: make deps"
NODE = ScratchNode()
ROTATION = "/etc/logrotate.d/docker"
DOCKER = "docker://19.3.15"


@test("disk, inodes, memory, kernel, system: what this machine says of itself")
def _():
    found = NODE.check("disk", "inodes", "memory", "kernel", "os", "mounts")
    assert all(result["verdict"] in ("ok", "bad") for result in found.values()), found
    disks = {entry["mount"]: entry for entry in found["disk"]["value"]["disk"]["filesystems"]}
    mine = os.statvfs("/")
    assert disks["/"]["sizeBytes"] == mine.f_blocks * mine.f_frsize, (disks["/"], mine)
    inodes = {entry["mount"]: entry for entry in found["inodes"]["value"]["inodes"]["filesystems"]}
    assert inodes["/"].get("inodes", 0) == mine.f_files, inodes
    with open("/proc/meminfo", encoding="ascii") as file:
        assert found["memory"]["value"]["memory"]["totalBytes"] == int(file.readline().split()[1]) * 1024
    assert found["kernel"]["value"]["release"]["word"] == platform.release()
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        assert found["os"]["value"]["boot"]["word"] == file.read().strip()
    assert found["os"]["value"]["release"]["family"] in ("debian", "rhel"), found["os"]
    with open("/proc/mounts", encoding="utf-8") as file:
        assert found["mounts"]["value"]["mounts"]["count"] == len(file.readlines())


@test("block devices: those that lsblk shows, with a size each")
def _():
    found = NODE.check("block-devices")
    assert found["verdict"] in ("ok", "bad"), found
    names = {entry["name"] for entry in found["value"]["devices"]["devices"]}
    listed = subprocess.run(["lsblk", "-n", "-l", "-o", "NAME"], check=True, capture_output=True, text=True).stdout.split()
    assert names == set(listed), (names, listed)


@test("container logs: a fifth of a small disk, rotated ones too, and names that lie")
def _():
    found = NODE.check("container-logs", runtime=DOCKER)
    assert found["verdict"] == "could not check" and "No such file" in found["reason"], found
    os.makedirs("/var/lib/docker")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", "/var/lib/docker"], check=True)
    os.makedirs("/var/lib/docker/containers")
    found = NODE.check("container-logs", runtime=DOCKER)
    assert found["verdict"] == "ok" and found["value"]["logs"]["count"] == 0, found
    write("/var/lib/docker/containers/aa/aa-json.log", b"x" * (6 << 20))
    write("/var/lib/docker/containers/aa/aa-json.log.1", b"x" * (2 << 20))
    write("/var/lib/docker/containers/aa/config.v2.json", b"x" * (5 << 20))
    write("/var/lib/docker/containers/bb/bb-json.log", b"x" * 1000)
    found = NODE.check("container-logs", runtime=DOCKER)
    assert found["verdict"] == "ok" and found["value"]["logs"]["count"] == 2, found
    assert found["value"]["logs"]["totalBytes"] == 8 << 20 and found["value"]["logs"]["largestBytes"] == 6 << 20, found
    liar = "/var/lib/docker/containers/cc/a\n99999999 99999999999 b\n" + "0123456789abcdef0123456789abcdee 0 0\n-json.log"
    write(liar, b"x" * (8 << 20))
    with open("/var/lib/docker/deleted", "wb") as file:
        file.write(b"x" * (4 << 20))
        file.flush()
        os.unlink("/var/lib/docker/deleted")
        found = NODE.check("container-logs", runtime=DOCKER)
    assert found["verdict"] == "bad" and found["sign"] == "log-share", found
    assert found["signs"].pop("deleted-open") and found["value"]["deleted"]["totalBytes"] >= 4 << 20, found
    assert found["value"]["logs"]["totalBytes"] == 16 << 20 and found["value"]["logs"]["largest"][0]["path"] == liar, found
    assert found["signs"] == {"log-share": True, "big-log": False}, found
    subprocess.run(["umount", "/var/lib/docker"], check=True)


@test("log rotation: missing, as it should be, with another mode, of another owner; the status that logrotate itself wrote")
def _():
    for unit in ("cron.service", "crond.service", "logrotate.timer"):
        assert not os.path.exists("/run/units/" + unit)
    found = NODE.check("log-rotation", runtime=DOCKER)
    assert found["sign"] == "file-missing" and found["signs"]["nothing-runs-it"], found
    text = "/var/log/own.log {\n    daily\n    rotate 2\n    copytruncate\n    missingok\n}\n"
    write(ROTATION, text)
    write("/var/log/own.log", "line\n")
    NODE.unit("cron.service")
    days = {time.strftime("%Y-%m-%d")}
    subprocess.run(["logrotate", "-f", "-s", "/var/lib/status", ROTATION], check=True, cwd="/")
    days.add(time.strftime("%Y-%m-%d"))
    os.makedirs("/var/lib/logrotate")
    shutil.move("/var/lib/status", "/var/lib/logrotate/status")
    found = NODE.check("log-rotation", runtime=DOCKER)
    assert found["verdict"] == "ok", found
    assert found["value"]["sum"]["sha256"] == hashlib.sha256(text.encode()).hexdigest(), found
    assert {**found["value"]["file"], "modified": 0} == {"mode": "644", "owner": "root", "group": "root", "bytes": len(text),
                                                       "modified": 0, "type": "regular file"}, found
    assert found["value"]["status"]["latest"][:10] in days, found["value"]["status"]
    assert found["value"]["tool"]["version"].startswith("3."), found
    os.chmod(ROTATION, 0o666)
    assert NODE.check("log-rotation", runtime=DOCKER)["sign"] == "file-mode"
    os.chmod(ROTATION, 0o644)
    os.chown(ROTATION, 65534, 65534)
    assert NODE.check("log-rotation", runtime=DOCKER)["sign"] == "file-owner"
    os.chown(ROTATION, 0, 0)
    assert NODE.check("log-rotation")["verdict"] == "not applicable"
    assert NODE.check("log-rotation", runtime="")["verdict"] == "could not check"  # no runtime runs here: nobody knows


@test("rpc: nothing, rpcbind alone, rpc.statd registered, a zombie")
def _():
    found = NODE.check("rpc")
    assert found["signs"]["statd-unregistered"] and found["signs"]["rpcbind-inactive"], found
    assert found["value"]["registered"]["reachable"] is False and found["verdict"] == "ok", found
    rpcbind = NODE.start("rpcbind", "-f", "-w")
    NODE.unit("rpcbind.service")
    found = wait_for(lambda: (lambda r: r if r["value"]["registered"]["reachable"] else None)(NODE.check("rpc")))
    assert found["value"]["registered"]["portmapper"] and found["signs"]["statd-unregistered"], found
    assert not found["signs"]["rpcbind-inactive"], found
    os.makedirs("/var/lib/nfs/sm", exist_ok=True)
    os.makedirs("/var/lib/nfs/sm.bak", exist_ok=True)
    write("/var/lib/nfs/state", b"")
    statd = NODE.start("rpc.statd", "--foreground", "--no-notify")
    found = wait_for(lambda: (lambda r: r if r["value"]["registered"]["statd"] else None)(NODE.check("rpc")))
    assert not found["signs"]["statd-unregistered"], found
    assert {entry["program"] for entry in found["value"]["registered"]["programs"]} == {100000, 100024}, found
    assert found["value"]["processes"]["count"] == 1 and found["value"]["processes"]["zombieCount"] == 0, found
    statd.send_signal(signal.SIGKILL)  # nobody has waited for it yet
    found = wait_for(lambda: (lambda r: r if r["value"]["processes"]["zombieCount"] else None)(NODE.check("rpc")))
    assert found["verdict"] == "bad" and found["sign"] == "zombie", found
    NODE.stop(statd)
    NODE.stop(rpcbind)


def image_archive():
    """A small OCI archive, as `ctr images import` takes it: one empty layer."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w"):
        pass
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs["blobs/sha256/" + digest] = data
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}

    layer_blob = blob(layer.getvalue(), "application/vnd.oci.image.layer.v1.tar")
    config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
        "type": "layers", "diff_ids": [layer_blob["digest"]]}}).encode(), "application/vnd.oci.image.config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": [layer_blob],
                                "mediaType": "application/vnd.oci.image.manifest.v1+json"}).encode(),
                    "application/vnd.oci.image.manifest.v1+json")
    manifest["annotations"] = {"io.containerd.image.name": "registry.example/pause:3.7", "org.opencontainers.image.ref.name": "3.7"}
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in blobs.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return archive.getvalue()


@test("images and sandbox image by a real containerd: none, another, then the one that it asks for")
def _():
    found = NODE.check("images")
    assert found["verdict"] == "could not check" and "ctr ended with" in found["reason"], found
    log = open(os.path.join(NODE.folder, "containerd.log"), "wb")
    NODE.processes.append(subprocess.Popen(["containerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    wait_for(lambda: subprocess.run(["ctr", "version"], capture_output=True, check=False).returncode == 0, what="containerd")
    found = NODE.check("images", "sandbox-image")
    assert found["images"]["value"]["images"]["count"] == 0 and found["images"]["signs"]["no-calico-image"], found
    asked = found["sandbox-image"]["value"]["sandbox"]["image"]
    assert "/pause:" in asked and found["sandbox-image"]["verdict"] == "bad", found
    archive = write(os.path.join(NODE.folder, "pause.tar"), image_archive())
    ctr = ["ctr", "-n", "k8s.io", "images"]

    def names():
        said = subprocess.run([*ctr, "ls", "-q"], check=True, capture_output=True, text=True).stdout.split()
        return [name for name in said if not name.startswith("sha256:")]

    subprocess.run([*ctr, "import", "--no-unpack", archive], check=False, capture_output=True)
    if not names():  # releases before 1.7 have no --no-unpack
        subprocess.run([*ctr, "import", "--snapshotter", "native", archive], check=True, capture_output=True)
    listed = names()
    assert listed == ["registry.example/pause:3.7"], listed
    found = NODE.check("sandbox-image")
    assert found["value"]["images"]["names"] == listed and found["sign"] == "sandbox-image-missing", found
    assert not found["signs"]["no-pause-image"], found
    subprocess.run([*ctr, "tag", listed[0], asked], check=True, capture_output=True)
    found = NODE.check("sandbox-image", "images")
    assert found["sandbox-image"]["verdict"] == "ok", found
    assert found["images"]["value"]["images"]["pauseCount"] == 2, found


@test("runtime and kubelet: units by the stand-in, versions by the programs")
def _():
    NODE.unit("containerd.service")
    found = NODE.check("runtime", runtime="")
    assert found["value"]["runtime"]["name"] == "containerd" and found["sign"] == "kubelet-down", found
    version = subprocess.run(["containerd", "--version"], check=True, capture_output=True, text=True).stdout
    assert found["value"]["runtime"]["version"] in version, (found, version)
    NODE.unit("kubelet.service")
    shutil.copy(shutil.which("tail"), os.path.join(NODE.folder, "kubelet"))
    write("/run/kubelet.log", "")
    kubelet = NODE.start(os.path.join(NODE.folder, "kubelet"), "-f", "/run/kubelet.log", "--pid=1")
    found = NODE.check("runtime", runtime="")
    assert found["verdict"] == "ok" and found["value"]["kubelet"]["running"], found
    NODE.stop(kubelet)


@test("CNI: no folder, an empty one, a configuration with its plugins")
def _():
    shutil.rmtree("/etc/cni", ignore_errors=True)  # containerd made it
    assert NODE.check("cni")["sign"] == "no-config-folder"
    os.makedirs("/etc/cni/net.d")
    found = NODE.check("cni")
    assert found["sign"] == "no-config", found
    write("/etc/cni/net.d/10-calico.conflist", "{}", 0o600)
    write("/etc/cni/net.d/calico-kubeconfig", "x", 0o600)
    write("/opt/cni/bin/calico", "x", 0o755)
    found = NODE.check("cni")
    assert found["verdict"] == "ok" and found["value"]["config"]["networkCount"] == 1, found
    assert sorted(found["value"]["config"]["names"]) == ["10-calico.conflist", "calico-kubeconfig"], found
    assert found["value"]["plugins"]["files"][0]["mode"] == "755", found


@test("cgroups: version, kernel's count and folders as they are here")
def _():
    found = NODE.check("cgroups")
    kind = subprocess.run(["stat", "-f", "-c", "%T", "/sys/fs/cgroup"], check=True, capture_output=True, text=True).stdout.strip()
    assert found["verdict"] == "ok" and found["value"]["version"]["word"] == kind, found
    assert found["signs"]["unified"] == (kind == "cgroup2fs"), found
    folders = glob.glob("/sys/fs/cgroup/memory/**/", recursive=True)
    assert found["value"]["folders"].get("count", 0) in range(len(folders) - 20, len(folders) + 20), (found, len(folders))
    if not folders:
        assert found["value"]["folders"] == {"missing": True}, found


@test("clock, names, registries: what no network leaves of them")
def _():
    write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    found = NODE.check("clock", "dns", "registry")
    assert abs(found["clock"]["value"]["clock"]["skewSeconds"]) < 30, found["clock"]
    assert found["dns"]["value"]["lookup"] == {"found": False, "addresses": []}, found["dns"]
    assert found["dns"]["value"]["resolver"]["nameservers"] == ["127.0.0.1"] and found["dns"]["verdict"] == "ok", found["dns"]
    assert found["registry"]["value"]["kubernetes"]["trouble"] == "DNS", found["registry"]
    assert found["registry"]["signs"]["registry-unreachable"], found["registry"]
    write("/etc/resolv.conf", "search example\n")
    assert NODE.check("dns")["sign"] == "no-nameserver"


@test("journal: without one there are no lines, and it says so")
def _():
    found = NODE.check("journal")
    assert found["verdict"] in ("ok", "could not check"), found
    assert found["verdict"] != "ok" or found["value"]["journal"]["lineCount"] == 0, found


def own_check(folder, name, argv, timeout=1):
    write(os.path.join(folder, name + ".json"), json.dumps({
        "format": 1, "name": name, "title": {"en": "x", "ko": "x", "ja": "x"}, "summary": "{a.word}",
        "reads": [{"as": "a", "parser": "word", "timeoutSeconds": timeout, "commands": [{"argv": argv}]}]}))


@test("what hangs ends at its deadline, what is not there and what has no right says so; the others are done")
def _():
    folder = os.path.join(NODE.folder, "checks")
    os.mkfifo("/run/fifo")
    own_check(folder, "a-hang", ["cat", "/run/fifo"])
    own_check(folder, "b-missing", ["nvidia-smi"])
    own_check(folder, "c-fine", ["uname", "-r"])
    own_check(folder, "d-words", ["cat", "/etc/it's $HOME `x` \"y\" ; *"])
    write("/etc/it's $HOME `x` \"y\" ; *", "word\n")
    found = NODE.check("a-hang", "b-missing", "c-fine", "d-words", folder=folder)
    assert found["a-hang"]["verdict"] == "could not check" and "did not end within 1 s" in found["a-hang"]["reason"], found
    assert "nvidia-smi is not installed" in found["b-missing"]["reason"], found
    assert found["c-fine"]["verdict"] == "ok" and found["d-words"]["text"] == "word", found


class OverSsh:
    """This node's own sshd, and the checks through it."""

    def __init__(self):
        from sshd import Folder, Sshd, keygen, public  # pylint: disable=import-outside-toplevel
        self.folder = Folder()
        key = keygen(self.folder("key"))
        self.server = Sshd(authorized=[public(key)])
        self.config = self.folder.write("config", f"Host *\n Port {self.server.port}\n IdentityFile {key}\n User {getpass.getuser()}\n")
        self.known = self.folder.write("known", self.server.known() + "\n")

    def run(self, *names, folder=CHECKS, runtime="containerd://1.6.20"):
        return subprocess.Popen([PROBE, "run", folder, runtime, "Debian", "127.0.0.1", self.config, self.known, *names],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def check(self, *names, **options):
        out, errors = self.run(*names, **options).communicate(timeout=300)
        return {result["check"]: result for result in json.loads(out)["results"]}, errors

    def read(self, sudo, *words):
        return subprocess.run([PROBE, "read", "127.0.0.1", self.config, self.known, sudo, *words], capture_output=True, text=True,
                              timeout=180, check=False)


@test("every check through a real sshd and a shell that talks: each has a verdict, in one channel")
def _():
    found, _errors = SSH.check("all")
    shipped = {os.path.basename(path)[:-5] for path in glob.glob(os.path.join(CHECKS, "*.json"))}
    assert set(found) == shipped, set(found) ^ shipped
    for name in ("disk", "memory", "os", "kernel", "images", "cni", "clock", "dns", "mounts", "runtime", "cgroups", "rpc"):
        assert found[name]["verdict"] in ("ok", "bad"), found[name]
    assert found["log-rotation"]["verdict"] == "not applicable", found["log-rotation"]
    assert abs(found["clock"]["value"]["clock"]["skewSeconds"]) < 30, found["clock"]
    assert SSH.server.log().count("Starting session: command") == 1, SSH.server.log()


def is_asleep(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "S"


@test("the connection dies in the middle: what was done is kept, the rest could not be checked")
def _():
    folder = os.path.join(NODE.folder, "checks")
    own_check(folder, "a-first", ["uname", "-r"])
    own_check(folder, "a-hang", ["cat", "/run/fifo"], 60)
    process = SSH.run("a-first", "a-hang", "c-fine", folder=folder)
    wait_for(lambda: subprocess.run(["pgrep", "-f", "cat /run/fifo"], capture_output=True, check=False).returncode == 0)
    # All that was written before is passed on: sshd waits for more.
    wait_for(lambda: all(is_asleep(pid) for pid in SSH.server.sessions()), what="sshd to be idle")
    SSH.server.hang_up()
    out, errors = process.communicate(timeout=180)
    found = {result["check"]: result for result in json.loads(out)["results"]}
    assert found["a-first"]["verdict"] == "ok" and found["a-first"]["text"] == platform.release(), found
    for name in ("a-hang", "c-fine"):
        assert found[name]["verdict"] == "could not check" and "value" not in found[name], found
        assert "connection was lost" in found[name]["reason"], (found[name], errors)


@test("a reading command alone: logrotate -d reads and changes nothing; what does more is refused before it is sent")
def _():
    before = os.stat("/var/log/own.log")
    answer = SSH.read("sudo", "logrotate", "-d", ROTATION)
    assert json.loads(answer.stdout)["exit"] == 0, answer
    assert os.stat("/var/log/own.log").st_mtime_ns == before.st_mtime_ns
    assert json.loads(SSH.read("plain", "test", "-f", "/nowhere").stdout)["exit"] == 1
    sent = SSH.server.log().count("Starting session: command")
    answer = SSH.read("sudo", "rm", "-f", ROTATION)
    assert answer.returncode == 1 and "none of the commands that only read" in answer.stderr, answer
    assert SSH.server.log().count("Starting session: command") == sent and os.path.exists(ROTATION)


write("/etc/profile.d/noise.sh", "echo 'Welcome to this node'\n")
write("/etc/bash.bashrc", "echo 'Welcome to this node'; echo 'and mind the step' >&2\n")
SSH = OverSsh()
try:
    run()
finally:
    SSH.server.stop()
    NODE.close()
