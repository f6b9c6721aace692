"""Tensors as the Open Inference Protocol describes them, in JSON and by gRPC.

References
----------
https://github.com/kserve/open-inference-protocol, version 2
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from ..contract import BundleRecord
from ..contract.serving import TensorMetadata
from .problems import InvalidRequestError
from .workers.frames import Array

__all__ = [
    "DTYPES",
    "DescribedTensor",
    "arrays_of",
    "bytes_of",
    "check_outputs",
    "datatype_of",
    "dtype_of",
    "from_bytes",
    "from_numbers",
    "metadata_of",
]

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
_MOST_ELEMENTS = 1 << 30
_MOST_DIMENSIONS = 32
"""As numpy 1 has them."""


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


class DescribedTensor(Protocol):
    """A tensor of a request, in JSON or in a message of gRPC."""

    @property
    def name(self) -> str:
        """The name of an input."""

    @property
    def datatype(self) -> str:
        """A name of the protocol."""

    @property
    def shape(self) -> Sequence[int]:
        """The sizes."""


_Tensor = TypeVar("_Tensor", bound=DescribedTensor)


def arrays_of(
    tensors: Sequence[_Tensor], read: Callable[[int, _Tensor], Array], record: BundleRecord
) -> tuple[Array, ...]:
    """Return the arrays for the inputs of a program, in its order.

    Parameters
    ----------
    tensors : sequence
    read : callable
        Returns the array of a tensor, of which it gets the number, too.
    record : BundleRecord

    Raises
    ------
    InvalidRequestError
        With the place, if a tensor is missing or unknown.
    """
    arrays: dict[str, Array] = {}
    known = {each.name: each for each in record.inputs}
    for number, tensor in enumerate(tensors):
        if tensor.name not in known or tensor.name in arrays:
            again = "twice" if tensor.name in arrays else "which the model does not have"
            raise InvalidRequestError(
                f"There is an input {tensor.name!r:.80}, {again}.",
                f"The inputs are: {', '.join(known)}.",
                place=f"inputs[{number}].name",
            )
        arrays[tensor.name] = read(number, tensor)
    missing = [name for name in known if name not in arrays]
    if missing:
        raise InvalidRequestError(
            f"The input {missing[0]!r} is missing.",
            f"The inputs are: {', '.join(known)}.",
            place="inputs",
        )
    return tuple(arrays[name] for name in known)


def dtype_of(tensor: DescribedTensor, place: str) -> np.dtype[Any]:
    """Return the dtype of a tensor, whose shape is checked, too.

    Raises
    ------
    InvalidRequestError
    """
    name = DTYPES.get(tensor.datatype)
    if name is None:
        raise InvalidRequestError(
            f"The datatype is {tensor.datatype!r:.80}.",
            f"Use one of these: {', '.join(DTYPES)}.",
            place=f"{place}.datatype",
        )
    shape = tensor.shape
    # A size of 0 must not hide others that numpy refuses.
    elements = math.prod(max(1, size) for size in shape)
    if min(shape, default=0) < 0 or elements > _MOST_ELEMENTS or len(shape) > _MOST_DIMENSIONS:
        raise InvalidRequestError(
            f"The shape is {list(shape)!r:.80}.",
            f"Use at most {_MOST_DIMENSIONS} sizes from 0 on, and {_MOST_ELEMENTS:,} elements.",
            place=f"{place}.shape",
        )
    return np.dtype(name)


def from_bytes(
    content: bytes | memoryview, tensor: DescribedTensor, dtype: np.dtype[Any], start: int = 0
) -> Array:
    """Return the array whose bytes begin at a place of a content that is long enough."""
    count = math.prod(tensor.shape)
    array = np.frombuffer(content, dtype.newbyteorder("<"), count, start)
    return array.astype(dtype, copy=False).reshape(tensor.shape)


def from_numbers(
    numbers: Sequence[Any] | Array, tensor: DescribedTensor, dtype: np.dtype[Any], place: str
) -> Array:
    """Return the array of numbers, flat or nested like the shape.

    Raises
    ------
    InvalidRequestError
    """
    try:
        array = np.asarray(numbers)
    except (ValueError, OverflowError) as error:
        raise _not_of_type(tensor, str(error).splitlines()[0], place) from error
    problem = _problem(array, dtype)
    if problem:
        raise _not_of_type(tensor, problem, place)
    shape = tuple(tensor.shape)
    has_shape = array.ndim == 1 or array.shape == shape
    if array.size != math.prod(shape) or not has_shape:
        raise InvalidRequestError(
            f"The data have {array.size} values in the shape {list(array.shape)}, and the shape is "
            f"{list(shape)}.",
            "Send as many values as the shape has.",
            place=place,
        )
    return array.astype(dtype).reshape(shape)


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


def _not_of_type(tensor: DescribedTensor, reason: str, place: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The data are not {tensor.datatype}: {reason.rstrip('.')}.",
        "Send numbers in row-major order, flat or nested like the shape.",
        place=place,
    )


def check_outputs(wanted: Sequence[str], record: BundleRecord) -> None:
    """Reject a request for an output that the model does not have.

    Raises
    ------
    InvalidRequestError
    """
    names = [each.name for each in record.outputs]
    for number, name in enumerate(wanted):
        if name not in names:
            raise InvalidRequestError(
                f"There is no output {name!r:.80}.",
                f"The outputs are: {', '.join(names)}.",
                place=f"outputs[{number}].name",
            )


def bytes_of(array: Array) -> bytes:
    """Return the bytes of an array, little-endian, in row-major order."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
