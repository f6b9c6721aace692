"""A folder is made next to its place and put there as a whole, also if the process is killed."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ..errors import StorageError
from ..scratch import lock_folder, locked_neighbour, neighbours, remove_unless_locked
from ..storage import make_folder, storage_error

__all__ = ["new_draft", "put_in_place", "recover"]

OLD = ".old"
"""End of the name of a folder that is being replaced."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_CANNOT_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.ENOTSUP)


@contextmanager
def new_draft(path: Path) -> Iterator[Path]:
    """Make a hidden folder next to a path, and remove what is left of it at the end.

    Drafts of processes that were killed are removed first. Those of running processes are locked.

    Raises
    ------
    StorageError
        If the folder cannot be made.
    """
    make_folder(path.parent)
    if "\0" in path.name:
        raise StorageError(f"{str(path)!r:.200} is not a path: it contains NUL.", "Check it.")
    recover(path)
    for leftover in neighbours(path, ending=OLD):
        remove_unless_locked(leftover)
    with ExitStack() as stack:
        try:
            draft = stack.enter_context(locked_neighbour(path))
        except OSError as error:
            raise storage_error(path, error) from error
        yield draft


def put_in_place(draft: Path, path: Path) -> None:
    """Put a draft where its folder belongs, and leave the folder that was there as the draft.

    Where the file system can exchange two folders, that is one step. Elsewhere a process that is
    killed in between leaves no folder at the path, and `recover` puts the old one back.

    Raises
    ------
    StorageError
        If the folder cannot be renamed; the old one is unchanged.
    """
    try:
        if not path.exists():
            with suppress(OSError):  # another process has just put its own there
                draft.rename(path)
                return
        if not _exchange(draft, path):
            old = path.with_name(f"{draft.name}{OLD}")
            with _locked(path):
                path.rename(old)
                draft.rename(path)
            old.rename(draft)
    except OSError as error:
        raise storage_error(path, error) from error


def recover(path: Path) -> None:
    """Put the old folder back if a process was killed while it replaced the folder."""
    if os.path.lexists(path):
        return
    for old in neighbours(path, ending=OLD):
        with suppress(OSError), _locked(old):  # a running process may be replacing it
            if not os.path.lexists(path):
                old.rename(path)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return False where that is impossible."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return False
    names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    if function(*names, _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = lock_folder(folder)
    try:
        yield
    finally:
        os.close(descriptor)
