#!/usr/bin/python3
"""Every header compiles alone, twice, under every warning, with both compilers."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sources import ROOT, SOURCES  # noqa: E402
from tap import run, test  # noqa: E402

FLAGS = "-std=c17 -D_GNU_SOURCE -I. -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fsyntax-only -x c -".split()


def compiles_alone(compiler, header):
    text = f'#include "{header}"\n#include "{header}"\nextern int something;\n'
    return subprocess.run([compiler, *FLAGS], input=text, text=True, capture_output=True, cwd=ROOT)


for name in ("gcc", "clang"):
    @test(f"every header compiles alone with {name}")
    def _(compiler=name):
        wrong = []
        for header in (path for path in SOURCES if path.endswith(".h")):
            result = compiles_alone(compiler, header)
            if result.returncode:
                wrong.append(f"{header}\n{result.stderr}")
        assert not wrong, "\n".join(wrong)

run()
