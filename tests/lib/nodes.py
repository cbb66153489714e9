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
        # Of two settings the first one counts.
        return ["ssh", "-F", self.ssh_config, *options, "-o", "BatchMode=yes", "-o", "ConnectTimeout=90", node, line]

    def ssh(self, node, line, *options, stdin="", timeout=180):
        return Answer(subprocess.run(self.ssh_command(node, line, *options), input=stdin, capture_output=True,
                                     text=True, timeout=timeout))

    def send(self, method, path, body=None):
        request = urllib.request.Request(self.server + path, json.dumps(body).encode() if body is not None else None,
                                         method=method)
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)

    def post(self, path, body):
        return self.send("POST", path, body)

    def delete(self, path):
        return self.send("DELETE", path)

    def node(self, name, **what):
        """Posts machine={...}, ssh={...}, facts={...} or reboot=True; the node's facts then."""
        return self.post("/sim/nodes/" + name, what)
