"""What an execution reports: how its cells and the whole notebook ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["Ending", "ExecutedCell", "ExecutionListener", "StopReason", "StopStage"]

StopReason = Literal["cancelled", "timed_out", "too_much_output"]
StopStage = Literal["interrupted", "terminated", "killed"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the execution of a notebook ended.

    Parameters
    ----------
    state : str
        `completed`, `exited` by `sys.exit(0)`, `cell_failed`, `kernel_died`, `kernel_not_started`,
        `node_lost` if the kernel was on another machine, or the reason why it was stopped:
        `cancelled`, `timed_out` or `too_much_output`.
    cell : int or None
        The index of the cell at which it ended; None if it completed.
    reason : str
        A clause to put after the cell's name; empty if it completed.
    details : str
        The traceback of the cell, or the last lines of the kernel's log.
    stop : str or None
        What it took to stop the cell: the kernel was `interrupted`, `terminated` or `killed`; None
        if no cell was stopped.
    """

    state: (
        Literal[
            "completed", "exited", "cell_failed", "kernel_died", "kernel_not_started", "node_lost"
        ]
        | StopReason
    )
    cell: int | None = None
    reason: str = ""
    details: str = ""
    stop: StopStage | None = None


@dataclass(frozen=True, slots=True)
class ExecutedCell:
    """The execution of one cell.

    Parameters
    ----------
    index : int
        Its index in the notebook, whose cell has the outputs.
    duration_s : float
    ending : Ending or None
        The ending of the notebook; None if the next cell runs.
    """

    index: int
    duration_s: float
    ending: Ending | None


class ExecutionListener(Protocol):
    """Receives the events of an execution, in its thread. An exception ends the execution."""

    def cell_started(self, index: int) -> None:
        """Called before a cell runs."""

    def output_received(self) -> None:
        """Called when the current cell has new outputs."""

    def cell_finished(self, cell: ExecutedCell) -> None:
        """Called after a cell has run, whether or not it failed."""
