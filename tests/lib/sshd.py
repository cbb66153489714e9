"""Real sshd on loopback, as many as a test needs, each with host keys, users' keys and limits of its own."""
import atexit
import getpass
import os
import shutil
import signal
import subprocess
import tempfile

from ports import own_port
from wait import wait_for

SSHD = "/usr/sbin/sshd"


def keygen(path, kind="ed25519", passphrase="", comment="test", extra=()):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", comment, "-f", path, *extra], check=True,
                   stdin=subprocess.DEVNULL)
    return path


def public(path):
    with open(path + ".pub", encoding="ascii") as file:
        return file.read().strip()


def fingerprint(path):
    out = subprocess.run(["ssh-keygen", "-l", "-E", "sha256", "-f", path], check=True, capture_output=True, text=True)
    return out.stdout.split()[1]


class Folder:
    """A place for keys and files, gone at the end of the program. Everything in it is ours alone, as sshd wants."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="sshd-")
        os.chmod(self.path, 0o755)
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)

    def __call__(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text, mode=0o600):
        with open(self(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self(name), mode)
        return self(name)


class Sshd:
    """One server. options: lines of sshd_config that come first, so that they count; with the address 0.0.0.0 it is as
    many nodes as there are addresses on loopback."""

    def __init__(self, authorized=(), options=(), host_keys=("ed25519",), addresses=("127.0.0.1",), port=None, prefix=()):
        self.folder = Folder()
        self.port = port or own_port("0.0.0.0")
        self.addresses = addresses
        self.user = getpass.getuser()
        self.process = None
        self.prefix = prefix        # words before the program, as of nsenter(1)
        self.host_keys = {}
        for kind in host_keys:
            path = self.folder(f"host_{kind}")
            if not os.path.exists(path):
                keygen(path, kind)
            self.host_keys[kind] = path
        self.folder.write("authorized", "".join(line + "\n" for line in authorized), 0o644)
        self.config = self.folder.write("sshd_config", "\n".join([
            *options,
            *(f"ListenAddress {'[' + a + ']' if ':' in a else a}:{self.port}" for a in addresses),
            *(f"HostKey {path}" for path in self.host_keys.values()),
            f"AuthorizedKeysFile {self.folder('authorized')}", f"PidFile {self.folder('pid')}", "UsePAM no",
            "StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "UseDNS no",
            "PermitRootLogin prohibit-password", "LogLevel VERBOSE", "PrintMotd no",
            # bash reads a ~/.bashrc, which may do anything, unless it believes to be a shell in a shell.
            "SetEnv SHLVL=5",
            # Of these the last one counts.
            *([] if any("MaxStartups" in line for line in options) else ["MaxStartups 200:30:400"]), ""]))
        self.start()
        atexit.register(self.stop)

    def start(self):
        os.makedirs("/run/sshd", exist_ok=True)
        with open(self.folder("log"), "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen([*self.prefix, SSHD, "-D", "-e", "-f", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        wait_for(self.listens, interval=0.02, what=lambda: f"sshd on port {self.port}: {self.log()}")

    def listens(self):
        assert self.process.poll() is None, self.log()
        return all(f"Server listening on {address} port {self.port}" in self.log() for address in self.addresses)

    def log(self):
        with open(self.folder("log"), encoding="utf-8") as log:
            return log.read()

    def sessions(self):
        """Process ids of the sshd children of this server."""
        out = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in out.stdout.split()]

    def hang_up(self):
        """Kills the sessions; those that are about to end may be gone already."""
        for pid in self.sessions():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def known(self, address="127.0.0.1", kind="ed25519"):
        """Its line for a known_hosts file."""
        name = address if self.port == 22 else f"[{address}]:{self.port}"
        return f"{name} {' '.join(public(self.host_keys[kind]).split()[:2])}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.hang_up()
            self.process.kill()
            self.process.wait()
