"""A capture as columns of numbers: small to send, and drawn without parsing.

Layout, little-endian: `MAGIC`, the length of the header as uint32, the header as JSON, then the
arrays, each at a multiple of eight bytes. The header names every array with its type, its offset
from the end of the header's padding, and its length. `src/program/data/columns.ts` reads them.

An op is one row, however many stages keep it unchanged. A stage is a list of rows.
"""

from __future__ import annotations

import json
import math
import re
import struct
from array import array
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from .capture import Capture, MemoryPlan, Op, OpCost, Program, SourceLine, Stage
from .layers import layers_of
from .structure import Value, is_counted

__all__ = ["MAGIC", "comparable_columns", "to_columns"]

MAGIC = b"PWC1"
# Longer attributes, such as the numbers of a constant, are cut.
ATTRIBUTE_CHARACTERS = 400
_FOLDED = re.compile(r"(constant_folding@_)\d+")
_UNKNOWN_COST = OpCost(None, None, None)
_TYPES = {"i": "int32", "d": "float64", "B": "uint8"}


def to_columns(capture: Capture) -> bytes:
    """Return a capture as the bytes that the microscope and the viewer read.

    Parameters
    ----------
    capture : Capture
        Without a program there are no rows; the explanations say why.

    Returns
    -------
    bytes
        About 100 bytes per op, plus what each stage changed.
    """
    files = _Files()
    columns = _Columns(layers_of(capture), files)
    if capture.program is not None:
        columns.add_program(
            capture.program, {}, capture.costs, capture.memory, _trace_header(capture)
        )
        for stage in capture.stages:
            columns.add_program(
                stage.program,
                stage.lineage,
                stage.costs,
                stage.memory,
                _stage_header(stage),
                changes=stage,
            )
    return columns.to_bytes(_capture_header(capture, files))


def comparable_columns(content: bytes) -> tuple[bytes, int]:
    """Return columns without the times that were measured, and how many these are.

    The names that Paddle gives to folded constants lose their random number. Two captures of one
    network differ in nothing else.

    Parameters
    ----------
    content : bytes
        What `to_columns` returned.
    """
    length = int.from_bytes(content[4:8], "little")
    header = json.loads(content[8 : 8 + length])
    data = bytearray(content[8 + length + -(8 + length) % 8 :])
    _type, offset, count = header["arrays"]["measured_ms"]
    times = array("d", data[offset : offset + 8 * count])
    measured = sum(not math.isnan(time_ms) for time_ms in times)
    data[offset : offset + 8 * count] = array("d", [math.nan] * count).tobytes()
    for stage in header["stages"]:
        measured += stage["duration_ms"] is not None
        stage["duration_ms"] = None
    header["strings"] = [_FOLDED.sub(r"\1", text) for text in header["strings"]]
    return _packed(header, bytes(data)), measured


def _trace_header(capture: Capture) -> dict[str, Any]:
    count = 0
    if capture.program is not None:
        count = sum(map(is_counted, capture.program.walk()))
    return {
        "name": "",
        "duration_ms": None,
        "matches": None,
        "scope": "",
        "ops_before": count,
        "ops_after": count,
    }


def _stage_header(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "duration_ms": stage.duration_ms,
        "matches": stage.matches,
        "scope": stage.scope,
        "ops_before": stage.ops_before,
        "ops_after": stage.ops_after,
    }


def _capture_header(capture: Capture, files: _Files) -> dict[str, Any]:
    return {
        "name": capture.name,
        "sources": [
            {
                "file": files.name(source.file),
                "first_line": source.first_line,
                "text": source.text,
                "name": source.name,
            }
            for source in capture.sources
        ],
        "transformed": [
            {
                "file": files.name(code.file),
                "name": code.name,
                "text": code.text,
                "lines": sorted(code.lines.items()),
            }
            for code in capture.transformed
        ],
        "parameters": [
            [weight.name, list(weight.shape), weight.dtype, weight.bytes, weight.value]
            for weight in capture.parameters
        ],
        "breaks": [
            {"reason": stop.reason, "kind": stop.kind, "line": _line(stop.line, files)}
            for stop in capture.breaks
        ],
        "explanations": [
            {
                "kind": explanation.kind,
                "code": explanation.code,
                "rule": explanation.rule.model_dump(),
                "repair": explanation.repair.model_dump(),
                "example": explanation.example,
                "proven": explanation.proven,
                "message": explanation.message,
                "line": _line(explanation.line, files),
            }
            for explanation in capture.explanations
        ],
    }


