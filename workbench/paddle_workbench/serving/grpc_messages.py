"""The messages of the Open Inference Protocol over gRPC: requests taken apart, answers made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message

from ..contract import BundleRecord
from ..contract.serving import ModelMetadata, ServerMetadata
from .grpc_stubs.open_inference_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelMetadataResponse,
    ServerMetadataResponse,
)
from .problems import InvalidRequestError
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

__all__ = ["inputs_of", "model_metadata", "read_message", "response_of", "server_metadata"]

_Message = TypeVar("_Message", bound=Message)
_CONTENTS = {
    "BOOL": "bool_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
}
"""The field for the numbers of each datatype; FP16 has none."""
_RAW = "raw_input_contents"


def read_message(content: bytes, kind: type[_Message]) -> _Message:
    """Return the message that bytes contain.

    Raises
    ------
    InvalidRequestError
    """
    message: _Message = kind()
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise InvalidRequestError(
            f"The request is not a {kind.DESCRIPTOR.name}.",
            "Send it as open_inference.proto describes it.",
        ) from error
    return message


def inputs_of(request: ModelInferRequest, record: BundleRecord) -> tuple[Array, ...]:
    """Return the arrays of a request for the inputs of a program, in its order.

    Raises
    ------
    InvalidRequestError
        With the place. Also if the request wants an output that the model does not have.
    """
    check_outputs([each.name for each in request.outputs], record)
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise InvalidRequestError(
            f"There are {len(raw)} raw contents for {len(request.inputs)} inputs.",
            "Send one for each input, or none.",
            place=_RAW,
        )

    def read(number: int, tensor: Any) -> Array:
        place = f"inputs[{number}]"
        dtype = dtype_of(tensor, place)
        if not raw:
            numbers = _numbers(tensor, dtype, place)
            return from_numbers(numbers, tensor, dtype, f"{place}.contents")
        if tensor.HasField("contents"):
            raise InvalidRequestError(
                f"There are contents, and {_RAW}, too.",
                "Send one of them, for all inputs.",
                place=f"{place}.contents",
            )
        size = math.prod(tensor.shape) * dtype.itemsize
        if len(raw[number]) != size:
            raise InvalidRequestError(
                f"The content has {len(raw[number])} bytes, and {list(tensor.shape)} of "
                f"{tensor.datatype} take {size}.",
                "Send the tensor's bytes, little-endian, in row-major order.",
                place=f"{_RAW}[{number}]",
            )
        return from_bytes(raw[number], tensor, dtype)

    return arrays_of(request.inputs, read, record)


def _numbers(tensor: Any, dtype: np.dtype[Any], place: str) -> Array:
    """Return the typed contents of a tensor, in the widest dtype of their kind."""
    name = _CONTENTS.get(tensor.datatype)
    if name is None:
        raise InvalidRequestError(
            f"There are no typed contents for {tensor.datatype}.",
            f"Send its bytes in {_RAW}.",
            place=f"{place}.contents",
        )
    others = [field.name for field, _ in tensor.contents.ListFields() if field.name != name]
    if others:
        raise InvalidRequestError(
            f"{others[0]} are not for {tensor.datatype}.",
            f"Send {name}.",
            place=f"{place}.contents.{others[0]}",
        )
    values = getattr(tensor.contents, name)
    widest = {"b": np.bool_, "u": np.uint64, "i": np.int64, "f": np.float64}[dtype.kind]
    return np.fromiter(values, widest, len(values))


def response_of(
    outputs: Sequence[Array], request: ModelInferRequest, record: BundleRecord
) -> ModelInferResponse:
    """Return the answer with the outputs that a request wants, as bytes."""
    names = [each.name for each in record.outputs]
    by_name = dict(zip(names, outputs, strict=True))
    response = ModelInferResponse(
        model_name=record.name, model_version=record.version, id=request.id
    )
    for name in dict.fromkeys(each.name for each in request.outputs) or names:
        array = by_name[name]
        response.outputs.add(
            name=name, datatype=datatype_of(array.dtype.name), shape=list(array.shape)
        )
        response.raw_output_contents.append(bytes_of(array))
    return response


def server_metadata(server: ServerMetadata) -> ServerMetadataResponse:
    """Return the description of a server as a message."""
    return ServerMetadataResponse(**server.model_dump())


def model_metadata(model: ModelMetadata) -> ModelMetadataResponse:
    """Return the description of a model as a message, which has no task and no labels."""
    return ModelMetadataResponse(**model.model_dump(exclude={"task", "labels"}))
