"""One real sshd that stands for any number of nodes on loopback, and a pool that knows its key."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from pool_probe import Pool  # noqa: E402
from sshd import Folder, Sshd, keygen, public  # noqa: E402

FOLDER = Folder()
KEY = keygen(FOLDER("key"))
SERVER = Sshd(authorized=[public(KEY)])
FIFTY = [f"127.0.1.{i}" for i in range(1, 51)]


def pool(server=SERVER, more="", key=KEY, env=None, program=None, **settings):
    """Any address on loopback is the server; its key is known for all."""
    known = FOLDER.write("known", f"[127.*]:* {server.known().split(' ', 1)[1]}\n"
                                  f"[localhost]:* {server.known().split(' ', 1)[1]}\n")
    config = FOLDER.write("config", more + f"""
Host node-*
	HostName 127.0.0.1
Host *
	Port {server.port}
	UserKnownHostsFile {known}
""")
    return Pool(env=env, program=program, **{"key": key, "config": config, "known_hosts": FOLDER("own_known_hosts"), **settings})
