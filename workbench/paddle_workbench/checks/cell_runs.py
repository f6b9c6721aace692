"""Wait for the cells of a notebook that runs in another thread."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

import nbformat

from ..execution import Ending, ExecutedCell, Execution, ExecutionQueue
from .comparison.widgets import digest_widgets

__all__ = ["CellRun", "CellRuns"]


@dataclass(frozen=True, slots=True)
class CellRun:
    """The result of running a cell.

    Parameters
    ----------
    outputs : list of NotebookNode
        When the cell ended; later cells may change what it displays.
    duration_s : float
    ending : Ending or None
        Why no cell follows; None if the next one may run.
    """

    outputs: list[nbformat.NotebookNode]
    duration_s: float
    ending: Ending | None = None


class CellRuns:
    """Listens to an execution, and returns the result of each cell.

    Parameters
    ----------
    cells : iterable of int
        The indices of the cells that are to run.
    on_cell : callable
        Called for every cell that has run, before its result is available: after the last result
        the process may end.
    """

    def __init__(self, cells: Iterable[int], on_cell: Callable[[], None]) -> None:
        self._futures: dict[int, Future[CellRun]] = {index: Future() for index in cells}
        self._on_cell = on_cell
        self._execution: Execution | None = None

    def start(self, execution: Execution, queue: ExecutionQueue) -> None:
        """Queue an execution that has this listener."""
        self._execution = execution
        queue.put(execution).add_done_callback(self._on_end)

    def result(self, index: int) -> CellRun | None:
        """Wait for a cell, and return its result; None if it did not run."""
        try:
            return self._futures[index].result()
        except CancelledError:
            return None

    def cell_started(self, index: int) -> None:
        """Do nothing: only the ends of cells matter here."""

    def output_received(self) -> None:
        """Do nothing: outputs are taken when the cell has ended."""

    def cell_finished(self, cell: ExecutedCell) -> None:
        """Take the outputs of a cell."""
        assert self._execution is not None  # noqa: S101 - it calls this
        outputs = self._execution.notebook.cells[cell.index].outputs
        digest_widgets(outputs, *self._execution.widgets)
        if cell.ending is not None and cell.ending.state == "too_much_output":
            outputs.clear()
        self._on_cell()
        run = CellRun(copy.deepcopy(outputs), cell.duration_s, cell.ending)
        self._futures[cell.index].set_result(run)

    def _on_end(self, execution: Future[Ending]) -> None:
        """End the wait for cells that did not run."""
        failure = None if execution.cancelled() else execution.exception()
        ending = None if execution.cancelled() or failure is not None else execution.result()
        for index, future in self._futures.items():
            if future.done():
                continue
            if failure is not None:
                future.set_exception(failure)
            elif ending is not None and ending.cell == index and ending.state != "cancelled":
                self._on_cell()
                future.set_result(CellRun([], 0.0, ending))
            else:
                future.cancel()
