#!/usr/bin/python3
"""The boot argument of E07 on Debian's real grub: what the plan makes of /etc/default/grub reaches the kernel lines that
grub-mkconfig generates, once, and its undo takes it away. In a mount namespace: /etc is a copy, the output a scratch file,
and /boot, where there is one, an empty folder with kernels of ours."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from scratch_node import ScratchNode, enter, write  # noqa: E402

enter()

from node_fix import Fixed  # noqa: E402
from tap import run, test  # noqa: E402

MKCONFIG = "/usr/sbin/grub-mkconfig"
WORD = "cgroup.memory=nokmem"
assert os.access(MKCONFIG, os.X_OK), f"{MKCONFIG} is missing: make deps"
NODE = ScratchNode()
FOLDER = tempfile.mkdtemp(prefix="grub-")
CENTOS = "nks-prod-centos-worker-1"

# grub-probe wants devices, which a container has not: a recorded stand-in, which says so. All else is Debian's.
PROBE = """#!/bin/sh
# A recorded stand-in for grub-probe.
for word; do case $word in --target=*) target=${word#--target=};; -t) next=1;; *) [ -z "$next" ] || target=$word; next=;; esac; done
case $target in device) echo /dev/vda1;; fs) echo ext2;; fs_uuid) echo 0a1b2c3d-0000-4000-8000-000000000001;;
partuuid) echo 0a1b2c3d-01;; abstraction|cryptodisk_uuid) ;; partmap) echo msdos;; drive) echo '(hd0,msdos1)';; *) echo hd0;; esac
"""


def edited():
    """/etc/default/grub before and after E07's step, as the plan shows them."""
    with Fixed("e07", "--time-scale", "0.02") as cluster:
        plan = cluster.plan("E07")
        step = next(step for step in plan["steps"] if step["type"] == "ssh-file")
        before = cluster.file(step["target"].split("/")[1], "/etc/default/grub")
        return before[0], step["command"]["content"]


BEFORE, AFTER = edited()


def kernel_lines(text):
    """Generates a configuration from this /etc/default/grub; its lines that start a kernel."""
    out = os.path.join(FOLDER, "grub.cfg")
    write("/etc/default/grub", text)
    done = subprocess.run([MKCONFIG, "-o", out], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
    assert done.returncode == 0, done
    with open(out, encoding="utf-8") as file:
        lines = [line.strip() for line in file if re.match(r"\s*linux\s+\S*vmlinuz", line)]
    assert lines, (done, os.listdir("/boot"))
    return lines


@test("the edit reaches every kernel line that grub generates, once; before it none has it")
def _():
    before = kernel_lines(BEFORE)
    assert not any(WORD in line for line in before), before
    after = kernel_lines(AFTER)
    assert len(after) == len(before) and all(line.split().count(WORD) == 1 for line in after), after


@test("beside the word nothing changes, and what was there before gives what it gave before")
def _():
    before, after = kernel_lines(BEFORE), kernel_lines(AFTER)
    assert [[word for word in line.split() if word != WORD] for line in after] == [line.split() for line in before]
    assert kernel_lines(BEFORE) == before


@test("update-grub is this very program, writing to the place of the boot loader")
def _():
    with open("/usr/sbin/update-grub", encoding="utf-8") as file:
        assert re.search(r"exec grub-mkconfig -o /boot/grub/grub.cfg", file.read())


try:
    # Of its parts those that write kernel lines: the others look for pictures, firmware and other systems.
    for part in os.listdir("/etc/grub.d"):
        if part not in ("00_header", "10_linux"):
            os.remove("/etc/grub.d/" + part)
    os.makedirs(FOLDER + "/boot")
    os.makedirs("/boot", exist_ok=True)
    subprocess.run(["mount", "--bind", FOLDER + "/boot", "/boot"], check=True)
    for name in ("vmlinuz-6.1.0-1-amd64", "initrd.img-6.1.0-1-amd64", "vmlinuz-6.1.0-2-amd64", "initrd.img-6.1.0-2-amd64"):
        write("/boot/" + name, "")
    # mkconfig names its tools by the place they were installed in.
    stand_in = write(FOLDER + "/grub-probe", PROBE, 0o755)
    subprocess.run(["mount", "--bind", stand_in, "/usr/sbin/grub-probe"], check=True)
    run()
finally:
    subprocess.run(["umount", "--lazy", "/usr/sbin/grub-probe", "/boot"], check=False)
    NODE.close()
    shutil.rmtree(FOLDER, ignore_errors=True)
