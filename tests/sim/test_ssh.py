#!/usr/bin/python3
"""The simulated nodes' SSH servers, with a real ssh and the ssh_config that the simulator writes."""
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from nodes import Nodes  # noqa: E402
from tap import run, test  # noqa: E402

NODE = "nks-prod-default-worker-1"


@test("ssh -F ssh_config NODE true asks nothing, by name and by address")
def _():
    assert cluster.ssh(NODE, "true").code == 0
    assert cluster.ssh("10.0.0.22", "cat /etc/hostname").out == NODE + "\n"


@test("only the key that the simulator wrote is accepted, and only the image's user")
def _():
    other = os.path.join(cluster.folder, "other")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    with open(cluster.ssh_config, encoding="utf-8") as file:
        text = file.read().replace(os.path.join(os.path.dirname(cluster.ssh_config), "id_ed25519"), other)
    with open(other + ".config", "w", encoding="utf-8") as file:
        file.write(text)
    refused = cluster.ssh(NODE, "true", "-F", other + ".config")
    assert refused.code == 255 and "Permission denied (publickey)" in refused.err, refused
    refused = cluster.ssh(NODE, "true", "-l", "centos")
    assert refused.code == 255 and "Permission denied (publickey)" in refused.err, refused


@test("the private files are private")
def _():
    for name in ("id_ed25519", "ssh_config", "known_hosts"):
        path = os.path.join(os.path.dirname(cluster.ssh_config), name)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, name


@test("each node has its own host key, the same for each connection")
def _():
    keys = open(os.path.join(os.path.dirname(cluster.ssh_config), "known_hosts"), encoding="utf-8").read().split("\n")
    keys = [line.split()[2] for line in keys if line]
    assert len(keys) == 12 and len(set(keys)) == 12, keys
    for _i in range(2):
        assert cluster.ssh(NODE, "true").code == 0


@test("exit status, both outputs and input arrive")
def _():
    answer = cluster.ssh(NODE, "cat; cat /nowhere", stdin="in\n")
    assert (answer.code, answer.out) == (1, "in\n") and "No such file or directory" in answer.err, answer


@test("what is not in the table is not found: 127")
def _():
    for line in ("poweroff", "python3 -c pass", "/usr/bin/id-not", "wget -q http://127.0.0.1"):
        answer = cluster.ssh(NODE, line)
        assert answer.code == 127 and "not found" in answer.err, answer
    assert cluster.ssh(NODE, "sudo -n halt").err == "sudo: halt: command not found\n"


@test("nothing of a line is ever run here: no file of this machine appears or is read")
def _():
    place = os.path.join(cluster.folder, "made")
    for line in (f"touch {place}", f"sh -c 'touch {place}'", f"echo x > {place}", f"echo $(touch {place})",
                 f"sudo -n install -m 0644 /dev/stdin {place}", f"cat {cluster.kubeconfig}"):
        answer = cluster.ssh(NODE, line, stdin="x")
        assert not os.path.exists(place), line
        assert "current-context" not in answer.out, answer


@test("words are split as a POSIX shell does it")
def _():
    line = "'printf' '%s|' 'a b' \"c $HOME\" d\\ e '' 'it'\\''s'; printf '\\n%d' $?"
    assert cluster.ssh(NODE, line).out == "a b|c |d e||it's|\n0", cluster.ssh(NODE, line)


@test("lists, if, groups and substitution")
def _():
    for line, out in (("false && echo a || echo b", "b\n"), ("true && { echo a; echo b; } || echo c", "a\nb\n"),
                      ("if ! test -f /nowhere; then echo no; else echo yes; fi", "no\n"),
                      ("if false; then echo 1; elif true; then echo 2; else echo 3; fi", "2\n"),
                      ("x=$(printf '%s' '5 6'); echo \"$x\" $x", "5 6 5 6\n"), ("(exit 3); echo $?", "3\n"),
                      ("echo a | cat 2>&1; cat /nowhere 2>/dev/null; echo $?", "a\n1\n"),
                      ("sh -c 'echo $1 $#' name 'a b' c", "a b 2\n"), ("case a in a) echo b;; esac", "")):
        assert cluster.ssh(NODE, line).out == out, (line, cluster.ssh(NODE, line))


@test("a script on standard input, with markers, as a batch of checks sends it")
def _():
    script = "'sudo' '-n' 'timeout' '5' 'env' 'LC_ALL=C' 'test' '-d' '/etc'\nprintf '%s 0 %d\\n' mark $?\n" \
             "'nothing' 'here'\nprintf '%s 1 %d\\n' mark $?\n"
    answer = cluster.ssh(NODE, "sh", stdin=script)
    assert answer.out == "mark 0 0\nmark 1 127\n" and answer.code == 0, answer


@test("rights: a file of root's is not the user's to write or to read, and is with sudo")
def _():
    assert "Permission denied" in cluster.ssh(NODE, "tee /etc/new", stdin="x").err
    line = "sudo -n timeout 5 env LC_ALL=C install -m 0600 -o root -g root /dev/stdin /etc/new"
    assert cluster.ssh(NODE, line, stdin="content\n").code == 0
    assert cluster.ssh(NODE, "cat /etc/new").code == 1
    assert cluster.ssh(NODE, "sudo -n cat /etc/new").out == "content\n"
    assert cluster.ssh(NODE, "stat -c '%a %U:%G %s' /etc/new").out == "600 root:root 8\n"


@test("twenty connections at once, each answered")
def _():
    running = [subprocess.Popen(cluster.ssh_command(f"nks-prod-default-worker-{i % 12}", "cat /etc/hostname"),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) for i in range(20)]
    for i, process in enumerate(running):
        out, _err = process.communicate(timeout=180)
        assert out == f"nks-prod-default-worker-{i % 12}\n", (i, out, process.returncode)


with Nodes("healthy", "--time-scale", "0.02") as cluster:
    run()
