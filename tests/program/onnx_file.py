"""ONNX files of any size, written as bytes without a library.

Field numbers are those of `onnx.proto3`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["onnx_bytes"]

FLOAT = 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _value(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, size)) for size in shape)
    tensor = _number(1, FLOAT) + _bytes(2, dims)
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def onnx_bytes(
    nodes: Iterable[tuple[str, str, Sequence[str], Sequence[str]]],
    inputs: Sequence[str],
    outputs: Sequence[str],
    shape: Sequence[int] = (1, 64, 128),
) -> bytes:
    """Return a model of float tensors of one shape.

    Parameters
    ----------
    nodes : iterable of (type, name, inputs, outputs)
    """
    graph = bytearray()
    for kind, name, input_names, output_names in nodes:
        node = b"".join(_bytes(1, value) for value in input_names)
        node += b"".join(_bytes(2, value) for value in output_names)
        graph += _bytes(1, node + _bytes(3, name) + _bytes(4, kind))
    graph += _bytes(2, "graph")
    graph += b"".join(_bytes(11, _value(name, shape)) for name in inputs)
    graph += b"".join(_bytes(12, _value(name, shape)) for name in outputs)
    opset = _bytes(1, "") + _number(2, 17)
    return _number(1, 9) + _bytes(7, bytes(graph)) + _bytes(8, opset)
