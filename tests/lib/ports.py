"""Ports of loopback that nobody takes away: other tests run at the same time and get theirs from the kernel."""
import random
import socket

# Below those that the kernel gives by itself (ip_local_port_range), above those of services.
FIRST, LAST = 20000, 32000
KEPT = []


def own_port(address="127.0.0.1"):
    """A free one that the kernel gives nobody who did not name it: it can be left and taken again."""
    for port in random.sample(range(FIRST, LAST), 200):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def refusing_port():
    """A port that is taken, and where nobody listens, until this program ends."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))
    KEPT.append(kept)
    return kept.getsockname()[1]
