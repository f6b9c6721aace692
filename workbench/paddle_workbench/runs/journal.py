"""The journal of a run: its record and events on disk, kept while the notebook executes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

import nbformat

from ..contract import ErrorMessage, RunEvent, RunRecord, RunState
from ..errors import StorageError
from ..execution import Ending, ExecutedCell, Execution, is_executed
from .metrics import read_metrics
from .records import KERNEL_LOG, OUTPUT_FILE, append_event, write_record

if TYPE_CHECKING:
    from .output import RunOutput

__all__ = ["Journal", "RunListener", "execute_journaled"]

RunListener = Callable[[RunEvent, RunRecord], None]


class Journal:
    """Writes the record and the events of one run, and reports them to a listener.

    Parameters
    ----------
    folder : Path
        The run folder.
    record : RunRecord
        The initial record, which is written at once.
    listener : callable
        Called with each event and the record.
    """

    def __init__(self, folder: Path, record: RunRecord, listener: RunListener) -> None:
        self.folder = folder
        self.record = record
        self._listener = listener
        self.note("queued", state="queued")

    def note(
        self,
        event: Literal["queued", "started", "cell_started", "cell_finished", "finished"],
        *,
        cell: str | None = None,
        index: int | None = None,
        duration_s: float | None = None,
        **changes: Any,
    ) -> None:
        """Write a change of the record and an event to disk, and call the listener.

        Raises
        ------
        StorageError
            If the record or the event cannot be written.
        """
        self.record = self.record.model_copy(update=changes)
        run_event = RunEvent(
            time=_now(),
            event=event,
            cell=cell,
            index=index,
            duration_s=duration_s,
            state=changes.get("state"),
        )
        if changes:
            write_record(self.folder, self.record)
        append_event(self.folder, run_event)
        self._listener(run_event, self.record)

    def cell_started(self, cell: str, index: int) -> None:
        """Record that a cell starts, by its id and its place in the notebook."""
        self.note("cell_started", cell=cell, index=index)

    def cell_finished(self, cell: str, index: int, duration_s: float) -> None:
        """Record that a cell has run, whether or not it failed."""
        # The record is not written for every cell: readers count the events of an active run.
        done = self.record.cells_done + 1
        self.record = self.record.model_copy(update={"cells_done": done})
        self.note("cell_finished", cell=cell, index=index, duration_s=duration_s)


class _CellJournal:
    """Listens to an execution: updates the journal and the saved notebook for each cell."""

    def __init__(self, journal: Journal, output: RunOutput) -> None:
        self._journal = journal
        self._output = output
        self.running: int | None = None

    def cell_started(self, index: int) -> None:
        self.running = index
        cell = self._output.nb.cells[index]
        self._output.cell_start(cell, index)
        self._journal.cell_started(cell.id, index)

    def output_received(self) -> None:
        self._output.autosave_cell()

    def cell_finished(self, cell: ExecutedCell) -> None:
        node = self._output.nb.cells[cell.index]
        if cell.ending is None or cell.ending.state != "kernel_died":
            self._journal.cell_finished(node.id, cell.index, cell.duration_s)
        if cell.ending is not None:
            self._output.abandon_cell(cell.index)
        self._output.cell_complete(node, cell.index)
        self.running = None


def execute_journaled(source: Path, parameters: dict[str, Any], journal: Journal) -> None:
    """Execute a notebook in its folder, and record the result in the journal.

    Parameters
    ----------
    source : Path
    parameters : dict
        Values for the parameters of the notebook; the others keep their defaults.
    journal : Journal

    Raises
    ------
    StorageError
        If not even the record can be written. The kernel has been shut down by then.
    """
    # Imported here because papermill is slow to import, and only running a notebook needs it.
    from .output import RunOutput, prepare

    notebook = prepare(source, parameters, journal.record.kernel)
    output = RunOutput(notebook, journal.folder / OUTPUT_FILE)
    cells = _CellJournal(journal, output)
    execution = Execution(
        notebook,
        folder=source.parent,
        kernel_log=journal.folder / KERNEL_LOG,
        listener=cells,
        time_limit_s=journal.record.timeout_s,
    )
    total = sum(is_executed(cell) for cell in notebook.cells)
    ending: Ending | None = None
    failure: ErrorMessage | None = None
    with _signals(execution.stop):
        journal.note("started", state="running", started_at=_now(), cells_total=total)
        try:
            output.notebook_start()
            ending = execution.run()
        except StorageError as error:
            # The failed write has freed its space again, which is enough for the record.
            failure = ErrorMessage(message=error.message, hint=error.hint)
        stopped_at = cells.running if ending is None else ending.cell
        if stopped_at is not None:
            output.abandon_cell(stopped_at)
        try:
            output.notebook_complete()
        except StorageError as error:
            failure = failure or ErrorMessage(message=error.message, hint=error.hint)
    if ending is not None and failure is None:
        failure = _failure(ending, notebook, journal.record)
    failed = output.failed_cell
    journal.note(
        "finished",
        state=_state(ending, failure),
        finished_at=_now(),
        metrics=read_metrics(notebook),
        error=failure,
        failed_cell=failed.id if failed is not None else None,
    )


def _state(ending: Ending | None, failure: ErrorMessage | None) -> RunState:
    if failure is None:
        return "succeeded"
    if ending is not None and ending.state in ("cancelled", "timed_out"):
        return "cancelled" if ending.state == "cancelled" else "timed_out"
    return "failed"


def _failure(
    ending: Ending, notebook: nbformat.NotebookNode, record: RunRecord
) -> ErrorMessage | None:
    """Return the error that an ending means; None if the notebook completed."""
    if ending.state == "completed" or ending.cell is None:
        return None
    if ending.state == "cancelled":
        return ErrorMessage(message="The run was cancelled.")
    if ending.state == "timed_out":
        return ErrorMessage(
            message=f"The run reached its limit of {record.timeout_s:g} s.",
            hint="Raise the limit with --timeout, or reduce the work with -p.",
        )
    if ending.state == "kernel_died":
        return ErrorMessage(
            message="The kernel died.",
            hint=f"It ran out of memory, or native code crashed; its last messages: {KERNEL_LOG}",
        )
    if ending.state == "kernel_not_started":
        (problem, *_rest) = ending.details.splitlines() or ["no reason was reported"]
        return ErrorMessage(
            message=f"The kernel did not start: {problem.rstrip('.')}.",
            hint="Run `workbench doctor`.",
        )
    return ErrorMessage(
        message=f"{ending.reason} (in cell `{notebook.cells[ending.cell].id}`)",
        hint=f"The traceback is in {OUTPUT_FILE} and in the report.",
    )


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl-C and SIGTERM, unless they are ignored, as in a script's background.

    In other threads, which get no signals, do nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop()

    handlers = {
        number: signal.signal(number, handle)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _now() -> datetime:
    return datetime.now(timezone.utc)
