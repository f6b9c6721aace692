"""The files beside a notebook that it needs while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..storage import make_folder, storage_error
from .declarations import checkers_of

__all__ = ["copy_companions"]


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
    assets, checkers = notebook.parent / "assets", checkers_of(notebook)
    try:
        for source in sorted(assets.rglob("*")):
            target = folder / source.relative_to(notebook.parent)
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        if checkers.is_file():
            shutil.copy2(checkers, folder / checkers.name)
    except OSError as error:
        raise storage_error(folder, error) from error
