"""The program's own C sources and headers, as git knows them (tests are left out)."""
import os
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


def _files(*patterns):
    out = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--",
                          *patterns], capture_output=True, text=True, check=True).stdout
    return [path for path in out.splitlines() if os.path.exists(os.path.join(ROOT, path))]


SOURCES = [p for p in _files("*.c", "*.h") if not p.startswith("tests/")]
TEST_SOURCES = [p for p in _files("*.c", "*.h") if p.startswith("tests/")]
ALL = _files()


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()
