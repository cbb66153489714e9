#!/usr/bin/python3
"""The console and the clocks of its machine: a laptop's lid, a stopped process, a wall clock that is set.

A library that is loaded before the C library's adds to the clocks what a file says.
"""
import os
import signal
import subprocess
import sys
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "client")]
from fault_proxy import FaultProxy, settle  # noqa: E402
from servers import kubeconfig, path_of, write  # noqa: E402
from simulated import CONSOLE, Simulated  # noqa: E402
from tap import run, test  # noqa: E402
from tmux import Terminal  # noqa: E402
from wait import wait_for  # noqa: E402

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


def kinds(lines):
    return {line.split("?")[0] for line in lines}


class Console:
    def __init__(self, arguments=""):
        set_clocks(0, 0)
        self.cluster = Simulated("healthy")
        self.proxy = FaultProxy(int(self.cluster.server.rsplit(":", 1)[1]))
        self.proxy.__enter__()
        self.terminal = Terminal(120, 40)
        config = kubeconfig(f"http://127.0.0.1:{self.proxy.port}")
        self.terminal.shell(f"export CLOCK_OFFSETS={path_of('offsets')} LD_PRELOAD={path_of('shim.so')} "
                            "ASAN_OPTIONS=verify_asan_link_order=0; clear")
        self.pid = self.terminal.start(f"--kubeconfig {config} {arguments}")
        self.terminal.wait("● live", "1 Nodes 12/12 ready", "211d")
        settle(self.proxy)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.terminal.end()
        self.proxy.__exit__()
        self.cluster.stop()

    def watches(self):
        return [line for line in self.proxy.requests if "watch=1" in line]

    def lists(self):
        return [line for line in self.proxy.requests if "limit=" in line]


@test("a lid that was closed for two days: watches go on over new connections, ages are right, nothing is listed")
def _():
    with Console() as console:
        lists, begun, watched = len(console.lists()), len(console.watches()), kinds(console.watches())
        connections = console.proxy.connections
        set_clocks(2 * 86400, 2 * 86400)
        console.terminal.wait("asleep for 2d; connecting again", "213d", "● live")
        wait_for(lambda: kinds(console.watches()[begun:]) == watched, what="new watches")
        assert console.proxy.connections >= connections + len(watched), console.proxy.connections
        # What the server did not have is asked for again: two days are over.
        again = [line for line in console.lists()[lists:] if kinds([line]) & watched]
        assert not again, again
        # Once, not again and again.
        begun = len(console.proxy.requests)
        console.terminal.wait_without("asleep for")
        assert len(console.proxy.requests) - begun <= 4, console.proxy.requests[begun:]


@test("a lid that is closed while the server is away: the back-off ends with the sleep")
def _():
    with Console() as console:
        console.proxy.set("refuse")
        console.terminal.wait("TCP failed")
        console.proxy.set("pass")
        set_clocks(3600, 3600)
        console.terminal.wait("● live", "asleep for 60m", seconds=5)


@test("a process that was stopped: the same")
def _():
    with Simulated("healthy") as cluster, FaultProxy(int(cluster.server.rsplit(":", 1)[1])) as proxy, \
            open(path_of("stderr"), "w+", encoding="utf-8") as said:
        config = kubeconfig(f"http://127.0.0.1:{proxy.port}")

        def watches():
            return [line for line in proxy.requests if "watch=1" in line]

        def lists():
            return [line for line in proxy.requests if "limit=" in line]
        process = subprocess.Popen([CONSOLE, "report", "--watch", "-v", "--quiet-after", "1", "--kubeconfig", config],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            assert "nks-triage" in process.stdout.readline()
            settle(proxy)
            listed, begun, watched = len(lists()), len(watches()), kinds(watches())
            os.kill(process.pid, signal.SIGSTOP)
            stopped = time.monotonic()
            wait_for(lambda: time.monotonic() > stopped + 3, what="three seconds")
            assert len(watches()) == begun
            os.kill(process.pid, signal.SIGCONT)
            wait_for(lambda: kinds(watches()[begun:]) == watched, what="new watches")
            assert len(lists()) == listed, lists()
        finally:
            process.terminate()
            process.communicate(timeout=20)
        said.seek(0)
        assert "asleep for " in said.read()


@test("a wall clock that is set: ages follow, connections stay, and nobody is armed for longer")
def _():
    with Console() as console:
        requests = len(console.watches()) + len(console.lists())
        console.terminal.keys("F2")
        console.terminal.wait("ARMED 14:")
        set_clocks(0, 86400)
        console.terminal.wait("212d", "ARMED 14:", "● live")
        set_clocks(0, -86400)
        screen = console.terminal.wait("210d", "ARMED 14:", "● live")
        assert "asleep" not in screen, screen
        assert len(console.watches()) + len(console.lists()) == requests, console.proxy.requests[requests:]


run()
