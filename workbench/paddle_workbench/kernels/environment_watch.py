"""Detect changes of the environment since the fork server imported it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
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
        return _difference(
            self._module_stamps, dict(_stamps(Path(name) for name in self._module_stamps))
        )

    def _stamp_packages(self) -> dict[str, tuple[int, int]]:
        records = (
            entry
            for folder in self._folders
            if folder.is_dir()
            for entry in sorted(folder.iterdir())
            if entry.suffix in (".dist-info", ".pth", ".egg-link")
        )
        # An installation replaces RECORD, even if the time of its folder stays the same.
        inside = (entry / "RECORD" if entry.is_dir() else entry for entry in records)
        return dict(_stamps([*inside, *sorted(_PACKAGE.rglob("*.py"))]))


def _module_files() -> Iterator[Path]:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield Path(file)


def _stamps(paths: Iterator[Path] | list[Path]) -> Iterator[tuple[str, tuple[int, int]]]:
    for path in paths:
        yield str(path), _stamp(path)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        information = path.stat()
    except OSError:
        return 0, 0
    return information.st_mtime_ns, information.st_size


def _difference(old: dict[str, tuple[int, int]], new: dict[str, tuple[int, int]]) -> str:
    if old == new:
        return ""
    return next(name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))