def _line(line: SourceLine | None, files: _Files) -> list[Any] | None:
    return None if line is None else [files.name(line.file), line.line]


class _Files:
    """File names without the folders of this machine, which are private.

    A notebook cell gets a new folder in every run, but the same name.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._in_use: set[str] = set()

    def name(self, file: str) -> str:
        """Return the shortest end of a path that is not yet in use for another file."""
        name = self._names.get(file)
        if name is None:
            parts = PurePath(file).parts
            ends = ("/".join(parts[at:]) for at in range(len(parts) - 1, -1, -1))
            name = next((end for end in ends if end not in self._in_use), file)
            self._names[file] = name
            self._in_use.add(name)
        return name


class _Columns:
    """The growing arrays."""

    def __init__(self, layers: Mapping[int, str], files: _Files) -> None:
        self._strings: dict[str, int] = {"": 0}
        self._arrays: dict[str, array[Any]] = {}
        self._stages: list[dict[str, Any]] = []
        self._rows: dict[tuple[Any, ...], int] = {}
        self._row_of: dict[int, int] = {}  # by the identity of an op
        self._ops: list[Op] = []  # held, so that no identity is used twice
        self._values: dict[int, int] = {}
        self._layers = layers
        self._files = files
        self._last: Program | None = None
        for name in ("op_id", "op_name", "op_layer", "op_attributes", "op_file", "op_line"):
            self._array(name)
        for name in ("op_parent", "op_region", "inputs", "outputs", "stack_file", "stack_line"):
            self._array(name)
        for name in ("inputs_start", "outputs_start", "stack_start"):
            self._array(name).append(0)
        self._array("op_certain", "B")
        for name in ("flops", "bytes_read", "bytes_written", "measured_ms"):
            self._array(name, "d")
        for name in ("value_id", "value_shape", "value_dtype", "value_name"):
            self._array(name)

    def _array(self, name: str, kind: str = "i") -> array[Any]:
        return self._arrays.setdefault(name, array(kind))

    def _string(self, text: str) -> int:
        return self._strings.setdefault(text, len(self._strings))

    def add_program(
        self,
        program: Program,
        lineage: Mapping[int, Sequence[Any]],
        costs: Mapping[int, OpCost],
        memory: MemoryPlan | None,
        header: dict[str, Any],
        changes: Stage | None = None,
    ) -> None:
        at = len(self._stages)
        if program is self._last and at:
            header["same_as"] = self._stages[-1].get("same_as", at - 1)
        else:
            self._add_rows(program, costs, self._array(f"rows_{at}"))
            self._last = program
        self._add_times(program, costs)
        header["inputs"] = [self._value(program, value) for value in program.inputs]
        header["outputs"] = [self._value(program, value) for value in program.outputs]
        header["memory"] = None if memory is None else self._memory(memory, at)
        if changes is not None:
            self._array(f"removed_{at}").extend(changes.removed)
            self._array(f"added_{at}").extend(changes.added)
            self._array(f"moved_{at}").extend(changes.moved)
            triples = self._array(f"lineage_{at}")
            for op_id, origins in lineage.items():
                for origin in origins:
                    triples.extend((op_id, origin.op_id, int(origin.certain)))
                if not origins:
                    triples.extend((op_id, -1, 1))
        self._stages.append(header)

    def _add_rows(
        self,
        program: Program,
        costs: Mapping[int, OpCost],
        rows: array[int],
    ) -> None:
        stack: list[tuple[Op, int, int]] = [(op, -1, -1) for op in reversed(program.ops)]
        while stack:
            op, parent, region = stack.pop()
            row = self._row_of.get(id(op))
            if row is None:
                key = (op.id, op.name, op.inputs, op.outputs, parent, region)
                row = self._rows.get(key)
                if row is None:
                    row = self._rows[key] = len(self._arrays["op_id"])
                    self._add_row(program, op, parent, region, costs.get(op.id, _UNKNOWN_COST))
                self._row_of[id(op)] = row
                self._ops.append(op)
            rows.append(row)
            for at in range(len(op.regions) - 1, -1, -1):
                stack.extend((inner, op.id, at) for inner in reversed(op.regions[at].ops))

    def _add_times(self, program: Program, costs: Mapping[int, OpCost]) -> None:
        """Add the times of the last stage to rows that earlier stages share."""
        if any(cost.measured_ms is not None for cost in costs.values()):
            for op in program.walk():
                time_ms = costs.get(op.id, _UNKNOWN_COST).measured_ms
                if time_ms is not None:
                    self._arrays["measured_ms"][self._row_of[id(op)]] = time_ms

    def _add_row(
        self,
        program: Program,
        op: Op,
        parent: int,
        region: int,
        cost: OpCost,
    ) -> None:
        arrays = self._arrays
        arrays["op_id"].append(op.id)
        arrays["op_name"].append(self._string(op.name))
        arrays["op_layer"].append(self._string(self._layers[op.id]))
        arrays["op_attributes"].append(self._string(_attributes(op.attributes)))
        line = op.line
        arrays["op_file"].append(0 if line is None else self._string(self._files.name(line.file)))
        arrays["op_line"].append(0 if line is None else line.line)
        arrays["op_certain"].append(0 if line is None else int(line.certain))
        arrays["op_parent"].append(parent)
        arrays["op_region"].append(region)
        arrays["inputs"].extend(
            -1 if value is None else self._value(program, value) for value in op.inputs
        )
        arrays["inputs_start"].append(len(arrays["inputs"]))
        arrays["outputs"].extend(self._value(program, value) for value in op.outputs)
        arrays["outputs_start"].append(len(arrays["outputs"]))
        for step in op.stack or (() if line is None else (line,)):
            arrays["stack_file"].append(self._string(self._files.name(step.file)))
            arrays["stack_line"].append(step.line)
        arrays["stack_start"].append(len(arrays["stack_line"]))
        arrays["flops"].append(_number(cost.flops))
        arrays["bytes_read"].append(_number(cost.bytes_read))
        arrays["bytes_written"].append(_number(cost.bytes_written))
        arrays["measured_ms"].append(_number(cost.measured_ms))

    def _value(self, program: Program, value_id: int) -> int:
        row = self._values.get(value_id)
        if row is None:
            row = self._values[value_id] = len(self._values)
            value = program.values.get(value_id)
            shape = "" if value is None or value.shape is None else _shape(value)
            self._arrays["value_id"].append(value_id)
            self._arrays["value_shape"].append(self._string(shape))
            self._arrays["value_dtype"].append(self._string(value.dtype if value else ""))
            self._arrays["value_name"].append(self._string(value.name if value else ""))
        return row

    def _memory(self, plan: MemoryPlan, at: int) -> dict[str, Any]:
        self._array(f"steps_{at}").extend(plan.steps)
        self._array(f"live_{at}", "d").extend(plan.live_bytes)
        return {
            "peak_bytes": plan.peak_bytes,
            "peak_op": plan.peak_op,
            "total_bytes": plan.total_bytes,
            "reuse_saved_bytes": plan.reuse_saved_bytes,
            "inplace_saved_bytes": plan.inplace_saved_bytes,
            "parameter_bytes": plan.parameter_bytes,
            "unknown": plan.unknown,
        }

    def to_bytes(self, header: dict[str, Any]) -> bytes:
        directory: dict[str, list[Any]] = {}
        parts: list[bytes] = []
        offset = 0
        for name, column in self._arrays.items():
            content = column.tobytes()
            directory[name] = [_TYPES[column.typecode], offset, len(column)]
            parts += [content, bytes(-len(content) % 8)]
            offset += len(content) + len(parts[-1])
        header |= {"strings": list(self._strings), "stages": self._stages, "arrays": directory}
        return _packed(header, b"".join(parts))


def _packed(header: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    encoded = text.encode("utf-8", "replace")  # names may contain lone surrogates
    start = MAGIC + struct.pack("<I", len(encoded)) + encoded
    return b"".join([start, bytes(-len(start) % 8), data])


def _shape(value: Value) -> str:
    return "×".join(value.sizes()) or "()"


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _attributes(attributes: Mapping[str, Any]) -> str:
    if not attributes:
        return ""
    texts = {}
    for name, value in attributes.items():
        text = json.dumps(value, ensure_ascii=False, default=str)
        texts[name] = text if len(text) <= ATTRIBUTE_CHARACTERS else _cut(text)
    return json.dumps(texts, ensure_ascii=False)


def _cut(text: str) -> str:
    return f"{text[:ATTRIBUTE_CHARACTERS]}…"
