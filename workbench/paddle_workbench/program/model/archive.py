"""Captures in files: gzipped JSON that stores what stages share only once."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...errors import ProgramError
from ...reading import broken_file, parse_json, read_bytes, storage_errors_as
from ...storage import check_schema_version, write_whole
from .archive_reader import capture_of
from .archive_schema import CaptureFile
from .capture import (
    SCHEMA_VERSION,
    Capture,
    Op,
    OpCost,
    Program,
    SourceLine,
    Stage,
    Value,
)

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
        return capture_of(CaptureFile.model_validate(data))
    except ValidationError as error:
        raise broken_file(path, KIND, _first_problem(error), _HINT) from error
    except (LookupError, ValueError) as error:
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


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    field_name = ".".join(str(part) for part in problem["loc"])
    return f"field {field_name!r:.80}: {problem['msg']}"


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
                "values": [self.values.place(_value(value)) for value in program.values.values()],
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


def _value(value: Value) -> list[Any]:
    row = [value.id, value.shape, value.dtype, value.name]
    return [*row, value.size_names] if value.size_names else row


def _costs(costs: Mapping[int, OpCost]) -> list[list[Any]]:
    return [
        [op_id, cost.flops, cost.bytes_read, cost.bytes_written, cost.measured_ms]
        for op_id, cost in costs.items()
    ]
