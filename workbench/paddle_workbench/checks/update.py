"""Record new reference outputs, after a person has seen how they differ."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from ..errors import NotebookError
from ..notebooks import Notebook
from ..storage import write_whole
from .learner import is_working_copy
from .rendering import output_difference, render_outputs
from .results import CheckedCell
from .sanitizers import sanitize, stable_paths
from .session import CheckedNotebook

__all__ = ["CellChange", "Recording", "prepare_recording"]

_MAY_RAISE = "raises-exception"


@dataclass(frozen=True, slots=True)
class CellChange:
    """How the output of one cell changes.

    Parameters
    ----------
    cell : str
    difference : str
        As a unified diff.
    outputs : list of NotebookNode
        The new ones.
    """

    cell: str
    difference: str
    outputs: list[nbformat.NotebookNode]


@dataclass(frozen=True, slots=True)
class Recording:
    """A source notebook and its new reference outputs, not yet written.

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

    def write(self, cells: Collection[str]) -> None:
        """Write the notebook with the new outputs of these cells, whole or not at all."""
        chosen = {change.cell: change.outputs for change in self.changes if change.cell in cells}
        for cell in self.notebook.cells:
            if cell.get("id") in chosen:
                cell.outputs = chosen[cell.id]
                for output in cell.outputs:
                    if output.output_type == "execute_result":
                        output.execution_count = cell.execution_count
        write_whole(self.path, nbformat.writes(self.notebook) + "\n")


def prepare_recording(checked: CheckedNotebook, *, force: bool = False) -> Recording:
    """Return the changes that recording the outputs of an executed notebook would make.

    Stored outputs that the new ones equal, within the tolerance of their cell, are kept. In new
    outputs the paths of this machine are replaced. Counts become sequential; only outputs and
    counts are changed.

    Parameters
    ----------
    checked : CheckedNotebook
    force : bool
        Also record unexpected errors, and that a cell no longer has an output.

    Raises
    ------
    NotebookError
        If the notebook did not run to its end, is a learner's copy, or is not in format 4.5.
    """
    if checked.executed is None:
        error = checked.report.error
        raise NotebookError(
            error.message if error else f"{checked.report.notebook} did not run.",
            error.hint if error else "",
        )
    results = {cell.cell: cell for cell in checked.report.cells}
    source = Notebook.read(checked.path)
    notebook = source.node
    if source.is_repaired:
        raise NotebookError(
            f"{checked.report.notebook} is not in notebook format 4.5; nothing recorded.",
            "Open it in JupyterLab and save it, or correct it, so that only outputs change.",
        )
    if is_working_copy(notebook):
        raise NotebookError(
            f"{checked.report.notebook} is a learner's copy; nothing recorded.",
            "References are recorded in the lesson that it was made from.",
        )
    original = nbformat.writes(notebook)
    changes: list[CellChange] = []
    count = 0
    for cell, executed in zip(notebook.cells, checked.executed.cells, strict=True):
        if cell.cell_type != "code":
            continue
        outcome = results[cell.id]
        if outcome.outcome == "not_run":
            count += 0 if cell.execution_count is None else 1
            continue
        count += 1
        if not _is_unchanged(cell, executed, outcome):
            outputs = [_stable(output) for output in executed.outputs]
            if not force:
                _reject_doubtful(checked, cell, outputs, outcome)
            difference = output_difference(cell.outputs, outputs, stable_paths)
            changes.append(CellChange(cell.id, _describe_pictures(difference), outputs))
        elif outcome.outcome == "differs":
            # It equals the stored output but is wrong: recording cannot fix it.
            _reject_doubtful(checked, cell, cell.outputs, outcome)
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    notebook.metadata.pop("widgets", None)
    renumbered = not changes and nbformat.writes(notebook) != original
    return Recording(checked.path, notebook, changes, renumbered=renumbered)


def _reject_doubtful(
    checked: CheckedNotebook,
    cell: nbformat.NotebookNode,
    outputs: list[nbformat.NotebookNode],
    result: CheckedCell,
) -> None:
    """Raise for an output that should not become a reference: an error, or a lost output."""
    where = f"{checked.report.notebook}: cell `{cell.id}`"
    if result.outcome == "raised" or "raised nothing" in result.reason:
        raise NotebookError(
            f"{where}: {result.reason}; nothing recorded.",
            f"Fix it, or add --force. A cell that is to fail carries the tag `{_MAY_RAISE}`.",
        )
    if cell.outputs and not outputs:
        raise NotebookError(
            f"{where}: it had an output but no longer produces one; nothing recorded.",
            "Fix the cell; if it is right as it is, add --force.",
        )


def _is_unchanged(
    cell: nbformat.NotebookNode, executed: nbformat.NotebookNode, result: CheckedCell
) -> bool:
    """Return whether the stored outputs can stay."""
    if result.outcome == "not_compared":
        return _differs_only_in_noise(cell.outputs, executed.outputs)
    return result.outcome != "raised" and not result.differences


def _differs_only_in_noise(
    stored: list[nbformat.NotebookNode], found: list[nbformat.NotebookNode]
) -> bool:
    return render_outputs(stored, sanitize) == render_outputs(found, sanitize)


def _stable(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    stable_output: nbformat.NotebookNode = nbformat.from_dict(_stable_value(copy.deepcopy(output)))
    return stable_output


def _stable_value(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _stable_value(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_stable_value(inner, key) for inner in value]
    # Base64 may contain what looks like a path.
    return stable_paths(value) if isinstance(value, str) and not key.startswith("image/") else value


def _describe_pictures(difference: str) -> str:
    """Describe a changed picture in words, since its hash means nothing to a person."""
    lines = difference.splitlines()
    has_picture = any(line.startswith("+a picture of") for line in lines)
    if has_picture:
        lines.append("The picture changed: look at it before you record it.")
    return "\n".join(lines)
