"""Each kind of notebook ends as papermill ends it, but for named differences.

The kinds are those of papermill's own sample notebooks, and a few more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.errors import NotebookError
from paddle_workbench.runs.running.output import prepare
from paddle_workbench.runs.running.runner import Plan, run_notebook

pytestmark = pytest.mark.kernel

LAST = "print('the last cell')"


@dataclass(frozen=True)
class Kind:
    """A notebook: its code cells, the values that are given, its tags and its kernel."""

    cells: tuple[str, ...]
    given: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    kernel: str | None = "paddle"


KINDS = {
    "prints": Kind(("print(1)", "", LAST)),
    "fails": Kind(("print(1)", "assert False", LAST)),
    "is not Python": Kind(("print 1", LAST)),
    "has an unknown magic": Kind(("%no-such-magic", LAST)),
    "is interrupted by itself": Kind(("raise KeyboardInterrupt", LAST)),
    "ends its kernel": Kind(("import os; os._exit(3)", LAST)),
    "exits": Kind(("import sys; sys.exit()", LAST)),
    "exits with 0": Kind(("import sys; sys.exit(0)", LAST)),
    "exits with 1": Kind(("import sys; sys.exit(1)", LAST)),
    "exits with a text": Kind(("raise SystemExit('done')", LAST)),
    "has no parameters cell": Kind(("print(msg)", LAST), given={"msg": "hello"}),
    "has an empty parameters cell": Kind(("", "print(n + 1)"), {"n": 3}, tags=("parameters",)),
    "skips a cell": Kind(("1 / 0", LAST), tags=("skip-execution",)),
    "raises on purpose": Kind(("1 / 0", LAST), tags=("raises-exception",)),
    "names no kernel": Kind((LAST,), kernel=None),
    "names a missing kernel": Kind((LAST,), kernel="no-such-kernel"),
}

DIFFERENCES = {
    # Lessons raise errors on purpose, and the tag says so.
    "raises on purpose": (("failed", True), ("succeeded", True)),
    # A kernel of its language is installed.
    "names no kernel": (("rejected", False), ("succeeded", True)),
    # It is known before anything is written.
    "names a missing kernel": (("failed", False), ("rejected", False)),
}


def ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Ignore the event."""


def write(kind: Kind, path: Path) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in kind.cells]
    cells[0].metadata["tags"] = list(kind.tags)
    notebook = nbformat.v4.new_notebook(cells=cells)
    if kind.kernel is not None:
        kernelspec = {"name": kind.kernel, "display_name": "Python", "language": "python"}
        notebook.metadata["kernelspec"] = kernelspec
    nbformat.write(notebook, path)
    return path


def ran_to_the_end(path: Path) -> bool:
    return bool(nbformat.read(path, as_version=4).cells[-1].outputs)


def state_in_papermill(kind: Kind, folder: Path) -> tuple[str, bool]:
    """Return how papermill ends a notebook, and whether its last cell ran."""
    output = folder / "output.ipynb"
    options: dict[str, Any] = {"progress_bar": False, "cwd": str(folder)}
    source = write(kind, folder / "notebook.ipynb")
    try:
        papermill.execute_notebook(source, output, kind.given, **options)
    except Exception:
        is_started = output.exists()
        return ("failed" if is_started else "rejected"), is_started and ran_to_the_end(output)
    return "succeeded", ran_to_the_end(output)


def state_here(kind: Kind, folder: Path) -> tuple[str, bool]:
    """Return how the workbench ends a notebook, and whether its last cell ran."""
    source = write(kind, folder / "notebook.ipynb")
    try:
        run, record = run_notebook(Plan(source, kind.given, folder / "runs"), ignore)
    except NotebookError:
        return "rejected", False
    return record.state, ran_to_the_end(run / "output.ipynb")


@pytest.mark.parametrize("name", KINDS)
def test_ends_as_in_papermill(name: str, tmp_path: Path, home: Path) -> None:
    folders = [tmp_path / "papermill", tmp_path / "workbench"]
    for folder in folders:
        folder.mkdir()
    states = (
        state_in_papermill(KINDS[name], folders[0]),
        state_here(KINDS[name], folders[1]),
    )
    expected = DIFFERENCES.get(name, (states[0], states[0]))
    assert states == expected


def test_removes_the_error_markers_of_papermill(tmp_path: Path) -> None:
    source = write(KINDS["fails"], tmp_path / "notebook.ipynb")
    output = tmp_path / "output.ipynb"
    with pytest.raises(papermill.PapermillExecutionError):
        papermill.execute_notebook(source, output, progress_bar=False)
    assert len(nbformat.read(output, as_version=4).cells) == 5
    assert len(prepare(output, {}).cells) == 3
