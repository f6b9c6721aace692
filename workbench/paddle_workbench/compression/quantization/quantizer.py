"""Integers of 8 bits or fewer for floating-point numbers: the arithmetic of ONNX, in numpy.

A number x becomes the integer round(x / scale) + zero_point, rounded half to even and saturated,
and that integer stands for (integer - zero_point) * scale. Both directions equal `QuantizeLinear`
and `DequantizeLinear` of ONNX Runtime bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import CompressionError

__all__ = [
    "MOST_BITS",
    "Quantization",
    "Storage",
    "check_bits",
    "check_list_of_bits",
    "dequantize",
    "fake_quantize",
    "quantize",
    "saturated_share",
]

Storage = Literal["u8", "s8"]
Array = NDArray[Any]

MOST_BITS = 8
_FEWEST_BITS = 2
_DTYPES: dict[str, type[np.integer[Any]]] = {"u8": np.uint8, "s8": np.int8}


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """Which numbers integers stand for.

    Parameters
    ----------
    scale : float32 array, () or (channels,)
        The distance between two neighbours; positive.
    zero_point : uint8 or int8 array, as `scale`
        The integer that stands for 0; its dtype is that of all integers.
    axis : int, optional
        The axis of the channels; None if all numbers share one scale.
    bits : int
        2 to 8. With fewer than 8, fewer of the integers are used.
    """

    scale: NDArray[np.float32]
    zero_point: Array
    axis: int | None = None
    bits: int = MOST_BITS

    @classmethod
    def of_range(
        cls,
        low: ArrayLike,
        high: ArrayLike,
        *,
        dtype: Storage = "u8",
        is_symmetric: bool = False,
        axis: int | None = None,
        bits: int = MOST_BITS,
    ) -> Quantization:
        """Return the quantisation whose integers cover a range, or one range for each channel.

        The range is extended to contain 0, which integers represent exactly: padding, and what a
        ReLU cuts off, must not become another number.

        Parameters
        ----------
        low, high : float or array (channels,)
        dtype : {"u8", "s8"}
        is_symmetric : bool
            Whether the range is extended to be the same on both sides of 0. The zero point is then
            0, or 128 for u8, and the smallest integer is not used.
        axis : int, optional
            The axis of the channels.
        bits : int

        Raises
        ------
        CompressionError
            If a limit is not a finite number, `low` is above `high`, or the bits are not 2 to 8.
        """
        check_bits(bits)
        lows, highs = np.asarray(low, np.float64), np.asarray(high, np.float64)
        _check_range(lows, highs)
        lows, highs = np.minimum(lows, 0), np.maximum(highs, 0)
        smallest, largest = _limits(dtype, bits)
        middle = 0 if dtype == "s8" else 2 ** (bits - 1)
        if is_symmetric:
            scale = np.maximum(-lows, highs) / (2 ** (bits - 1) - 1)
        else:
            scale = (highs - lows) / (largest - smallest)
        # Of a range that is next to nothing, any scale is right.
        is_usable = scale >= np.finfo(np.float32).tiny
        scale = np.where(is_usable, scale, 1.0)
        if is_symmetric:
            zero_point = np.full(scale.shape, middle)
        else:
            zero_point = np.clip(np.rint(smallest - lows / scale), smallest, largest)
            zero_point = np.where(is_usable, zero_point, max(smallest, 0))
        return cls(scale.astype(np.float32), zero_point.astype(_DTYPES[dtype]), axis, bits)

    @classmethod
    def of_values(
        cls,
        values: Array,
        *,
        dtype: Storage = "s8",
        is_symmetric: bool = True,
        axis: int | None = None,
        bits: int = MOST_BITS,
    ) -> Quantization:
        """Return the quantisation that covers all numbers of an array; see `of_range`.

        Parameters
        ----------
        values : array of float
        dtype : {"u8", "s8"}
        is_symmetric : bool
        axis : int, optional
            Each channel along this axis gets a range of its own.
        bits : int

        Raises
        ------
        CompressionError
            If there are no numbers, or one is NaN or infinite.
        """
        numbers = np.asarray(values)
        if not numbers.size:
            raise CompressionError(
                f"An array of shape {numbers.shape} has no numbers, and so no range.",
                "Pass an array with numbers.",
            )
        others = None
        if axis is not None:
            axis = _checked_axis(axis, numbers.ndim)
            others = tuple(each for each in range(numbers.ndim) if each != axis)
        return cls.of_range(
            numbers.min(axis=others),
            numbers.max(axis=others),
            dtype=dtype,
            is_symmetric=is_symmetric,
            axis=axis,
            bits=bits,
        )

    @property
    def dtype(self) -> Storage:
        """Whether integers are signed."""
        return "s8" if self.zero_point.dtype == np.int8 else "u8"

    @property
    def limits(self) -> tuple[int, int]:
        """The smallest and the largest integer; numbers beyond them are saturated."""
        return _limits(self.dtype, self.bits)

    @property
    def range(self) -> tuple[Array, Array]:
        """The smallest and the largest number that an integer stands for, float32."""
        low, high = (np.asarray(limit, self.zero_point.dtype) for limit in self.limits)
        zero = self.zero_point.astype(np.int32)
        return (low - zero).astype(np.float32) * self.scale, (high - zero).astype(
            np.float32
        ) * self.scale


def quantize(values: Array, quantization: Quantization) -> Array:
    """Return the integers that stand for numbers: half is rounded to even, the rest saturated.

    Parameters
    ----------
    values : array of float, any shape
        Computed with as float32. Infinities are saturated.
    quantization : Quantization

    Returns
    -------
    array of uint8 or int8, of the same shape

    Raises
    ------
    CompressionError
        If a number is NaN, or there is not one scale for each channel.
    """
    numbers = np.asarray(values, np.float32)
    scale, zero = _shaped(quantization, numbers)
    if np.isnan(numbers).any():
        raise CompressionError(
            "The array contains NaN, which no integer stands for.",
            "Find out where it comes from; a network that returns NaN cannot be quantised.",
        )
    smallest, largest = quantization.limits
    with np.errstate(over="ignore"):
        steps = numbers / scale
    # The limits are integers, so that the order of saturating and rounding does not matter.
    rounded = np.rint(np.clip(steps, smallest - zero, largest - zero)).astype(np.int32)
    return np.asarray(rounded + zero).astype(quantization.zero_point.dtype)


def dequantize(integers: Array, quantization: Quantization) -> NDArray[np.float32]:
    """Return the numbers that integers stand for.

    Parameters
    ----------
    integers : array of uint8 or int8, any shape
    quantization : Quantization

    Returns
    -------
    float32 array of the same shape

    Raises
    ------
    CompressionError
        If there is not one scale for each channel.
    """
    whole = np.asarray(integers)
    scale, zero = _shaped(quantization, whole)
    return np.asarray((whole.astype(np.int32) - zero).astype(np.float32) * scale)


def fake_quantize(values: Array, quantization: Quantization) -> NDArray[np.float32]:
    """Return the nearest numbers that integers stand for: `dequantize` of `quantize`.

    Parameters
    ----------
    values : array of float, any shape
    quantization : Quantization

    Returns
    -------
    float32 array of the same shape

    Raises
    ------
    CompressionError
        If a number is NaN, or there is not one scale for each channel.
    """
    return dequantize(quantize(values, quantization), quantization)


def saturated_share(values: Array, quantization: Quantization) -> float:
    """Return the share of numbers that are cut off, since they are outside the range.

    Parameters
    ----------
    values : array of float, any shape
    quantization : Quantization

    Returns
    -------
    float
        0 to 1. What rounding brings to the last integer is inside.
    """
    numbers = np.asarray(values, np.float32)
    if not numbers.size:
        return 0.0
    scale, zero = _shaped(quantization, numbers)
    smallest, largest = quantization.limits
    with np.errstate(over="ignore"):
        steps = numbers / scale
    is_outside = (steps < smallest - zero - 0.5) | (steps > largest - zero + 0.5)
    return float(is_outside.mean())


def check_bits(bits: int) -> None:
    """Raise CompressionError unless a number of bits is 2 to 8."""
    is_number = isinstance(bits, int) and not isinstance(bits, bool)
    if not is_number or not _FEWEST_BITS <= bits <= MOST_BITS:
        raise CompressionError(
            f"{bits!r:.40} bits cannot hold weights or activations.",
            f"Pass a whole number from {_FEWEST_BITS} to {MOST_BITS}.",
        )


def check_list_of_bits(bits: Any) -> None:
    """Raise CompressionError unless a value is a list of numbers of bits from 2 to 8."""
    if isinstance(bits, str) or not isinstance(bits, Iterable):
        raise CompressionError(
            f"bits is {bits!r:.40}, and not a list of numbers.", "Such as bits=(8, 4)."
        )
    for each in bits:
        check_bits(each)


def _limits(dtype: Storage, bits: int) -> tuple[int, int]:
    if dtype not in _DTYPES:
        raise CompressionError(
            f"There are no integers {dtype!r:.40}.", 'Pass "u8", without a sign, or "s8".'
        )
    levels = 2**bits
    return (0, levels - 1) if dtype == "u8" else (-levels // 2, levels // 2 - 1)


def _check_range(lows: Array, highs: Array) -> None:
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        raise CompressionError(
            f"The range {_shown(lows)} to {_shown(highs)} is not finite.",
            "Leave inputs out for which the network computes NaN or infinity.",
        )
    if (lows > highs).any():
        raise CompressionError(
            f"The range {_shown(lows)} to {_shown(highs)} starts above its end.",
            "Exchange its two limits.",
        )
    largest = float(np.finfo(np.float32).max)
    if (highs - lows).max(initial=0) > largest:
        raise CompressionError(
            f"The range {_shown(lows)} to {_shown(highs)} is wider than float32 reaches.",
            "Leave inputs out for which the network computes such numbers.",
        )


def _shown(limits: Array) -> str:
    return f"{float(limits):g}" if limits.ndim == 0 else f"{limits.tolist()!s:.80}"


def _checked_axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise CompressionError(
            f"An array with {rank} axes has no axis {axis}.",
            f"Pass an axis from 0 to {rank - 1}." if rank else "Leave out the axis.",
        )
    return axis % rank


def _shaped(quantization: Quantization, array: Array) -> tuple[Array, Array]:
    """Return scale and zero point in the shape in which they apply to an array."""
    scale, zero = quantization.scale, quantization.zero_point.astype(np.int32)
    if quantization.axis is None:
        return scale.reshape(()), zero.reshape(())
    axis = _checked_axis(quantization.axis, array.ndim)
    if array.shape[axis] != scale.size:
        raise CompressionError(
            f"There are {scale.size} scales, and an array of shape {array.shape} has "
            f"{array.shape[axis]} channels along axis {axis}.",
            "Quantise an array with the channels that the scales were made for.",
        )
    shape = [-1 if each == axis else 1 for each in range(array.ndim)]
    return scale.reshape(shape), zero.reshape(shape)
