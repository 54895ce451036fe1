"""Ports for what a test closes and opens again, or has another process open."""

import contextlib
import random
import socket

PORTS = range(15_000, 32_000)  # below those that systems give to whoever asks for any


def free_port():
    """A port of 127.0.0.1 that is free, and that no connection and no other server is given."""
    while True:
        port = random.choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
