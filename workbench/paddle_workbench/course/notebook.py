"""What a lesson adds to a notebook: metadata, solutions to blank, outputs to clear."""

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
    "blank_solutions",
    "clear_outputs",
    "lesson_metadata",
    "solution_cells",
    "solution_of",
]

METADATA_KEY = "paddle_workbench"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"

# The marks of nbgrader's ClearSolutions. `blank_solutions` gives the same result (a test holds
# the two equal) without nbgrader, which brings server extensions of its own.
_BEGIN = "BEGIN SOLUTION"
_END = "END SOLUTION"


def lesson_metadata(notebook: nbformat.NotebookNode, path: Path) -> LessonMetadata:
    """Return a notebook's lesson metadata.

    Raises
    ------
    LessonMetadataError
        If it is missing, wrong, or of a newer version.
    """
    found = notebook.metadata.get(METADATA_KEY)
    if not isinstance(found, dict):
        raise LessonMetadataError(
            f"{path.name} has no metadata `{METADATA_KEY}`.",
            "Add it, as in the other lessons.",
        )
    version = found.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise LessonMetadataError(
            f"{path.name} has metadata of version {version}; "
            f"this workbench knows {SCHEMA_VERSION}.",
            "Upgrade: pip install --upgrade paddle-workbench",
        )
    try:
        return LessonMetadata.model_validate(
            {name: value for name, value in found.items() if name in LessonMetadata.model_fields}
        )
    except ValidationError as error:
        raise LessonMetadataError(
            f"{path.name}: metadata `{METADATA_KEY}`: {invalid_field(error)}.",
            "Correct the metadata.",
        ) from error


def solution_cells(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """Return the cells that the learner fills in, by their nbgrader `grade_id`."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution", False)
    }


def solution_of(path: Path, exercise: str) -> str | None:
    """Return the text between the solution marks of one exercise, without the marks."""
    cell = solution_cells(read_notebook(path)).get(exercise)
    if cell is None:
        return None
    lines = [line for line in cell.source.splitlines() if _BEGIN not in line and _END not in line]
    return "\n".join(lines)


def blank_solutions(notebook: nbformat.NotebookNode) -> None:
    """Replace every marked solution by a stub, and keep the learner from changing the checks."""
    for cell in notebook.cells:
        grading: dict[str, Any] = cell.metadata.get("nbgrader", {})
        if grading.get("solution", False):
            cell.source = _without_solutions(cell.source)
        if grading.get("locked", False):
            cell.metadata["editable"] = False
            cell.metadata["deletable"] = False


def _without_solutions(source: str) -> str:
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        if _BEGIN in line:
            inside = True
            indent = re.match(r"\s*", line)
            kept.extend((indent.group() if indent else "") + stub for stub in STUB.splitlines())
        elif _END in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def clear_outputs(notebook: nbformat.NotebookNode) -> None:
    """Remove outputs, execution counts and run-time metadata."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
        cell.metadata.pop("execution", None)
        cell.metadata.pop("papermill", None)
