#!/usr/bin/python3
"""The journal when it cannot be written, and what must never be in it."""
# Waits: for a journal that is held, and for rollouts.
# Takes: 40 s
import os
import signal
import sqlite3
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from remedy import Copy, Place, Running, generations, hold_finalizer, quickly, runs, two_patches  # noqa: E402
from simulated import CONSOLE, Simulated, environment  # noqa: E402
from tap import run, test  # noqa: E402
from wait import wait_for  # noqa: E402


def state_folder(cluster):
    return os.path.join(cluster.folder, "state", "nks-triage")


def journal(cluster):
    return os.path.join(state_folder(cluster), "journal.sqlite")


def fix(place, **more):
    command = place.cluster.command("fix", "E08", "--confirm", place.digest)
    command[-1] = place.proxy.kubeconfig
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=180,
                          env=environment(place.cluster.folder), **more)


def limited(size):
    """In the child: files grow no further than that, as on a full disk."""
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


@test("a disk that takes no more: nothing is written to the cluster, the file is named, 1")
def _():
    with Place() as place:
        assert runs(place.cluster) == []
        answer = fix(place, preexec_fn=limited(8192))
        assert answer.returncode == 1, answer
        assert "journal.sqlite" in answer.stderr, answer
        assert place.proxy.writes() == [], place.proxy.writes()
        assert runs(place.cluster) == []
        # With room again the same confirmation still holds.
        running = place.start("fix", "E08", "--confirm", place.digest)
        running.wait_line("[2/7]")
        running.process.kill()
        running.end()


def small_file_system(folder, size):
    """argv that runs what follows with a tmpfs over the folder, in a mount namespace of its own."""
    words = ["unshare", "--mount", "--map-root-user", "--user"] if os.geteuid() else ["unshare", "--mount"]
    mount = 'mount -t tmpfs -o size="$1",mode=0700 tmpfs "$2" && shift 2 && exec "$@"'
    return [*words, "sh", "-c", mount, "sh", str(size), folder]


@test("a file system that is really full says so, and nothing is written to the cluster")
def _():
    with Place() as place:
        runs(place.cluster)
        command = place.cluster.command("fix", "E08", "--confirm", place.digest)
        command[-1] = place.proxy.kubeconfig
        # The journal is made while there is room, then the rest is filled up.
        script = f'{CONSOLE} runs >/dev/null || exit 99; dd if=/dev/zero of="$1/filler" bs=4096 2>/dev/null; shift; "$@"'
        words = [*small_file_system(state_folder(place.cluster), 200000), "sh", "-c", script, "sh",
                 state_folder(place.cluster), *command]
        answer = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=180,
                                env=environment(place.cluster.folder))
        assert answer.returncode == 1, answer
        assert "journal.sqlite" in answer.stderr, answer
        assert "full" in answer.stderr or "disk I/O error" in answer.stderr, answer
        assert place.proxy.writes() == [], place.proxy.writes()


@test("a journal that somebody holds for long: nothing is written to the cluster, the file is named, 1")
def _():
    with Place() as place:
        runs(place.cluster)
        holder = sqlite3.connect(journal(place.cluster), isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        answer = fix(place)
        holder.execute("ROLLBACK")
        holder.close()
        assert answer.returncode == 1, answer
        assert "journal.sqlite" in answer.stderr and "locked" in answer.stderr, answer
        assert place.proxy.writes() == [], place.proxy.writes()


@test("one that is held for a moment is waited for, beside a loop that lives")
def _():
    with Copy(two_patches) as copy, Simulated("calico-outage") as cluster:
        digest = copy.digest(cluster)
        holder = sqlite3.connect(journal(cluster), isolation_level=None, check_same_thread=False) \
            if os.path.exists(journal(cluster)) else None
        if not holder:
            assert copy.run(cluster, "runs").returncode == 0
            holder = sqlite3.connect(journal(cluster), isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        running = Running(cluster, "fix", "E08", "--confirm", digest, console=copy.console)
        running.wait_line("run 2")

        def let_go():
            holder.execute("ROLLBACK")
            holder.close()
        timer = threading.Timer(1.5, let_go)
        timer.start()
        assert running.end() == 7, running.text()
        timer.join()
        assert set(generations(cluster).values()) == {1, 2}, generations(cluster)


@test("a journal that can no longer be written half way: nothing more is written to the cluster, 8")
def _():
    with Copy(two_patches) as copy, Simulated("calico-outage") as cluster:
        digest = copy.digest(cluster)
        assert copy.run(cluster, "runs").returncode == 0
        path = journal(cluster)
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

        def first_is_noted():
            rows = holder.execute("SELECT step FROM steps WHERE state = 'running'").fetchall()
            return bool(rows)
        running = Running(cluster, "fix", "E08", "--confirm", digest, console=copy.console)
        # Taken between the first intent and the second: whichever step is under way, the next finds it locked.
        wait_for(first_is_noted, what="an intent", interval=0.001)
        try:
            holder.execute("BEGIN IMMEDIATE")
            code = running.end()
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        written = sum(value - 1 for value in generations(cluster).values())
        assert (code, written) in ((8, 1), (7, 2), (8, 2)), (code, written, running.text())
        if code == 8:
            assert "journal.sqlite" in running.text(), running.text()


@test("a state folder that others can write is refused: 1, nothing is asked of the cluster's objects")
def _():
    with Simulated("healthy") as cluster:
        hold_finalizer(cluster)
        assert cluster.console("runs").code == 0
        os.chmod(state_folder(cluster), 0o777)
        for words in (("fix", "E15"), ("undo", "x"), ("resume", "x"), ("runs",)):
            answer = cluster.console(*words)
            assert answer.code == 1 and "nks-triage" in answer.err, (words, answer)
        os.chmod(state_folder(cluster), 0o700)
        mode = os.stat(journal(cluster)).st_mode & 0o777
        assert mode == 0o600, oct(mode)


@test("two consoles at once write into one journal, and each is found whole")
def _():
    with Copy(quickly, "E15") as copy, Simulated("healthy") as one, Simulated("healthy") as other:
        ends = []
        for cluster in (one, other):
            hold_finalizer(cluster)
        digests = {cluster: copy.digest(cluster) for cluster in (one, other)}

        def work(cluster):
            ends.append(copy.run(cluster, "fix", "E15", "--confirm", digests[cluster],
                                 "--state-dir", state_folder(one)).returncode)
        assert copy.run(one, "runs", "--state-dir", state_folder(one)).returncode == 0
        threads = [threading.Thread(target=work, args=(cluster,)) for cluster in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ends == [0, 0], ends
        found = runs(one)
        assert len(found) == 2 and {entry["state"] for entry in found} == {"verified"}, found
        assert {entry["server"] for entry in found} == {one.server, other.server}
        assert all([step["state"] for step in entry["steps"]] == ["done"] for entry in found)


run()
