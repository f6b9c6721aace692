"""`.pdmodel`, the format of Paddle 2: protobuf, with named values and blocks for control flow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...reading import broken_file
from ..model.structure import MAX_DEPTH, OpBudget
from .pir_text import PrintedOp, PrintedRegion
from .protobuf import protobuf_of

__all__ = ["read_pdmodel"]

# VarType.Type of framework.proto
_DTYPES = {
    0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "float16", 5: "float32", 6: "float64",
    20: "uint8", 21: "int8", 22: "bfloat16", 23: "complex64", 24: "complex128",
}  # fmt: skip
_TENSOR = 7
# From an AttrType to the field that contains the value.
_FIELDS = {
    0: "i", 1: "f", 2: "s", 3: "ints", 4: "floats", 5: "strings", 6: "b", 7: "bools",
    9: "l", 11: "longs", 12: "float64s", 15: "float64",
}  # fmt: skip
_BLOCKS = {8: "block_idx", 10: "blocks_idx"}
_SKIPPED = frozenset({"op_callstack", "op_role", "op_role_var", "op_namescope", "op_device"})
_HINT = "Save the program again with paddle.jit.save, or download the file again."
_NAMES = {"feed": "pd_op.feed", "fetch": "pd_op.fetch"}


def read_pdmodel(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    """Return the program and the version of Paddle that wrote it.

    Raises
    ------
    FileBrokenError
        If the content is not a `.pdmodel` program.
    ValueError
        If it is too large or nested too deeply.
    """
    from google.protobuf.message import DecodeError

    framework = _framework()
    program = framework.ProgramDesc()
    try:
        program.ParseFromString(content)
    except DecodeError as error:
        reason = "it is not a .pdmodel file, or only part of one"
        raise broken_file(file, "saved program", reason, _HINT) from error
    if not program.blocks or not any(block.ops for block in program.blocks):
        raise broken_file(file, "saved program", "it contains no ops", _HINT)
    return _Reader(program).block(0), _version(program.version.version)


def _framework() -> Any:
    """Return Paddle's own protobuf classes, without importing Paddle."""
    return protobuf_of("paddle", "base/proto/framework_pb2.py")


def _version(number: int) -> str:
    """Return a version as text: 2006000 is 2.6.0."""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}" if number else ""


class _Reader:
    def __init__(self, program: Any) -> None:
        self.blocks = program.blocks
        self.variables = {
            variable.name: variable for block in program.blocks for variable in block.vars
        }
        # A name may be assigned several times; each time it is a different value.
        self.current: dict[str, str] = {}
        self.open: set[int] = set()
        # A block belongs to one op, and the op's gradient may refer to it too.
        self.seen: set[int] = set()
        self.budget = OpBudget()

    def block(self, index: int) -> PrintedRegion:
        region = PrintedRegion()
        if not 0 <= index < len(self.blocks) or index in self.open:
            return region  # the block is missing, or contains itself
        self.open.add(index)
        is_repeated = index in self.seen
        self.seen.add(index)
        if len(self.open) > MAX_DEPTH:
            raise ValueError(f"its blocks are nested more than {MAX_DEPTH} deep")
        if index == 0:
            output_names = {name for op in self.blocks[0].ops for name in _arguments(op.outputs)}
            region.ops += [
                self._parameter(variable)
                for variable in self.blocks[0].vars
                if variable.persistable
                and variable.name not in output_names
                and variable.type.type == _TENSOR
            ]
        for op in _in_order(self.blocks[index].ops):
            self.budget.spend(is_repeated=is_repeated)
            region.ops.append(self._op(op))
        self.open.discard(index)
        return region

    def _parameter(self, variable: Any) -> PrintedOp:
        self.current[variable.name] = f"%{variable.name}"
        return PrintedOp(
            name="builtin.parameter",
            operands=[],
            results=[f"%{variable.name}"],
            attributes={"parameter_name": variable.name},
            result_types=[self._type(variable.name)],
        )

    def _op(self, op: Any) -> PrintedOp:
        is_feed, is_fetch = op.type == "feed", op.type == "fetch"
        inputs = [] if is_feed else list(_arguments(op.inputs))
        outputs = [] if is_fetch else list(_arguments(op.outputs))
        operands = [self.current.get(name) for name in inputs]
        attributes: dict[str, Any] = {}
        regions = []
        for attribute in op.attrs:
            if attribute.name in _SKIPPED:
                continue
            if attribute.type in _BLOCKS:
                value = getattr(attribute, _BLOCKS[attribute.type])
                blocks = [value] if isinstance(value, int) else list(value)
                regions += [self.block(number) for number in blocks]
            elif attribute.type in _FIELDS:
                value = getattr(attribute, _FIELDS[attribute.type])
                attributes[attribute.name] = (
                    value if isinstance(value, (bool, int, float, str)) else list(value)
                )
        if is_feed or is_fetch:
            attributes["name"] = next(iter(outputs or inputs), "")
        results: list[str] = []
        for name in outputs:
            self.current[name] = f"%{name}@{len(self.current)}.{id(op)}.{len(results)}"
            results.append(self.current[name])
        return PrintedOp(
            name=_NAMES.get(op.type, f"legacy.{op.type}"),
            operands=operands,
            results=results,
            attributes=attributes,
            result_types=[self._type(name) for name in outputs],
            regions=regions,
        )

    def _type(self, name: str) -> str:
        variable = self.variables.get(name)
        if variable is None or variable.type.type != _TENSOR:
            return "unknown"
        kind = variable.type
        # Paddle 3 has a different name for the same field.
        holder = kind.dense_tensor if hasattr(kind, "dense_tensor") else kind.lod_tensor
        tensor = holder.tensor
        sizes = "".join(f"{size}x" for size in tensor.dims)
        return f"tensor<{sizes}{_DTYPES.get(tensor.data_type, 'unknown')}>"


def _in_order(ops: Iterable[Any]) -> list[Any]:
    """Return ops with the inputs and the outputs in their own order, which the file need not have.

    Paddle adds each op that feeds an input before the others; which input it is, its `col` says.
    """
    ordered = list(ops)
    for kind in ("feed", "fetch"):
        places = [place for place, op in enumerate(ordered) if op.type == kind]
        marks = sorted((ordered[place] for place in places), key=_column)
        for place, op in zip(places, marks, strict=True):
            ordered[place] = op
    return ordered


def _column(op: Any) -> int:
    return next((int(each.i) for each in op.attrs if each.name == "col"), 0)


def _arguments(groups: Iterable[Any]) -> Iterable[str]:
    return (name for group in groups for name in group.arguments)
