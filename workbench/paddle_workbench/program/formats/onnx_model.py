"""`.onnx`, for comparison with graphs from other frameworks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from ...errors import ProgramError
from .pir_text import PrintedOp, PrintedRegion
from .protobuf import protobuf_of

__all__ = ["read_onnx"]

_LONGEST = 64
"""Most entries of a list that are kept as an attribute."""


def read_onnx(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    """Return the graph and its opsets; shapes that are not in the file stay unknown.

    Raises
    ------
    ProgramError
        If the content is not an ONNX model, or has no graph.
    """
    from google.protobuf.message import DecodeError

    hint = "Export the model again, or download the file again."
    model = _description().ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ProgramError(f"{file} is not an .onnx file, or only part of one.", hint) from error
    if not model.graph.node:
        raise ProgramError(f"{file} contains no graph.", hint)
    opsets = ", ".join(f"{item.domain or 'ai.onnx'} {item.version}" for item in model.opset_import)
    return _Reader().graph(model.graph, {}), opsets


def _description() -> Any:
    return protobuf_of("onnx", "onnx_ml_pb2.py")


class _Reader:
    def __init__(self) -> None:
        self.numbers = count()

    def graph(self, graph: Any, outer: Mapping[str, str]) -> PrintedRegion:
        values = dict(outer)
        types = {
            item.name: _type(item.type) for item in (*graph.value_info, *graph.input, *graph.output)
        }
        region = PrintedRegion()
        weights = {tensor.name for tensor in graph.initializer}
        for tensor in graph.initializer:
            types[tensor.name] = _tensor_type(tensor.data_type, tensor.dims)
            region.ops.append(
                self._source("builtin.parameter", "parameter_name", tensor.name, types, values)
            )
        for item in graph.input:
            if item.name not in weights:
                region.ops.append(self._source("pd_op.data", "name", item.name, types, values))
        for node in graph.node:
            region.ops.append(self._node(node, types, values))
        for item in graph.output:
            region.ops.append(
                PrintedOp(
                    name="pd_op.fetch" if not outer else "cf.yield",
                    operands=[values.get(item.name)],
                    results=[],
                    attributes={"name": item.name},
                    result_types=[],
                )
            )
        return region

    def _source(
        self, kind: str, label: str, name: str, types: Mapping[str, str], values: dict[str, str]
    ) -> PrintedOp:
        return PrintedOp(
            name=kind,
            operands=[],
            results=[self._new(name, values)],
            attributes={label: name},
            result_types=[types.get(name, "unknown")],
        )

    def _node(self, node: Any, types: Mapping[str, str], values: dict[str, str]) -> PrintedOp:
        operands = [values.get(name) if name else None for name in node.input]
        regions = [
            self.graph(graph, values)
            for attribute in node.attribute
            for graph in ([attribute.g] if attribute.HasField("g") else attribute.graphs)
        ]
        outputs = [name for name in node.output if name]
        attributes = {
            attribute.name: _attribute(attribute)
            for attribute in node.attribute
            if not attribute.HasField("g") and not attribute.graphs
        }
        if node.name:
            attributes["struct_name"] = node.name
        return PrintedOp(
            name=f"{node.domain or 'onnx'}.{node.op_type}",
            operands=operands,
            results=[self._new(name, values) for name in outputs],
            attributes=attributes,
            result_types=[types.get(name, "unknown") for name in outputs],
            regions=regions,
        )

    def _new(self, name: str, values: dict[str, str]) -> str:
        values[name] = f"%{next(self.numbers)}"
        return values[name]


def _type(kind: Any) -> str:
    if not kind.HasField("tensor_type"):
        return "unknown"
    shape = kind.tensor_type.shape.dim
    return _tensor_type(
        kind.tensor_type.elem_type,
        [size.dim_value if size.HasField("dim_value") else -1 for size in shape],
    )


def _tensor_type(number: int, sizes: Iterable[int]) -> str:
    try:
        dtype = _description().TensorProto.DataType.Name(number).lower()
    except ValueError:
        dtype = "unknown"
    return f"tensor<{''.join(f'{size}x' for size in sizes)}{_DTYPES.get(dtype, dtype)}>"


_FIELDS = {"FLOAT": "f", "INT": "i", "STRING": "s", "FLOATS": "floats", "INTS": "ints",
           "STRINGS": "strings"}  # fmt: skip
_DTYPES = {"float": "float32", "double": "float64"}


def _attribute(attribute: Any) -> Any:
    name = _description().AttributeProto.AttributeType.Name(attribute.type)
    if name == "TENSOR":
        return _tensor_type(attribute.t.data_type, attribute.t.dims)
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
