"""Folders for temporary files, which the next process removes if theirs was killed.

A folder is locked while its process lives, so others recognise what a process has left that could
not clean up: one that was killed, or whose kernel crashed.

A kernel gets a folder of its own from the process that starts it. What the code of a notebook has
made there is removed with the folder, also if the kernel was killed.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from .errors import StorageError

__all__ = [
    "KernelFolder",
    "ScratchFolder",
    "is_locked",
    "lock_folder",
    "locked_neighbour",
    "neighbours",
    "new_locked_folder",
    "remove_leftovers",
    "remove_unless_locked",
    "shared_folder",
    "with_shared_folder",
]

PREFIX = "paddle-workbench-"
SUFFIX = ".scratch"
"""Without it, `paddle-workbench-old-checkout` of the user would be a name of ours."""
_NAME = re.compile(rf"{PREFIX}[a-z-]+-[a-z0-9_]{{8}}{re.escape(SUFFIX)}")
_KERNEL = "kernel"
_KERNEL_NAME = re.compile(rf"{PREFIX}{_KERNEL}-[a-z0-9_]{{8}}{re.escape(SUFFIX)}")
# As `tempfile` reads them.
_VARIABLES = ("TMPDIR", "TEMP", "TMP")
# Libraries put sockets below it, such as `/pymp-abcdefgh/listener-abcdefgh` of multiprocessing. The
# path of a socket has at most 108 bytes, on macOS 104.
_LONGEST_PATH = 70
# How long the processes that a kernel has started may take to notice its end.
_CHILDREN_LIMIT_S = 0.5
_POLL_S = 0.05
# jieba needs a fifth of a second longer without it.
_CACHES = ("jieba.cache",)


class ScratchFolder:
    """A new, private folder in the folder for temporary files.

    It is removed by `close`, at the end of a `with` block, when the object is no longer used, or at
    the end of the process; if that is killed, when any process makes another scratch folder.

    Parameters
    ----------
    purpose : str
        What it is for, in lower-case letters; it becomes part of the name.
    parent : Path, optional
        The folder in which it is made, if it is not the one for temporary files.

    Raises
    ------
    StorageError
        If it cannot be made.
    """

    def __init__(self, purpose: str, *, parent: Path | None = None) -> None:
        remove_leftovers(parent)
        prefix = f"{PREFIX}{purpose}-"
        try:
            self.path, descriptor = new_locked_folder(
                lambda: Path(tempfile.mkdtemp(SUFFIX, prefix, parent))
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


class KernelFolder:
    """The folder for the temporary files of a kernel, which are removed when the kernel has ended.

    A kernel that is killed cannot remove them itself. Close the folder after the end of the kernel.
    While a process that the kernel has started still runs, the folder stays; another process that
    makes a scratch folder later removes it.

    Parameters
    ----------
    environment : mapping of str to str, optional
        The variables that the kernel would have; by default those of this process.

    Attributes
    ----------
    path : Path or None
        None if the kernel has no folder of its own: its variables name a different folder from
        those of this process, which is then the caller's choice; or the path would be too long for
        sockets; or none can be made.
    environment : dict of str to str
        The variables for the kernel.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = dict(os.environ if environment is None else environment)
        self.path: Path | None = None
        self._folder: ScratchFolder | None = None
        if any(self.environment.get(name) != os.environ.get(name) for name in _VARIABLES):
            return
        parent = shared_folder()
        example = parent / f"{PREFIX}{_KERNEL}-abcdefgh{SUFFIX}"
        if len(os.fsencode(example)) > _LONGEST_PATH:
            return
        with suppress(StorageError):
            self._folder = ScratchFolder(_KERNEL, parent=parent)
            self.path = self._folder.path
            self.environment["TMPDIR"] = str(self.path)
            _lend_caches(self.path)

    def __enter__(self) -> KernelFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder, unless a process that the kernel has started still runs."""
        if self._folder is None or self.path is None:
            return
        end = time.monotonic() + _CHILDREN_LIMIT_S
        while _has_users(self.path) and time.monotonic() < end:
            time.sleep(_POLL_S)
        self._folder.close()


def shared_folder() -> Path:
    """Return the folder for temporary files that all processes share, also in a kernel."""
    folder = Path(tempfile.gettempdir())
    return folder.parent if _KERNEL_NAME.fullmatch(folder.name) else folder


def with_shared_folder(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables for a process that may outlive the kernel whose variables these are."""
    variables = dict(environment)
    folder = Path(variables.get("TMPDIR", ""))
    if _KERNEL_NAME.fullmatch(folder.name):
        variables["TMPDIR"] = str(folder.parent)
    return variables


def _lend_caches(folder: Path) -> None:
    """Make the caches that libraries keep among temporary files available in a folder."""
    for name in _CACHES:
        # Anyone can put a file there, and libraries trust it.
        with suppress(OSError):
            if (folder.parent / name).lstat().st_uid == os.geteuid():
                os.link(folder.parent / name, folder / name, follow_symlinks=False)


def _keep_caches(folder: Path) -> None:
    """Keep the caches that a kernel has made or renewed."""
    for name in _CACHES:
        with suppress(OSError):
            information = (folder / name).lstat()
            if stat.S_ISREG(information.st_mode) and information.st_nlink == 1:
                (folder / name).replace(folder.parent / name)


def _has_users(folder: Path) -> bool:
    """Return whether a process of this user has started with a folder for temporary files.

    Only Linux tells; elsewhere nothing has. A fork does not count: it ends with its kernel.
    """
    variable = b"TMPDIR=" + os.fsencode(folder)
    for process in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if variable in process.read_bytes().split(b"\0"):
                return True
    return False


def remove_leftovers(parent: Path | None = None) -> None:
    """Remove the scratch folders of this user's processes that have ended.

    Parameters
    ----------
    parent : Path, optional
        The folder in which they are, if it is not the one for temporary files.
    """
    with suppress(OSError), os.scandir(parent or tempfile.gettempdir()) as entries:
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


def is_locked(folder: Path) -> bool:
    """Return whether a process has locked a folder.

    On a drive without locks nobody can tell, and it counts as locked.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def remove_unless_locked(folder: Path) -> None:
    """Remove a folder that no running process has locked."""
    with suppress(OSError):
        descriptor = lock_folder(folder, wait=False)
        if _is_at(folder, descriptor):
            _remove_unused(folder)
        os.close(descriptor)


def _is_at(folder: Path, descriptor: int) -> bool:
    """Return whether a path, which is not a link, is still that of an open folder."""
    try:
        return os.path.samestat(folder.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove(folder: Path, descriptor: int, process_id: int) -> None:
    if os.getpid() == process_id:
        _remove_unused(folder)
    os.close(descriptor)


def _remove_unused(folder: Path) -> None:
    """Remove a folder, unless it is that of a kernel and is still used."""
    if _KERNEL_NAME.fullmatch(folder.name):
        if _has_users(folder):
            return
        _keep_caches(folder)
    shutil.rmtree(folder, ignore_errors=True)
