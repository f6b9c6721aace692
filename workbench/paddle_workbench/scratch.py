"""Folders for temporary files, which the next process removes if theirs was killed.

A folder is locked while its process lives, so others recognise what a process has left that could
not clean up: one that was killed, or whose kernel crashed.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from .errors import StorageError

__all__ = [
    "ScratchFolder",
    "lock_folder",
    "locked_neighbour",
    "neighbours",
    "new_locked_folder",
    "remove_leftovers",
    "remove_unless_locked",
]

PREFIX = "paddle-workbench-"
SUFFIX = ".scratch"
"""Without it, `paddle-workbench-old-checkout` of the user would be a name of ours."""
_NAME = re.compile(rf"{PREFIX}[a-z-]+-[a-z0-9_]{{8}}{re.escape(SUFFIX)}")


class ScratchFolder:
    """A new, private folder in the folder for temporary files.

    It is removed by `close`, at the end of a `with` block, when the object is no longer used, or at
    the end of the process; if that is killed, when any process makes another scratch folder.

    Parameters
    ----------
    purpose : str
        What it is for, in lower-case letters; it becomes part of the name.

    Raises
    ------
    StorageError
        If it cannot be made.
    """

    def __init__(self, purpose: str) -> None:
        remove_leftovers()
        prefix = f"{PREFIX}{purpose}-"
        try:
            self.path, descriptor = new_locked_folder(
                lambda: Path(tempfile.mkdtemp(SUFFIX, prefix))
            )
        except OSError as error:
            raise StorageError(
                f"No folder for temporary files can be made: {error}.",
                "Free some space there, or set TMPDIR to a folder that you can write to.",
            ) from error
        # Not by a fork of this process, which has the object too.
        self.close = weakref.finalize(self, _remove, self.path, descriptor, os.getpid())

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def remove_leftovers() -> None:
    """Remove the scratch folders of this user's processes that have ended."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and _is_own_folder(entry):
                remove_unless_locked(Path(entry.path))


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    # Anyone can make a folder with such a name there.
    is_folder = entry.is_dir(follow_symlinks=False)
    return is_folder and entry.stat(follow_symlinks=False).st_uid == os.geteuid()


def new_locked_folder(make: Callable[[], Path]) -> tuple[Path, int]:
    """Make a folder and lock it.

    Parameters
    ----------
    make : callable
        Makes a folder with a new name.

    Returns
    -------
    folder : Path
    descriptor : int
        It holds the lock.
    """
    while True:
        folder = make()
        # Another process may have taken it for a leftover before it was locked.
        with suppress(FileNotFoundError):
            descriptor = lock_folder(folder)
            if _is_at(folder, descriptor):
                return folder, descriptor
            os.close(descriptor)


@contextmanager
def locked_neighbour(path: Path) -> Iterator[Path]:
    """Make a hidden folder next to a path, where what will be put at the path is written.

    Those of processes that were killed are removed first. At the end it is removed, with what is
    in it then.

    Raises
    ------
    OSError
        If the folder cannot be made.
    """
    for leftover in neighbours(path):
        remove_unless_locked(leftover)
    folder, descriptor = new_locked_folder(partial(_make_neighbour, path))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def neighbours(path: Path, *, ending: str = "") -> list[Path]:
    """Return the folders that `locked_neighbour` has made for a path and that are still there.

    Parameters
    ----------
    path : Path
    ending : str
        Of those that were renamed since: what was added to their names.
    """
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}{re.escape(ending)}")
    entries: list[Path] = []
    with suppress(OSError, ValueError):  # whoever opens or makes the folder tells why
        entries = list(path.parent.iterdir())
    return [each for each in entries if name.fullmatch(each.name) and each.is_dir()]


def _make_neighbour(path: Path) -> Path:
    folder = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    folder.mkdir()
    return folder


def lock_folder(folder: Path, *, wait: bool = True) -> int:
    """Lock a folder, which keeps its lock when it is renamed; the end of the process unlocks it.

    Returns
    -------
    int
        The descriptor that holds the lock.

    Raises
    ------
    BlockingIOError
        If another process has locked it, and this one should not wait.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        if not wait:
            os.close(descriptor)
            raise
        # A network drive may have no locks; what processes leave on it is then never removed.
    return descriptor


def remove_unless_locked(folder: Path) -> None:
    """Remove a folder that no running process has locked."""
    with suppress(OSError):
        descriptor = lock_folder(folder, wait=False)
        if _is_at(folder, descriptor):
            shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _is_at(folder: Path, descriptor: int) -> bool:
    """Return whether a path, which is not a link, is still that of an open folder."""
    try:
        return os.path.samestat(folder.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove(folder: Path, descriptor: int, process_id: int) -> None:
    if os.getpid() == process_id:
        shutil.rmtree(folder, ignore_errors=True)
    os.close(descriptor)
