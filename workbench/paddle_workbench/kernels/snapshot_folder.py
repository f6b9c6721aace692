"""The snapshots in a folder: which there are, what they use, and ending them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .messages import connect, receive, send

__all__ = [
    "KEEP_S",
    "KEPT",
    "SOCKET_SUFFIX",
    "Snapshot",
    "end_snapshot",
    "folder_path",
    "reachable",
    "read_snapshots",
    "snapshot_expression",
    "sockets",
]

SOCKET_SUFFIX = ".socket"
KEPT = 3
"""How many snapshots a kernel keeps at once."""
KEEP_S = 24 * 3600.0
ANSWER_LIMIT_S = 5.0


class Snapshot(NamedTuple):
    """A snapshot that waits.

    Parameters
    ----------
    name : str
    path : Path
        Its socket.
    pid : int
    memory_bytes : int
        What only this process uses; what it shares with its kernel does not count.
    """

    name: str
    path: Path
    pid: int
    memory_bytes: int


def sockets(folder: Path) -> list[Path]:
    """Return the sockets of the snapshots in a folder by their names, also of ended ones."""
    return sorted(folder.glob(f"*{SOCKET_SUFFIX}"))


def read_snapshots(folder: Path) -> list[Snapshot]:
    """Return the snapshots in a folder by their names; remove the sockets of ended ones."""
    snapshots = []
    for path in sockets(folder):
        answer = _ask(path, {"do": "status"})
        if answer is not None:
            name = path.name.removesuffix(SOCKET_SUFFIX)
            snapshots.append(Snapshot(name, path, int(answer["pid"]), int(answer["memory_bytes"])))
    return snapshots


def end_snapshot(path: Path) -> None:
    """End the snapshot at a socket, unless it has ended."""
    _ask(path, {"do": "end"})


def folder_path(descriptor: int) -> Path:
    """Return a short path of an open folder; that of a socket has at most 108 bytes."""
    return Path(f"/proc/self/fd/{descriptor}")


@contextlib.contextmanager
def reachable(path: Path) -> Iterator[Path]:
    """Provide a path of a socket that is short enough to connect to.

    Raises
    ------
    OSError
        If its folder does not exist.
    """
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield folder_path(directory) / path.name
    finally:
        os.close(directory)


def _ask(path: Path, message: dict[str, Any]) -> dict[str, Any] | None:
    """Return the answer of a snapshot; None if it has ended, and then its socket is removed."""
    try:
        with reachable(path) as short, connect(short, timeout_s=ANSWER_LIMIT_S) as connection:
            send(connection, message)
            answer = receive(connection)
    except (ConnectionRefusedError, FileNotFoundError):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return None
    except (OSError, ValueError):
        return None
    return answer[0] if answer is not None else None


def snapshot_expression(folder: Path, name: str, *, keep_s: float = KEEP_S) -> str:
    """Return what a kernel evaluates to take a snapshot; its value is the problem, or empty."""
    return (
        "__import__('importlib').import_module('paddle_workbench.kernels.snapshots')"
        f".take_snapshot({str(folder.absolute())!r}, {name!r}, keep_s={keep_s!r})"
    )
