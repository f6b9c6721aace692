"""A folder is made next to its place and put there as a whole, also if the process is killed."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from ..errors import StorageError
from ..scratch import lock_folder, new_locked_folder, remove_unless_locked
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
    for leftover in _drafts(path):
        remove_unless_locked(leftover)
    try:
        draft, descriptor = new_locked_folder(partial(_make_draft, path))
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(descriptor)


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
    for old in _drafts(path):
        if old.name.endswith(OLD):
            with suppress(OSError), _locked(old):  # a running process may be replacing it
                if not os.path.lexists(path):
                    old.rename(path)


def _make_draft(path: Path) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.mkdir()
    return draft


def _drafts(path: Path) -> list[Path]:
    start = f".{path.name}."
    drafts = []
    entries: list[Path] = []
    with suppress(OSError, ValueError):  # whoever opens or makes the folder tells why
        entries = list(path.parent.iterdir())
    for each in entries:
        word = each.name.removeprefix(start).removesuffix(OLD)
        is_hexadecimal = len(word) == 8 and not word.strip("0123456789abcdef")
        if each.name.startswith(start) and is_hexadecimal and each.is_dir():
            drafts.append(each)
    return drafts


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
