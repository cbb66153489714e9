#!/usr/bin/python3
"""Runs test programs that speak TAP and adds their results up.

    tests/run.py [--jobs N] [--timeout SECONDS] PROGRAM...

--jobs (2) are run at once, and beside them six of those that only wait for
most of their time: they say so with a line "# Waits: ..." and are begun first.

A program passes a test with a line "ok ..." and fails it with "not ok ...".
A program that ends without a plan ("1..N"), runs another number of tests than
it planned, exits with another status than 0, or exceeds the time limit counts
as one more failure. The last line is "N passed, N failed"; the exit status is
0 only where nothing failed and something passed. A test that is skipped
("# SKIP") counts as failed: nothing is skipped silently.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid


def end_what_is_left(mark):
    """Kills servers and terminals of a program that ended: they have its mark in their environment."""
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/environ", "rb") as file:
                if mark.encode() in file.read().split(b"\0"):
                    os.kill(int(os.path.basename(folder)), signal.SIGKILL)
        except OSError:
            continue    # gone, or not ours


def run(program, timeout):
    """Returns (program, passed, [failure texts], output, seconds)."""
    started = time.monotonic()
    mark = f"TEST_PROGRAM={uuid.uuid4()}"
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", LC_ALL="C.UTF-8", **dict([mark.split("=")]))
    command = ["/usr/bin/python3", program] if program.endswith(".py") else [program if "/" in program else "./" + program]
    failures = []
    # A file, not a pipe: what a broken test leaves running would hold a pipe open for ever.
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                   env=environment, start_new_session=True)
        try:
            process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            failures.append(f"did not end within {timeout} s")
        end_what_is_left(mark)
        file.seek(0)
        output = file.read()
    output = output.decode("utf-8", "replace")
    lines = output.splitlines()
    passed = sum(1 for line in lines if re.match(r"ok\b", line) and "# SKIP" not in line.upper())
    bad = [line for line in lines if re.match(r"not ok\b", line)
           or (re.match(r"ok\b", line) and "# SKIP" in line.upper())]
    planned = sum(int(m.group(1)) for m in (re.match(r"1\.\.(\d+)\s*$", line) for line in lines) if m)
    failures += bad
    if not any(re.match(r"1\.\.\d+\s*$", line) for line in lines):
        failures.append("printed no plan (1..N)")
    elif planned != passed + len(bad):
        failures.append(f"planned {planned} tests, ran {passed + len(bad)}")
    if process.returncode != 0 and not bad:
        failures.append(f"exit status {process.returncode}")
    return program, passed, failures, output, time.monotonic() - started


def waits(program):
    if not program.endswith(".py"):
        return False
    with open(program, encoding="utf-8") as file:
        return any(line.startswith("# Waits: ") for line in file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=1200)
    parser.add_argument("programs", nargs="+")
    arguments = parser.parse_args()
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as workers, \
            concurrent.futures.ThreadPoolExecutor(6) as waiters:
        runs = [(waiters if waits(program) else workers).submit(run, program, arguments.timeout)
                for program in arguments.programs]
        for future in runs:
            program, good, failures, output, seconds = future.result()
            name = re.sub(r"^\.build/[^/]+/", "", program)
            print(f"{'FAIL' if failures else 'ok  '} {name}: {good} passed, {len(failures)} failed ({seconds:.1f} s)",
                  flush=True)
            if failures:
                print("\n".join("    | " + line for line in output.splitlines()[-60:]))
                print("\n".join("    " + line for line in failures), flush=True)
            passed += good
            failed += len(failures)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
