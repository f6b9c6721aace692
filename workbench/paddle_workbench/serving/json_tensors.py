"""Tensors of requests and responses in JSON, in which they may follow as bytes.

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
from ..contract.serving import InferRequest, TensorValues
from .problems import InvalidRequestError, read_json
from .tensors import (
    arrays_of,
    bytes_of,
    check_outputs,
    datatype_of,
    dtype_of,
    from_bytes,
    from_numbers,
)
from .workers.frames import Array

__all__ = ["BINARY_SIZE", "HEADER_LENGTH", "encode_response", "read_request", "tensors_of"]

HEADER_LENGTH = "inference-header-content-length"
BINARY_SIZE = "binary_data_size"
_BINARY, _BINARY_OUTPUT = "binary_data", "binary_data_output"


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
    """Return the arrays of a request in JSON for the inputs of a program, in its order.

    Raises
    ------
    InvalidRequestError
        With the place, if a tensor is missing, unknown, or not what it says.
    """
    start = 0

    def read(number: int, tensor: TensorValues) -> Array:
        nonlocal start
        place = f"inputs[{number}]"
        dtype = dtype_of(tensor, place)
        size = (tensor.parameters or {}).get(BINARY_SIZE)
        if size is not None:
            expected = math.prod(tensor.shape) * dtype.itemsize
            if size != expected or start + size > len(content):
                raise InvalidRequestError(
                    f"{BINARY_SIZE} is {size!r:.80}, and {list(tensor.shape)} of {tensor.datatype} "
                    f"take {expected}; the body has {len(content) - start} left.",
                    "Send the tensor's bytes after the JSON, little-endian, in row-major order.",
                    place=f"{place}.parameters.{BINARY_SIZE}",
                )
            start += size
            return from_bytes(content, tensor, dtype, start - size)
        if tensor.data is None:
            raise InvalidRequestError(
                "There are no data.", f"Send `data`, or `{BINARY_SIZE}`.", place=f"{place}.data"
            )
        return from_numbers(tensor.data, tensor, dtype, f"{place}.data")

    arrays = arrays_of(request.inputs, read, record)
    if start != len(content):
        raise InvalidRequestError(
            f"{len(content) - start} bytes follow the last tensor.",
            f"Give each tensor its {BINARY_SIZE}.",
            place="body",
        )
    return arrays


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
            content = bytes_of(array)
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
    is_binary = bool((request.parameters or {}).get(_BINARY_OUTPUT, False))
    if request.outputs is None:
        return dict.fromkeys((each.name for each in record.outputs), is_binary)
    check_outputs([each.name for each in request.outputs], record)
    return {
        each.name: bool((each.parameters or {}).get(_BINARY, is_binary)) for each in request.outputs
    }
