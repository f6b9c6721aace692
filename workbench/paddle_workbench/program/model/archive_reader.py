"""Builds a capture from the tables in its file."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from .archive_schema import CaptureFile, CostRow, OpRow, ProgramRow, StageRow, Tables
from .capture import (
    Capture,
    Explanation,
    GraphBreak,
    Guard,
    Op,
    OpCost,
    Origin,
    Program,
    Region,
    SourceLine,
    Stage,
    SubGraph,
    Transformed,
    Value,
)  # fmt: skip
from .structure import MAX_DEPTH, MAX_OPS

__all__ = ["capture_of"]

MAX_VISITED_OPS = 10 * MAX_OPS
"""Most ops of all stages together; stages that change nothing do not count."""


def capture_of(data: CaptureFile) -> Capture:
    """Return the capture.

    Raises
    ------
    LookupError, ValueError
        If a place is not in its table, or there are too many ops.
    """
    reader = _Reader(data.tables)
    places = [
        place
        for place in (data.program, *(stage.program for stage in data.stages))
        if place is not None
    ]
    # Whoever shows a capture visits the ops of every stage that changed something.
    visited = sum(reader.program_counts[place] for place, _ in groupby(places))
    if visited > MAX_VISITED_OPS:
        raise ValueError(f"its stages have {visited:,} ops; at most {MAX_VISITED_OPS:,} are read")
    return Capture(
        schema_version=data.schema_version,
        name=data.name,
        sources=data.sources,
        transformed=tuple(
            Transformed(row.text, dict(row.lines), row.file, row.name) for row in data.transformed
        ),
        program=None if data.program is None else reader.programs[data.program],
        stages=tuple(map(reader.stage, data.stages)),
        subgraphs=tuple(
            SubGraph(
                row.name,
                row.ops,
                row.text,
                tuple(reader.lines[place] for place in row.lines),
                row.eager,
            )
            for row in data.subgraphs
        ),
        breaks=tuple(
            GraphBreak(row.reason, reader.line(row.line), row.kind) for row in data.breaks
        ),
        guards=tuple(
            Guard(row.expression, row.function, reader.line(row.line)) for row in data.guards
        ),
        parameters=data.parameters,
        explanations=tuple(
            Explanation(
                row.kind,
                row.rule,
                reader.line(row.line),
                row.repair,
                row.proven,
                row.example,
                row.message,
            )
            for row in data.explanations
        ),
        costs=_costs(data.costs),
        memory=data.memory,
        difference=None if data.difference is None else float(data.difference),
    )


class _Reader:
    """Builds the objects in the tables; a row refers only to rows before it."""

    def __init__(self, tables: Tables) -> None:
        self.lines = [SourceLine(*row) for row in tables.lines]
        self.values = [Value(*row) for row in tables.values]
        self.ops: list[Op] = []
        # Of each op including those inside its regions: one row may be referred to many times.
        self.counts: list[int] = []
        self.depths: list[int] = []
        for row in tables.ops:
            self.ops.append(self._op(row))
        self.program_counts: list[int] = []
        self.programs = [self._program(row) for row in tables.programs]

    def line(self, place: int | None) -> SourceLine | None:
        return None if place is None else self.lines[place]

    def _op(self, row: OpRow) -> Op:
        number, name, inputs, outputs, attributes, layer, line, regions, stack = row
        inner = [place for _arguments, places in regions for place in places]
        self.counts.append(1 + sum(self.counts[place] for place in inner))
        self.depths.append(1 + max((self.depths[place] for place in inner), default=0))
        if self.depths[-1] > MAX_DEPTH:
            raise ValueError(f"op {number} has regions more than {MAX_DEPTH} deep")
        return Op(
            id=number,
            name=name,
            inputs=inputs,
            outputs=outputs,
            attributes=attributes,
            layer=layer,
            line=self.line(line),
            regions=tuple(
                Region(arguments, tuple(self.ops[place] for place in ops))
                for arguments, ops in regions
            ),
            stack=tuple(self.lines[place] for place in stack),
        )

    def _program(self, row: ProgramRow) -> Program:
        count = sum(self.counts[place] for place in row.ops)
        if count > MAX_OPS:
            raise ValueError(f"a program has {count:,} ops; at most {MAX_OPS:,} are read")
        self.program_counts.append(count)
        values = {value.id: value for value in map(self.values.__getitem__, row.values)}
        for value in (*row.inputs, *row.outputs):
            if value not in values:
                raise ValueError(f"value {value}, an input or output, is missing")
        return Program(
            ops=tuple(self.ops[place] for place in row.ops),
            values=values,
            inputs=row.inputs,
            outputs=row.outputs,
            parameters=row.parameters,
        )

    def stage(self, row: StageRow) -> Stage:
        fields_as_written = {name: getattr(row, name) for name in StageRow.model_fields}
        lineage = {
            op_id: tuple(Origin(*origin) for origin in origins) for op_id, origins in row.lineage
        }
        return Stage(
            **{
                **fields_as_written,
                "program": self.programs[row.program],
                "lineage": lineage,
                "costs": _costs(row.costs),
            }
        )


def _costs(rows: Iterable[CostRow]) -> dict[int, OpCost]:
    return {op_id: OpCost(flops, read, written, ms) for op_id, flops, read, written, ms in rows}
