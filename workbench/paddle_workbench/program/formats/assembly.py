"""Builds a `Program` from a printed program: ids, values, inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from math import isfinite, prod
from typing import Any

from ..model.structure import (
    MAX_SIZE,
    Op,
    OpBudget,
    Parameter,
    Program,
    Region,
    SourceLine,
    Value,
    tensor_bytes,
)
from .pir_text import PrintedOp, PrintedRegion, ValueType, read_type

__all__ = ["BOOKKEEPING", "Facts", "Numbering", "assemble"]

BOOKKEEPING = frozenset(
    {"op_callstack", "op_name", "origin_id", "persistable", "stop_gradient", "struct_name"}
)
"""Attributes that do not affect what an op computes."""

INPUTS = frozenset({"builtin.input", "pd_op.data", "pd_op.feed"})
OUTPUTS = frozenset({"builtin.output", "builtin.shadow_output", "pd_op.fetch"})
_NAMES_OPERAND = frozenset({"builtin.output", "pd_op.fetch"})
PARAMETERS = frozenset({"builtin.parameter"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an op besides what is printed."""

    layer: str = ""
    line: SourceLine | None = None
    stack: tuple[SourceLine, ...] = ()


@dataclass(slots=True)
class Numbering:
    """Provides ids that no other op or value of the capture has."""

    ops: Callable[[], int] = field(default_factory=lambda: count().__next__)
    values: Callable[[], int] = field(default_factory=lambda: count().__next__)


def assemble(
    printed: PrintedRegion,
    numbering: Numbering,
    *,
    op_ids: Mapping[int, int] | None = None,
    value_ids: Mapping[str, int] | None = None,
    facts: Mapping[int, Facts] | None = None,
    parameter_names: Mapping[str, str] | None = None,
    inputs: tuple[str, ...] | None = None,
    outputs: tuple[str, ...] = (),
) -> Program:
    """Build a program.

    Parameters
    ----------
    printed : PrintedRegion
    numbering : Numbering
        Provides ids for ops and values without one.
    op_ids : mapping of int to int, optional
        Known ids, by `id()` of the printed op.
    value_ids : mapping of str to int, optional
        Known ids, by printed name.
    facts : mapping of int to Facts, optional
        Facts by `id()` of the printed op.
    parameter_names : mapping of str to str, optional
        From the program's own names to those in `net.named_parameters()`.
    inputs : tuple of str, optional
        Printed names of the inputs, if ops may look like one that are not.
    outputs : tuple of str
        Printed names of the outputs that no op marks.

    Raises
    ------
    ValueError
        If the program has too many ops, or a tensor too many elements.
    """
    builder = _Builder(
        numbering, op_ids or {}, dict(value_ids or {}), facts or {}, parameter_names or {}
    )
    ops = tuple(builder.op(op) for op in printed.ops)
    builder.outputs += [builder.value_ids[name] for name in outputs if name in builder.value_ids]
    if inputs is not None:
        known = {builder.value_ids.get(name) for name in inputs}
        builder.inputs = [value for value in builder.inputs if value in known]
    return Program(
        ops=ops,
        values=builder.values,
        inputs=tuple(builder.inputs),
        outputs=tuple(builder.outputs),
        parameters=tuple(builder.parameters),
    )


