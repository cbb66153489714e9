#!/usr/bin/python3
"""Builds a real control plane from Go modules into a cache outside the checkout.

    tests/controlplane/build.py [--kubernetes 1.34.4] [--go]

Prints the folder that holds kube-apiserver, kube-controller-manager,
kube-scheduler, kubectl, etcd, etcdctl and kwok. What is there already is not
built again; the folder is keyed by the versions of its parts.

k8s.io/kubernetes cannot be built as a plain dependency: its go.mod requires
the staging modules at v0.0.0 and replaces them by folders that a module
download does not have. A wrapper module replaces each of them by the release
of the same number (v1.34.4 -> v0.34.4).
"""
import argparse
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ETCD = "v3.6.5"
KWOK = "v0.7.0"
OLDEST_GO = (1, 21)
COMMANDS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"]


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "nks-triage", "controlplane")


def go(folder, *arguments):
    """Quiet; a failure shows what go said. A Go that is too old for a module fetches a newer one as a module."""
    environment = dict(os.environ, GOFLAGS="-mod=mod", CGO_ENABLED="0", GOTOOLCHAIN="auto")
    result = subprocess.run([require_go(), *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit(f"controlplane: go {' '.join(arguments)} failed in {folder}:\n{result.stdout[-4000:]}")
    return result.stdout


@functools.cache
def require_go():
    """The newest of PATH's go and of those that Debian's packages of one version put aside. Kubernetes 1.34 needs Go
    1.24; from 1.21 on go fetches the toolchain that a module asks for."""
    found = {}
    for program in [shutil.which("go"), *glob.glob("/usr/lib/go-1.*/bin/go")]:
        if program:
            said = subprocess.run([program, "version"], capture_output=True, text=True, cwd="/",
                                  env=dict(os.environ, GOTOOLCHAIN="local")).stdout
            version = re.search(r"go(\d+)\.(\d+)", said)
            if version:
                found[program] = (int(version[1]), int(version[2]))
    newest = max(found, key=found.get, default=None)
    if not newest or found[newest] < OLDEST_GO:
        have = f"{newest} is Go {found[newest][0]}.{found[newest][1]}" if newest else "there is no go on PATH"
        sys.exit("controlplane: the real control plane is built from Go modules and needs Go 1.24, or 1.21 and newer "
                 f"to fetch that; {have}. `make deps-conformance` installs one on Debian 12")
    return newest


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def module_file(folder, module, version):
    """The go.mod of a module at a version, as the module proxy has it."""
    out = go(folder, "mod", "download", "-json", f"{module}@{version}")
    return json.loads(out)["GoMod"]


def build_kubernetes(version, work, target):
    folder = os.path.join(work, "kubernetes")
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, "go.mod"), "module controlplane\n\ngo 1.22\n")
    with open(module_file(folder, "k8s.io/kubernetes", "v" + version), encoding="utf-8") as file:
        upstream = file.read()
    go_line = re.search(r"^go .*$", upstream, re.M).group(0)
    godebug = re.search(r"^godebug (\(.*?^\)|.*?$)", upstream, re.M | re.S)
    staging = sorted(set(re.findall(r"^\s+(k8s\.io/[\w.-]+) v0\.0\.0(?=\s)", upstream, re.M)))
    staging_version = "v0." + version.split(".", 1)[1]
    write(os.path.join(folder, "go.mod"), "\n".join(
        ["module controlplane", "", go_line, "", godebug.group(0) if godebug else "", "",
         f"require k8s.io/kubernetes v{version}", "", "replace ("]
        + [f"\t{name} => {name} {staging_version}" for name in staging] + [")", ""]))
    imports = "\n".join(f'\t_ "k8s.io/kubernetes/cmd/{name}/app"' for name in COMMANDS[:3])
    write(os.path.join(folder, "tools.go"), f'package controlplane\n\nimport (\n{imports}\n\t_ "k8s.io/kubectl/pkg/cmd"\n)\n')
    go(folder, "mod", "tidy")
    # kubectl and the servers say which version they are by these variables.
    major, minor, _ = version.split(".")
    stamp = " ".join(f"-X k8s.io/{place}/version.{name}={value}" for place in ("component-base", "client-go/pkg")
                     for name, value in (("gitVersion", "v" + version), ("gitMajor", major), ("gitMinor", minor),
                                         ("gitTreeState", "clean")))
    for name in COMMANDS:
        go(folder, "build", "-ldflags", "-s -w " + stamp, "-o", os.path.join(target, name),
           f"k8s.io/kubernetes/cmd/{name}")


def build_other(name, module, version, packages, work, target):
    """A program of a module with a go.mod of its own and no replacements."""
    folder = os.path.join(work, name)
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, "go.mod"), f"module {name}tools\n\ngo 1.24\n\nrequire {module} {version}\n")
    imports = "\n".join(f'\t_ "{package}"' for package, _ in packages)
    write(os.path.join(folder, "tools.go"), f"//go:build tools\n\npackage tools\n\nimport (\n{imports}\n)\n")
    go(folder, "mod", "tidy")
    for package, program in packages:
        go(folder, "build", "-ldflags", "-s -w", "-o", os.path.join(target, program), package)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kubernetes", default="1.34.4")
    parser.add_argument("--go", action="store_true", help="only say which go would build")
    arguments = parser.parse_args()
    if arguments.go:
        print(require_go())
        return
    target = os.path.join(cache_folder(), f"kubernetes-{arguments.kubernetes}-etcd-{ETCD}-kwok-{KWOK}")
    done = os.path.join(target, "complete")
    if not os.path.exists(done):
        work = os.path.join(target, "modules")
        os.makedirs(work, exist_ok=True)
        build_other("etcd", "go.etcd.io/etcd/server/v3", ETCD, [("go.etcd.io/etcd/server/v3", "etcd")], work, target)
        build_other("etcdctl", "go.etcd.io/etcd/etcdctl/v3", ETCD, [("go.etcd.io/etcd/etcdctl/v3", "etcdctl")], work,
                    target)
        build_other("kwok", "sigs.k8s.io/kwok", KWOK, [("sigs.k8s.io/kwok/cmd/kwok", "kwok")], work, target)
        build_kubernetes(arguments.kubernetes, work, target)
        write(done, "")
    print(target)


if __name__ == "__main__":
    main()
