"""Run folders that no kernel has run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import nbformat

from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.runs.store.folders import OUTPUT_FILE
from paddle_workbench.runs.store.records import append_event, write_record

__all__ = ["START", "code", "make_record", "notebook_of", "printed", "shown", "write_run"]

START = datetime(2026, 11, 23, 9, 15, 30, tzinfo=timezone.utc)


def make_record(**changes: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "id": "a",
        "notebook": "basics/sums.ipynb",
        "state": "succeeded",
        "parameters": {"lr": 0.1, "seed": 0},
        "created_at": START,
        "started_at": START,
        "finished_at": START + timedelta(seconds=2),
        "metrics": {"loss": 1.0},
    }
    return RunRecord(**(fields | changes))


def code(name: str, source: str = "", *outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, id=name, outputs=list(outputs))


def printed(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", text=text)


def shown(mime_type: str, value: Any) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data={mime_type: value})


def notebook_of(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


def write_run(
    parent: Path,
    record: RunRecord,
    *cells: nbformat.NotebookNode,
    metrics: Sequence[tuple[float, str, float]] = (),
) -> Path:
    """Write the folder of a run with its notebook and metrics: (seconds, name, value)."""
    folder = parent / record.id
    folder.mkdir(parents=True)
    write_record(folder, record)
    nbformat.write(notebook_of(*cells), folder / OUTPUT_FILE)
    append_event(folder, RunEvent(time=START, event="started"))
    for seconds, name, value in metrics:
        time = START + timedelta(seconds=seconds)
        append_event(folder, RunEvent(time=time, event="metric", name=name, value=value))
    return folder
