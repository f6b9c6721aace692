"""The files next to a notebook that it needs while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..storage import make_folder, storage_error
from .declarations import checkers_of

__all__ = ["companions_of", "copy_companions"]


def companions_of(notebook: Path) -> list[Path]:
    """Return the files of a notebook's `assets/` and its checker module, as far as it has them."""
    checkers = checkers_of(notebook)
    files = [path for path in sorted((notebook.parent / "assets").rglob("*")) if path.is_file()]
    return files + ([checkers] if checkers.is_file() else [])


def copy_companions(notebook: Path, folder: Path) -> None:
    """Copy a notebook's `assets/` and its checker module, where it has them, into a folder.

    Copies, not links, so that what a notebook writes into `assets/` never reaches the pristine
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
