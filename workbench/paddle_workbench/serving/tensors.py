"""Tensors as the Open Inference Protocol writes them, as JSON or as bytes.

References
----------
https://github.com/kserve/open-inference-protocol, version 2, and the extension for binary tensors
of https://github.com/triton-inference-server/server/blob/main/docs/protocol/
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..contract import BundleRecord
from ..contract.serving import InferRequest, TensorMetadata, TensorValues
from .frames import Array
from .problems import InvalidRequestError, read_json

__all__ = [
    "BINARY_SIZE",
    "DTYPES",
    "HEADER_LENGTH",
    "datatype_of",
    "encode_response",
    "metadata_of",
    "read_request",
    "tensors_of",
]

HEADER_LENGTH = "inference-header-content-length"

DTYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}
"""The dtypes of the protocol, and those of numpy."""
_DATATYPES = {dtype: name for name, dtype in DTYPES.items()}
BINARY_SIZE = "binary_data_size"
_MOST_ELEMENTS = 1 << 30
_BINARY, _BINARY_OUTPUT = "binary_data", "binary_data_output"


def datatype_of(dtype: str) -> str:
    """Return the protocol's name of a dtype, such as `FP32` for `float32`."""
    return _DATATYPES.get(dtype, dtype.upper())


def metadata_of(record: BundleRecord) -> tuple[tuple[TensorMetadata, ...], ...]:
    """Return the inputs and the outputs of a bundle's program."""
    return tuple(
        tuple(
            TensorMetadata(
                name=each.name,
                datatype=datatype_of(each.dtype),
                shape=tuple(-1 if size is None else size for size in each.shape or (-1,)),
            )
            for each in signatures
        )
        for signatures in (record.inputs, record.outputs)
    )


def read_request(body: bytes, header_length: str | None) -> tuple[InferRequest, memoryview]:
    """Return a request, and the bytes of its tensors that follow the JSON.

    Raises
    ------
    InvalidRequestError
    """
    size = len(body)
    if header_length is not None:
        if not header_length.isdecimal() or int(header_length) > size:
            raise InvalidRequestError(
                f"{HEADER_LENGTH} is {header_length!r:.80}, and the body has {size} bytes.",
                "Send the length of the JSON in bytes.",
                place=HEADER_LENGTH,
            )
        size = int(header_length)
    return read_json(body[:size], InferRequest), memoryview(body)[size:]


def tensors_of(
    request: InferRequest, content: memoryview, record: BundleRecord
) -> tuple[Array, ...]:
    """Return the arrays for the inputs of a program, in its order.

    Raises
    ------
    InvalidRequestError
        With the place, if a tensor is missing, unknown, or not what it says.
    """
    arrays: dict[str, Array] = {}
    start = 0
    known = {each.name: each for each in record.inputs}
    for number, tensor in enumerate(request.inputs):
        place = f"inputs[{number}]"
        if tensor.name not in known or tensor.name in arrays:
            again = "twice" if tensor.name in arrays else "which the model does not have"
            raise InvalidRequestError(
                f"There is an input {tensor.name!r:.80}, {again}.",
                f"The inputs are: {', '.join(known)}.",
                place=f"{place}.name",
            )
        array, start = _array(tensor, content, start, place)
        arrays[tensor.name] = array
    missing = [name for name in known if name not in arrays]
    if missing:
        raise InvalidRequestError(
            f"The input {missing[0]!r} is missing.",
            f"The inputs are: {', '.join(known)}.",
            place="inputs",
        )
    if start != len(content):
        raise InvalidRequestError(
            f"{len(content) - start} bytes follow the last tensor.",
            f"Give each tensor its {BINARY_SIZE}.",
            place="body",
        )
    return tuple(arrays[name] for name in known)


def _array(tensor: TensorValues, content: memoryview, start: int, place: str) -> tuple[Array, int]:
    name = DTYPES.get(tensor.datatype)
    if name is None:
        raise InvalidRequestError(
            f"The datatype is {tensor.datatype!r:.80}.",
            f"Use one of these: {', '.join(DTYPES)}.",
            place=f"{place}.datatype",
        )
    dtype = np.dtype(name)
    if any(size < 0 for size in tensor.shape) or math.prod(tensor.shape) > _MOST_ELEMENTS:
        raise InvalidRequestError(
            f"The shape is {list(tensor.shape)!r:.80}.",
            f"Use sizes from 0 on, and at most {_MOST_ELEMENTS:,} elements.",
            place=f"{place}.shape",
        )
    count = math.prod(tensor.shape)
    size = (tensor.parameters or {}).get(BINARY_SIZE)
    if size is not None:
        if size != count * dtype.itemsize or start + size > len(content):
            raise InvalidRequestError(
                f"{BINARY_SIZE} is {size!r:.80}, and {list(tensor.shape)} of {tensor.datatype} "
                f"take {count * dtype.itemsize}; the body has {len(content) - start} left.",
                "Send the tensor's bytes after the JSON, little-endian, in row-major order.",
                place=f"{place}.parameters.{BINARY_SIZE}",
            )
        array = np.frombuffer(content, dtype.newbyteorder("<"), count, start)
        return array.astype(dtype, copy=False).reshape(tensor.shape), start + size
    if tensor.data is None:
        raise InvalidRequestError(
            "There are no data.", f"Send `data`, or `{BINARY_SIZE}`.", place=f"{place}.data"
        )
    return _from_json(tensor.data, dtype, tensor, f"{place}.data"), start


