#!/usr/bin/python3
"""The console and the clocks of its machine: a laptop's lid, a stopped process, a wall clock that is set.

A library that is loaded before the C library's adds to the clocks what a file says.
"""
# Waits: for seconds that pass.
# Takes: 25 s
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "client")]
from behind import Behind, kinds  # noqa: E402
from fault_proxy import FaultProxy, settle  # noqa: E402
from servers import kubeconfig, path_of, write  # noqa: E402
from simulated import CONSOLE, Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from wait import PATIENCE, wait_for  # noqa: E402

SHIM = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* "BOOTTIME REALTIME": seconds to add. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	long long add[2] = {0, 0};
	FILE *file = fopen(getenv("CLOCK_OFFSETS"), "re");
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (file) {
		if (fscanf(file, "%lld %lld", &add[0], &add[1]) != 2)
			add[0] = add[1] = 0;
		fclose(file);
	}
	if (clock == CLOCK_BOOTTIME)
		now->tv_sec += (time_t)add[0];
	if (clock == CLOCK_REALTIME)
		now->tv_sec += (time_t)add[1];
	return result;
}
"""
write("shim.c", SHIM)
subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", path_of("shim.so"), path_of("shim.c")], check=True)


def set_clocks(boot, wall):
    write("offsets.new", f"{boot} {wall}\n")
    os.rename(path_of("offsets.new"), path_of("offsets"))


def started():
    set_clocks(0, 0)
    return Behind(kubeconfig, preload=f"export CLOCK_OFFSETS={path_of('offsets')} LD_PRELOAD={path_of('shim.so')} "
                                             "ASAN_OPTIONS=verify_asan_link_order=0")


@test("a lid that was closed for two days: watches go on over new connections, ages are right, nothing is listed")
def _():
    with started() as console:
        lists, begun, watched = len(console.proxy.lists()), len(console.proxy.watches()), kinds(console.proxy.watches())
        connections, asked = console.proxy.connections, len(console.proxy.requests)
        # A minute more: who is interrupted between two clocks counts that as time awake.
        set_clocks(2 * 86400 + 60, 2 * 86400 + 60)
        console.terminal.wait("asleep for 2d; connecting again")
        console.terminal.wait("213d", "● live")
        wait_for(lambda: kinds(console.proxy.watches()[begun:]) == watched, what="new watches")
        assert console.proxy.connections >= connections + len(watched), console.proxy.connections
        # What the server did not have is asked for again: two days are over.
        again = [line for line in console.proxy.lists()[lists:] if kinds([line]) & watched]
        assert not again, again
        # Once, not again and again.
        console.terminal.wait_without("asleep for")
        anew = [line.split("?")[0] for line in console.proxy.watches()[begun:]]
        assert all(anew.count(kind) == 1 for kind in watched), console.proxy.requests[asked:]


@test("a lid that is closed while the server is away or busy: the back-off ends with the sleep")
def _():
    with started() as console:
        console.proxy.set("refuse")
        console.terminal.wait("TCP failed")
        console.proxy.set("pass")
        set_clocks(3630, 3630)
        console.terminal.wait("asleep for 60m")
        console.terminal.wait("● live")
        # Who was told to wait for a minute is not heard of again by itself within half of it.
        console.cluster.fault(throttle=60, watchEnd=True)
        console.terminal.wait("429 busy")
        console.cluster.fault(throttle=0, watchEnd=False)
        set_clocks(7290, 7290)
        console.terminal.wait("● live", seconds=30)


@test("a process that was stopped: the same")
def _():
    with Simulated("healthy") as cluster, FaultProxy(int(cluster.server.rsplit(":", 1)[1])) as proxy, \
            open(path_of("stderr"), "w+", encoding="utf-8") as said:
        config = kubeconfig(f"http://127.0.0.1:{proxy.port}")
        process = subprocess.Popen([CONSOLE, "report", "--watch", "-v", "--quiet-after", "1", "--kubeconfig", config],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            assert "nks-triage" in process.stdout.readline()
            settle(proxy)
            os.kill(process.pid, signal.SIGSTOP)
            stopped = time.monotonic()
            wait_for(lambda: time.monotonic() > stopped + 3, what="three seconds")
            listed, begun, watched = len(proxy.lists()), len(proxy.watches()), kinds(proxy.watches())
            os.kill(process.pid, signal.SIGCONT)
            wait_for(lambda: kinds(proxy.watches()[begun:]) == watched, what="new watches")
            assert len(proxy.lists()) == listed, proxy.lists()
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
        said.seek(0)
        assert "asleep for " in said.read()


def is_armed(screen):
    """For the quarter of an hour since F2, of which some has passed."""
    return re.search(r"ARMED 1[0-4]:", screen)


@test("a wall clock that is set: ages follow, connections stay, and nobody is armed for longer")
def _():
    with started() as console:
        requests = len(console.proxy.watches()) + len(console.proxy.lists())
        console.terminal.keys("F2")
        console.terminal.wait_that(is_armed)
        set_clocks(0, 86400)
        console.terminal.wait_that(lambda screen: "212d" in screen and "● live" in screen, is_armed)
        set_clocks(0, -86400)
        screen = console.terminal.wait_that(lambda screen: "210d" in screen and "● live" in screen, is_armed)
        assert "asleep" not in screen, screen
        assert len(console.proxy.watches()) + len(console.proxy.lists()) == requests, console.proxy.requests[requests:]


run()
