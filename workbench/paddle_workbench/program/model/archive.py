"""Captures in files: gzipped JSON that stores what stages share only once."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from ...contract import Text
from ...errors import ProgramError
from ...reading import broken_file, parse_json, read_bytes, storage_errors_as
from ...storage import check_schema_version, write_whole
from .capture import (
    SCHEMA_VERSION,
    Capture,
    Explanation,
    GraphBreak,
    Guard,
    MemoryPlan,
    Op,
    OpCost,
    Origin,
    Parameter,
    Program,
    Region,
    SourceLine,
    SourceText,
    Stage,
    SubGraph,
    Transformed,
    Value,
)
from .structure import MAX_DEPTH, MAX_OPS

__all__ = ["FORMAT", "MAX_BYTES", "is_capture", "load", "save", "to_json", "unpack"]

FORMAT = "paddle-workbench-capture"
MAX_BYTES = 200 * 1024 * 1024
"""Largest file that is read, also after unpacking."""

KIND = "capture"
_GZIP = b"\x1f\x8b"
_HINT = (
    "Save the capture again: "
    "from paddle_workbench.program import save; save(capture(net, input_spec=[...]), path)"
)
T = TypeVar("T")


def save(capture: Capture, path: str | Path) -> Path:
    """Write a capture to one file and return its path.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written; a file that was there is unchanged.
    """
    file = Path(path)
    text = json.dumps(to_json(capture), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Without a time stamp, so that the same capture always gives the same file.
    write_whole(file, gzip.compress(text.encode(), compresslevel=6, mtime=0))
    return file


@storage_errors_as(ProgramError)
def load(path: str | Path) -> Capture:
    """Read a capture that `save` wrote.

    Raises
    ------
    ProgramError
        If the file is missing, too large, broken or not a capture.
    SchemaVersionError
        If a newer workbench wrote it.
    """
    file = Path(path)
    return unpack(read_bytes(file, kind=KIND, limit_bytes=MAX_BYTES, hint=_HINT), file)


@storage_errors_as(ProgramError)
def unpack(content: bytes, path: Path) -> Capture:
    """Return the capture in the content of a file; raises the same errors as `load`."""
    try:
        with gzip.open(io.BytesIO(content)) as file:
            unpacked = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise broken_file(path, KIND, str(error), _HINT) from error
    if len(unpacked) > MAX_BYTES:
        raise broken_file(
            path,
            KIND,
            f"it unpacks to more than {MAX_BYTES // 2**20} MB",
            "Capture a smaller network, or capture without stages: pipeline=None.",
        )
    data = parse_json(unpacked, path, kind=KIND, hint=_HINT)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise broken_file(path, KIND, f"field 'format' is not {FORMAT!r}", _HINT)
    check_schema_version(data, path, newest=SCHEMA_VERSION)
    try:
        return _capture(data)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise broken_file(path, KIND, f"{type(error).__name__}: {error}", _HINT) from error


def is_capture(content: bytes) -> bool:
    """Return whether the content of a file starts like a capture."""
    return content.startswith(_GZIP)


def to_json(capture: Capture) -> dict[str, Any]:
    """Return a capture as JSON values; programs refer to tables of ops, values and lines."""
    tables = _Tables()
    program = tables.program(capture.program) if capture.program is not None else None
    data: dict[str, Any] = {
        "format": FORMAT,
        "schema_version": capture.schema_version,
        "name": capture.name,
        "sources": [asdict(source) for source in capture.sources],
        "transformed": [
            {**asdict(text), "lines": sorted(text.lines.items())} for text in capture.transformed
        ],
        "program": program,
        "stages": [tables.stage(stage) for stage in capture.stages],
        "subgraphs": [tables.flat(graph, lines=("lines",)) for graph in capture.subgraphs],
        "breaks": [tables.flat(stop, line=("line",)) for stop in capture.breaks],
        "guards": [tables.flat(guard, line=("line",)) for guard in capture.guards],
        "parameters": [asdict(parameter) for parameter in capture.parameters],
        "explanations": [
            {
                **tables.flat(explanation, line=("line",)),
                "rule": explanation.rule.model_dump(),
                "repair": explanation.repair.model_dump(),
            }
            for explanation in capture.explanations
        ],
        "costs": _costs(capture.costs),
        "memory": asdict(capture.memory) if capture.memory else None,
        # JSON has no infinity.
        "difference": "inf" if capture.difference == inf else capture.difference,
    }
    data["tables"] = {
        "lines": tables.lines.rows,
        "ops": tables.ops.rows,
        "values": tables.values.rows,
        "programs": tables.programs,
    }
    return data


@dataclass(slots=True)
class _Table:
    """Rows without duplicates."""

    rows: list[Any] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def place(self, row: Any) -> int:
        key = json.dumps(row, ensure_ascii=False)
        if key not in self.places:
            self.places[key] = len(self.rows)
            self.rows.append(row)
        return self.places[key]


@dataclass(slots=True)
class _Tables:
    lines: _Table = field(default_factory=_Table)
    ops: _Table = field(default_factory=_Table)
    values: _Table = field(default_factory=_Table)
    programs: list[Any] = field(default_factory=list)
    # By id(); holding the programs prevents that another gets the same id().
    program_places: dict[int, tuple[Program, int]] = field(default_factory=dict)

    def line(self, line: SourceLine | None) -> int | None:
        if line is None:
            return None
        return self.lines.place([line.file, line.line, line.certain, line.function])

    def op(self, op: Op) -> int:
        return self.ops.place(
            [
                op.id,
                op.name,
                op.inputs,
                op.outputs,
                dict(op.attributes),
                op.layer,
                self.line(op.line),
                [
                    [region.arguments, [self.op(inner) for inner in region.ops]]
                    for region in op.regions
                ],
                [self.line(line) for line in op.stack],
            ]
        )

    def program(self, program: Program) -> int:
        entry = self.program_places.get(id(program))
        if entry is not None:
            return entry[1]
        self.programs.append(
            {
                "ops": [self.op(op) for op in program.ops],
                "values": [
                    self.values.place([value.id, value.shape, value.dtype, value.name])
                    for value in program.values.values()
                ],
                "inputs": program.inputs,
                "outputs": program.outputs,
                "parameters": [asdict(parameter) for parameter in program.parameters],
            }
        )
        place = len(self.programs) - 1
        self.program_places[id(program)] = program, place
        return place

    def stage(self, stage: Stage) -> dict[str, Any]:
        return {
            "name": stage.name,
            "program": self.program(stage.program),
            "duration_ms": stage.duration_ms,
            "matches": stage.matches,
            "removed": stage.removed,
            "added": stage.added,
            "lineage": [
                [op_id, [[origin.op_id, origin.certain] for origin in origins]]
                for op_id, origins in stage.lineage.items()
            ],
            "changed": stage.changed,
            "moved": stage.moved,
            "scope": stage.scope,
            "ops_before": stage.ops_before,
            "ops_after": stage.ops_after,
            "costs": _costs(stage.costs),
            "memory": asdict(stage.memory) if stage.memory else None,
        }

    def flat(
        self, record: Any, *, line: tuple[str, ...] = (), lines: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        row = {item.name: getattr(record, item.name) for item in fields(record)}
        for name in line:
            row[name] = self.line(row[name])
        for name in lines:
            row[name] = [self.line(item) for item in row[name]]
        return row


def _costs(costs: Mapping[int, OpCost]) -> list[list[Any]]:
    return [
        [op_id, cost.flops, cost.bytes_read, cost.bytes_written, cost.measured_ms]
        for op_id, cost in costs.items()
    ]


def _capture(data: Mapping[str, Any]) -> Capture:
    reader = _Reader(data["tables"])
    place = data["program"]
    return Capture(
        schema_version=int(data["schema_version"]),
        name=str(data["name"]),
        sources=_all(data["sources"], lambda row: SourceText(**row)),
        transformed=_all(
            data["transformed"], lambda row: Transformed(**{**row, "lines": dict(row["lines"])})
        ),
        program=None if place is None else reader.programs[place],
        stages=_all(data["stages"], reader.stage),
        subgraphs=_all(
            data["subgraphs"],
            lambda row: SubGraph(**{**row, "lines": tuple(map(reader.line, row["lines"]))}),
        ),
        breaks=_all(data["breaks"], lambda row: GraphBreak(**reader.with_line(row))),
        guards=_all(data["guards"], lambda row: Guard(**reader.with_line(row))),
        parameters=_all(data["parameters"], _parameter),
        explanations=_all(
            data["explanations"],
            lambda row: Explanation(
                **{
                    **reader.with_line(row),
                    "rule": Text(**row["rule"]),
                    "repair": Text(**row["repair"]),
                }
            ),
        ),
        costs=_read_costs(data["costs"]),
        memory=_memory(data["memory"]),
        difference=None if data["difference"] is None else float(data["difference"]),
    )


class _Reader:
    """Builds the objects in the tables; a row refers only to rows before it."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.lines = [SourceLine(*row) for row in tables["lines"]]
        self.values = [
            Value(number, None if shape is None else tuple(shape), dtype, name)
            for number, shape, dtype, name in tables["values"]
        ]
        self.ops: list[Op] = []
        # Of each op including those inside its regions: one row may be referred to many times.
        self.counts: list[int] = []
        self.depths: list[int] = []
        for row in tables["ops"]:
            self.ops.append(self._op(row))
        self.programs = [self._program(row) for row in tables["programs"]]

    def line(self, place: int | None) -> SourceLine | None:
        return None if place is None else self.lines[place]

    def with_line(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "line": self.line(row["line"])}

    def _op(self, row: list[Any]) -> Op:
        number, name, inputs, outputs, attributes, layer, line, regions, stack = row
        inner = [place for _arguments, places in regions for place in places]
        self.counts.append(1 + sum(self.counts[place] for place in inner))
        self.depths.append(1 + max((self.depths[place] for place in inner), default=0))
        if self.depths[-1] > MAX_DEPTH:
            raise ValueError(f"op {number} has regions more than {MAX_DEPTH} deep")
        return Op(
            id=number,
            name=name,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            attributes=dict(attributes),
            layer=layer,
            line=self.line(line),
            regions=tuple(
                Region(tuple(arguments), tuple(self.ops[place] for place in ops))
                for arguments, ops in regions
            ),
            stack=tuple(self.lines[place] for place in stack),
        )

    def _program(self, row: Mapping[str, Any]) -> Program:
        values = (self.values[place] for place in row["values"])
        count = sum(self.counts[place] for place in row["ops"])
        if count > MAX_OPS:
            raise ValueError(f"a program has {count:,} ops; at most {MAX_OPS:,} are read")
        return Program(
            ops=tuple(self.ops[place] for place in row["ops"]),
            values={value.id: value for value in values},
            inputs=tuple(row["inputs"]),
            outputs=tuple(row["outputs"]),
            parameters=_all(row["parameters"], _parameter),
        )

    def stage(self, row: Mapping[str, Any]) -> Stage:
        return Stage(
            **{
                **row,
                "program": self.programs[row["program"]],
                "removed": tuple(row["removed"]),
                "added": tuple(row["added"]),
                "changed": tuple(row["changed"]),
                "moved": tuple(row["moved"]),
                "lineage": {
                    op_id: tuple(Origin(*origin) for origin in origins)
                    for op_id, origins in row["lineage"]
                },
                "costs": _read_costs(row["costs"]),
                "memory": _memory(row["memory"]),
            }
        )


def _parameter(row: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**row, "shape": tuple(row["shape"])})


def _read_costs(rows: list[list[Any]]) -> dict[int, OpCost]:
    return {op_id: OpCost(*cost) for op_id, *cost in rows}


def _memory(row: Mapping[str, Any] | None) -> MemoryPlan | None:
    if row is None:
        return None
    steps = {"steps": tuple(row["steps"]), "live_bytes": tuple(row["live_bytes"])}
    return MemoryPlan(**{**row, **steps})


def _all(rows: list[Any], build: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(build(row) for row in rows)
