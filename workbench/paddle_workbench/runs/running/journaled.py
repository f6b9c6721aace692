"""Executing the notebook of a run, with everything that happens in its journal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import nbformat

from ...contract import ErrorMessage, RunRecord, RunState
from ...errors import ClusterError, StorageError
from ...execution import Ending, ExecutedCell, is_executed
from ..parameters.secrets import Redaction
from ..store.folders import KERNEL_LOG, OUTPUT_FILE
from ..store.metrics import read_metrics, recorded_metric
from .backends import make_execution, placed
from .journal import Journal
from .live import LiveState
from .snapshots import Resumption, continuation, end_snapshots

if TYPE_CHECKING:
    from .output import RunOutput

__all__ = ["execute_journaled"]

_STOPS = {
    "interrupted": "the kernel was interrupted",
    "terminated": "the kernel ignored the interrupt and was terminated",
    "killed": "the kernel was killed",
}


class _CellJournal:
    """Listens to an execution: updates the journal and the saved notebook for each cell."""

    def __init__(self, journal: Journal, output: RunOutput) -> None:
        self._journal = journal
        self._output = output
        self.live: LiveState | None = None
        self.running: int | None = None
        self._seen_outputs = 0

    def cell_started(self, index: int) -> None:
        self.running = index
        self._seen_outputs = 0
        cell = self._output.nb.cells[index]
        self._output.cell_start(cell, index)
        self._journal.cell_started(cell.id, index)
        if self.live is not None:
            self.live.begin_cell(cell, index)

    def note_memory(self, memory_bytes: int | None) -> None:
        """Note the memory of a kernel on another machine."""
        if self.live is not None:
            self.live.note_memory(memory_bytes)

    def output_received(self) -> None:
        self._output.autosave_cell()
        if self.running is None:
            return
        cell = self._output.nb.cells[self.running]
        if self.live is not None:
            self.live.note_output(cell)
        # After `clear_output` there are fewer.
        self._seen_outputs = min(self._seen_outputs, len(cell.outputs))
        for output in cell.outputs[self._seen_outputs :]:
            metric = recorded_metric(output)
            if metric is not None:
                self._journal.metric_recorded(*metric)
        self._seen_outputs = len(cell.outputs)

    def cell_finished(self, cell: ExecutedCell) -> None:
        node = self._output.nb.cells[cell.index]
        if cell.ending is None or cell.ending.state != "kernel_died":
            self._journal.cell_finished(node.id, cell.index, cell.duration_s)
        if cell.ending is not None and cell.ending.state != "exited":
            self._output.abandon_cell(cell.index)
        self._output.cell_complete(node, cell.index)
        self.running = None


def execute_journaled(
    source: Path,
    parameters: dict[str, Any],
    journal: Journal,
    secrets: Mapping[str, Any] | None = None,
) -> None:
    """Execute a notebook in its folder, and record the result in the journal.

    Parameters
    ----------
    source : Path
    parameters : dict
        Values for the parameters of the notebook; the others keep their defaults.
    journal : Journal
    secrets : mapping, optional
        Values for secret parameters.

    Raises
    ------
    StorageError
        If not even the record can be written. The kernel has been shut down by then.
    """
    # Imported here because papermill is slow to import, and only running a notebook needs it.
    from .output import RunOutput, prepare

    secrets = dict(secrets or {})
    notebook = prepare(source, parameters, journal.record.kernel, secrets=secrets)
    output = RunOutput(notebook, journal.folder / OUTPUT_FILE)
    cells = _CellJournal(journal, output)
    resumption = Resumption.of(journal.folder, journal.record, notebook)
    changes = {} if resumption else {"resumed_from": continuation(journal.record, notebook)}
    execution = make_execution(
        notebook,
        source,
        folder=journal.folder,
        record=journal.record,
        listener=cells,
        secrets=secrets,
        on_memory=cells.note_memory,
        on_warning=journal.warn,
        resumption=resumption,
    )
    ending: Ending | None = None
    failure: ErrorMessage | None = None
    with _signals(execution.stop):
        try:
            with placed(execution, journal.record) as place:
                journal.begin(_count(notebook, resumption), **changes, **place)
                output.notebook_start()
                if resumption is not None:
                    resumption.keep_outputs(notebook)
                with LiveState(journal.folder, lambda: execution.kernel_process_id) as cells.live:
                    ending = execution.run()
        except (ClusterError, StorageError) as error:
            # The failed write has freed its space again, which is enough for the record.
            failure = ErrorMessage(message=error.message, hint=error.hint)
        if secrets:
            _redact_log(journal.folder / KERNEL_LOG, Redaction(secrets))
        stopped_at = cells.running if ending is None else ending.cell
        if stopped_at is not None and (ending is None or ending.state != "exited"):
            output.abandon_cell(stopped_at)
        try:
            output.notebook_complete()
        except StorageError as error:
            failure = failure or ErrorMessage(message=error.message, hint=error.hint)
    if ending is not None and failure is None:
        failure = _failure(ending, notebook, journal.record)
    failed = output.failed_cell
    journal.end(
        state=_state(ending, failure),
        metrics=read_metrics(notebook),
        error=failure,
        stop=_stop(ending),
        failed_cell=failed.id if failed is not None else None,
    )
    if journal.record.state == "succeeded":
        end_snapshots(journal.folder)
        if resumption is not None:
            end_snapshots(resumption.earlier)


def _count(notebook: nbformat.NotebookNode, resumption: Resumption | None) -> int:
    """Return how many cells run."""
    if resumption is not None:
        return len(resumption.cells)
    return sum(is_executed(cell) for cell in notebook.cells)


def _state(ending: Ending | None, failure: ErrorMessage | None) -> RunState:
    if failure is None:
        return "succeeded"
    if ending is not None and ending.state in ("cancelled", "timed_out"):
        return "cancelled" if ending.state == "cancelled" else "timed_out"
    if ending is not None and ending.state == "node_lost":
        return "lost"
    return "failed"


def _stop(ending: Ending | None) -> str | None:
    if ending is None or ending.state not in ("cancelled", "timed_out"):
        return None
    return ending.stop or "not_started"


def _failure(
    ending: Ending, notebook: nbformat.NotebookNode, record: RunRecord
) -> ErrorMessage | None:
    """Return the error that an ending means; None if the notebook completed."""
    if ending.state in ("completed", "exited") or ending.cell is None:
        return None
    stop = f": {_STOPS[ending.stop]}" if ending.stop else ""
    cell = notebook.cells[ending.cell].id
    if ending.state == "cancelled":
        return ErrorMessage(message=f"The run was cancelled{stop}.")
    if ending.state == "timed_out":
        if record.cell_timeout_s is not None and "cell" in ending.reason:
            limit, option = f"The cell `{cell}` reached its limit", "--cell-timeout"
            seconds = record.cell_timeout_s
        else:
            limit, option, seconds = "The run reached its limit", "--timeout", record.timeout_s or 0
        return ErrorMessage(
            message=f"{limit} of {seconds:g} s{stop}.",
            hint=f"Raise the limit with {option}, or reduce the work with -p.",
        )
    if ending.state == "node_lost":
        return ErrorMessage(
            message=f"{ending.reason} while it ran cell `{cell}`: {ending.details.rstrip('.')}.",
            hint="Repeat the run; with --retries it is repeated on another node by itself.",
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
        message=f"{ending.reason} (in cell `{cell}`)",
        hint=f"The traceback is in {OUTPUT_FILE} and in the report.",
    )


def _redact_log(path: Path, redact: Redaction) -> None:
    """Take secrets out of what native code has printed."""
    with suppress(OSError):
        text = path.read_text(encoding="utf-8", errors="replace")
        redacted = redact(text)
        if redacted != text:
            path.write_text(redacted, encoding="utf-8")


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
