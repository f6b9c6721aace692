"""The protocol between the fork server and its clients.

Each message is a JSON object in one packet of a UNIX socket, together with file descriptors.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["PROTOCOL", "connect", "listen", "peer_user", "receive", "send"]

PROTOCOL = 3
MAXIMUM_BYTES = 1 << 20
MAXIMUM_DESCRIPTORS = 8

Message = dict[str, Any]


def connect(path: Path, *, timeout_s: float) -> socket.socket:
    """Return a connection to the fork server.

    Raises
    ------
    OSError
        If no process listens at the path, or one of another user does.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(timeout_s)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAXIMUM_BYTES)
        connection.connect(str(path))
        # What is sent contains the user's environment variables.
        if peer_user(connection) != os.geteuid():
            raise PermissionError(f"{path} belongs to user {peer_user(connection)}")
    except OSError:
        connection.close()
        raise
    return connection


def listen(path: Path) -> socket.socket:
    """Return a socket that accepts connections at a path that no other process uses."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(128)
    return listener


def send(connection: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send one message.

    Raises
    ------
    OSError
        If the connection is closed, or the message is too large for a packet.
    """
    socket.send_fds(connection, [json.dumps(message).encode()], descriptors)


def receive(connection: socket.socket) -> tuple[Message, list[int]] | None:
    """Return the next message and its descriptors; None if the connection was closed.

    Raises
    ------
    OSError
        If no message arrives within the connection's time limit.
    ValueError
        If the message is not a JSON object.
    """
    data, descriptors, _, _ = socket.recv_fds(connection, MAXIMUM_BYTES, MAXIMUM_DESCRIPTORS)
    if not data:
        return None
    try:
        message = dict(json.loads(data))
    except (RecursionError, TypeError, ValueError) as error:
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        raise ValueError(f"{data[:80]!r} is not a JSON object.") from error
    return message, descriptors


def peer_user(connection: socket.socket) -> int:
    """Return the user id of the process at the other end."""
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", credentials)[1])
