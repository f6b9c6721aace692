"""Servers of tests on free ports of the loopback.

`SO_REUSEADDR`, which Python's servers set, lets the system choose a port that another process has
reserved, such as a kernel that has not opened it yet; that kernel could not start then.
"""

from __future__ import annotations

import socket
from http.server import ThreadingHTTPServer

__all__ = ["LoopbackHTTPServer", "listen"]


class LoopbackHTTPServer(ThreadingHTTPServer):
    """Answers on a port that nothing else has reserved."""

    allow_reuse_address = False


def listen() -> socket.socket:
    """Return a socket that listens on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener
