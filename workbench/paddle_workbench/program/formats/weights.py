"""The weights of saved programs, read without Paddle: in `.pdiparams` and in `.onnx` files."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ProgramError
from ...reading import broken_file, read_bytes, storage_errors_as
from ..model.structure import tensor_bytes
from .protobuf import protobuf_of
from .saved import MAX_BYTES, SavedProgram

__all__ = ["Weight", "read_weights", "write_weights"]

# Paddle's VarType.
_PADDLE_DTYPES = {
    0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "float16", 5: "float32", 6: "float64",
    20: "uint8", 21: "int8", 22: "bfloat16", 23: "complex64", 24: "complex128",
}  # fmt: skip
_NOT_SAVED = "__non_persistable"
"""Part of the names of a GRU's or LSTM's state of dropout, which Paddle does not save."""
_HINT = "Save the program again with paddle.jit.save."
_KIND = "weights file"


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight of a saved program.

    Parameters
    ----------
    name : str
        The program's own name.
    dtype : str
    shape : tuple of int
    sha256 : str
        Of its bytes.
    array : array of `shape`
        bfloat16 is read as float32.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str
    array: NDArray[Any]


@storage_errors_as(ProgramError)
def read_weights(saved: SavedProgram) -> dict[str, Weight] | None:
    """Return the weights of a saved program by name, or None if it is saved without them.

    Raises
    ------
    ProgramError
        If the file with the weights is broken, or not that of the program.
    """
    if saved.format == "onnx":
        weights = _onnx_weights(saved.path)
    else:
        path = saved.path.with_suffix(".pdiparams")
        if saved.format == "capture" or not path.is_file():
            return None
        names = [each.name for each in saved.program.parameters]
        weights = _paddle_weights(path, sorted(name for name in names if _NOT_SAVED not in name))
    return {weight.name: weight for weight in weights}


def _paddle_weights(path: Path, names: list[str]) -> Iterator[Weight]:
    """Yield the tensors of a file that `paddle.jit.save` wrote, in the order of their names."""
    size = path.stat().st_size
    problem = ""
    at = 0
    with path.open("rb") as file:
        try:
            for name in names:
                # Version, levels of detail (none), version of the tensor, size of its description.
                _, levels, _, length = struct.unpack("<IQII", file.read(20))
                number, shape = _description(file.read(min(length, size)))
                dtype = _PADDLE_DTYPES[number]
                start = at + 20 + length
                at = start + (tensor_bytes(prod(shape), dtype) or 0)
                if levels or at > size:
                    problem = "levels of detail" if levels else "more bytes than the file"
                    problem = f"{name} has {problem}"
                    break
                yield _weight(name, dtype, shape, file.read(at - start))
        except (IndexError, KeyError, ValueError, struct.error) as error:
            problem = f"{type(error).__name__}: {error}"
    if problem or at != size:
        raise broken_file(
            path,
            _KIND,
            problem or f"it has more than the {len(names)} weights of the program",
            _HINT,
        )


def _description(content: bytes) -> tuple[int, tuple[int, ...]]:
    """Return number of the dtype and shape from a TensorDesc, a protobuf message of two fields."""
    dtype, sizes = 0, []
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        if tag == 0x12:  # packed sizes
            length, at = _varint(content, at)
            end = at + length
            while at < end:
                size, at = _varint(content, at)
                sizes.append(size)
            continue
        value, at = _varint(content, at)
        if tag == 0x08:
            dtype = value
        elif tag == 0x10:
            sizes.append(value)
        else:
            raise ValueError(f"a tensor has the unknown field {tag >> 3}")
    return dtype, tuple(sizes)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number has more than 64 bits")


@storage_errors_as(ProgramError)
def write_weights(
    path: Path, arrays: Mapping[str, NDArray[Any]], like: Mapping[str, Weight]
) -> None:
    """Write the weights of a program as `paddle.jit.save` does: a `.pdiparams` file.

    Parameters
    ----------
    path : Path
    arrays : mapping of str to array
        By name.
    like : mapping of str to Weight
        Those that they replace, whose dtypes they get.

    Raises
    ------
    ProgramError
        If the file cannot be written.
    """
    numbers = {dtype: number for number, dtype in _PADDLE_DTYPES.items()}
    with path.open("wb") as file:
        for name in sorted(arrays):
            dtype, array = like[name].dtype, arrays[name]
            sizes = b"".join(b"\x10" + _varint_bytes(size) for size in array.shape)
            description = b"\x08" + _varint_bytes(numbers[dtype]) + sizes
            file.write(struct.pack("<IQII", 0, 0, 0, len(description)) + description)
            if dtype == "bfloat16":  # read as float32
                values = (array.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
                file.write(values.tobytes())
            else:
                file.write(np.ascontiguousarray(array, dtype).tobytes())


def _varint_bytes(number: int) -> bytes:
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*content, number])


def _onnx_weights(path: Path) -> Iterator[Weight]:
    """Yield the initializers, and the tensors that `Constant` nodes make, of the main graph."""
    content = read_bytes(path, kind=_KIND, limit_bytes=MAX_BYTES, hint=_HINT)
    description = protobuf_of("onnx", "onnx_ml_pb2.py")
    graph = description.ModelProto.FromString(content).graph
    names = {"FLOAT": "float32", "DOUBLE": "float64"}
    dtypes = {
        number: names.get(name, name.lower())
        for name, number in description.TensorProto.DataType.items()
    }
    tensors = [(tensor.name, tensor) for tensor in graph.initializer]
    # Paddle2ONNX writes weights as constants; those of integers are axes and sizes.
    tensors += [
        (node.output[0], attribute.t)
        for node in graph.node
        if node.op_type == "Constant" and node.output
        for attribute in node.attribute
        if attribute.name == "value" and "float" in dtypes.get(attribute.t.data_type, "")
    ]
    for name, tensor in tensors:
        dtype = dtypes.get(tensor.data_type, "")
        shape = tuple(tensor.dims)
        size = tensor_bytes(prod(shape), dtype)
        data = _onnx_data(tensor, dtype)
        # Tensors in other files, and of types that numpy lacks, are not compared.
        if dtype in _PADDLE_DTYPES.values() and len(data) == size:
            yield _weight(name, dtype, shape, data)


def _onnx_data(tensor: Any, dtype: str) -> bytes:
    if tensor.raw_data:
        return bytes(tensor.raw_data)
    field = {"float32": "float_data", "float64": "double_data", "int64": "int64_data"}.get(dtype)
    if field is not None:
        return np.array(getattr(tensor, field), dtype).tobytes()
    if dtype in ("bool", "int8", "int16", "int32", "uint8"):
        return np.array(tensor.int32_data).astype(dtype).tobytes()
    return b""


def _weight(name: str, dtype: str, shape: tuple[int, ...], data: bytes) -> Weight:
    if dtype == "bfloat16":
        array = (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    else:
        array = np.frombuffer(data, dtype)
    return Weight(name, dtype, shape, hashlib.sha256(data).hexdigest(), array.reshape(shape))
