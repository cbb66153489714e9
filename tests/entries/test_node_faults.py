#!/usr/bin/python3
"""Fixes on nodes while something goes wrong: connections that break before or after each command, a full disk, a file
that a check refuses, rights that are missing, somebody else at work, a console that is killed. A file is the old one or
the new one, never half; a command is run once."""
# Waits: for connections that break, and for what is done after them.
# Takes: 140 s
import concurrent.futures
import os
import sys
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from node_fix import Fixed  # noqa: E402
from remedy import Running, our_leases, runs  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402

ROTATION = "/etc/logrotate.d/docker"
TEMPORARY = "/etc/logrotate.d/.docker.nks-triage~"
DOCKER = "nks-prod-docker-worker-2"     # of e02: its file differs
STATD = "nks-prod-default-worker-4"     # of e09: rpc.statd is down
CENTOS = "nks-prod-centos-worker-1"     # of e07
AT_WORK = 6


class Row:
    """One fault of one node, and the fix of it meanwhile."""

    def __init__(self, scenario, node, *words, name=False, look=None, **ssh):
        self.scenario, self.node, self.words, self.name, self.ssh_fault = scenario, node, words, name, ssh
        self.look = look or (lambda cluster: cluster.file(node, ROTATION))
        self.failure = None

    def tell(self):
        with Fixed(self.scenario, "--time-scale", "0.02") as cluster:
            self.before = self.look(cluster)
            digest = cluster.plan(*self.words)["digest"]
            cluster.node(self.node, ssh=self.ssh_fault)
            self.fixed = cluster.fix(*self.words, digest=digest, name=self.name)
            cluster.node(self.node, ssh={"commands": None, "sudo": None, "refuse": None})
            self.after = self.look(cluster)
            self.left = cluster.leftovers(self.node, ROTATION)
            self.leases = our_leases(cluster)

    def go(self):
        try:
            self.tell()
        except Exception:  # each test of the row says so
            self.failure = traceback.format_exc()
        return self


def broken(match, when, times=1):
    return {"commands": [{"match": match, "drop": when, "times": times}]}


def fails(match, status, error):
    return {"commands": [{"match": match, "exit": status, "error": error, "times": 1}]}


ONE = ("E02",)
BREAKS = {f"{when} {match}": Row("e02", DOCKER, *ONE, **broken(match, when))
          for match in (f"install *{TEMPORARY}", f"sha256sum {TEMPORARY}", f"logrotate -d {TEMPORARY}",
                        f"sync {TEMPORARY}", f"mv -T {TEMPORARY} {ROTATION}") for when in ("before", "after")}
FAILS = {
    "the disk is full": Row("e02", DOCKER, *ONE, **fails(
        f"install *{TEMPORARY}", 1, "install: error writing '" + TEMPORARY + "': No space left on device\n")),
    "logrotate refuses it": Row("e02", DOCKER, *ONE, **fails(
        f"logrotate -d {TEMPORARY}", 1, "error: .docker.nks-triage~:1 unknown option\n")),
    "it cannot be renamed": Row("e02", DOCKER, *ONE, **fails(
        f"mv -T {TEMPORARY} *", 1, "mv: cannot move: Read-only file system\n")),
}
RESTART = "systemctl restart rpc-statd"


def statd(cluster):
    return cluster.ssh(STATD, "rpcinfo -u 127.0.0.1 100024").code == 0


COMMANDS = {when: Row("e09", STATD, "E09", look=statd, **broken(RESTART, when)) for when in ("before", "after")}
COMMANDS["slow"] = Row("e09", STATD, "E09", look=statd, commands=[{"match": RESTART, "drop": "after", "slow": 10000}])
COMMANDS["killed"] = Row("e09", STATD, "E09", look=statd, commands=[{"match": RESTART, "signal": "KILL"}])
REBOOT = Row("e07", CENTOS, "E07", name=True, look=lambda cluster: "cgroup.memory=nokmem" in wait_for_node(cluster),
             **broken("systemctl reboot", "after"))


def wait_for_node(cluster):
    wait_for(lambda: cluster.ssh(CENTOS, "true").code == 0, what=lambda: "the node does not answer")
    return cluster.ssh(CENTOS, "cat /proc/cmdline").out


def told(row):
    assert row.failure is None, row.failure
    return row


@test("a connection that breaks before or after any command of a replacement: the new file, once, and nothing beside it")
def _():
    for name, row in BREAKS.items():
        told(row)
        assert row.fixed.code == 0 and "done and verified" in row.fixed.out, (name, row.fixed)
        assert row.after != row.before and row.after[0].startswith("/var/lib/docker"), (name, row.after)
        assert row.left is None and row.leases == [], (name, row.left, row.leases)
        assert "looking how far it came" in row.fixed.out, (name, row.fixed)


