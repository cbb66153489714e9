#!/usr/bin/python3
"""Debian's own sudo: the lines that `plan --sudoers` prints are taken by visudo, permit each command of the plan to an
unprivileged user, and nothing beside them. In a mount namespace: the machine's sudoers stay as they are."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from scratch_node import enter  # noqa: E402

enter()

from node_fix import Fixed, commands  # noqa: E402
from real_node import USER, Mixed, RealNode  # noqa: E402
from tap import run, test  # noqa: E402

for needed in ("/usr/bin/sudo", "/usr/sbin/visudo", "/usr/bin/setpriv"):
    assert os.access(needed, os.X_OK), f"{needed} is missing: make deps"

ROTATION = "/etc/logrotate.d/docker"
TARGET = "nks-prod-docker-worker-2"     # of e02: its file differs
NODE = RealNode()
PLANS = {"E01": ("e01", "E01"), "E01 rotate": ("e01", "E01", "--alternative", "rotate"), "E02": ("e02", "E02"),
         "E04": ("e04", "E04", "--alternative", "per-node"), "E07": ("e07", "E07"), "E09": ("e09", "E09")}


def lines_of(cluster, *words):
    """The rules, for our user: who logs in to which node is another matter."""
    answer = cluster.ask("plan", *words, "--sudoers")
    assert answer.code == 0, answer
    rules = [line for line in answer.out.splitlines() if line and not line.startswith("#")]
    return sorted({USER + rule[rule.index(" "):] for rule in rules})


def with_sudo(plan):
    return [argv[2:] for argv in commands(plan) if argv[:2] == ["sudo", "-n"]]


READ = {}
for name, (scenario, *words) in PLANS.items():
    with Fixed(scenario, "--time-scale", "0.02") as cluster:
        READ[name] = with_sudo(cluster.plan(*words)), lines_of(cluster, *words)


@test("visudo takes the lines of every entry, and with them sudo permits every command of its plan")
def _():
    for name, (argvs, rules) in READ.items():
        NODE.grant(rules)
        assert argvs, name
        for argv in argvs:
            assert NODE.permits(argv), (name, argv, rules)


@test("they permit nothing beside: another command, another file, a word more or less, a glob in its place")
def _():
    for name, (argvs, rules) in READ.items():
        NODE.grant(rules)
        known = {tuple(argv) for argv in argvs}
        for argv in argvs:
            others = [argv[:-1], [*argv, "/etc/shadow"], [*argv[:-1], argv[-1] + "x"], [*argv[:-1], "*"],
                      [*argv[:2], "sh", "-c", "id"], argv[4:], [argv[0], "999", *argv[2:]],
                      ["/tmp/timeout", *argv[1:]]]
            for other in others:
                assert not other or tuple(other) in known or not NODE.permits(other), (name, argv, other, rules)
        for other in (["sh"], ["cat", "/etc/shadow"], ["timeout", "30", "sh"], ["env"]):
            assert not NODE.permits(other), (name, other)


@test("each rule is needed: without it sudo refuses a command of the plan, or what the plan looks at by sudo")
def _():
    for name, (argvs, rules) in READ.items():
        for rule in rules:
            NODE.grant([other for other in rules if other != rule])
            refused = {tuple(argv) for argv in argvs if not NODE.permits(argv)}
            assert refused or "timeout -k 2 " in rule, (name, rule)
            assert len(refused) <= 1, (name, rule, refused)


@test("over a real sshd with these rules alone: E02 is planned, run and verified; a missing one is said before")
def _():
    with Mixed(NODE, TARGET, "e02", "--time-scale", "0.02") as cluster:
        os.makedirs("/etc/logrotate.d", exist_ok=True)
        with open(ROTATION, "w", encoding="ascii") as file:
            file.write("# by hand\n")
        words = ("E02", "--target", f"Node/{TARGET}")
        looks = NODE.rules_of_check(cluster, TARGET, "log-rotation")
        assert looks and all(" sha256sum " in rule or " stat " in rule or " cat " in rule for rule in looks), looks
        rules = lines_of(cluster, *words)
        NODE.grant(looks)
        refused = cluster.ask("plan", *words)
        assert refused.code == 6 and "plan --sudoers prints the lines" in refused.out, refused
        NODE.grant(looks + [rule for rule in rules if " mv " not in rule])
        refused = cluster.ask("plan", *words)
        missing = [line for line in refused.out.splitlines() if "plan --sudoers prints the lines" in line]
        assert refused.code == 6 and " mv -T " in missing[0] and " install " not in missing[0], refused
        NODE.grant(looks + rules)
        answer = cluster.fix(*words)
        assert answer.code == 0 and "done and verified" in answer.out, answer
        status = os.stat(ROTATION)
        with open(ROTATION, encoding="ascii") as file:
            assert file.read().startswith("/var/lib/docker"), answer
        assert (status.st_uid, status.st_mode & 0o7777) == (0, 0o644), status
        assert not os.path.exists("/etc/logrotate.d/.docker.nks-triage~")
        back = cluster.undo(cluster.last_run())
        with open(ROTATION, encoding="ascii") as file:
            assert file.read() == "# by hand\n", back


@test("all of this is in folders of the test: the machine's own sudoers are another file")
def _():
    with open("/proc/self/mountinfo", encoding="ascii") as file:
        own = [line.split() for line in file if line.split()[4] == "/etc"]
    assert own and own[-1][3].endswith(NODE.scratch.folder + "/etc"), own


try:
    run()
finally:
    NODE.close()
