"""Constants of an ONNX program as integers, with the bits that ONNX Runtime's quantiser writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .target import Array

__all__ = ["bias_constants", "integers_of", "scale_constants", "scale_of_constant"]

_FLOAT = 1
_INT32 = 6


def integers_of(values: Array, scale: Array, zero_point: Array, axis: int | None) -> Array:
    """Return what QuantizeLinear returns: division in float32, half to even, saturation.

    Parameters
    ----------
    values : float32 array
    scale, zero_point : arrays (channels,), or ()
        The dtype of the zero point is that of the integers.
    axis : int or None
        That of the channels.
    """
    if axis is not None:
        shape = [1] * values.ndim
        shape[axis] = -1
        scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
    limits = np.iinfo(zero_point.dtype)
    whole = (values / scale).round() + zero_point
    return np.asarray(np.clip(whole, limits.min, limits.max).astype(zero_point.dtype))


def scale_constants(
    scale_name: str, zero_point_name: str, scale: Array, zero_point: Array
) -> tuple[Any, Any]:
    """Return a zero point and a scale as constants of an ONNX program."""
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(zero_point.dtype)
    return (
        helper.make_tensor(zero_point_name, kind, zero_point.shape, zero_point.ravel().tolist()),
        helper.make_tensor(scale_name, _FLOAT, scale.shape, scale.ravel().tolist()),
    )


def bias_constants(names: tuple[str, str, str], values: Array, scale: Array) -> tuple[Any, ...]:
    """Return a bias with integers of 32 bits, its scale and its zero point as constants.

    Parameters
    ----------
    names : tuple of three str
        Of these constants.
    values : float32 array (channels,)
    scale : float32 array (channels,), or ()
        That of the weights times that of the input of the layer.
    """
    from onnx import helper, numpy_helper

    limits = np.iinfo(np.int32)
    whole = (values.astype(np.float64) / scale.astype(np.float64)).round()
    integers = np.clip(whole, limits.min, limits.max).astype(np.int32).reshape(values.shape)
    return (
        numpy_helper.from_array(integers, names[0]),
        numpy_helper.from_array(scale.astype(np.float32).reshape(-1), names[1]),
        numpy_helper.from_array(np.zeros(scale.size, np.int32), names[2])
        if scale.size > 1
        else helper.make_tensor(names[2], _INT32, [], [0]),
    )


def scale_of_constant(values: Array) -> tuple[Array, Array]:
    """Return scale and zero point of a constant that is not a weight, such as a padding."""
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.quant_utils import compute_data_quant_params

    zero_point, scale = compute_data_quant_params(
        values.ravel(), QuantType.QUInt8.tensor_type, symmetric=False
    )
    return np.asarray(scale, np.float32), np.asarray(zero_point, np.uint8)