@test("a full disk, a file that is refused, a rename that fails: the old file stays, and nothing is left beside it")
def _():
    for name, row in FAILS.items():
        told(row)
        assert row.fixed.code == 8, (name, row.fixed)
        assert row.after == row.before and row.left is None and row.leases == [], (name, row.after, row.left)
    assert "No space left on device" in FAILS["the disk is full"].fixed.err, FAILS["the disk is full"].fixed


@test("a command whose connection broke is found out about: started once, waited for where it goes on")
def _():
    for name in ("before", "after", "slow"):
        row = told(COMMANDS[name])
        assert row.fixed.code == 0 and row.after is True, (name, row.fixed)
        assert "finding out what became of the command" in row.fixed.out, (name, row.fixed)
        assert row.fixed.out.count("Then start rpc-statd") == 1, (name, row.fixed)
    assert "is still running there" in COMMANDS["slow"].fixed.out, COMMANDS["slow"].fixed


@test("one that a signal ends has failed, and says so")
def _():
    row = told(COMMANDS["killed"])
    assert row.fixed.code == 8 and "137" in row.fixed.err, row.fixed


@test("a reboot whose connection breaks with it is sent once, and the node is waited for")
def _():
    row = told(REBOOT)
    assert row.fixed.code == 0 and row.after is True, row.fixed


@test("what sudo refuses is found before anything can be confirmed: all of it at once, and the lines that grant it")
def _():
    with Fixed("e02", "--time-scale", "0.02") as cluster:
        cluster.node(DOCKER, ssh={"sudo": {"refused": ["*mv -T *", "*sync *"]}})
        answer = cluster.ask("plan", *ONE)
        assert answer.code == 6 and "digest:" not in answer.out, answer
        reason = [line for line in answer.out.splitlines() if "plan --sudoers prints the lines" in line]
        assert len(reason) == 1 and "mv -T" in reason[0] and "sync" in reason[0] and "install" not in reason[0], answer
        lines = cluster.ask("plan", *ONE, "--sudoers")
        rules = [line for line in lines.out.splitlines() if not line.startswith("#")]
        assert lines.code == 0 and len(rules) == 5, lines
        assert ("centos ALL=(root) NOPASSWD: /usr/bin/timeout 30 env LC_ALL\\=C mv -T "
                "/etc/logrotate.d/.docker.nks-triage~ /etc/logrotate.d/docker") in rules, rules
        assert not any("*" in rule for rule in rules), rules


@test("a file that somebody changed after the preview is left as it is")
def _():
    with Fixed("e02", "--time-scale", "0.02") as cluster:
        digest = cluster.plan(*ONE)["digest"]
        cluster.ssh(DOCKER, f"sudo -n tee {ROTATION}", stdin="# by hand\n")
        theirs = cluster.file(DOCKER, ROTATION)
        answer = cluster.fix(*ONE, digest=digest)
        assert answer.code == 6 and cluster.file(DOCKER, ROTATION) == theirs, answer


@test("an undo where somebody changed the file since shows the difference and does nothing")
def _():
    with Fixed("e02", "--time-scale", "0.02") as cluster:
        assert cluster.fix(*ONE).code == 0
        cluster.ssh(DOCKER, f"sudo -n tee -a {ROTATION}", stdin="# by hand\n")
        theirs = cluster.file(DOCKER, ROTATION)
        answer = cluster.ask("undo", cluster.last_run())
        assert answer.code == 6 and "+# by hand" in answer.out and "changed" in answer.out, answer
        assert cluster.file(DOCKER, ROTATION) == theirs


@test("a node that cannot be reached is left out of a batch, named, and the run is not called whole")
def _():
    with Fixed("e02", "--time-scale", "0.02") as cluster:
        first = cluster.plan("E02")
        nodes = sorted({step["target"] for step in first["steps"]})
        assert len(nodes) > 1, nodes
        gone = nodes[-1].split("/")[1]
        digest = None
        cluster.node(gone, ssh={"commands": [{"match": "stat --format=%F:%a:%U:%G*", "drop": "before", "times": 0}]})
        plan = cluster.plan("E02")
        digest = plan["digest"]
        left = [step for step in plan["steps"] if step["state"] == "skipped"]
        assert [step["target"] for step in left] == ["Node/" + gone] and "left out" in left[0]["outcome"], left
        answer = cluster.fix("E02", digest=digest)
        assert answer.code == 8 and f"not done on Node/{gone}" in answer.err, answer


@test("a failure of the canary ends the run before any other node is touched")
def _():
    with Fixed("e02", "--time-scale", "0.02") as cluster:
        plan = cluster.plan("E02")
        targets = [step["target"].split("/")[1] for step in plan["steps"]]
        before = {node: cluster.file(node, ROTATION) for node in targets}
        cluster.node(targets[0], ssh=fails("mv -T *", 1, "mv: no\n"))
        answer = cluster.fix("E02", digest=plan["digest"])
        assert answer.code == 8, answer
        assert {node: cluster.file(node, ROTATION) for node in targets} == before, answer
        assert all(f"/{len(targets)}] " not in line or line.split("[")[1].startswith("1/")
                   for line in answer.out.splitlines() if "[" in line), answer


