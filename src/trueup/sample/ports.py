"""Free TCP ports on loopback."""

import random
import socket

HOST = "127.0.0.1"

# Below the range from which systems lend ports to outgoing connections, so that a server which is
# stopped for the night still finds its port in the morning.
LENT_TO_NOBODY = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose() -> int:
    """Give a port that is free now; another process may still be faster."""
    while True:
        port = random.choice(LENT_TO_NOBODY)  # noqa: S311  # a port is no secret
        if is_free(port):
            return port
