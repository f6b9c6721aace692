"""The files next to a notebook that it needs while it runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat

from ..storage import make_folder, storage_error
from .declarations import checkers_of
from .named_files import named_files
from .notebook import METADATA_KEY

__all__ = ["companions_of", "copy_companions"]


def companions_of(
    notebook: Path, source: nbformat.NotebookNode | None = None, texts: Iterable[str] = ()
) -> list[Path]:
    """Return the files next to a notebook that it needs.

    These are those in `assets/` and the checker module of a lesson, and for a notebook that is not
    a lesson those that its code names.

    Parameters
    ----------
    notebook : Path
    source : NotebookNode, optional
        Its content, to find what it names.
    texts : iterable of str
        Further texts that may be paths, such as parameters.
    """
    checkers = checkers_of(notebook)
    files = [path for path in sorted((notebook.parent / "assets").rglob("*")) if path.is_file()]
    files += [checkers] if checkers.is_file() else []
    if source is not None and METADATA_KEY not in source.metadata:
        files += named_files(source, notebook.parent, texts)
    return list(dict.fromkeys(files))


def copy_companions(
    notebook: Path,
    folder: Path,
    source: nbformat.NotebookNode | None = None,
    texts: Iterable[str] = (),
) -> None:
    """Copy the files next to a notebook that it needs into a folder.

    They are copied, not linked, so that a notebook that writes to them never changes the course.

    Parameters
    ----------
    notebook : Path
    folder : Path
    source, texts
        As for `companions_of`.

    Raises
    ------
    StorageError
        If they cannot be copied.
    """
    make_folder(folder)
    try:
        for file in companions_of(notebook, source, texts):
            target = folder / file.relative_to(notebook.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
    except OSError as error:
        raise storage_error(folder, error) from error
