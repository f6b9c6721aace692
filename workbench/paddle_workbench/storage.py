"""Files of the workbench home: written whole or not at all, and never lost."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import StorageError

__all__ = ["beside", "locked", "make_folder", "set_aside", "storage_error", "write_whole"]

LOCK_TIMEOUT_S = 10.0


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, so that a reader sees the old content or the new, never a part.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written; the old file is untouched.
    """
    temporary: str | None = None
    try:
        make_folder(path.parent)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)  # noqa: PTH101 - the name comes from mkstemp
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        if temporary is not None:
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108
        raise storage_error(path, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are missing.

    Raises
    ------
    StorageError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return what an operating system's error means to the learner."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk is full: {path} was not written; what was there before is unchanged.",
            "Free some space, or set PADDLE_WORKBENCH_HOME to a folder on another disk.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"{path} cannot be written: {error.strerror}.",
            "Set PADDLE_WORKBENCH_HOME to a folder that you may write, or mend its permissions.",
        )
    return StorageError(f"{path}: {error.strerror or error}.", "Check the folder and try again.")


def set_aside(path: Path) -> Path:
    """Rename a broken file so that it is kept, and return its new name."""
    kept = beside(path, "broken")
    try:
        path.rename(kept)
    except OSError as error:
        raise storage_error(path, error) from error
    return kept


def beside(path: Path, word: str) -> Path:
    """Return a free name beside a file, for example `to_static.kept-20261123-091530.ipynb`."""
    stamp = datetime.now(timezone.utc).astimezone().strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        again = f"-{number}" if number > 1 else ""
        candidate = path.with_name(f"{path.stem}.{word}-{stamp}{again}{path.suffix}")
        if not candidate.exists():
            return candidate
    raise StorageError(f"No free name beside {path}.", "Move some of the old copies away.")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that goes with a file, across processes.

    Raises
    ------
    StorageError
        If another process keeps it for over ten seconds, or the folder cannot be written.
    """
    make_folder(path.parent)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout as error:
        raise StorageError(
            f"{path} is being written by another program.", "Try again in a moment."
        ) from error
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        yield
    finally:
        lock.release()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
