"""What the JSON of a capture must look like, checked before anything is built from it.

Programs refer to tables of ops, values and lines by place.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...contract import Text
from .capture import MemoryPlan, SourceText
from .structure import MAX_SIZE, Parameter

__all__ = ["CaptureFile", "CostRow", "OpRow", "ProgramRow", "StageRow", "Tables"]

# Ids are sent to the front end as 32 bits.
Id = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Place = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=-MAX_SIZE, lt=MAX_SIZE)]

LineRow = tuple[str, Id, bool, str]
ValueRow = (
    tuple[Id, tuple[Size, ...] | None, str, str]
    | tuple[Id, tuple[Size, ...] | None, str, str, tuple[str, ...]]
)
RegionRow = tuple[tuple[Id, ...], tuple[Place, ...]]
OpRow = tuple[
    Id, str, tuple[Id | None, ...], tuple[Id, ...], dict[str, Any], str, Place | None,
    tuple[RegionRow, ...], tuple[Place, ...],
]  # fmt: skip
CostRow = tuple[Id, int | None, int | None, int | None, float | None]
OriginRow = tuple[Id, bool]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProgramRow(_Row):
    """A program; ops and values are places in the tables."""

    ops: tuple[Place, ...]
    values: tuple[Place, ...]
    inputs: tuple[Id, ...]
    outputs: tuple[Id, ...]
    parameters: tuple[Parameter, ...]


class Tables(_Row):
    """What programs and notes refer to by place."""

    lines: tuple[LineRow, ...]
    ops: tuple[OpRow, ...]
    values: tuple[ValueRow, ...]
    programs: tuple[ProgramRow, ...]


class StageRow(_Row):
    """A stage; its program is a place in the table."""

    name: str
    program: Place
    duration_ms: float | None
    matches: int | None
    removed: tuple[Id, ...]
    added: tuple[Id, ...]
    lineage: tuple[tuple[Id, tuple[OriginRow, ...]], ...]
    changed: tuple[Id, ...]
    moved: tuple[Id, ...]
    scope: str
    ops_before: int
    ops_after: int
    costs: tuple[CostRow, ...]
    memory: MemoryPlan | None


class TransformedRow(_Row):
    """A function after AST conversion."""

    text: str
    lines: tuple[tuple[int, int], ...]
    file: str
    name: str


class SubGraphRow(_Row):
    """A graph of SOT."""

    name: str
    ops: int
    text: str
    lines: tuple[Place, ...]
    eager: bool


class BreakRow(_Row):
    """A break of a graph."""

    reason: str
    line: Place | None
    kind: str


class GuardRow(_Row):
    """A guard of a graph."""

    expression: str
    function: str
    line: Place | None


class ExplanationRow(_Row):
    """An explanation."""

    kind: str
    rule: Text
    line: Place | None
    repair: Text
    proven: bool
    example: str
    message: str


class CaptureFile(_Row):
    """A capture."""

    format: str
    schema_version: int
    name: str
    sources: tuple[SourceText, ...]
    transformed: tuple[TransformedRow, ...]
    program: Place | None
    stages: tuple[StageRow, ...]
    subgraphs: tuple[SubGraphRow, ...]
    breaks: tuple[BreakRow, ...]
    guards: tuple[GuardRow, ...]
    parameters: tuple[Parameter, ...]
    explanations: tuple[ExplanationRow, ...]
    costs: tuple[CostRow, ...]
    memory: MemoryPlan | None
    difference: float | Literal["inf"] | None
    tables: Tables
