"""One node of a simulated cluster that is real: Debian's sshd, sudo and tools in namespaces of this program, behind the
console's ssh_config, while the other nodes stay the simulator's. enter() of scratch_node.py was called before."""
import os
import pwd
import re
import subprocess

from node_fix import Fixed
from scratch_node import ScratchNode, write
from sshd import Folder, Sshd, keygen, public

USER = "operator1"
TOOLS = "/usr/local/sbin"


class RealNode:
    """A scratch node with a login user of its own, whom sudo permits what grant() says and nothing else."""

    def __init__(self, address="127.0.0.1", prefix=()):
        """address, prefix: where sshd is, and the words that start it there;."""
        self.address = address
        self.scratch = ScratchNode()
        os.remove(os.path.join(TOOLS, "sudo"))      # the stand-in: here it is the real one
        with open("/etc/passwd", "a", encoding="ascii") as file:
            file.write(f"{USER}:x:4711:4711::/tmp:/bin/sh\n")
        with open("/etc/group", "a", encoding="ascii") as file:
            file.write(f"{USER}:x:4711:\n")
        with open("/etc/shadow", "a", encoding="ascii") as file:
            file.write(f"{USER}:*:19000:0:99999:7:::\n")
        assert pwd.getpwnam(USER).pw_uid == 4711
        write("/etc/sudoers", "Defaults env_reset\nDefaults secure_path=\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                              "/sbin:/bin\"\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n", 0o440)
        for name in os.listdir("/etc/sudoers.d"):
            os.remove(os.path.join("/etc/sudoers.d", name))
        for unit in ("docker.service", "kubelet.service", "cron.service"):
            self.scratch.unit(unit)
        self.folder = Folder()
        self.key = keygen(self.folder("key"))
        self.sshd = Sshd(authorized=[public(self.key)], addresses=(address,), prefix=prefix)

    def close(self):
        self.sshd.stop()
        self.scratch.close()

    def grant(self, lines):
        """The only file of /etc/sudoers.d; what visudo says of it."""
        path = write("/etc/sudoers.d/nks-triage", "\n".join(lines) + "\n", 0o440)
        checked = subprocess.run(["/usr/sbin/visudo", "-c", "-s"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0 and path in checked.stdout, checked
        return checked

    def permits(self, words):
        """sudo's answer about the words after "sudo -n", asked by the login user."""
        done = subprocess.run(["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "sudo", "-n", "-l", *words],
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return done.returncode == 0

    def rules_of_check(self, cluster, node, check):
        """What the check needs, as the console tells an operator, one refusal after the other."""
        rules = []
        while True:
            self.grant(rules or ["# none"])
            answer = cluster.ask("nodes", "--check", check, "--node", node)
            told = {USER + line for line in re.findall(r"USER( ALL=\(root\) NOPASSWD: .*)", answer.out)}
            assert not told & set(rules), answer
            if not told:
                return rules
            rules += sorted(told)

    def stands_for(self, cluster, node):
        """Writes the ssh_config by which this node of the cluster is reached here."""
        with open(cluster.ssh_config, encoding="utf-8") as file:
            others = file.read()
        known = self.folder.write("known", self.sshd.known(self.address) + "\n")
        addresses = cluster.get(f"/api/v1/nodes/{node}")["status"]["addresses"]
        address = next(one["address"] for one in addresses if one["type"] == "InternalIP")
        mine = (f"Host {node} {address}\n  HostName {self.address}\n  Port {self.sshd.port}\n  User {USER}\n  IdentityFile {self.key}\n"
                f"  UserKnownHostsFile {known}\n")
        path = os.path.join(self.folder.path, "ssh_config")
        with open(path, "w", encoding="utf-8") as file:
            file.write(mine + others)
        os.chmod(path, 0o600)
        cluster.ssh_config = path
        return path


class Mixed(Fixed):
    """A cluster one of whose nodes is the real one."""

    def __init__(self, real, node, *arguments):
        super().__init__(*arguments)
        self.simulated_config = self.ssh_config
        self.real_node = node
        real.stands_for(self, node)
