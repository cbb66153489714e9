#!/usr/bin/python3
"""Who may change a cluster is read from the symbols of the objects, not from the sources."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from tap import run, test  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.join(ROOT, ".build", os.environ.get("BUILD", "release"))

# symbol -> (the folder that defines it, folders whose objects may refer to it)
DOORS = {
    "kube_write": ("probes/kube", {"probes/remedy"}),
    "write_token_new": ("probes/kube", {"probes/remedy"}),
    "write_token_permit": ("probes/kube", {"probes/remedy"}),
    "write_token_end": ("probes/kube", {"probes/remedy"}),
    "token_check": ("probes/kube", {"probes/kube"}),
    # Commands that change a node.
    "node_step": ("probes/ssh", {"probes/remedy"}),
    "node_token_new": ("probes/ssh", {"probes/remedy"}),
    "node_token_permit": ("probes/ssh", {"probes/remedy"}),
    "node_token_end": ("probes/ssh", {"probes/remedy"}),
    # What runs any line on a node is for the doors of its folder alone.
    "pool_run": ("probes/ssh", {"probes/ssh"}),
    # The only ways to the network: the client, and the registry check, which only asks.
    "http_start": ("probes/net", {"probes/kube", "probes/remedy"}),
}
# Within a folder, the only files.
FILES = {
    "kube_write": {"probes/remedy/change_call.o"},
    "write_token_new": {"probes/remedy/confirm.o"},
    "write_token_permit": {"probes/remedy/confirm.o", "probes/remedy/lease_take.o", "probes/remedy/audit.o"},
    "token_check": {"probes/kube/door.o"},
    "node_step": {"probes/remedy/node_door.o"},
    "node_token_new": {"probes/remedy/confirm.o"},
    "node_token_permit": {"probes/remedy/node_part.o"},
    "pool_run": {"probes/ssh/node_check.o", "probes/ssh/node_step.o"},
    # Behind the doors of the API.
    "client_start": {"probes/kube/door.o"},
}
# Ways around the doors: what sends bytes to somebody, or starts a program that would. Only these files may.
AROUND = {
    "curl_easy_perform": set(),
    "curl_multi_add_handle": {"probes/net/http.o"},
    "ssh_channel_request_exec": {"probes/ssh/command.o"},
    "ssh_channel_request_shell": set(),
    "ssh_channel_request_subsystem": set(),
    "sftp_new": set(),
    "ssh_scp_new": set(),
    "connect": {"probes/ssh/connect.o", "probes/ssh/agent.o"},
    "sendto": set(),
    "sendmsg": set(),
    "system": set(),
    "popen": set(),
    "posix_spawn": {"probes/net/spawn.o"},
    "posix_spawnp": set(),
    "fork": {"probes/net/spawn.o"},
    "vfork": set(),
    "execve": {"probes/net/spawn.o"},
    "execvp": set(),
    # `sim` becomes the simulator.
    "execv": {"tui/sim_command.o"},
    "execl": set(),
    "execlp": set(),
    "dlopen": set(),
    # Children: credential plugins, and the simulator of --demo.
    "job_start": {"probes/kube/credential.o", "tui/demo.o"},
}


def symbols():
    """object -> (defined symbols, undefined symbols)"""
    found = {}
    for folder in ("probes", "tui", "widgets"):
        for path, _, names in os.walk(os.path.join(BUILD, folder)):
            for name in names:
                if not name.endswith(".o"):
                    continue
                whole = os.path.join(path, name)
                source = os.path.relpath(whole, BUILD)[:-2] + ".c"
                if not os.path.exists(os.path.join(ROOT, source)):
                    continue  # left over from a file that is gone
                lines = subprocess.run(["nm", whole], check=True, capture_output=True, text=True).stdout.splitlines()
                fields = [line.split() for line in lines]
                found[os.path.relpath(whole, BUILD)] = (
                    {f[-1] for f in fields if f[-2] in "TtDdBbRr"}, {f[-1] for f in fields if f[-2] == "U"})
    return found


SYMBOLS = symbols()


@test("the objects of every layer were looked at")
def _():
    folders = {os.path.dirname(path) for path in SYMBOLS}
    wanted = {"probes/base", "probes/net", "probes/kube", "probes/model", "probes/runbook", "probes/symptoms",
              "probes/remedy", "tui", "widgets"}
    assert wanted <= folders, wanted - folders
    sources = sum(1 for folder in wanted for name in os.listdir(os.path.join(ROOT, folder)) if name.endswith(".c"))
    assert len([path for path in SYMBOLS if os.path.dirname(path) in wanted]) == sources, "build everything first"


@test("every door is defined once, where it belongs")
def _():
    for symbol, (folder, _users) in DOORS.items():
        defined = [path for path, (own, _other) in SYMBOLS.items() if symbol in own]
        assert len(defined) == 1 and os.path.dirname(defined[0]) == folder, (symbol, defined)


@test("only the remedy engine refers to the writing door and its tokens")
def _():
    wrong = []
    for symbol, (folder, users) in DOORS.items():
        for path, (own, other) in SYMBOLS.items():
            if symbol in other and symbol not in own and os.path.dirname(path) not in users:
                wrong.append(f"{path} refers to {symbol}")
    assert not wrong, "\n".join(wrong)


@test("and within it only the files that are meant to")
def _():
    wrong = []
    for symbol, files in FILES.items():
        users = {path for path, (own, other) in SYMBOLS.items() if symbol in other}
        assert users, f"nobody refers to {symbol}: the test looks at the wrong name"
        wrong += [f"{path} refers to {symbol}" for path in users - files]
    assert not wrong, "\n".join(wrong)


@test("and nothing else sends bytes to a server or starts a program that could")
def _():
    for symbol, files in AROUND.items():
        users = {path for path, (_own, other) in SYMBOLS.items() if symbol in other and not path.startswith("probes/sim/")}
        assert users <= files, f"{symbol} is used by {sorted(users - files)}"
        assert users or not files, f"nobody refers to {symbol}: the test looks at the wrong name"


run()
