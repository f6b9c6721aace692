"""One run as it happens: its record and events, and how it ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import nbformat

from ..contract import ErrorMessage, RunEvent, RunRecord
from ..errors import StorageError
from .metrics import read_metrics
from .records import KERNEL_LOG, OUTPUT_FILE, append_event, write_record

__all__ = ["Journal", "RunListener", "execute_journaled"]

RunListener = Callable[[RunEvent, RunRecord], None]


class Journal:
    """Keeps the record and the events of one run, on disk and for who listens."""

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
        """Write a change of the record, then the event, then tell the listener."""
        self.record = self.record.model_copy(update=changes)
        happened = RunEvent(
            time=_now(),
            event=event,
            cell=cell,
            index=index,
            duration_s=duration_s,
            state=changes.get("state"),
        )
        if changes:
            write_record(self.folder, self.record)
        append_event(self.folder, happened)
        self._listener(happened, self.record)

    def cell_started(self, cell: str, index: int) -> None:
        self.note("cell_started", cell=cell, index=index)

    def cell_finished(self, cell: str, index: int, duration_s: float) -> None:
        # Not written to the record for every cell: readers count the events of a run that goes on.
        done = self.record.cells_done + 1
        self.record = self.record.model_copy(update={"cells_done": done})
        self.note("cell_finished", cell=cell, index=index, duration_s=duration_s)


def execute_journaled(source: Path, parameters: dict[str, Any], journal: Journal) -> None:
    """Execute a notebook with these parameters and write down how it went.

    Raises
    ------
    StorageError
        If not even the record can be written any more; the kernel is ended all the same.
    """
    # Here, not above: papermill is slow to import, and only running a notebook needs it.
    from nbclient.exceptions import DeadKernelError

    from .engine import RunControl, RunStopped, execute, prepare

    notebook = prepare(source, parameters)
    total = sum(1 for cell in notebook.cells if _runs(cell))
    control = RunControl(journal.record.timeout_s)
    failure: ErrorMessage | None = None
    with _signals(lambda: control.stop("cancelled")):
        journal.note("started", state="running", started_at=_now(), cells_total=total)
        try:
            execute(
                notebook,
                output=journal.folder / OUTPUT_FILE,
                work=source.parent,
                kernel_log=journal.folder / KERNEL_LOG,
                control=control,
                listener=journal,
            )
        except RunStopped:
            pass
        except DeadKernelError:
            failure = ErrorMessage(
                message="The kernel died.",
                hint=f"Memory ran out, or native code crashed: {KERNEL_LOG} has its last words.",
            )
        except StorageError as error:
            # The space of what could not be written is free again: enough to say so.
            failure = ErrorMessage(message=error.message, hint=error.hint)
        except RuntimeError as error:
            failure = ErrorMessage(
                message=f"The kernel did not start: {error}.", hint="Run `workbench doctor`."
            )
    failed = _failed_cell(notebook)
    if control.reason == "cancelled":
        failure = ErrorMessage(message="The run was cancelled.")
    elif control.reason == "timed_out":
        failure = ErrorMessage(
            message=f"The run reached its limit of {journal.record.timeout_s:g} s.",
            hint="Give it more with --timeout, or less to do with -p.",
        )
    elif failed is not None and failure is None:
        failure = _error_of(failed)
    journal.note(
        "finished",
        state=control.reason or ("succeeded" if failure is None else "failed"),
        finished_at=_now(),
        metrics=read_metrics(notebook),
        error=failure,
        failed_cell=failed.id if failed is not None else None,
    )


def _runs(cell: nbformat.NotebookNode) -> bool:
    skipped = "skip-execution" in cell.metadata.get("tags", [])
    return cell.cell_type == "code" and bool(cell.source.strip()) and not skipped


def _failed_cell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    failed: Iterator[nbformat.NotebookNode] = (
        cell
        for cell in notebook.cells
        if cell.metadata.get("papermill", {}).get("status") == "failed"
    )
    return next(failed, None)


def _error_of(cell: nbformat.NotebookNode) -> ErrorMessage:
    for output in cell.outputs:
        if output.output_type == "error":
            return ErrorMessage(
                message=f"{output.ename}: {output.evalue} (in cell `{cell.id}`)",
                hint=f"The traceback is in {OUTPUT_FILE} and in the report.",
            )
    return ErrorMessage(message=f"Cell `{cell.id}` failed without saying why.")


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run in good order, where signals can be caught."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop()

    before = {name: signal.signal(name, handle) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _now() -> datetime:
    return datetime.now(timezone.utc)
