"""Check a learner's working copy against the lesson that it was made from.

A working copy has no reference outputs. Cells that the learner has not changed are compared with
those of the lesson; the others are run but not compared.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..contract import CheckedCell
from ..course.catalog import LessonFile, find_lesson
from ..course.companions import copy_companions
from ..course.notebook import METADATA_KEY, lesson_metadata
from ..notebooks import Notebook, read_notebook
from ..storage import write_whole
from .results import NotebookReport

__all__ = [
    "CHANGED",
    "EXERCISE",
    "LearnerCopy",
    "is_working_copy",
    "lesson_of",
    "prepare_copy",
]

CHANGED = "changed"
EXERCISE = "exercise"
_IGNORE = "nbval-ignore-output"


@dataclass(frozen=True, slots=True)
class LearnerCopy:
    """A working copy with the reference outputs of its lesson, ready to be checked.

    Parameters
    ----------
    path : Path
        A temporary notebook.
    reasons : dict of str to str
        Why a cell is not compared: `changed` or `exercise`.
    """

    path: Path
    reasons: dict[str, str]

    def cells(self, report: NotebookReport) -> list[CheckedCell]:
        """Return the result of each cell, with the reason why some were not compared."""
        return [
            cell.model_copy(update={"reason": self.reasons[cell.cell]})
            if cell.outcome == "not_compared" and cell.cell in self.reasons
            else cell
            for cell in report.cells
        ]


def is_working_copy(notebook: nbformat.NotebookNode) -> bool:
    """Return whether a notebook is a working copy: it names the version it was made from."""
    metadata = notebook.metadata.get(METADATA_KEY)
    return isinstance(metadata, dict) and "source_sha256" in metadata


def lesson_of(copy: Notebook) -> LessonFile:
    """Return the lesson that a notebook is a working copy of.

    Raises
    ------
    LessonMetadataError, LessonNotFoundError
        If it is not a lesson, or the course no longer has that lesson.
    """
    return find_lesson(lesson_metadata(copy.node, copy.path).lesson)


def prepare_copy(copy: Notebook, lesson: LessonFile, folder: Path) -> LearnerCopy:
    """Write a working copy with its lesson's outputs into a folder, next to its companions.

    Parameters
    ----------
    copy : Notebook
        The learner's working copy.
    lesson : LessonFile
    folder : Path
        A temporary one.
    """
    notebook = deepcopy(copy.node)
    references = {
        cell.id: cell for cell in read_notebook(lesson.notebook).cells if cell.cell_type == "code"
    }
    reasons = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        reference = references.get(cell.id)
        reason = _reason(cell, reference)
        if reason or reference is None:
            reasons[cell.id] = reason
            cell.outputs, cell.execution_count = [], None
            _ignore(cell)
        else:
            cell.outputs, cell.execution_count = reference.outputs, reference.execution_count
            _take_options(cell, reference)
    copy_companions(copy.path, folder)
    target = folder / copy.path.name
    write_whole(target, nbformat.writes(notebook))
    return LearnerCopy(target, reasons)


def _reason(cell: nbformat.NotebookNode, reference: nbformat.NotebookNode | None) -> str:
    """Return why a cell has no reference; empty if it has one."""
    if reference is None:
        return CHANGED
    # What the check of an exercise shows depends on the learner's answer.
    if "nbgrader" in reference.metadata:
        return EXERCISE
    return "" if cell.source == reference.source else CHANGED


def _ignore(cell: nbformat.NotebookNode) -> None:
    tags = cell.metadata.setdefault("tags", [])
    tags += [] if _IGNORE in tags else [_IGNORE]


def _take_options(cell: nbformat.NotebookNode, reference: nbformat.NotebookNode) -> None:
    """Copy the lesson's options, also if the copy was made from an older version."""
    for name in ("tags", METADATA_KEY):
        if name in reference.metadata:
            cell.metadata[name] = reference.metadata[name]
        else:
            cell.metadata.pop(name, None)