@test("a console that is killed in the middle of a command goes on with it, and does not run it again")
def _():
    with Fixed("e09", "--time-scale", "0.02") as cluster:
        digest = cluster.plan("E09")["digest"]
        cluster.node(STATD, ssh={"commands": [{"match": RESTART, "slow": 15000, "times": 1}]})
        process = Running(cluster, *cluster.words("fix", "E09", "--confirm", digest))
        process.wait_line("Then start rpc-statd")
        wait_for(lambda: cluster.ssh(STATD, "rpcinfo -u 127.0.0.1 100024").code == 0, what=lambda: process.text())
        process.process.kill()
        process.end()
        killed = runs(cluster)[0]["id"]
        plan = cluster.ask("resume", killed)
        again = cluster.ask("resume", killed, "--confirm", plan.out.splitlines()[-1].split()[-1])
        assert again.code == 0 and statd(cluster), (plan, again)


class Killed:
    """E01's forced run, which nothing on the node shows, with a console that is killed in the middle of it."""

    def __init__(self, cluster):
        self.node = "nks-prod-docker-worker-1"
        words = ["E01", "--alternative", "rotate"]
        digest = cluster.plan(*words)["digest"]
        cluster.node(self.node, ssh={"commands": [{"match": "logrotate -f *", "slow": 30000, "times": 0}]})
        process = Running(cluster, *cluster.words("fix", *words, "--confirm", digest, "--confirm-name", "simulated"))
        process.wait_line("Rotate now")
        wait_for(lambda: self.noted(cluster).get("bootId"), 60, what=lambda: process.text())
        process.process.kill()
        process.end()
        self.run = runs(cluster)[0]["id"]

    @staticmethod
    def step(cluster):
        return next(step for step in runs(cluster)[0]["steps"] if step["title"].startswith("Rotate now"))

    def noted(self, cluster):
        return self.step(cluster)["request"] or {} if runs(cluster) else {}

    def resume(self, cluster, run_id=None):
        plan = cluster.ask("resume", run_id or self.run)
        return plan, cluster.ask("resume", run_id or self.run, "--confirm", plan.out.splitlines()[-1].split()[-1],
                                 "--confirm-name", "simulated")


@test("a node that is started anew while nobody looks: what became of its command is unknown, and said; nothing runs twice")
def _():
    with Fixed("e01", "--time-scale", "0.02") as cluster:
        killed = Killed(cluster)
        cluster.node(killed.node, reboot=True)
        wait_for(lambda: cluster.ssh(killed.node, "true").code == 0, 60, what=lambda: "the node does not answer")
        # Were it run again, it would be broken, and this could be seen.
        cluster.node(killed.node, ssh={"commands": [{"match": "logrotate -f *", "exit": 3, "times": 0}]})
        plan, again = killed.resume(cluster)
        assert again.code == 8 and "could not be found out" in again.err and "started anew" in again.err, (plan, again)
        assert "logrotate -f /etc/logrotate.d/docker" in again.err and "exit status" not in again.err, again
        # The run that went on knows no more than the first: it is not assumed the second time either.
        _, third = killed.resume(cluster, runs(cluster)[0]["id"])
        assert third.code == 8 and "could not be found out" in third.err and "exit status" not in third.err, third


@test("a run that goes on a second time still finds the first one's mark")
def _():
    with Fixed("e01", "--time-scale", "0.02") as cluster:
        killed = Killed(cluster)
        first = killed.noted(cluster)
        plan = cluster.ask("resume", killed.run)
        process = Running(cluster, *cluster.words("resume", killed.run, "--confirm", plan.out.splitlines()[-1].split()[-1],
                                                  "--confirm-name", "simulated"))
        wait_for(lambda: runs(cluster)[0]["resumes"] == killed.run and killed.step(cluster)["state"] == "running", 60,
                 what=lambda: process.text())
        process.process.kill()
        process.end()
        second = runs(cluster)[0]
        assert second["resumes"] == killed.run and killed.noted(cluster) == first, (first, second)
        cluster.node(killed.node, ssh={"commands": [{"match": "logrotate -f *", "exit": 3, "times": 0}]})
        _, again = killed.resume(cluster, second["id"])
        assert "exit status 0" in again.out and "exit status 3" not in again.out + again.err, again
        assert killed.step(cluster)["request"]["exitStatus"] == 0, killed.step(cluster)


ROWS = [*BREAKS.values(), *FAILS.values(), *COMMANDS.values(), REBOOT]
with concurrent.futures.ThreadPoolExecutor(AT_WORK) as pool:
    list(pool.map(Row.go, ROWS))
run()
