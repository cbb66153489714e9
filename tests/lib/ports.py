"""Ports of loopback that nobody takes away, for servers that are told their port, begin later, or end and come back.

One that the kernel gave and took back is anybody's: another test's, or that of any outgoing connection.
"""
import contextlib
import random
import socket

# Below those that the kernel gives by itself (ip_local_port_range) and those of simulated nodes (from 20000 on), above
# those of services.
FIRST, LAST = 10000, 19999
KEPT = []


def is_ours(port):
    """No other test program takes it: this one has its name, until it ends."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0nks-triage-test-port-{port}")
    except OSError:
        name.close()
        return False
    KEPT.append(name)
    return True


def own_port(address="127.0.0.1"):
    """A free one that the kernel gives nobody who did not name it: it can be left and taken again."""
    for port in random.sample(range(FIRST, LAST + 1), 1000):
        if not is_ours(port):
            continue
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                pass    # another server's
    raise AssertionError("no free port")


def refusing_port():
    """A port that is taken, and where nobody listens, until this program ends."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))
    KEPT.append(kept)
    return kept.getsockname()[1]


@contextlib.contextmanager
def swallowing_port():
    """One whose queue of connections is full: the kernel drops who comes then, as a packet filter would."""
    with contextlib.ExitStack() as kept:
        listener = kept.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _filler in range(4):
            filler = kept.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
