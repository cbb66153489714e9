"""A simulated cluster and its nodes, reached by the real ssh.

    with Nodes("e09", "--time-scale", "0.02") as cluster:
        answer = cluster.ssh("nks-prod-default-worker-4", "systemctl is-active rpcbind")
        cluster.node("nks-prod-default-worker-4", ssh={"refuse": True})
"""
import json
import subprocess
import urllib.request

from simulated import Answer, Simulated


class Nodes(Simulated):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.ssh_config = self.ready["sshConfig"]

    def ssh_command(self, node, line, *options):
        return ["ssh", "-F", self.ssh_config, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", *options, node, line]

    def ssh(self, node, line, *options, stdin="", timeout=30):
        return Answer(subprocess.run(self.ssh_command(node, line, *options), input=stdin, capture_output=True,
                                     text=True, timeout=timeout))

    def node(self, name, **what):
        """Posts machine={...}, ssh={...}, facts={...} or reboot=True; what the node is like then."""
        request = urllib.request.Request(f"{self.server}/sim/nodes/{name}", json.dumps(what).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
