"""A full-screen console on a simulated cluster, with a proxy between that can break the link.

    with Behind(config) as behind:
        behind.proxy.set("blackhole")
        behind.terminal.wait("answer timeout")
"""
import subprocess

from fault_proxy import FaultProxy, settle
from simulated import Simulated
from tmux import Terminal


def kinds(lines):
    return {line.split("?")[0] for line in lines}


class Behind:
    """config(server): the path of a kubeconfig. preload: a line for the shell that starts the console."""

    def __init__(self, config, arguments="", preload=""):
        self.cluster = Simulated("healthy")
        self.proxy = FaultProxy(int(self.cluster.server.rsplit(":", 1)[1]))
        self.proxy.__enter__()
        self.terminal = Terminal(120, 40)
        if preload:
            self.terminal.shell(f"{preload}; clear")
        path = config(f"http://127.0.0.1:{self.proxy.port}")
        self.pid = self.terminal.start(f"--kubeconfig {path} {arguments}")
        self.terminal.wait("● live", "1 Nodes 12/12 ready", "211d")
        settle(self.proxy)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.terminal.end()
        self.proxy.__exit__()
        self.cluster.stop()

    def cordon(self, command="cordon"):
        """A change, and the screen shows it: what is shown is up to date."""
        kubectl = ["kubectl", "--kubeconfig", self.cluster.kubeconfig]
        node = subprocess.run([*kubectl, "get", "nodes", "-o", "name"], check=True, capture_output=True,
                              text=True).stdout.splitlines()[0]
        subprocess.run([*kubectl, command, node], check=True, capture_output=True)
        if command == "cordon":
            self.terminal.wait("Cordoned")
        else:
            self.terminal.wait_without("Cordoned")
