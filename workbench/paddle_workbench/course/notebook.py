"""Reading and changing the cells of a lesson's notebook."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import nbformat
from nbformat.validator import normalize
from pydantic import ValidationError

from ..contract import SCHEMA_VERSION, LessonMetadata, invalid_field
from ..errors import LessonMetadataError, NotebookError
from ..reading import broken_file, read_text, storage_errors_as

__all__ = [
    "blank_solutions",
    "clear_outputs",
    "lesson_metadata",
    "read_json",
    "read_notebook",
    "solution_cells",
    "solution_of",
]

METADATA_KEY = "paddle_workbench"
KIND = "notebook"
MAX_BYTES = 128 * 1024 * 1024
"""A larger notebook is not read."""
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"

# The marks of nbgrader's ClearSolutions. `blank_solutions` gives the same result (a test holds
# the two equal) without nbgrader, which brings server extensions of its own.
_BEGIN = "BEGIN SOLUTION"
_END = "END SOLUTION"
_HINT = "Restore the notebook, or open it in JupyterLab and save it again."
_TOO_DEEP = "it is nested too deeply"


@storage_errors_as(NotebookError)
def read_json(path: Path) -> dict[str, Any]:
    """Return a notebook in format 4 as it is in its file.

    Raises
    ------
    NotebookError
        If the file is missing, cannot be read, or is not a notebook in format 4.
    """
    return _parse(_read(path), path)


@storage_errors_as(NotebookError)
def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook in format 4.

    Raises
    ------
    NotebookError
        If the file is missing, cannot be read, or is not a valid notebook in format 4.
    """
    text = _read(path)
    _parse(text, path)
    try:
        notebook: nbformat.NotebookNode = nbformat.v4.reads_json(text)
        # Tools older than format 4.5 write no cell ids; they are given here.
        _, notebook = normalize(notebook)
        nbformat.validate(notebook)
    except RecursionError as error:
        raise broken_file(path, KIND, _TOO_DEEP, _HINT) from error
    except (
        nbformat.ValidationError,
        ArithmeticError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise NotebookError(f"{path} is not a valid notebook: {reason}.", _HINT) from error
    return notebook


def _read(path: Path) -> str:
    return read_text(path, kind=KIND, limit_bytes=MAX_BYTES, hint=_HINT)


def _parse(text: str, path: Path) -> dict[str, Any]:
    # Not as strict as the files of the home: outputs of other programs contain NaN.
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise broken_file(path, KIND, _TOO_DEEP, _HINT) from error
    except ValueError as error:
        raise broken_file(path, KIND, f"it is not JSON ({error})", _HINT) from error
    if not isinstance(content, dict) or ("cells" not in content and "worksheets" not in content):
        raise broken_file(path, KIND, "it has no cells", _HINT)
    if content.get("nbformat") != 4:
        raise NotebookError(
            f"{path} is in notebook format {content.get('nbformat')!r:.20}; 4 is needed.",
            f"Convert it: jupyter nbconvert --to notebook --nbformat 4 {shlex.quote(str(path))}",
        )
    minor = content.get("nbformat_minor", 0)
    if not isinstance(minor, int):
        reason = f"field 'nbformat_minor' is {minor!r:.20}, not a whole number"
        raise broken_file(path, KIND, reason, _HINT)
    return content


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
