"""The part of the contract about outputs of cells that their page has missed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from .model import Model

__all__ = ["MissedCell", "MissedOutputs", "ReceivedOutputs"]

Identifier = Annotated[str, StringConstraints(max_length=200)]


class MissedCell(Model):
    """A cell that was run by a page that was closed, or lost for a while."""

    run: str = Field(description="Identifies this execution of the cell.")
    cell: str = Field(description="The id of the cell.")
    source: str = Field(description="What was executed.")
    state: Literal["queued", "running", "finished"]
    execution_count: int | None = Field(description="None until the kernel begins with it.")
    outputs: list[dict[str, Any]] = Field(description="The outputs so far, as in a notebook file.")
    is_own: bool = Field(description="Whether the page that asks ran it, and was lost meanwhile.")


class MissedOutputs(Model):
    """What a page has missed, in the order of execution."""

    cells: list[MissedCell]
    version: int = Field(description="The `after` of the next request.")
    is_running: bool = Field(description="Whether a missed cell still runs, so more will come.")
    is_waiting: bool = Field(
        description="Whether a cell runs for another page, which is open or not yet found lost."
    )


class ReceivedOutputs(Model):
    """A page has saved the outputs of a kernel."""

    kernel: Identifier
    page: Identifier = Field(description="The connection by which the page runs cells.")
    runs: list[Identifier] = Field(
        max_length=10_000, description="Those that it missed before, and has saved now."
    )
