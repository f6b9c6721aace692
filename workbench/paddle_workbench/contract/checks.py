"""The part of the contract about checks: of notebooks, and of a learner's copy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .course import LessonId
from .model import Model

__all__ = [
    "CellOutcome",
    "CheckDifference",
    "CheckedCell",
    "DifferenceKind",
    "IgnoredNoise",
    "LessonCheck",
    "LessonCheckRequest",
    "NoiseKind",
]

CellOutcome = Literal["compared", "not_compared", "unchecked", "differs", "raised", "not_run"]
DifferenceKind = Literal[
    "text", "number", "structure", "picture", "value", "error", "missing", "extra", "unreadable"
]
NoiseKind = Literal["address", "date", "duration", "log_line", "path", "progress", "uuid", "custom"]


class CheckDifference(Model):
    """One place in which the output of a cell is not as its reference."""

    kind: DifferenceKind
    output: str = Field(description="A stream, a MIME type, or `error`.")
    message: str
    line: int | None = Field(None, description="Of a text, counted from 1.")
    row: int | None = Field(None, description="Of a table, counted from 1, heads included.")
    column: int | None = Field(None, description="Of a table, counted from 1, heads included.")
    name: str = Field("", description="A metric, a trait, or a place in JSON.")
    expected: str = ""
    found: str = ""
    deviation: float | None = Field(None, description="(found - expected) / expected.")
    likeness: float | None = Field(None, description="Of pictures: 1 for the same.")
    expected_picture: str | None = Field(None, description="As a `data:` address.")
    found_picture: str | None = None
    difference_picture: str | None = None


class IgnoredNoise(Model):
    """How often an output shows something that was not compared, because it is noise."""

    kind: NoiseKind = Field(description="`custom` is a pattern of the user's own, given to nbval.")
    count: int = Field(
        ge=1, description="In the reference or in the new output, whichever has more."
    )


class CheckedCell(Model):
    """How one code cell fared in a check."""

    cell: str
    outcome: CellOutcome
    reason: str = Field(
        "", description="In a check of a learner's copy also `changed` or `exercise`."
    )
    has_output: bool = Field(default=True, description="Whether it has an output, stored or new.")
    duration_s: float | None = None
    differences: list[CheckDifference] = Field(default_factory=list)
    ignored: list[IgnoredNoise] = Field(
        default_factory=list, description="What its outputs were not held to."
    )
    traceback: str = Field("", description="What an error that was not expected printed.")


class LessonCheckRequest(Model):
    """Which notebook to check, as the contents API names it."""

    path: str


class LessonCheck(Model):
    """What a check of a learner's working copy found."""

    path: str
    lesson: LessonId
    cells: list[CheckedCell] = Field(default_factory=list)
