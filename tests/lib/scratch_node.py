"""A node made of this machine: namespaces of its own for mounts, network and processes, folders of its own where checks
look. What runs in it is real (sh, sshd, df, find, logrotate, rpcbind, rpc.statd, containerd, ctr …) but for two recorded
stand-ins, which say so: systemctl (there is no systemd) and sudo (which only runs what it is given).
"""
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

from sources import ROOT
from wait import wait_for

INSIDE = "NKS_TRIAGE_SCRATCH_NODE"
PROBE = os.path.join(ROOT, os.environ.get("OUT", ".build/release"), "tests", "nodes", "check_probe")
CHECKS = os.path.join(ROOT, "assets", "checks")
NONCE = "0123456789abcdef0123456789abcdef"
# Folders of the machine that get a copy (True) or an empty one in their place.
FOLDERS = {"/etc": True, "/var/lib": False, "/var/log": False, "/opt": False, "/run": False, "/usr/local/sbin": False}

SYSTEMCTL = """#!/bin/sh
# A recorded stand-in for systemctl: shows the units that are in files of this folder.
for word; do case $word in *.service|*.timer) cat "/run/units/$word" 2>/dev/null || printf 'Id=%s\\nLoadState=not-found\\n\
ActiveState=inactive\\nSubState=dead\\nUnitFileState=\\n' "$word"; echo;; esac; done
"""
SUDO = """#!/bin/sh
# A recorded stand-in for sudo: runs what follows -n.
[ "$1" = -n ] || exit 1
shift
exec "$@"
"""


def enter():
    """Starts the program again in namespaces of its own; they end with it."""
    if os.environ.get(INSIDE):
        return
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    os.execvpe(command[0], command + [sys.executable] + sys.argv, dict(os.environ, **{INSIDE: "1"}))


def loopback_up():
    with socket.socket() as probe:
        flags = struct.unpack("16sh", fcntl.ioctl(probe, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", flags | 1))


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb" if isinstance(text, bytes) else "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


class ScratchNode:
    """The one of this program: enter() was called before."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="node-")
        self.processes = []
        os.chmod(self.folder, 0o755)
        for path, is_copy in FOLDERS.items():
            own = self.folder + path
            if is_copy:
                shutil.copytree(path, own, symlinks=True, ignore_dangling_symlinks=True)
            else:
                os.makedirs(own)
            subprocess.run(["mount", "--bind", own, path], check=True)
        os.makedirs("/run/sshd")
        loopback_up()
        write("/usr/local/sbin/systemctl", SYSTEMCTL, 0o755)
        write("/usr/local/sbin/sudo", SUDO, 0o755)

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for path in reversed(FOLDERS):
            subprocess.run(["umount", "--lazy", path], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def unit(self, name, active="active", sub="running", state="enabled"):
        write(f"/run/units/{name}", f"Id={name}\nLoadState=loaded\nActiveState={active}\nSubState={sub}\nUnitFileState={state}\n")

    def start(self, *command, **options):
        # pylint: disable-next=consider-using-with
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def stop(self, process):
        process.terminate()
        process.wait()
        self.processes.remove(process)

    def check(self, *names, runtime="containerd://1.6.20", system="Debian GNU/Linux 12 (bookworm)", folder=CHECKS):
        """Runs the batch's script by sh, as a node would, and judges what it prints; name -> result."""
        script = subprocess.run([PROBE, "script", folder, runtime, system, NONCE, *names], check=True, capture_output=True, text=True).stdout
        done = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=False,
                              env={"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8"})
        out = write(os.path.join(self.folder, "out"), done.stdout)
        errors = write(os.path.join(self.folder, "err"), done.stderr)
        judged = subprocess.run([PROBE, "judge", folder, runtime, system, NONCE, out, errors, *names], check=True,
                                capture_output=True, text=True)
        results = {result["check"]: result for result in json.loads(judged.stdout)["results"]}
        return results if len(names) > 1 else results[names[0]]


__all__ = ["ScratchNode", "enter", "write", "wait_for", "PROBE", "CHECKS"]
