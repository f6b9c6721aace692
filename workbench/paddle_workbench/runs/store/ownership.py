"""Who runs a run: the process that holds the lock of its folder.

A lock ends with its process, however that ends. Process ids are used again and clocks are set, so
neither proves anything.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import RunActiveError, StorageError
from ...scratch import is_locked, lock_folder

__all__ = ["owner_of", "ownership", "take_over"]

# Readers hold a shared lock for an instant.
_PATIENCE_S = 2.0
_POLL_S = 0.01


@contextmanager
def ownership(folder: Path) -> Iterator[int]:
    """Own a run folder until the end of the block, also if it is renamed.

    Yields the descriptor that holds the lock, which a child process can inherit.

    Raises
    ------
    RunActiveError
        If another process owns it.
    StorageError
        If the folder cannot be opened.
    """
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            descriptor = lock_folder(folder, wait=False)
            break
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise RunActiveError(
                    f"{folder.name} is run by another process.", "Wait for it, or cancel it."
                ) from error
            time.sleep(_POLL_S)
        except OSError as error:
            raise StorageError(
                f"{folder} cannot be opened: {error.strerror}.", "Check the folder."
            ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def take_over(descriptor: int) -> None:
    """Make this process the owner by a lock that it has inherited."""
    # The system lists the process that has changed the lock last.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def owner_of(folder: Path, recorded: int | None) -> int | None:
    """Return the process that owns a run folder; None if none does, or it is unknown.

    Parameters
    ----------
    folder : Path
    recorded : int or None
        The process that the record names, for systems that do not list locks.
    """
    if not is_locked(folder):
        return None
    locks = Path("/proc/locks")
    if not locks.is_file():
        return recorded
    with suppress(OSError):
        information = folder.stat()
        device = f"{os.major(information.st_dev):02x}:{os.minor(information.st_dev):02x}"
        inode = f":{information.st_ino}"
        for line in locks.read_text(encoding="utf-8").splitlines():
            # 12: FLOCK  ADVISORY  WRITE 4711 fd:01:123456 0 EOF
            fields = line.split()
            if fields[1:2] != ["FLOCK"] or fields[3:4] != ["WRITE"]:
                continue
            # Btrfs lists a different device from that of the file; then the record has to agree.
            is_listed = fields[5] == device + inode
            if is_listed or (fields[5].endswith(inode) and fields[4] == str(recorded)):
                return int(fields[4])
    return None
