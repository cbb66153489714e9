"""A few lines of TAP for tests written in Python.

    from tap import test, run
    @test("what is promised")
    def _(): assert ...
    run()

run() ends the program: status 0 only where every test passed. A test that
raises has failed; its traceback follows as diagnostics.
"""
import sys
import traceback

_tests = []


def test(name):
    def register(function):
        _tests.append((name, function))
        return function
    return register


def run():
    print(f"1..{len(_tests)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(_tests, 1):
        try:
            function()
        except BaseException:  # a failed assertion, and whatever else went wrong
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
        else:
            print(f"ok {number} - {name}", flush=True)
    sys.exit(1 if failed else 0)
