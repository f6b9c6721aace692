"""The part of the contract about checks of notebooks and of working copies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .course import LessonId
from .model import ContentsPath, Model

__all__ = [
    "CellOutcome",
    "CheckDifference",
    "CheckedCell",
    "DifferenceKind",
    "IgnoredNoise",
    "LessonCheck",
    "LessonCheckRequest",
    "NoiseKind",
    "StructuralFinding",
]

CellOutcome = Literal["compared", "not_compared", "unchecked", "differs", "raised", "not_run"]
DifferenceKind = Literal[
    "text", "number", "structure", "picture", "value", "error", "missing", "extra", "unreadable"
]
NoiseKind = Literal["address", "date", "duration", "log_line", "path", "progress", "uuid", "custom"]


class CheckDifference(Model):
    """One difference between the output of a cell and its reference."""

    kind: DifferenceKind
    output: str = Field(description="A stream, a MIME type, or `error`.")
    message: str
    line: int | None = Field(None, description="The line in a text, from 1.")
    row: int | None = Field(None, description="The row of a table, from 1, including headings.")
    column: int | None = Field(
        None, description="The column of a table, from 1, including headings."
    )
    name: str = Field("", description="A metric, a trait, or a path in JSON.")
    expected: str = ""
    found: str = ""
    deviation: float | None = Field(None, description="(found - expected) / expected.")
    likeness: float | None = Field(None, description="Likeness of pictures; 1 if they are equal.")
    expected_picture: str | None = Field(None, description="A `data:` URL.")
    found_picture: str | None = None
    difference_picture: str | None = None


class IgnoredNoise(Model):
    """How often an output shows something that was not compared, because it is noise."""

    kind: NoiseKind = Field(description="`custom` is a pattern of the user's own, given to nbval.")
    count: int = Field(
        ge=1, description="In the reference or in the new output, whichever has more."
    )


class CheckedCell(Model):
    """The result of checking one code cell."""

    cell: str
    outcome: CellOutcome
    reason: str = Field(
        "", description="In a check of a working copy also `changed` or `exercise`."
    )
    has_output: bool = Field(
        default=True, description="Whether the cell has a stored or a new output."
    )
    duration_s: float | None = None
    differences: list[CheckDifference] = Field(default_factory=list)
    ignored: list[IgnoredNoise] = Field(
        default_factory=list, description="What its outputs were not held to."
    )
    traceback: str = Field("", description="The traceback of an unexpected error.")


class StructuralFinding(Model):
    """Something that a notebook must not contain, found without running it."""

    rule: str
    message: str
    cell: str | None = None
    line: int | None = Field(None, description="In the cell, from 1.")
    code: str = Field("", description="Of the page that explains it, if there is one.")


class LessonCheckRequest(Model):
    """A notebook to check."""

    path: ContentsPath = Field(description="Its path in the contents API.")


class LessonCheck(Model):
    """The result of checking a learner's working copy."""

    path: str
    lesson: LessonId
    cells: list[CheckedCell] = Field(default_factory=list)
    findings: list[StructuralFinding] = Field(
        default_factory=list, description="Mistakes in the code, found without running it."
    )
