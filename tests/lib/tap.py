"""A few lines of TAP for tests written in Python.

    from tap import test, run
    @test("what is promised")
    def _(): assert ...
    run()

run() ends the program: status 0 only where every test passed. A test that
raises has failed; its traceback follows as diagnostics. run(at_a_time=4) is
for tests that share nothing and mostly wait: four of them run side by side,
and are told in their order.
"""
import concurrent.futures
import sys
import traceback

_tests = []


def test(name):
    def register(function):
        _tests.append((name, function))
        return function
    return register


def side_by_side(function, values):
    """Calls the function with each of the values, all at the same time; raises what the first of them raised."""
    with concurrent.futures.ThreadPoolExecutor(len(values)) as pool:
        list(pool.map(function, values))


def _outcome(function):
    """None, or the traceback."""
    try:
        function()
    except BaseException:  # a failed assertion, and whatever else went wrong
        return traceback.format_exc()
    return None


def run(at_a_time=1):
    print(f"1..{len(_tests)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        outcomes = (pool.map if at_a_time > 1 else map)(_outcome, [function for _, function in _tests])
        for number, ((name, _), failure) in enumerate(zip(_tests, outcomes), 1):
            print(f"{'not ok' if failure else 'ok'} {number} - {name}", flush=True)
            for line in (failure or "").splitlines():
                print("# " + line, flush=True)
            failed += bool(failure)
    sys.exit(1 if failed else 0)
