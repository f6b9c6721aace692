"""Has the environment changed since the fork server imported it?"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["EnvironmentWatch"]

_PACKAGE = Path(__file__).parents[1]


class EnvironmentWatch:
    """Remembers the files of the environment as they were.

    Two looks: a quick one at what installing, removing or upgrading a package changes and at this
    package's own files (some 3 ms); and a whole one at the file of every module that is loaded.
    """

    def __init__(self) -> None:
        self._folders = [
            Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))
        ]
        self._quick = self._look()
        self._whole: dict[str, tuple[int, int]] = {}

    @property
    def digest(self) -> str:
        """Return a name of the environment as it was."""
        return hashlib.sha256(repr(sorted(self._quick.items())).encode()).hexdigest()[:16]

    def remember_modules(self) -> None:
        """Remember the file of every module that is loaded now."""
        self._whole = dict(_stamps(_module_files()))

    def quick_change(self) -> str:
        """Return a file or folder that changed by an installation; empty if none did."""
        return _difference(self._quick, self._look())

    def whole_change(self) -> str:
        """Return a module's file that changed; empty if none did."""
        return _difference(self._whole, dict(_stamps(Path(name) for name in self._whole)))

    def _look(self) -> dict[str, tuple[int, int]]:
        records = (
            entry
            for folder in self._folders
            if folder.is_dir()
            for entry in sorted(folder.iterdir())
            if entry.suffix in (".dist-info", ".pth", ".egg-link")
        )
        # Installing replaces RECORD, even where the folder keeps its time.
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
