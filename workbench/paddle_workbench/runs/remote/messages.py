"""What travels between the process that owns a run and the node on which its kernel is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...execution import Ending

__all__ = ["CellBegan", "CellEnded", "Ended", "Failed", "Message", "NewOutputs", "Task"]


@dataclass(frozen=True, slots=True)
class Task:
    """What a node executes.

    Parameters
    ----------
    notebook : str
        As JSON.
    cells : list of int, optional
        The cells to run; by default all that are executed.
    options : dict
        Limits and `redact`, as keywords of `Execution`.
    variables : mapping
        Environment variables for the kernel, in addition to those of the node.
    threads : int
        How many threads numerical libraries may use.
    files_limit_bytes : int
        How much the changed files may have together, to be sent back.
    """

    notebook: str
    cells: list[int] | None
    options: dict[str, Any]
    variables: Mapping[str, str]
    threads: int
    files_limit_bytes: int


@dataclass(frozen=True, slots=True)
class CellBegan:
    """A cell runs."""

    index: int


@dataclass(frozen=True, slots=True)
class NewOutputs:
    """The outputs of the current cell from the one at `start`; those after it are replaced."""

    index: int
    start: int
    outputs: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CellEnded:
    """A cell has run; it has these outputs and metadata."""

    index: int
    duration_s: float
    ending: Ending | None
    outputs: list[dict[str, Any]]
    execution_count: int | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The kernel has ended.

    Parameters
    ----------
    ending : Ending
    metadata : dict
        Of the notebook: the language of the kernel, and the states of widgets.
    displays : dict of int to list
        The outputs of earlier cells that later ones have replaced, by the index of the cell.
    log : str
        The end of what the kernel's process printed.
    """

    ending: Ending
    metadata: dict[str, Any]
    displays: dict[int, list[dict[str, Any]]]
    log: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The node cannot execute it, for a reason that is not the notebook's."""

    reason: str


Message = CellBegan | NewOutputs | CellEnded | Ended | Failed
