"""The files next to a notebook that it needs while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..storage import make_folder, storage_error
from .declarations import checkers_of

__all__ = ["companions_of", "copy_companions"]


def companions_of(notebook: Path) -> list[Path]:
    """Return the files in the `assets/` next to a notebook, and its checker module if any."""
    checkers = checkers_of(notebook)
    files = [path for path in sorted((notebook.parent / "assets").rglob("*")) if path.is_file()]
    return files + ([checkers] if checkers.is_file() else [])


def copy_companions(notebook: Path, folder: Path) -> None:
    """Copy the `assets/` next to a notebook, and its checker module, into a folder.

    They are copied, not linked, so that a notebook that writes into `assets/` never changes the
    course.

    Raises
    ------
    StorageError
        If they cannot be copied.
    """
    make_folder(folder)
    try:
        for source in companions_of(notebook):
            target = folder / source.relative_to(notebook.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    except OSError as error:
        raise storage_error(folder, error) from error
