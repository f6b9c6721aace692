"""Lessons in English: translations of markdown cells from gettext catalogs.

A catalog `notebooks/locale/en/<lesson>.po` has one entry for each markdown cell, with the Chinese
source as its msgid. A cell whose source has changed no longer matches an entry, so it is shown as
untranslated instead of with an outdated translation.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import polib

from ..contract import Language
from ..errors import CourseError
from .catalog import LessonFile

__all__ = ["read_catalog", "translate", "untranslated_cells"]

_UNTRANSLATED = "> **Not yet translated.**\n\n"


def read_catalog(lesson: LessonFile, language: Language) -> dict[str, str]:
    """Return the translations of a lesson's markdown cells, by their Chinese source.

    Empty if the lesson has no catalog.

    Raises
    ------
    CourseError
        If the file is not a gettext catalog.
    """
    name = lesson.metadata.lesson.split("/")[-1]
    path = _course_of(lesson) / "locale" / language / f"{name}.po"
    if not path.is_file():
        return {}
    try:
        catalog = polib.pofile(str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} is not a gettext catalog: {error}", "Fix it.") from error
    return {
        entry.msgid: entry.msgstr
        for entry in catalog
        if entry.msgstr and "fuzzy" not in entry.flags
    }


def translate(notebook: nbformat.NotebookNode, catalog: dict[str, str]) -> None:
    """Translate the markdown cells of a notebook; mark those without a translation."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.strip():
            translation = catalog.get(cell.source)
            cell.source = translation if translation is not None else _UNTRANSLATED + cell.source


def untranslated_cells(notebook: nbformat.NotebookNode, catalog: dict[str, str]) -> list[str]:
    """Return the ids of the markdown cells without a translation."""
    return [
        cell.id
        for cell in notebook.cells
        if cell.cell_type == "markdown" and cell.source.strip() and cell.source not in catalog
    ]


def _course_of(lesson: LessonFile) -> Path:
    return lesson.notebook.parent.parent
