"""The bodies that clients send: raw inputs for the route of a task, or tensors."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..contract.model import invalid_field
from ..contract.serving import InferResponse, TensorValues
from ..errors import ServingError, StorageError
from ..picture_files.array import check_picture
from .json_tensors import BINARY_SIZE, HEADER_LENGTH
from .tensors import DTYPES, datatype_of
from .workers.frames import Array

__all__ = ["Body", "decode_tensors", "encode_inputs", "encode_tensors"]

JSON, BYTES = "application/json", "application/octet-stream"
_SEVERAL = (list, tuple)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request.

    Parameters
    ----------
    content : bytes
    headers : dict of str to str
        That describe it.
    """

    content: bytes
    headers: dict[str, str]


def encode_inputs(inputs: Any) -> Body:
    """Return the body with one raw input, or a list of them.

    Parameters
    ----------
    inputs
        A str is a text. A picture is a uint8 array (height, width, 3) in RGB or a PIL picture in
        RGB, which are sent as PNG, or a Path or the bytes of a picture file, sent as they are.

    Raises
    ------
    ServingError
        If it is none of these, or a list contains texts and pictures.
    ShapeError
        If an array or PIL picture is not such a picture.
    StorageError
        If a file cannot be read.
    """
    if isinstance(inputs, str):
        return _json(text=inputs)
    if not isinstance(inputs, _SEVERAL):
        return Body(_picture(inputs), {"content-type": BYTES})
    if not inputs:
        raise ServingError("The list of inputs is empty.", "Pass one input at least.")
    texts = [each for each in inputs if isinstance(each, str)]
    if not texts:
        return _json(pictures=[base64.b64encode(_picture(each)).decode() for each in inputs])
    if len(texts) < len(inputs):
        raise ServingError(
            f"{len(texts)} of {len(inputs)} inputs are texts.",
            "Pass texts, or pictures; a Path is the file of a picture.",
        )
    return _json(texts=texts)


def _json(**values: Any) -> Body:
    try:
        return Body(json.dumps(values, ensure_ascii=False).encode(), {"content-type": JSON})
    except UnicodeEncodeError as error:
        raise ServingError(
            f"A text contains half a surrogate pair: {error.object[error.start]!r}.",
            'Decode it with another encoding, or with errors="replace".',
        ) from error


def _picture(value: Any) -> bytes:
    """Return the content of a picture file."""
    from PIL import Image

    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, Path):
        try:
            return value.read_bytes()
        except OSError as error:
            raise StorageError(
                f"{value} cannot be read: {error.strerror}.", "Check the path."
            ) from error
    if isinstance(value, Image.Image) and value.mode == "RGB":
        value = np.asarray(value)
    file = io.BytesIO()
    Image.fromarray(check_picture(value)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def encode_tensors(arrays: Mapping[str, Array]) -> Body:
    """Return the body with arrays for the inputs of a program, and the wish for binary outputs.

    Raises
    ------
    ServingError
        If the protocol does not have the dtype of one.
    """
    tensors, parts = [], []
    for name, value in arrays.items():
        array = np.ascontiguousarray(value)
        datatype = datatype_of(array.dtype.name)
        if datatype not in DTYPES:
            raise ServingError(
                f"The array for {name} has the dtype {array.dtype}.",
                f"Convert it to one of these: {', '.join(DTYPES.values())}.",
            )
        content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        tensors.append(
            TensorValues(
                name=name,
                shape=np.shape(value),
                datatype=datatype,
                parameters={BINARY_SIZE: len(content)},
            ).model_dump(exclude_none=True)
        )
        parts.append(content)
    head = json.dumps({"inputs": tensors, "parameters": {"binary_data_output": True}}).encode()
    return Body(
        b"".join([head, *parts]),
        {"content-type": BYTES, HEADER_LENGTH: str(len(head))},
    )


def decode_tensors(content: bytes, header_length: str | None) -> list[Array]:
    """Return the arrays of a response, in its order.

    Parameters
    ----------
    content : bytes
    header_length : str or None
        How many bytes of it are JSON; None if all are.

    Raises
    ------
    ServingError
        If it is not what the protocol says.
    """
    try:
        size = len(content) if header_length is None else int(header_length)
        tensors = InferResponse.model_validate_json(content[:size]).outputs
        return _arrays(tensors, memoryview(content)[size:])
    except ValidationError as error:
        raise _not_a_response(invalid_field(error)) from error
    except (KeyError, ValueError) as error:
        raise _not_a_response(str(error)) from error


def _arrays(tensors: Sequence[TensorValues], content: memoryview) -> list[Array]:
    arrays, start = [], 0
    for tensor in tensors:
        dtype = np.dtype(DTYPES[tensor.datatype])
        size = (tensor.parameters or {}).get(BINARY_SIZE)
        if size is None:
            array = np.array(tensor.data, dtype)  # None, which JSON has for NaN, becomes NaN
        else:
            count = math.prod(tensor.shape)
            array = np.frombuffer(content, dtype.newbyteorder("<"), count, start)
            array = array.astype(dtype)  # a copy, which can be written to
            start += size
        arrays.append(array.reshape(tensor.shape))
    return arrays


def _not_a_response(reason: str) -> ServingError:
    return ServingError(
        f"The answer is not one of the Open Inference Protocol: {reason.rstrip('.')}.",
        "Check that the address is that of `workbench serve`.",
    )
