#!/usr/bin/python3
"""A check on many nodes over SSH, against OpenSSH one after the other (as the guide's own script does) and 32 at a time.

    tests/bench/ssh.py [--nodes 200] [--rounds 3]

The nodes are addresses on loopback of one real sshd, whose shell reads no rc
file. Cold: no connection is open. Warm: the pool's are, and the far side waits
0.2 s as a network would; OpenSSH has nothing open, as in a script. Medians of
several rounds; the loop is measured on a quarter of the nodes and multiplied.
OpenSSH is measured as it comes, with the key exchange that it prefers
(sntrup761, which takes more time than libssh's curve25519).
Only figures of one run may be compared.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from sshd import Folder, Sshd, keygen, public  # noqa: E402

CHECK = "df -P /"
SLOW = "sleep 0.2; df -P /"
MEMORY_AIM_KIB = 100
WARM_AIM = 20


class Bench:
    def __init__(self, count):
        self.folder = Folder()
        key = keygen(self.folder("key"))
        self.server = Sshd(authorized=[public(key)], addresses=("0.0.0.0",), options=["MaxStartups 500:30:500"])
        known = self.folder.write("known", f"[127.*]:* {self.server.known().split(' ', 1)[1]}\n")
        self.config = self.folder.write("config", f"Host *\n\tPort {self.server.port}\n\tUserKnownHostsFile {known}\n"
                                                  f"\tIdentityFile {key}\n\tBatchMode yes\n\tLogLevel ERROR\n")
        self.nodes = [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(count)]

    def pool(self):
        return Pool(config=self.config, known_hosts=self.folder("own"))

    def fan_out(self, pool, line):
        begun = time.monotonic()
        answers = [pool.wait(call) for call in [pool.start(node, line, address=node) for node in self.nodes]]
        seconds = time.monotonic() - begun
        assert all(answer["trouble"] == "fine" and "/" in answer["out"] for answer in answers), answers[0]
        return seconds

    def openssh(self, nodes, line, parallel):
        begun = time.monotonic()
        done = subprocess.run(["xargs", "-P", str(parallel), "-I", "{}", "ssh", "-F", self.config, "{}", line],
                              input="\n".join(nodes), text=True, capture_output=True, check=True)
        assert done.stdout.count("Mounted on") == len(nodes), done.stderr[-300:]
        return time.monotonic() - begun

    def loop(self, line):
        some = self.nodes[::4]
        return self.openssh(some, line, 1) * len(self.nodes) / len(some)


def memory(bench):
    """KiB of anonymous memory for each open connection."""
    with bench.pool() as pool:
        pool.run(bench.nodes[0], CHECK, address=bench.nodes[0])
        before = pool.ask("memory")["kib"]
        bench.fan_out(pool, CHECK)
        after = pool.ask("memory")["kib"]
    return (after - before) / (len(bench.nodes) - 1)


def verdict(fine):
    return "ok" if fine else "MISSED"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    bench = Bench(arguments.nodes)
    cold, xargs, warm = [], [], []
    for _round in range(arguments.rounds):
        with bench.pool() as pool:
            cold.append(bench.fan_out(pool, CHECK))
            warm.append(bench.fan_out(pool, SLOW))
        xargs.append(bench.openssh(bench.nodes, CHECK, 32))
    loop, slow_loop = bench.loop(CHECK), bench.loop(SLOW)
    cold, xargs, warm = (statistics.median(values) for values in (cold, xargs, warm))
    kib = memory(bench)
    print(f"  one check on {arguments.nodes} nodes, nothing open    {cold:7.2f} s")
    print(f"    xargs -P 32 ssh                    {xargs:7.2f} s      {xargs / cold:5.1f} times     aim: at least 1"
          f"  {verdict(xargs >= cold)}")
    print(f"    a loop of ssh                      {loop:7.2f} s      {loop / cold:5.1f} times")
    print(f"  connections open, 0.2 s away         {warm:7.2f} s")
    print(f"    a loop of ssh                      {slow_loop:7.2f} s      {slow_loop / warm:5.1f} times     "
          f"aim: at least {WARM_AIM}  {verdict(slow_loop / warm >= WARM_AIM)}")
    print(f"  anonymous memory of a connection     {kib:7.1f} KiB                   aim: under {MEMORY_AIM_KIB}"
          f"  {verdict(kib < MEMORY_AIM_KIB)}")
    return 0 if xargs >= cold and slow_loop / warm >= WARM_AIM and kib < MEMORY_AIM_KIB else 1


if __name__ == "__main__":
    sys.exit(main())
