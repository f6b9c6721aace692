"""Lessons as notebooks: their metadata, their solutions, and clearing both for the learner."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from pydantic import ValidationError

from ..contract import SCHEMA_VERSION, LessonMetadata, invalid_field
from ..errors import LessonMetadataError
from ..notebooks import read_notebook

__all__ = [
    "METADATA_KEY",
    "blank_solutions",
    "clear_outputs",
    "lesson_metadata",
    "solution_cells",
    "solution_of",
]

METADATA_KEY = "paddle_workbench"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"

# The marks of nbgrader's ClearSolutions. `blank_solutions` gives the same result, which a test
# verifies, without nbgrader, which would install server extensions.
_BEGIN = "BEGIN SOLUTION"
_END = "END SOLUTION"


def lesson_metadata(notebook: nbformat.NotebookNode, path: Path) -> LessonMetadata:
    """Return a notebook's lesson metadata.

    Raises
    ------
    LessonMetadataError
        If it is missing or invalid, or a newer version of the workbench wrote it.
    """
    metadata = notebook.metadata.get(METADATA_KEY)
    if not isinstance(metadata, dict):
        raise LessonMetadataError(
            f"{path.name} has no metadata `{METADATA_KEY}`.",
            "Copy it from another lesson and adapt it.",
        )
    version = metadata.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise LessonMetadataError(
            f"{path.name} has metadata of version {version}; "
            f"this workbench reads up to version {SCHEMA_VERSION}.",
            "Upgrade: pip install --upgrade paddle-workbench",
        )
    try:
        return LessonMetadata.model_validate(
            {name: value for name, value in metadata.items() if name in LessonMetadata.model_fields}
        )
    except ValidationError as error:
        raise LessonMetadataError(
            f"{path.name}: metadata `{METADATA_KEY}`: {invalid_field(error)}.",
            "Fix the metadata.",
        ) from error


def solution_cells(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """Return the cells that the learner completes, by their nbgrader `grade_id`."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution", False)
    }


def solution_of(path: Path, exercise: str) -> str | None:
    """Return the source of an exercise's solution cell without the solution marks.

    None if the notebook has no such exercise.

    Raises
    ------
    NotebookError
        If the notebook cannot be read.
    """
    cell = solution_cells(read_notebook(path)).get(exercise)
    if cell is None:
        return None
    lines = [line for line in cell.source.splitlines() if _BEGIN not in line and _END not in line]
    return "\n".join(lines)


def blank_solutions(notebook: nbformat.NotebookNode) -> None:
    """Replace every marked solution with a stub, and make the check cells read-only."""
    for cell in notebook.cells:
        grading: dict[str, Any] = cell.metadata.get("nbgrader", {})
        if grading.get("solution", False):
            cell.source = _without_solutions(cell.source)
        if grading.get("locked", False):
            cell.metadata["editable"] = False
            cell.metadata["deletable"] = False


def _without_solutions(source: str) -> str:
    lines: list[str] = []
    is_inside = False
    for line in source.splitlines():
        if _BEGIN in line:
            is_inside = True
            indent = re.match(r"\s*", line)
            lines.extend((indent.group() if indent else "") + stub for stub in STUB.splitlines())
        elif _END in line:
            is_inside = False
        elif not is_inside:
            lines.append(line)
    return "\n".join(lines)


def clear_outputs(notebook: nbformat.NotebookNode) -> None:
    """Remove outputs, execution counts and the metadata that executing a notebook adds."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
        cell.metadata.pop("execution", None)
        cell.metadata.pop("papermill", None)
