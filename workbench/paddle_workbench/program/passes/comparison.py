"""The difference between results of the optimised program and the eager ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HALF_DTYPES",
    "HALF_TOLERANCE",
    "TOLERANCE",
    "Array",
    "Comparison",
    "array_of",
    "compare",
    "gaps",
    "relative_difference",
]

Array: TypeAlias = NDArray[Any]

# Rounding differs between kernels: fused ones keep more digits, oneDNN adds in another order.
TOLERANCE = 1e-3
HALF_TOLERANCE = 3e-2
HALF_DTYPES = frozenset({"bfloat16", "float16"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far results are from the eager ones.

    Parameters
    ----------
    difference : float
        The largest difference, relative to the largest finite eager value of the same output;
        infinite if one side is NaN or infinite and the other is not.
    output : int
        Index of the output with the largest difference.
    is_equal : bool
        False if an output differs by more than rounding.
    """

    difference: float
    output: int
    is_equal: bool


def compare(
    results: Sequence[Array],
    expected: Sequence[Array],
    dtypes: Sequence[str],
    *,
    tolerance: float = TOLERANCE,
) -> Comparison | str:
    """Compare the outputs of the Predictor with the eager ones, one by one.

    Parameters
    ----------
    results, expected : sequences of arrays
    dtypes : sequence of str
        Of the outputs in the program: bfloat16 results are arrays of float32.
    tolerance : float
        The largest difference that counts as equal; half precision has at least its own.

    Returns
    -------
    Comparison, or str
        If no difference is defined, the reason as a clause: `output 1 has the shape ...`.
    """
    if len(results) != len(expected):
        return f"the Predictor returned {len(results)} outputs instead of {len(expected)}"
    worst = Comparison(0.0, 0, is_equal=True)
    for index, (result, array, dtype) in enumerate(zip(results, expected, dtypes, strict=True)):
        if result.shape != array.shape:
            return (
                f"output {index + 1} has the shape {result.shape} instead of the eager "
                f"{array.shape}"
            )
        difference = relative_difference(result, array)
        limit = max(tolerance, HALF_TOLERANCE) if dtype in HALF_DTYPES else tolerance
        is_equal = worst.is_equal and difference <= limit
        if difference > worst.difference or worst.is_equal != is_equal:
            worst = Comparison(max(difference, worst.difference), index, is_equal)
    return worst


def relative_difference(result: Array, expected: Array) -> float:
    """Return the largest difference of two arrays of one shape; see `Comparison.difference`."""
    gap = gaps(result, expected)
    if not gap.any():
        return 0.0
    if expected.dtype.kind == "b":
        return 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.abs(np.atleast_1d(expected).astype(_wide(expected)))
    scale = float(sizes[np.isfinite(sizes)].max(initial=0.0)) or 1.0
    return float(gap.max()) / scale


def gaps(result: Array, expected: Array) -> NDArray[np.float64]:
    """Return the absolute difference of each element of two arrays of one shape, at least 1-d.

    It is infinite where one side is NaN or infinite and the other is not, and 0 where both are NaN.
    """
    result, expected = np.atleast_1d(result), np.atleast_1d(expected)
    same = result == expected
    if expected.dtype.kind in "fc" and result.dtype.kind in "fc":
        same |= np.isnan(result) & np.isnan(expected)
    if expected.dtype.kind == "b":
        different: NDArray[np.float64] = np.asarray(~same, dtype=np.float64)
        return different
    wide = _wide(expected)
    with np.errstate(invalid="ignore", over="ignore"):
        gap: NDArray[np.float64] = np.abs(result.astype(wide) - expected.astype(wide))
    gap[~np.isfinite(gap)] = np.inf
    if expected.dtype.kind in "iu":
        np.maximum(gap, 1.0, out=gap)  # large integers are different though their floats are equal
    gap[same] = 0.0
    return gap


def _wide(array: Array) -> type[np.complex128] | type[np.float64]:
    return np.complex128 if array.dtype.kind == "c" else np.float64


def array_of(tensor: Any) -> Array:
    """Return a tensor of Paddle as an array; bfloat16, which numpy lacks, becomes float32."""
    if str(tensor.dtype).endswith("bfloat16"):
        tensor = tensor.astype("float32")
    return np.asarray(tensor.numpy())
