"""Numbers of 16 bits, by rounding: what a training in mixed precision does to its values.

Plain numpy, so that it can be seen on every machine: values stay float32 arrays and take only the
values that the format has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import CompressionError

__all__ = [
    "BFLOAT16",
    "FLOAT16",
    "FLOAT32",
    "FloatFormat",
    "RoundingLoss",
    "descend",
    "dynamic_scales",
    "rounded",
    "rounding_loss",
    "unscaled",
]

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """A binary format of floating-point numbers as in IEEE 754, with a sign bit.

    Parameters
    ----------
    name : str
        As Paddle and numpy name the dtype.
    exponent_bits, fraction_bits : int
        At most those of float32, in which numbers are stored: 2 to 8, and 1 to 23.

    Raises
    ------
    CompressionError
        If a number of bits is another one.
    """

    name: str
    exponent_bits: int
    fraction_bits: int

    def __post_init__(self) -> None:
        for name, least, most in (("exponent_bits", 2, 8), ("fraction_bits", 1, 23)):
            bits: object = getattr(self, name)
            if not isinstance(bits, int) or not least <= bits <= most:
                raise CompressionError(
                    f"{name} is {bits!r:.40}.", f"Use a whole number from {least} to {most}."
                )

    @property
    def bits(self) -> int:
        """Of a number, with its sign."""
        return 1 + self.exponent_bits + self.fraction_bits

    @property
    def least_exponent(self) -> int:
        """The exponent of the smallest normal number, as a power of 2."""
        return 2 - (1 << (self.exponent_bits - 1))

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2 - self.epsilon) * 2.0 ** (1 - self.least_exponent)

    @property
    def smallest_normal(self) -> float:
        """The smallest number with all bits of its fraction; smaller ones lose precision."""
        return 2.0**self.least_exponent

    @property
    def smallest(self) -> float:
        """The smallest number above 0."""
        return 2.0 ** (self.least_exponent - self.fraction_bits)

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next larger number."""
        return 2.0**-self.fraction_bits


FLOAT32: Final = FloatFormat("float32", 8, 23)
FLOAT16: Final = FloatFormat("float16", 5, 10)
BFLOAT16: Final = FloatFormat("bfloat16", 8, 7)


@dataclass(frozen=True, slots=True)
class RoundingLoss:
    """What rounding does to a set of values.

    Parameters
    ----------
    underflow : float
        The share of the numbers other than 0 that become 0.
    overflow : float
        The share of the finite numbers that become infinite.
    error : float
        The largest relative error of the others; 0 if there are none.
    """

    underflow: float
    overflow: float
    error: float


def rounded(values: ArrayLike, number_format: FloatFormat) -> Array:
    """Return float32 values rounded to the nearest number of a format, ties to even.

    What is larger than the largest number by half a step or more becomes infinite, and small
    numbers become subnormal ones or 0, with their sign. NaN stays NaN.

    Parameters
    ----------
    values : array_like
        Converted to float32 first.
    number_format : FloatFormat

    Returns
    -------
    float32 array of the same shape

    Raises
    ------
    CompressionError
        If the values are not numbers, or the format is not a `FloatFormat`.

    References
    ----------
    IEEE 754-2019, section 4.3.1.
    """
    _check_format(number_format)
    exact = _numbers(values).astype(np.float64)
    _, exponents = np.frexp(exact)  # of numbers from 0.5 to below 1
    exponents = np.maximum(exponents - 1, number_format.least_exponent)
    steps = np.ldexp(1.0, exponents - number_format.fraction_bits)
    nearest = np.rint(exact / steps) * steps
    is_finite = np.abs(nearest) <= number_format.largest
    # NaN is not larger than anything, and keeps its place.
    limited = np.where(is_finite | np.isnan(nearest), nearest, np.copysign(np.inf, nearest))
    return np.asarray(limited, np.float32)


def unscaled(gradients: ArrayLike, number_format: FloatFormat, *, scale: float) -> Array:
    """Return what remains of gradients with loss scaling.

    The loss, and so each gradient, is multiplied by the scale. The gradients are rounded as the
    backward pass does, and divided by the scale in float32.

    Parameters
    ----------
    gradients : array_like
    number_format : FloatFormat
    scale : float
        Above 0; powers of 2 add no error of their own. 1 changes nothing.

    Returns
    -------
    float32 array of the same shape
        Infinite where the scale is too large.

    Raises
    ------
    CompressionError
        If the scale is not a number above 0 that float32 has, the format is not a `FloatFormat`,
        or the gradients are not numbers.

    References
    ----------
    Micikevicius et al. 2018, "Mixed Precision Training", section 3.2.
    """
    if not _is_scale(scale):
        raise CompressionError(
            f"The loss cannot be scaled by {scale}.", "Use a number above 0, such as 2**16."
        )
    factor = np.float32(scale)
    with np.errstate(over="ignore"):
        scaled = _numbers(gradients) * factor
    return np.asarray(rounded(scaled, number_format) / factor)


