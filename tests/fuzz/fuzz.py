#!/usr/bin/python3
"""Fuzzes every parser of foreign bytes: libFuzzer targets tests/fuzz/*.c, built by `make fuzz`, which runs this.

First the corpus of each target as it is, then a fixed number of runs with a fixed seed, so that a short run finds the
same each time; with FUZZ_SECONDS=600, as many CPU seconds for each target instead, with a seed of its own.
TARGETS=a,b takes some only. What it finds is kept in .build/fuzz/found/.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sources import ROOT  # noqa: E402
from tap import run, test  # noqa: E402

FOLDER = os.path.join(ROOT, os.environ.get("OUT", ".build/fuzz"), "tests", "fuzz")
FOUND = os.path.join(ROOT, ".build", "fuzz", "found")
SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
# About five seconds each on one core.
RUNS = {"json_items": 20000, "json_watch": 12000, "json_jansson": 25000, "protobuf": 18000, "kubeconfig": 9000,
        "status": 14000, "runbook": 500, "match": 18000, "logs": 60000, "saved": 15000, "node_output": 5000}
LENGTHS = {"runbook": 16384, "saved": 12288}
TARGETS = sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(HERE, "*.c")))
CHOSEN = [name for name in os.environ.get("TARGETS", "").split(",") if name] or TARGETS


def fuzz(target, *arguments):
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1",
                       UBSAN_OPTIONS="print_stacktrace=1", HOME="/nonexistent", LC_ALL="C.UTF-8")
    command = [os.path.join(FOLDER, target), "-timeout=120", "-rss_limit_mb=2048", "-malloc_limit_mb=1024",
               f"-artifact_prefix={FOUND}/{target}-"]
    words = os.path.join(HERE, target.split("_")[0] + ".dict")
    if os.path.exists(words):
        command.append("-dict=" + words)
    process = subprocess.run(command + list(arguments), cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace")
    assert process.returncode == 0, process.stderr[-6000:]
    return process.stderr


def seeds(target):
    return os.path.join(HERE, "corpus", target)


def figures(said):
    done = re.search(r"Done (\d+) runs in (\d+) second", said)
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", said)
    assert done and coverage, said[-2000:]
    return f"{done.group(1)} runs, {done.group(2)} s, {coverage[-1][0]} edges, {coverage[-1][1]} features"


def add(target):
    @test(f"{target}: nothing is found in its corpus")
    def _():
        names = os.listdir(seeds(target))
        assert names, "the corpus is empty"
        said = fuzz(target, *[os.path.join(seeds(target), name) for name in sorted(names)])
        assert said.count("Executed ") == len(names), said

    @test(f"{target}: nothing is found by changing it")
    def _():
        length = f"-max_len={LENGTHS.get(target, 8192)}"
        with tempfile.TemporaryDirectory() as grown:
            # Of its own finds a long run keeps the best for the next one.
            kept = os.path.join(ROOT, ".build", "fuzz", "grown", target)
            if SECONDS:
                os.makedirs(kept, exist_ok=True)
                said = fuzz(target, length, f"-max_total_time={SECONDS}", "-print_final_stats=1", kept, seeds(target))
            else:
                said = fuzz(target, length, f"-runs={RUNS[target]}", "-seed=20261121", grown, seeds(target))
        print(f"# {target}: {figures(said)}", flush=True)


assert set(TARGETS) == set(RUNS), "a target without a number of runs: " + str(set(TARGETS) ^ set(RUNS))
shutil.rmtree(FOUND, ignore_errors=True)
os.makedirs(FOUND)
for name in CHOSEN:
    add(name)
run(at_a_time=2)
