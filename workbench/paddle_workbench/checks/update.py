"""Recording new reference outputs, after a person has seen how they differ."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from ..course.notebook import read_notebook
from ..errors import NotebookError
from ..storage import write_whole
from .rendering import output_difference, render_outputs
from .sanitizers import sanitize, stable_paths
from .session import CheckedNotebook

__all__ = ["CellChange", "Recording", "prepare_recording"]

_MAY_RAISE = "raises-exception"


@dataclass(frozen=True, slots=True)
class CellChange:
    """How the output of one cell changes, as a unified diff."""

    cell: str
    difference: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A source notebook with its new reference outputs, not yet written.

    Parameters
    ----------
    path : Path
        Where it will be written.
    notebook : NotebookNode
    changes : list of CellChange
    renumbered : bool
        No output changes, but counts do.
    """

    path: Path
    notebook: nbformat.NotebookNode
    changes: list[CellChange]
    renumbered: bool

    def write(self) -> None:
        """Write the notebook, whole or not at all."""
        write_whole(self.path, nbformat.writes(self.notebook) + "\n")


def prepare_recording(checked: CheckedNotebook) -> Recording:
    """Return what recording the outputs of an executed notebook would write.

    Outputs that differ from the stored ones in nothing but noise are kept as they are stored. In
    new ones the paths of this machine are replaced; everything else stays true. Counts are
    sequential; nothing but outputs and counts is changed.

    Raises
    ------
    NotebookError
        If the notebook did not run through.
    """
    if checked.executed is None:
        error = checked.report.error
        raise NotebookError(
            error.message if error else f"{checked.report.notebook} did not run.",
            error.hint if error else "",
        )
    for cell in checked.report.cells:
        if cell.outcome == "raised" or "raised nothing" in cell.reason:
            raise NotebookError(
                f"{checked.report.notebook}: cell `{cell.cell}`: {cell.reason}; nothing recorded.",
                f"Mend the cell. A cell that is to fail carries the tag `{_MAY_RAISE}`.",
            )
    notebook = read_notebook(checked.path)
    before = nbformat.writes(notebook)
    changes: list[CellChange] = []
    count = 0
    for cell, executed in zip(notebook.cells, checked.executed.cells, strict=True):
        if cell.cell_type != "code" or executed.execution_count is None:
            continue
        count += 1
        if not _same_but_for_noise(cell.outputs, executed.outputs):
            outputs = [_stable(output) for output in executed.outputs]
            difference = output_difference(cell.outputs, outputs, stable_paths)
            changes.append(CellChange(cell.id, _with_pictures_named(difference)))
            cell.outputs = outputs
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    notebook.metadata.pop("widgets", None)
    renumbered = not changes and nbformat.writes(notebook) != before
    return Recording(checked.path, notebook, changes, renumbered=renumbered)


def _same_but_for_noise(
    stored: list[nbformat.NotebookNode], found: list[nbformat.NotebookNode]
) -> bool:
    return render_outputs(stored, sanitize) == render_outputs(found, sanitize)


def _stable(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    stable: nbformat.NotebookNode = nbformat.from_dict(_stable_value(copy.deepcopy(output)))
    return stable


def _stable_value(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _stable_value(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_stable_value(inner, key) for inner in value]
    # Base64 may hold what looks like a path.
    return stable_paths(value) if isinstance(value, str) and not key.startswith("image/") else value


def _with_pictures_named(difference: str) -> str:
    """Say in words that a picture changed, since its hash tells a person nothing."""
    lines = difference.splitlines()
    changed = any(line.startswith("+a picture of") for line in lines)
    if changed:
        lines.append("The picture changed: look at it before you record it.")
    return "\n".join(lines)