def rounding_loss(
    values: ArrayLike, number_format: FloatFormat, *, scale: float = 1.0
) -> RoundingLoss:
    """Return what rounding does to values, such as the gradients of a network.

    Parameters
    ----------
    values : array_like
    number_format : FloatFormat
    scale : float
        Values are multiplied by it before they are rounded, and divided afterwards.

    Raises
    ------
    CompressionError
        If there are no finite values, or the scale is not a finite number above 0.
    """
    before = _numbers(values)
    after = unscaled(before, number_format, scale=scale)
    is_finite = np.isfinite(before)
    before, after = before[is_finite], after[is_finite]
    if not before.size:
        raise CompressionError(
            "There are no finite values to round.", "Pass an array with finite numbers."
        )
    counts = before != 0
    kept = counts & (after != 0) & np.isfinite(after)
    differences = np.abs(after[kept].astype(np.float64) - before[kept])
    errors = differences / np.abs(before[kept], dtype=np.float64)
    return RoundingLoss(
        underflow=float((after[counts] == 0).mean()) if counts.any() else 0.0,
        overflow=float(np.isinf(after).mean()),
        error=float(errors.max(initial=0.0)),
    )


def descend(
    start: ArrayLike, updates: ArrayLike, number_format: FloatFormat, *, has_master: bool
) -> Array:
    """Return weights that are stored in a format, after each of some updates.

    Without a master copy, an update of less than half the distance between two numbers changes
    nothing, however often it comes. A master copy in float32 collects the updates, and the
    network computes with its rounded values.

    Parameters
    ----------
    start : array_like
        The weights, of any shape.
    updates : array_like, (steps, …)
        What each step adds to them: minus the learning rate times the gradient.
    number_format : FloatFormat
    has_master : bool
        Whether there is a master copy.

    Returns
    -------
    float32 array, (steps + 1, …)
        The weights that the network computes with, from the start on.

    Raises
    ------
    CompressionError
        If the updates do not have the shape of the weights.
    """
    master, steps = _numbers(start), _numbers(updates)
    if steps.ndim != master.ndim + 1 or steps.shape[1:] != master.shape:
        raise CompressionError(
            f"The weights have the shape {master.shape}, and the updates {steps.shape}.",
            f"Pass updates of the shape (steps, {', '.join(map(str, master.shape))}).",
        )
    weights = [rounded(master, number_format)]
    for update in steps:
        master = master + update if has_master else weights[-1] + rounded(update, number_format)
        weights.append(rounded(master, number_format))
    return np.stack(weights)


def dynamic_scales(
    are_finite: Iterable[bool],
    *,
    start: float = 2.0**16,
    growth: float = 2.0,
    grow_after: int = 2000,
    shrinkage: float = 0.5,
    shrink_after: int = 1,
) -> NDArray[np.float64]:
    """Return the scale of the loss in each step, as `paddle.amp.GradScaler` chooses it.

    A step whose gradients are not finite is left out, and the scale falls; after enough finite
    steps in a row it rises.

    Parameters
    ----------
    are_finite : iterable of bool
        Whether all gradients of a step are finite.
    start, growth, shrinkage : float
    grow_after, shrink_after : int
        Steps in a row.

    Returns
    -------
    float64 array, (steps + 1,)

    Raises
    ------
    CompressionError
        If the scale would not rise or fall.
    """
    if not (0 < shrinkage < 1 < growth and start > 0 and min(grow_after, shrink_after) >= 1):
        raise CompressionError(
            f"start={start}, growth={growth}, grow_after={grow_after}, shrinkage={shrinkage} and "
            f"shrink_after={shrink_after} do not adapt a scale.",
            "Use start above 0, growth above 1, shrinkage between 0 and 1, and 1 step or more.",
        )
    scales, finite, infinite = [start], 0, 0
    for is_finite in are_finite:
        scale = scales[-1]
        finite, infinite = (finite + 1, 0) if is_finite else (0, infinite + 1)
        if infinite == shrink_after:
            scale, infinite = scale * shrinkage, 0
        elif finite == grow_after:
            scale, finite = scale * growth, 0
        scales.append(scale)
    return np.array(scales)


def _check_format(number_format: object) -> None:
    if not isinstance(number_format, FloatFormat):
        raise CompressionError(
            f"The format is {number_format!r:.60}, and not a FloatFormat.",
            "Use FLOAT16 or BFLOAT16 of this module.",
        )


def _is_scale(value: object) -> bool:
    return isinstance(value, Real) and 0 < float(value) <= FLOAT32.largest


def _numbers(values: Any) -> Array:
    try:
        with np.errstate(over="ignore"):  # of float64 values that float32 does not have
            return np.asarray(values).astype(np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise CompressionError(
            f"Expected an array of numbers, got {values!r:.80}.",
            "Pass what tensor.numpy() returns, as float32.",
        ) from error
