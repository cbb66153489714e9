#!/usr/bin/python3
"""Runs test programs that speak TAP and adds their results up.

    tests/run.py [--jobs N] [--waiters N] [--timeout SECONDS] PROGRAM...

--jobs (2) are run at once, and beside them some --waiters (8): programs that
wait for most of their time. They say so with a line "# Waits: ...". Programs
that take long say how long on two quiet cores, "# Takes: 60 s", and are begun
first. Of each program the time is printed, and the CPU time of all that it
started: a program that uses little of its time waits.

A program passes a test with a line "ok ..." and fails it with "not ok ...".
A program that ends without a plan ("1..N"), runs another number of tests than
it planned, exits with another status than 0, or exceeds the time limit counts
as one more failure. The whole output of a program that failed is printed, and
at the end, after "Failed:", what each failed test said first. The last line is
"N passed, N failed"; the exit status is 0 only where nothing failed and
something passed. A test that is skipped ("# SKIP") counts as failed: nothing
is skipped silently.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time

SUPERVISED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "supervised.py")
# Of the summary, for each failed test.
LINES, COLUMNS = 30, 1000


class Result:
    def __init__(self, program, timeout):
        """Runs the program and waits for its end."""
        self.name = re.sub(r"^\.build/[^/]+/", "", program)
        started = time.monotonic()
        end, self.output = supervised(program, timeout)
        self.seconds, self.cpu = time.monotonic() - started, end["cpu"]
        self.judge(end["status"], timeout)

    def judge(self, status, timeout):
        """Sets the number of tests that passed, and (what failed, what was said about it) of the others."""
        lines = self.output.splitlines()
        tests = [at for at, line in enumerate(lines) if re.match(r"(not )?ok\b", line)]
        good = [at for at in tests if lines[at].startswith("ok") and "# SKIP" not in lines[at].upper()]
        bad = [at for at in tests if at not in good]
        plans = [int(m.group(1)) for m in (re.match(r"1\.\.(\d+)\s*$", line) for line in lines) if m]
        self.passed = len(good)
        self.failures = []
        for at in bad:
            end = next((other for other in tests if other > at), len(lines))
            self.failures.append((lines[at], lines[at + 1:end]))
        if status is None:
            self.failures.append((f"did not end within {timeout} s", lines[-LINES:]))
        if not plans:
            self.failures.append(("printed no plan (1..N)", lines[-LINES:]))
        elif sum(plans) != len(tests):
            self.failures.append((f"planned {sum(plans)} tests, ran {len(tests)}", lines[-LINES:]))
        if status not in (0, None) and not bad:
            self.failures.append((f"exit status {status}", lines[-LINES:]))

    def tell(self):
        print(f"{'FAIL' if self.failures else 'ok  '} {self.name}: {self.passed} passed, {len(self.failures)} failed"
              f" ({self.seconds:.1f} s, CPU {self.cpu:.1f} s)")
        if self.failures:
            print("\n".join("    | " + line for line in self.output.splitlines()))
            print("\n".join("    " + what for what, _ in self.failures))
        sys.stdout.flush()

    def tell_failures(self):
        for what, said in self.failures:
            print(f"  {self.name}: {what}")
            for line in said[:LINES]:
                print("    " + line[:COLUMNS])


def supervised(program, timeout):
    """How it ended, and what it printed."""
    command = ["/usr/bin/python3", program] if program.endswith(".py") else [os.path.join(".", program)]
    # A file, not a pipe: what a broken test leaves running would hold a pipe open for ever.
    with tempfile.TemporaryFile() as file:
        reader, writer = os.pipe()
        subprocess.run(["/usr/bin/python3", SUPERVISED, str(timeout), str(writer), *command], check=True,
                       stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, pass_fds=(writer,),
                       env=dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", LC_ALL="C.UTF-8"))
        os.close(writer)
        with open(reader, encoding="utf-8") as told:
            end = json.load(told)
        file.seek(0)
        return end, file.read().decode("utf-8", "replace")


def declared(program):
    """(whether it mostly waits, seconds that it takes), as it says itself."""
    source = program if program.endswith(".py") else re.sub(r"^\.build/[^/]+/", "", program) + ".c"
    with open(source, encoding="utf-8") as file:
        text = file.read()
    takes = re.search(r"(?m)^(?:#|/\*) Takes: (\d+) s", text)
    return bool(re.search(r"(?m)^(?:#|/\*) Waits: ", text)), int(takes.group(1)) if takes else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--waiters", type=int, default=8)
    parser.add_argument("--timeout", type=int, default=1200)
    parser.add_argument("programs", nargs="+")
    arguments = parser.parse_args()
    programs = sorted(arguments.programs, key=lambda program: -declared(program)[1])
    results = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as workers, \
            concurrent.futures.ThreadPoolExecutor(arguments.waiters) as waiters:
        runs = [(waiters if declared(program)[0] else workers).submit(Result, program, arguments.timeout)
                for program in programs]
        for run in concurrent.futures.as_completed(runs):
            results.append(run.result())
            results[-1].tell()
    passed, failed = sum(r.passed for r in results), sum(len(r.failures) for r in results)
    if failed:
        print("Failed:")
        for result in results:
            result.tell_failures()
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
