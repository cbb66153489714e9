#!/usr/bin/python3
"""Every measurement, one after the other, each with its aims: what `make bench` runs.

    tests/bench/run.py [--short]

--short: a fifth of the soak, fewer rounds. The real control plane is measured where it is built (make
controlplane); where it is not, that is said and the exit status is 1.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "controlplane"))
import build  # noqa: E402

PROGRAMS = os.path.join(os.environ.get("OUT", ".build/release"), "tests/bench")


def heading(text):
    print(f"\n{text}", flush=True)


def detection():
    out = subprocess.run([os.path.join(PROGRAMS, "detect")], check=True, capture_output=True, text=True).stdout
    values = json.loads(out)
    classification = max(values["first"] - values["pass"], 0)
    print(f"  a full pass                {values['pass'] * 1000:8.1f} ms     aim: under 50 ms of CPU; {values['runbooks']}"
          f" runbooks, {values['pods']} pods, {values['findings']} findings")
    print(f"    texts seen first         {classification * 1000:8.1f} ms     more, once: the patterns' work;"
          f" {values['events']} events kept, {values['dropped']} over the limit of 16 MiB")
    for name in ("pod", "event", "node", "workload"):
        print(f"  a changed {name:16} {values[name + 'Change'] * 1000:8.3f} ms     aim: under 1 ms;"
              f" the worst {values[name + 'Worst'] * 1000:.3f} ms")


def control_plane():
    """The folder of the built programs, or None."""
    version = os.environ.get("NKS_TRIAGE_KUBERNETES", "1.34.4")
    built = glob.glob(os.path.join(build.cache_folder(), f"kubernetes-{version}-*", "complete"))
    return os.path.dirname(built[0]) if built else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    os.chdir(ROOT)

    def tool(name, *words):
        subprocess.run([os.path.join("tests/bench", name), *words], check=False)

    heading("Simulated cluster")
    tool("bench.py", *(["--rounds", "3"] if arguments.short else []))
    heading("Detection (CPU time)")
    detection()
    heading("Fixes")
    tool("remedy.py", *(["--rounds", "3"] if arguments.short else []))
    heading("Latency")
    tool("latency.py", *(["--seconds", "8"] if arguments.short else []))
    heading("Soak")
    tool("soak.py", *(["--events", "200000"] if arguments.short else []))
    heading("SSH")
    tool("ssh.py", *(["--rounds", "1"] if arguments.short else []))
    heading("Real control plane")
    if not control_plane():
        print("  NOT MEASURED: no kube-apiserver is built here; `make controlplane` does (Go 1.24, five minutes)")
        return 1
    tool("real.py", *(["--rounds", "1"] if arguments.short else []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
