"""The snapshots of a run: taken before its cells, and continued from by a later run."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from ...contract import ResumedFrom, RunRecord
from ...errors import NotebookError
from ...execution import is_executed
from ...kernels.snapshot_folder import (
    Snapshot,
    end_snapshot,
    read_snapshots,
    snapshot_expression,
    sockets,
)
from ...notebooks import read_notebook
from ..store.folders import OUTPUT_FILE, WORK_FOLDER

__all__ = [
    "SNAPSHOTS_FOLDER",
    "Resumption",
    "SnapshotProbe",
    "cell_of",
    "continuation",
    "end_snapshots",
    "find_snapshot",
    "kept_snapshots",
]

SNAPSHOTS_FOLDER = "snapshots"
"""A run folder has it if snapshots are wanted; the sockets of the snapshots are in it."""


class SnapshotProbe:
    """Lets the kernel take a snapshot before each cell, until that fails.

    Parameters
    ----------
    folder : Path
        The snapshots folder of the run.
    notebook : NotebookNode
    on_warning : callable
        Called once with the reason if there are no snapshots.
    """

    def __init__(
        self, folder: Path, notebook: nbformat.NotebookNode, on_warning: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._notebook = notebook
        self._on_warning = on_warning
        self._problem = ""

    @classmethod
    def of(
        cls,
        folder: Path,
        record: RunRecord,
        notebook: nbformat.NotebookNode,
        on_warning: Callable[[str], None],
    ) -> SnapshotProbe | None:
        """Return the probe of a run; None if no snapshots are wanted or possible."""
        if not (folder / SNAPSHOTS_FOLDER).is_dir():
            return None
        if record.secrets:
            on_warning("No snapshots are kept: a snapshot would hold the secrets of the run.")
            return None
        return cls(folder / SNAPSHOTS_FOLDER, notebook, on_warning)

    def expression(self, index: int) -> str:
        """Return what the kernel evaluates to take a snapshot."""
        if self._problem:
            return ""
        cell = self._notebook.cells[index].id
        return snapshot_expression(self._folder, f"{index:05d}-{cell}")

    def evaluated(self, index: int, value: str, error: str) -> None:
        """Note why there is no snapshot."""
        problem = error
        if not problem:
            with suppress(SyntaxError, ValueError):
                problem = str(ast.literal_eval(value))
        if problem:
            self._problem = problem
            cell = self._notebook.cells[index].id
            self._on_warning(f"No snapshots are kept from cell `{cell}` on: {problem}.")


@dataclass(frozen=True, slots=True)
class Resumption:
    """How a run continues from a snapshot.

    Parameters
    ----------
    earlier : Path
        The folder of the earlier run.
    snapshot : Path
        The socket of the snapshot.
    cells : list of int
        The cells that run.
    """

    earlier: Path
    snapshot: Path
    cells: list[int]

    @classmethod
    def of(
        cls, folder: Path, record: RunRecord, notebook: nbformat.NotebookNode
    ) -> Resumption | None:
        """Return how a run continues, and copy the files of the earlier run; None from the start.

        That is also so if the snapshot has ended since the run was queued.
        """
        resumed = record.resumed_from
        if resumed is None or resumed.state == "start":
            return None
        earlier = folder.parent / resumed.run
        snapshot = find_snapshot(earlier, resumed.cell)
        indices = [index for index, cell in enumerate(notebook.cells) if cell.id == resumed.cell]
        if snapshot is None or not indices:
            return None
        _copy_work(earlier, folder)
        cells = [
            i for i in range(indices[0], len(notebook.cells)) if is_executed(notebook.cells[i])
        ]
        return cls(earlier, snapshot.path, cells)

    @property
    def kernel_options(self) -> dict[str, Any]:
        """What `WarmProvisioner` needs to start the kernel from the snapshot."""
        return {"snapshot": self.snapshot}

    def keep_outputs(self, notebook: nbformat.NotebookNode) -> None:
        """Give the cells that do not run again the outputs of the earlier run."""
        with suppress(NotebookError):
            outputs = {cell.id: cell for cell in read_notebook(self.earlier / OUTPUT_FILE).cells}
            for cell in notebook.cells[: self.cells[0]]:
                earlier = outputs.get(cell.id)
                if earlier is None or cell.cell_type != "code":
                    continue
                cell.outputs = earlier.get("outputs", [])
                cell.execution_count = earlier.get("execution_count")
                if "papermill" in earlier.metadata:
                    cell.metadata["papermill"] = earlier.metadata["papermill"]


def continuation(record: RunRecord, notebook: nbformat.NotebookNode) -> ResumedFrom | None:
    """Return what a run continues that has no snapshot (any more): from the start, and why."""
    resumed = record.resumed_from
    if resumed is None or resumed.state == "start":
        return resumed
    return ResumedFrom(
        run=resumed.run,
        cell=next((str(cell.id) for cell in notebook.cells if is_executed(cell)), ""),
        state="start",
        reason=f"the snapshot before cell `{resumed.cell}` has ended",
    )


def kept_snapshots(folder: Path) -> list[Snapshot]:
    """Return the snapshots of a run that wait."""
    return read_snapshots(folder / SNAPSHOTS_FOLDER)


def cell_of(snapshot: Snapshot) -> str:
    """Return the id of the cell before which a snapshot was taken."""
    return snapshot.name.partition("-")[2]


def find_snapshot(folder: Path, cell: str) -> Snapshot | None:
    """Return the snapshot of a run before a cell; None if there is none."""
    return next((each for each in kept_snapshots(folder) if cell_of(each) == cell), None)


def end_snapshots(folder: Path) -> None:
    """End the snapshots of a run."""
    for path in sockets(folder / SNAPSHOTS_FOLDER):
        end_snapshot(path)


def _copy_work(earlier: Path, folder: Path) -> None:
    """Copy what earlier cells have written; the notebook and the files next to it may be newer."""
    source, target = earlier / WORK_FOLDER, folder / WORK_FOLDER
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if copy.is_symlink() or copy.exists():
            continue
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                copy.mkdir(mode=0o700)
            elif path.is_symlink() or path.is_file():
                shutil.copy2(path, copy, follow_symlinks=False)
