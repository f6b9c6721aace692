"""Asking the fork server for a process."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .messages import PROTOCOL, connect, receive, send
from .process_attributes import process_attributes
from .runtime_paths import runtime_paths
from .warm_process import WarmProcess

__all__ = ["ColdStartError", "launch"]

LAUNCH_LIMIT_S = 10.0


class ColdStartError(Exception):
    """The reason why a process cannot be forked."""


def launch(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    descriptors: Sequence[int],
    stdin: IO[bytes] | None = None,
    details: Mapping[str, Any] | None = None,
    server: Path | None = None,
) -> WarmProcess:
    """Fork the process that a command would start.

    Parameters
    ----------
    command : sequence of str
        `PYTHON -m MODULE ARGUMENT…`, where a fork can run the module (see `warm_fork`).
    folder : Path
        Its working folder.
    environment : mapping of str to str
    descriptors : sequence of int
        Its stdin, stdout and stderr, which stay open here.
    stdin : file, optional
        The writer of a pipe to its stdin, for `WarmProcess`.
    details : mapping, optional
        JSON values for the fork.
    server : Path, optional
        The socket of the process to fork; by default that of the fork server.

    Raises
    ------
    ColdStartError
        If this process cannot be forked.
    OSError, ValueError
        If the fork server is not running or does not answer.
    """
    if Path(command[0]).parent != Path(sys.executable).parent:
        raise ColdStartError(f"{command[0]} is not this environment's Python")
    # The fork server is in another folder.
    folder = folder.absolute()
    if not folder.is_dir():
        raise ColdStartError(f"{folder} is not a folder")
    request = {
        "do": "launch",
        "protocol": PROTOCOL,
        "argv": list(command),
        "cwd": str(folder),
        "env": dict(environment),
        "attributes": process_attributes(),
        **(details or {}),
    }
    path = runtime_paths().socket if server is None else server
    connection = connect(path, timeout_s=LAUNCH_LIMIT_S)
    reader, writer = os.pipe()
    try:
        send(connection, request, [*descriptors, writer])
        pid, descriptor = _receive_process(connection)
    except BaseException:
        connection.close()
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return WarmProcess(pid, descriptor, connection, report=reader, stdin=stdin)


def _receive_process(connection: socket.socket) -> tuple[int, int]:
    """Return the process id and the pidfd that the fork server sends."""
    answer = receive(connection)
    if answer is None:
        raise ConnectionError("the fork server did not answer")
    message, descriptors = answer
    if "refused" in message:
        raise ColdStartError(str(message["refused"]))
    return int(message["pid"]), descriptors[0]
