"""Waiting for a condition: the only place in the tests that sleeps."""
import time

# What has to come, comes within this on any machine. A test that passes waits no longer than it has to.
PATIENCE = 120


def wait_for(condition, seconds=PATIENCE, interval=0.05, what="condition"):
    """Returns the first true value of condition(); raises AssertionError when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(interval)


def pause(seconds):
    """Lets time pass, where time is what is tested or measured: nothing else may wait like this."""
    time.sleep(seconds)
