"""How many runs of the queue may run at once, and the slots that they hold meanwhile."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ...errors import WorkbenchError
from ...execution import shared_threads
from ...storage import make_folder, storage_error

__all__ = [
    "LIMIT_VARIABLE",
    "LOG_FILE",
    "dispatcher_lock",
    "free_slot",
    "queue_folder",
    "run_limit",
]

LIMIT_VARIABLE = "PADDLE_WORKBENCH_PARALLEL_RUNS"
# What the processes of the queue print.
LOG_FILE = "log"


def run_limit() -> int:
    """Return how many runs of the queue may run at once, by default half the cores, at least one.

    Raises
    ------
    WorkbenchError
        If the environment variable is not a positive number.
    """
    value = os.environ.get(LIMIT_VARIABLE)
    if not value:
        return max(1, shared_threads(1) // 2)
    if not value.isdecimal() or not 1 <= int(value) <= 1000:
        raise WorkbenchError(
            f"{LIMIT_VARIABLE} is {value!r}, which is not a number of runs.",
            f"Set it to a number from 1 to 1000, or unset it: unset {LIMIT_VARIABLE}",
        )
    return int(value)


def queue_folder(runs: Path) -> Path:
    """Return the folder of the queue's own files, and make it if it does not exist.

    Raises
    ------
    StorageError
        If it cannot be made.
    """
    folder = runs / ".queue"
    make_folder(folder)
    return folder


def free_slot(runs: Path, limit: int) -> int | None:
    """Take a slot that no run holds, and return its descriptor; None if all are held.

    A run holds its slot until its process ends, however that ends. A fork inherits it.
    """
    folder = queue_folder(runs)
    locks = (_lock(folder / f"slot-{number}") for number in range(limit))
    return next((lock for lock in locks if lock is not None), None)


def dispatcher_lock(runs: Path) -> int | None:
    """Take the lock of the one process that starts queued runs, and return its descriptor.

    None if another process holds it.
    """
    return _lock(queue_folder(runs) / "dispatcher")


def _lock(path: Path) -> int | None:
    """Lock a file, and return the descriptor that holds the lock; None if another one does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # a drive without locks: it counts as free
        pass
    return descriptor
