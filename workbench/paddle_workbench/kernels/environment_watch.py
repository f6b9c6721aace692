"""Detect changes of the environment since the fork server imported it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["EnvironmentWatch"]

_PACKAGE = Path(__file__).parents[1]


class EnvironmentWatch:
    """Remembers the times and sizes of the environment's files.

    There are two checks. The quick one takes about 3 ms and covers this package's own files and
    those that installing, removing or upgrading a package changes. The full one covers the files of
    all loaded modules.
    """

    def __init__(self) -> None:
        self._folders = [
            Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))
        ]
        self._package_stamps = self._stamp_packages()
        self._module_stamps: dict[str, tuple[int, int]] = {}

    @property
    def digest(self) -> str:
        """Return a digest of the environment as it was."""
        return hashlib.sha256(repr(sorted(self._package_stamps.items())).encode()).hexdigest()[:16]

    def remember_modules(self) -> None:
        """Remember the files of all modules that are loaded now."""
        self._module_stamps = dict(_stamps(_module_files()))

    def quick_change(self) -> str:
        """Return a file that an installation changed; empty if none did."""
        return _difference(self._package_stamps, self._stamp_packages())

    def full_change(self) -> str:
        """Return the file of a module that changed; empty if none did."""
        return _difference(self._module_stamps, dict(_stamps(self._module_stamps)))

    def _stamp_packages(self) -> dict[str, tuple[int, int]]:
        records = (record for folder in self._folders for record in _records(str(folder)))
        return dict(_stamps([*records, *_sources(str(_PACKAGE))]))


# Strings instead of `Path`, since a kernel waits for the quick check.


def _records(folder: str) -> Iterator[str]:
    """Yield the files that an installation in a folder creates, replaces or removes."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".dist-info", ".pth", ".egg-link")):
                # RECORD is replaced even if the time of its folder stays the same.
                yield f"{entry.path}/RECORD" if entry.is_dir() else entry.path


def _sources(folder: str) -> Iterator[str]:
    """Yield the Python files in a folder and those below it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path
            elif entry.is_dir(follow_symlinks=False):
                yield from _sources(entry.path)


def _module_files() -> Iterator[str]:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield file


def _stamps(paths: Iterable[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    for path in paths:
        yield path, _stamp(path)


def _stamp(path: str) -> tuple[int, int]:
    try:
        information = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0, 0
    return information.st_mtime_ns, information.st_size


def _difference(old: dict[str, tuple[int, int]], new: dict[str, tuple[int, int]]) -> str:
    if old == new:
        return ""
    return next(name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))
