#!/usr/bin/python3
"""Runs one test program and ends what it leaves behind, for tests/run.py.

    tests/lib/supervised.py SECONDS DESCRIPTOR WORD...

Writes {"status": exit status or null after SECONDS, "cpu": seconds} to the file descriptor: what the program and all
that it started used, servers that outlived it (a terminal, a simulator of a test that failed) as well.
"""
import ctypes
import glob
import json
import os
import resource
import signal
import subprocess
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class TimeIsOver(Exception):
    pass


def over(*_):
    raise TimeIsOver


def process_control(*words):
    if ctypes.CDLL(None, use_errno=True).prctl(*words, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def children():
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue    # gone
        if int(fields[1]) == os.getpid():
            yield int(path.split("/")[2])


def end_children():
    """Their own children become ours then, and have their turn."""
    while True:
        for child in children():
            os.kill(child, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def main():
    seconds, descriptor, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    os.set_inheritable(descriptor, False)
    process_control(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGALRM, over)
    # When nobody waits for the program any more, it ends, too.
    signal.signal(signal.SIGTERM, over)
    process_control(PR_SET_PDEATHSIG, signal.SIGTERM)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)
    status = None
    signal.alarm(seconds)
    try:
        ended = 0
        while ended != process.pid:
            ended, how = os.wait()
        status = os.waitstatus_to_exitcode(how)
    except TimeIsOver:
        os.killpg(process.pid, signal.SIGKILL)
    signal.alarm(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_children()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump({"status": status, "cpu": used.ru_utime + used.ru_stime}, file)


if __name__ == "__main__":
    main()
