"""Continuing a run whose notebook has been repaired."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from ...contract import ResumedFrom, ResumeForm, ResumePoint, RunRecord
from ...errors import NotebookError, ParameterError, RunActiveError
from ...execution import is_executed
from ...notebooks import Notebook, read_notebook
from ...reading import is_file
from ..parameters.declarations import INJECTED_TAG
from ..store.provenance import locate
from ..store.records import read_events, read_record
from .runner import Plan, plan_like, source_of
from .snapshots import SNAPSHOTS_FOLDER, cell_of, kept_snapshots

__all__ = ["plan_resume", "resume_form"]


def plan_resume(
    folder: Path, *, cell: str | None = None, content: Mapping[str, Any] | None = None
) -> tuple[Plan, str]:
    """Return the plan that continues a run, and why it begins at the start; empty if it does not.

    The notebook may have changed from the cell on. Earlier cells keep their outputs and do not run
    if a snapshot of their state is kept; otherwise all cells run.

    Parameters
    ----------
    folder : Path
        The folder of the earlier run, which has ended.
    cell : str, optional
        The id of the first cell to run; by default the one at which it ended.
    content : dict, optional
        The notebook as an editor has it; by default the file.

    Raises
    ------
    NotebookError
        If the notebook has no such cell, or the run has succeeded.
    ParameterError
        If it had secrets, which are not recorded.
    RunActiveError
        If it has not ended.
    """
    record = _ended_record(folder)
    first = cell or _stopped_cell(folder, record)
    if record.state == "succeeded" and cell is None:
        raise NotebookError(
            f"{record.id} has succeeded; there is nothing to continue.",
            f"Repeat it: workbench runs rerun {record.id}",
        )
    notebook = _notebook_now(folder, record, content)
    executed = [each for each in notebook.node.cells if is_executed(each)]
    if cell is not None and all(each.get("id") != cell for each in executed):
        raise NotebookError(
            f"{record.notebook} has no code cell `{cell}`.",
            "Its cells are: " + ", ".join(str(each.get("id")) for each in executed),
        )
    reason = _obstacle(folder, record, notebook.node, first, _kept_cells(folder))
    if reason or first is None:
        start = str(executed[0].get("id")) if executed else ""
        resumed = ResumedFrom(run=record.id, cell=start, state="start", reason=reason)
    else:
        resumed = ResumedFrom(run=record.id, cell=first, state="snapshot")
    plan = replace(
        plan_like(record, notebook.path, folder.parent, declared_in=notebook.node),
        content=content,
        group=record.group,
        snapshots=(folder / SNAPSHOTS_FOLDER).is_dir(),
        resumed_from=resumed,
    )
    return plan, reason


def resume_form(folder: Path, *, content: Mapping[str, Any] | None = None) -> ResumeForm:
    """Return where a run can be resumed.

    Parameters
    ----------
    folder, content
        As for `plan_resume`, which also lists the errors that this raises.
    """
    record = _ended_record(folder)
    notebook = _notebook_now(folder, record, content).node
    kept = _kept_cells(folder)
    points = [
        ResumePoint(cell=cell.id, code=cell.source.strip().splitlines()[0])
        for cell in notebook.cells
        if is_executed(cell) and not _obstacle(folder, record, notebook, cell.get("id"), kept)
    ]
    stopped = _stopped_cell(folder, record) if record.state != "succeeded" else None
    reason = _obstacle(folder, record, notebook, stopped, kept)
    return ResumeForm(cell=stopped, reason=reason, points=points)


def _ended_record(folder: Path) -> RunRecord:
    """Return the record of a run that can be resumed."""
    record = read_record(folder)
    if record.is_active:
        raise RunActiveError(
            f"{record.id} is {record.state}.", f"Cancel it first: workbench runs cancel {record.id}"
        )
    if record.secrets:
        raise ParameterError(
            f"{record.id} had secrets, which are not recorded: {', '.join(record.secrets)}.",
            "Run the notebook again and give them.",
        )
    return record


def _notebook_now(folder: Path, record: RunRecord, content: Mapping[str, Any] | None) -> Notebook:
    """Return the notebook of a run as it is now, or else its copy in the run folder."""
    source = locate(record.notebook)
    if content is not None:
        return Notebook.from_json(source, dict(content))
    return Notebook.read(source if is_file(source) else source_of(folder, record))


def _kept_cells(folder: Path) -> set[str]:
    """Return the ids of the cells before which the state of a run is kept."""
    return {cell_of(snapshot) for snapshot in kept_snapshots(folder)}


def _stopped_cell(folder: Path, record: RunRecord) -> str | None:
    """Return the id of the cell in which a run ended; None if it had not begun one."""
    if record.failed_cell is not None:
        return record.failed_cell
    # A lost run could not say so.
    started = [event.cell for event in read_events(folder) if event.event == "cell_started"]
    return started[-1] if started else None


def _obstacle(
    folder: Path,
    record: RunRecord,
    notebook: nbformat.NotebookNode,
    first: str | None,
    kept: Collection[str],
) -> str:
    """Return why a run cannot continue at a cell; empty if it can."""
    if first is None:
        return "it ended before its first cell"
    if first == INJECTED_TAG:
        return "it ended in the cell with its parameters"
    if record.backend != "local":
        return "runs on a cluster keep no snapshots"
    if first not in kept:
        return f"no snapshot before cell `{first}` is kept"
    changed = _changed_before(source_of(folder, record), notebook, first)
    return f"cell `{changed}`, which ran before, has changed" if changed else ""


def _changed_before(copy: Path, notebook: nbformat.NotebookNode, first: str) -> str:
    """Return the first code cell before a cell that differs from what ran; empty if none does."""
    earlier, now = (_cells_before(each, first) for each in (read_notebook(copy), notebook))
    for index in range(max(len(earlier), len(now))):
        if earlier[index : index + 1] != now[index : index + 1]:
            return (now[index : index + 1] or earlier[index : index + 1])[0][0]
    return ""


def _cells_before(notebook: nbformat.NotebookNode, first: str) -> list[tuple[str, str]]:
    cells = []
    for cell in notebook.cells:
        if cell.get("id") == first:
            break
        if is_executed(cell):
            cells.append((str(cell.get("id")), cell.source))
    return cells