@dataclass(slots=True)
class _Builder:
    numbering: Numbering
    op_ids: Mapping[int, int]
    value_ids: dict[str, int]
    facts: Mapping[int, Facts]
    parameter_names: Mapping[str, str]
    values: dict[int, Value] = field(default_factory=dict)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    shadowed: list[dict[str, int]] = field(default_factory=list)
    budget: OpBudget = field(default_factory=OpBudget)

    def op(self, printed: PrintedOp) -> Op:
        self.budget.spend()
        inputs = tuple(
            None if name is None else self.value_ids.get(name) for name in printed.operands
        )
        types = printed.result_types
        outputs = []
        for index, name in enumerate(printed.results):
            kind = self._type(printed, types, inputs, index)
            outputs.append(self._value(name, kind, _name_of(printed)))
        regions = tuple(self._region(printed, region, inputs) for region in printed.regions)
        facts = self.facts.get(id(printed)) or Facts(layer=_layer(printed))
        op = Op(
            id=self._id(printed),
            name=_op_name(printed),
            inputs=inputs,
            outputs=tuple(outputs),
            attributes={
                name: _json_value(value)
                for name, value in printed.attributes.items()
                if name not in BOOKKEEPING
            },
            layer=facts.layer,
            line=facts.line,
            regions=regions,
            stack=facts.stack,
        )
        self._mark(op)
        return op

    def _id(self, printed: PrintedOp) -> int:
        number = self.op_ids.get(id(printed))
        return self.numbering.ops() if number is None else number

    def _type(
        self,
        printed: PrintedOp,
        types: Sequence[str | ValueType],
        inputs: tuple[int | None, ...],
        index: int,
    ) -> ValueType:
        if index < len(types):
            kind = types[index]
            return kind if isinstance(kind, ValueType) else read_type(kind)
        # Paddle prints no types for a loop: its results are its variables, which follow the
        # condition.
        source = inputs[index + 1] if index + 1 < len(inputs) else None
        if printed.name == "pd_op.while" and source is not None and source in self.values:
            value = self.values[source]
            return ValueType(value.shape, value.dtype)
        return ValueType(None, "unknown")

    def _region(
        self, printed: PrintedOp, region: PrintedRegion, inputs: tuple[int | None, ...]
    ) -> Region:
        self.shadowed.append({})
        arguments = []
        for index, name in enumerate(region.arguments):
            kind = self._type(printed, region.argument_types, inputs, index)
            # Every loop reuses the same argument names, so the outer value must not be used.
            arguments.append(self._value(name, kind, "", fresh=f"{id(region)}{name}"))
        ops = tuple(self.op(op) for op in region.ops)
        self.value_ids |= self.shadowed.pop()
        return Region(arguments=tuple(arguments), ops=ops)

    def _value(
        self,
        printed_name: str,
        kind: ValueType,
        name: str,
        *,
        fresh: str | None = None,
    ) -> int:
        if kind.shape is not None and prod(size for size in kind.shape if size > 0) >= MAX_SIZE:
            raise ValueError(f"{printed_name} has the shape {list(kind.shape)!s:.80}")
        number = self.value_ids.get(fresh or printed_name)
        if number is None:
            number = self.numbering.values()
        # After a region, names mean again what they meant before it.
        if self.shadowed and printed_name in self.value_ids:
            self.shadowed[-1].setdefault(printed_name, self.value_ids[printed_name])
        self.value_ids[printed_name] = number
        self.values[number] = Value(number, kind.shape, kind.dtype, name, kind.size_names)
        return number

    def _mark(self, op: Op) -> None:
        is_inside_region = bool(self.shadowed)
        if op.name in INPUTS:
            self.inputs += op.outputs
        elif op.name in OUTPUTS and not is_inside_region:
            values = [value for value in op.inputs if value is not None]
            self.outputs += values
            # PIR's ops make a value of their own, which has the name.
            if op.name in _NAMES_OPERAND and not op.outputs and values:
                self._name_output(values[0], str(op.attributes.get("name", "")))
        elif op.name in PARAMETERS and op.outputs:
            self.parameters.append(self._parameter(op))

    def _name_output(self, number: int, name: str) -> None:
        value = self.values[number]
        self.values[number] = replace(value, name=value.name or name)

    def _parameter(self, op: Op) -> Parameter:
        value = self.values[op.outputs[0]]
        own = str(op.attributes.get("parameter_name", ""))
        shape = value.shape or ()
        stored_bytes = op.attributes.get("stored_bytes")
        if not isinstance(stored_bytes, int):
            stored_bytes = tensor_bytes(prod(max(size, 0) for size in shape), value.dtype) or 0
        return Parameter(
            name=self.parameter_names.get(own, own),
            shape=shape,
            dtype=value.dtype,
            bytes=stored_bytes,
            value=value.id,
        )


def _json_value(value: Any) -> Any:
    """Return NaN and infinities as text: they are not valid JSON, and browsers do not read them."""
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    return [_json_value(item) for item in value] if isinstance(value, list) else value


def _layer(printed: PrintedOp) -> str:
    """Return the class path that Paddle records: `/Encoder/Linear_1/` is `Encoder.Linear_1`."""
    path = printed.attributes.get("struct_name", "")
    return ".".join(part for part in str(path).split("/") if part)


def _op_name(printed: PrintedOp) -> str:
    """Return an op's name; for a kernel, the name of the op that it runs."""
    return str(printed.attributes.get("op_name", printed.name))


def _name_of(printed: PrintedOp) -> str:
    attributes: dict[str, Any] = printed.attributes
    if printed.name in PARAMETERS:
        return str(attributes.get("parameter_name", ""))
    if _op_name(printed) in INPUTS | OUTPUTS:
        return str(attributes.get("name", attributes.get("output_name", "")))
    return ""
