"""`.onnx`, for comparison with graphs from other frameworks."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from itertools import count
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

from ...errors import ProgramError
from ..model.structure import MAX_DEPTH, OpBudget, tensor_bytes
from .pir_text import PrintedOp, PrintedRegion, ValueType
from .protobuf import protobuf_of

__all__ = ["read_onnx"]

_LONGEST = 64
"""Most entries of a list that are kept as an attribute."""

_UNKNOWN = ValueType(None, "unknown")

_Names: TypeAlias = MutableMapping[str, str]
"""From the names in the file to those of values; a body also sees the names around it."""


def read_onnx(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    """Return the graph and its opsets; shapes that are not in the file stay unknown.

    Raises
    ------
    ProgramError
        If the content is not an ONNX model, or has no graph.
    ValueError
        If the model is too large or nested too deeply.
    """
    from google.protobuf.message import DecodeError

    hint = "Export the model again, or download the file again."
    model = _description().ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ProgramError(f"{file} is not an .onnx file, or only part of one.", hint) from error
    if not model.graph.node and not model.graph.output:
        raise ProgramError(f"{file} contains no graph.", hint)
    opsets = ", ".join(f"{item.domain or 'ai.onnx'} {item.version}" for item in model.opset_import)
    return _Reader(model.functions).graph(model.graph), opsets


def _description() -> Any:
    return protobuf_of("onnx", "onnx_ml_pb2.py")


class _Reader:
    def __init__(self, functions: Iterable[Any]) -> None:
        self.numbers = count()
        self.types: dict[str, ValueType] = {}
        self.functions = {
            (function.domain, function.name, function.overload): function for function in functions
        }
        self.open_functions: set[int] = set()
        self.seen_functions: set[int] = set()
        self.is_repeated = False
        self.depth = 0
        self.budget = OpBudget()

    def graph(self, graph: Any) -> PrintedRegion:
        """Return the graph of the model."""
        region = PrintedRegion()
        names: _Names = {}
        types = _types_in(graph)
        weights = self._weights(graph, region, names)
        for item in graph.input:
            if item.name not in weights:
                region.ops.append(self._source("builtin.input", item.name, types, names))
        self._nodes(graph.node, region, types, names)
        for item in graph.output:
            operand = self._operand(item.name, region, names)
            region.ops.append(_output([operand], {"name": item.name}))
        return region

    def _body(self, graph: Any, outer: _Names) -> PrintedRegion:
        """Return the body of an `If`, `Loop` or `Scan`: its inputs are given to it by the op."""
        region = PrintedRegion()
        names = ChainMap({}, outer)
        types = _types_in(graph)
        weights = self._weights(graph, region, names)
        inputs = [item.name for item in graph.input if item.name not in weights]
        self._arguments(inputs, [types[name] for name in inputs], region, names)
        self._nodes(graph.node, region, types, names)
        region.ops.append(
            _output([self._operand(item.name, region, names) for item in graph.output], {})
        )
        return region

    def _function(self, function: Any, arguments: Sequence[ValueType]) -> PrintedRegion:
        """Return the body of a function: it sees only its own names."""
        region = PrintedRegion()
        names: _Names = {}
        types = {item.name: _type(item.type) for item in function.value_info}
        inputs = list(function.input)
        known = [*arguments, *[_UNKNOWN] * len(inputs)]
        self._arguments(inputs, known[: len(inputs)], region, names)
        before = self.is_repeated
        self.is_repeated = before or id(function) in self.seen_functions
        self.seen_functions.add(id(function))
        self.open_functions.add(id(function))
        self._nodes(function.node, region, types, names)
        self.open_functions.discard(id(function))
        self.is_repeated = before
        region.ops.append(
            _output([self._operand(name, region, names) for name in function.output], {})
        )
        return region

    def _weights(self, graph: Any, region: PrintedRegion, names: _Names) -> set[str]:
        """Add the parameters, and return their names."""
        weights = set()
        for tensor in graph.initializer:
            types = {tensor.name: _tensor_type(tensor.data_type, tensor.dims)}
            region.ops.append(self._source("builtin.parameter", tensor.name, types, names))
            weights.add(tensor.name)
        for tensor in graph.sparse_initializer:
            name = tensor.values.name
            types = {name: _tensor_type(tensor.values.data_type, tensor.dims)}
            op = self._source("builtin.parameter", name, types, names)
            op.attributes["stored_bytes"] = _stored_bytes(tensor.values, tensor.indices)
            region.ops.append(op)
            weights.add(name)
        return weights

    def _arguments(
        self,
        inputs: Iterable[str],
        types: Iterable[ValueType],
        region: PrintedRegion,
        names: _Names,
    ) -> None:
        for name, kind in zip(inputs, types, strict=True):
            region.arguments.append(self._new(name, kind, names))
            region.argument_types.append(kind)

    def _source(
        self, kind: str, name: str, types: Mapping[str, ValueType], names: _Names
    ) -> PrintedOp:
        """Return an op that makes a value without computing it."""
        label = "parameter_name" if kind == "builtin.parameter" else "name"
        self.budget.spend(is_repeated=self.is_repeated)
        value_type = types.get(name, _UNKNOWN)
        return PrintedOp(
            name=kind,
            operands=[],
            results=[self._new(name, value_type, names)],
            attributes={label: name},
            result_types=[value_type],
        )

    def _nodes(
        self,
        nodes: Iterable[Any],
        region: PrintedRegion,
        types: Mapping[str, ValueType],
        names: _Names,
    ) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"its graphs are nested more than {MAX_DEPTH} deep")
        for node in nodes:
            self.budget.spend(is_repeated=self.is_repeated)
            operands = [self._operand(name, region, names) if name else None for name in node.input]
            region.ops.append(self._node(node, operands, types, names))
        self.depth -= 1

    def _operand(self, name: str, region: PrintedRegion, names: _Names) -> str:
        """Return the value with a name; one that the file does not define is shown as such."""
        if name not in names:
            region.ops.append(self._source("builtin.undefined", name, {}, names))
        return names[name]

    def _node(
        self, node: Any, operands: list[str | None], types: Mapping[str, ValueType], names: _Names
    ) -> PrintedOp:
        regions = [
            self._body(graph, names)
            for attribute in node.attribute
            for graph in ([attribute.g] if attribute.HasField("g") else attribute.graphs)
        ]
        function = self.functions.get((node.domain, node.op_type, node.overload))
        if function is not None and id(function) not in self.open_functions:
            known = [_UNKNOWN if value is None else self.types[value] for value in operands]
            regions.append(self._function(function, known))
        attributes = {
            attribute.name: _attribute(attribute)
            for attribute in node.attribute
            if not attribute.HasField("g") and not attribute.graphs
        }
        if node.name:
            attributes["struct_name"] = node.name
        outputs = [name for name in node.output if name]
        result_types = [types.get(name, _UNKNOWN) for name in outputs]
        return PrintedOp(
            name=f"{node.domain or 'onnx'}.{node.op_type}",
            operands=operands,
            results=[
                self._new(name, kind, names)
                for name, kind in zip(outputs, result_types, strict=True)
            ],
            attributes=attributes,
            result_types=result_types,
            regions=regions,
        )

    def _new(self, name: str, kind: ValueType, names: _Names) -> str:
        value = names[name] = f"%{next(self.numbers)}"
        self.types[value] = kind
        return value


def _output(operands: list[str | None], attributes: dict[str, Any]) -> PrintedOp:
    return PrintedOp("builtin.output", operands, [], attributes, [])


def _types_in(graph: Any) -> dict[str, ValueType]:
    items = (*graph.value_info, *graph.output, *graph.input)
    return {item.name: _type(item.type) for item in items}


def _type(kind: Any) -> ValueType:
    if not kind.HasField("tensor_type"):
        return ValueType(None, _type_name(kind))
    tensor = kind.tensor_type
    if not tensor.HasField("shape"):
        return ValueType(None, _dtype(tensor.elem_type))
    sizes = tensor.shape.dim
    names = tuple(size.dim_param for size in sizes)
    return ValueType(
        shape=tuple(
            size.dim_value if size.HasField("dim_value") and size.dim_value >= 0 else -1
            for size in sizes
        ),
        dtype=_dtype(tensor.elem_type),
        size_names=names if any(names) else (),
    )


def _type_name(kind: Any) -> str:
    """Return the name of a type: `float32`, `sequence(float32)`."""
    which = kind.WhichOneof("value")
    if which == "tensor_type":
        return _dtype(kind.tensor_type.elem_type)
    if which == "sparse_tensor_type":
        return f"sparse({_dtype(kind.sparse_tensor_type.elem_type)})"
    if which == "map_type":
        key = _dtype(kind.map_type.key_type)
        return f"map({key}, {_type_name(kind.map_type.value_type)})"
    if which in ("sequence_type", "optional_type"):
        return f"{which.removesuffix('_type')}({_type_name(getattr(kind, which).elem_type)})"
    return "unknown"


def _tensor_type(number: int, sizes: Iterable[int]) -> ValueType:
    return ValueType(tuple(sizes), _dtype(number))


def _dtype(number: int) -> str:
    try:
        name = str(_description().TensorProto.DataType.Name(number)).lower()
    except ValueError:  # newer than the description
        return "unknown"
    return _DTYPES.get(name, name)


def _stored_bytes(*tensors: Any) -> int:
    sizes = [tensor_bytes(prod(tensor.dims), _dtype(tensor.data_type)) for tensor in tensors]
    return sum(size or 0 for size in sizes)


_FIELDS = {"FLOAT": "f", "INT": "i", "STRING": "s", "FLOATS": "floats", "INTS": "ints",
           "STRINGS": "strings"}  # fmt: skip
_DTYPES = {
    "double": "float64", "float": "float32", "float4e2m1": "float4_e2m1",
    "float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2": "float8_e5m2", "float8e5m2fnuz": "float8_e5m2fnuz",
    "float8e8m0": "float8_e8m0", "undefined": "unknown",
}  # fmt: skip


def _attribute(attribute: Any) -> Any:
    if attribute.ref_attr_name:  # an attribute of the function around the node
        return f"${attribute.ref_attr_name}"
    name = _description().AttributeProto.AttributeType.Name(attribute.type)
    if name == "TENSOR":
        tensor = attribute.t
        sizes = "".join(f"{size}x" for size in tensor.dims)
        return f"tensor<{sizes}{_dtype(tensor.data_type)}>"
    if name not in _FIELDS:
        return name.lower()
    value = getattr(attribute, _FIELDS[name])
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (int, float, str)):
        return value
    return [
        item.decode("utf-8", "replace") if isinstance(item, bytes) else item
        for item in list(value)[:_LONGEST]
    ]