def _from_json(
    data: Sequence[Any], dtype: np.dtype[Any], tensor: TensorValues, place: str
) -> Array:
    try:
        array = np.asarray(data)
    except (ValueError, OverflowError) as error:
        raise _not_of_type(tensor, str(error).splitlines()[0], place) from error
    problem = _problem(array, dtype)
    if problem:
        raise _not_of_type(tensor, problem, place)
    has_shape = array.ndim == 1 or array.shape == tensor.shape
    if array.size != math.prod(tensor.shape) or not has_shape:
        raise InvalidRequestError(
            f"The data have {array.size} values in the shape {list(array.shape)}, and the shape is "
            f"{list(tensor.shape)}.",
            "Send as many values as the shape has.",
            place=place,
        )
    return array.astype(dtype).reshape(tensor.shape)


def _problem(array: Array, dtype: np.dtype[Any]) -> str:
    """Return why values are not of a dtype; nothing is rounded or cut off silently."""
    if not array.size:
        return ""
    if array.dtype.kind not in "biuf":
        return "some are not numbers"
    if dtype.kind == "b" and not np.isin(array, (0, 1)).all():
        return "some are neither true nor false"
    if dtype.kind in "iu":
        if array.dtype.kind == "f":
            return "some are not whole"
        limits = np.iinfo(dtype)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            return "some are out of range"
    return ""


def _not_of_type(tensor: TensorValues, reason: str, place: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The data are not {tensor.datatype}: {reason.rstrip('.')}.",
        "Send numbers in row-major order, flat or nested like the shape.",
        place=place,
    )


def encode_response(
    arrays: Sequence[Array], request: InferRequest, record: BundleRecord
) -> tuple[bytes, dict[str, str]]:
    """Return the body of a response, and its headers.

    Raises
    ------
    InvalidRequestError
        If the request wants an output that the model does not have.
    """
    wanted = _wanted(request, record)
    by_name = dict(zip((each.name for each in record.outputs), arrays, strict=True))
    outputs, parts = [], []
    for name, is_binary in wanted.items():
        array = np.ascontiguousarray(by_name[name])
        values = TensorValues(
            name=name, shape=array.shape, datatype=datatype_of(array.dtype.name)
        ).model_dump(exclude_none=True)
        if is_binary:
            content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
            values["parameters"] = {BINARY_SIZE: len(content)}
            parts.append(content)
        else:
            values["data"] = _numbers(array)
        outputs.append(values)
    response: dict[str, Any] = {"model_name": record.name, "model_version": record.version}
    if request.id is not None:
        response["id"] = request.id
    response["outputs"] = outputs
    head = json.dumps(response, ensure_ascii=False).encode()
    if not parts:
        return head, {"content-type": "application/json"}
    headers = {"content-type": "application/octet-stream", HEADER_LENGTH: str(len(head))}
    return b"".join([head, *parts]), headers


def _numbers(array: Array) -> list[Any]:
    """Return values for JSON, which has no NaN and no infinity."""
    flat = array.reshape(-1)
    if array.dtype.kind == "f" and not np.isfinite(flat).all():
        return [value if math.isfinite(value) else None for value in flat.tolist()]
    return list(flat.tolist())


def _wanted(request: InferRequest, record: BundleRecord) -> dict[str, bool]:
    """Return the names of the outputs to return, and whether as bytes."""
    names = [each.name for each in record.outputs]
    is_binary = bool((request.parameters or {}).get(_BINARY_OUTPUT, False))
    if request.outputs is None:
        return dict.fromkeys(names, is_binary)
    wanted = {}
    for number, each in enumerate(request.outputs):
        if each.name not in names:
            raise InvalidRequestError(
                f"There is no output {each.name!r:.80}.",
                f"The outputs are: {', '.join(names)}.",
                place=f"outputs[{number}].name",
            )
        wanted[each.name] = bool((each.parameters or {}).get(_BINARY, is_binary))
    return wanted
