"""Which range of its values an activation keeps: a histogram of them, and four ways to cut it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError
from .quantizer import MOST_BITS, Quantization, check_bits, fake_quantize, quantize

__all__ = ["MOST_BINS", "PERCENTILE", "Histogram", "Method", "check_method", "range_of"]

Array = NDArray[Any]
Method = Literal["minmax", "percentile", "mse", "kl"]

MOST_BINS = 4096
PERCENTILE = 99.99
"""Share of the values that `percentile` keeps, in percent."""
_SMALLEST_EXPONENT = -140
"""Of the width of a bin; float32 has no smaller numbers."""
_LARGEST_BIN = 2**40
_CANDIDATES = 80
_SMALLEST_SHARE = 0.1
"""Of the whole range that `mse` and `kl` try."""


class Histogram:
    """How often values occur; it grows as batches come.

    The width of its bins is a power of two, the smallest with which at most 4096 bins reach from
    the smallest value to the largest one. So the counts do not depend on how values are divided
    into batches, or on their order.
    """

    def __init__(self) -> None:
        self.count = 0
        """Number of values."""
        self.zeros = 0
        """Number of those that are 0, such as what a ReLU cuts off."""
        self.low = np.inf
        self.high = -np.inf
        self._exponent = _SMALLEST_EXPONENT
        self._first = 0
        self._counts = np.zeros(0, np.int64)

    def __repr__(self) -> str:
        if not self.count:
            return "Histogram(empty)"
        return f"Histogram({self.count} values from {self.low:g} to {self.high:g})"

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of values in each bin."""
        return self._counts

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where bins begin, and where the last one ends; a bin does not contain its end."""
        return (self._first + np.arange(len(self._counts) + 1)) * 2.0**self._exponent

    @property
    def rounded_counts(self) -> NDArray[np.int64]:
        """Number of values in each bin that rounding may change: without those that are 0."""
        counts = self._counts.copy()
        if self.zeros:
            counts[-self._first] -= self.zeros
        return counts

    @property
    def centres(self) -> NDArray[np.float64]:
        """The middle of each bin, but no number outside the values."""
        edges = self.edges
        return np.clip((edges[:-1] + edges[1:]) / 2, self.low, self.high)

    def add(self, values: Array) -> None:
        """Count the values of an array.

        Parameters
        ----------
        values : array of float, any shape

        Raises
        ------
        CompressionError
            If one of them is NaN or infinite.
        """
        numbers = np.asarray(values).astype(np.float64).ravel()
        if not numbers.size:
            return
        low, high = float(numbers.min()), float(numbers.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise CompressionError(
                f"{np.count_nonzero(~np.isfinite(numbers))} of {numbers.size} values are NaN or "
                "infinite.",
                "Leave out the inputs that cause them.",
            )
        if low < self.low or high > self.high:
            self.low, self.high = min(self.low, low), max(self.high, high)
            self._widen()
        # A power of two changes only the exponent, so the product is exact.
        bins = np.floor(numbers * 2.0**-self._exponent).astype(np.int64) - self._first
        self._counts += np.bincount(bins, minlength=len(self._counts))
        self.count += numbers.size
        self.zeros += numbers.size - int(np.count_nonzero(numbers))

    def _widen(self) -> None:
        """Let the bins reach from the smallest to the largest value."""
        exponent, first = self._exponent, self._first
        while True:
            start, end = (
                int(np.floor(np.ldexp(limit, -exponent))) for limit in (self.low, self.high)
            )
            # Far from 0, bins as narrow as the values allow would have numbers that are too large.
            if end - start < MOST_BINS and max(-start, end) < _LARGEST_BIN:
                break
            exponent += 1
        counts = np.zeros(end - start + 1, np.int64)
        old = (first + np.arange(len(self._counts))) >> (exponent - self._exponent)
        np.add.at(counts, old - start, self._counts)
        self._exponent, self._first, self._counts = exponent, start, counts


def range_of(
    histogram: Histogram,
    method: Method = "percentile",
    *,
    percentile: float = PERCENTILE,
    is_symmetric: bool = False,
    bits: int = MOST_BITS,
) -> tuple[float, float]:
    """Return the range of values that integers should cover; what is outside is saturated.

    Parameters
    ----------
    histogram : Histogram
    method : {"minmax", "percentile", "mse", "kl"}
        `minmax` saturates nothing. `percentile` keeps a share of the values, and cuts off the same
        number at both ends. `mse` and `kl` try 80 ranges, and choose the one whose rounded values
        have the smallest mean squared error, or the distribution nearest to that of the values by
        the Kullback-Leibler divergence.
    percentile : float
        Above 50, up to 100.
    is_symmetric : bool
        Whether the range has to be the same on both sides of 0.
    bits : int
        For `mse` and `kl`.

    Returns
    -------
    low, high : float
        Each range contains 0.

    Raises
    ------
    CompressionError
        If the histogram is empty, or a setting is not valid.

    References
    ----------
    Migacz 2017, "8-bit Inference with TensorRT", for `kl`.
    """
    check_method(method)
    check_bits(bits)
    if not _is_percentile(percentile):
        raise CompressionError(
            f"The percentile {percentile!r:.40} keeps no range of the values.",
            f"Pass a number above 50, up to 100, such as {PERCENTILE}.",
        )
    if not histogram.count:
        raise CompressionError(
            "Nothing was observed, so there is no range.", "Calibrate with at least one input."
        )
    whole = _with_zero(histogram.low, histogram.high, is_symmetric)
    if method == "minmax" or whole[0] == whole[1]:
        return whole
    if method == "percentile":
        return _kept(histogram, percentile, is_symmetric)
    loss: Callable[..., float] = _squared_error if method == "mse" else _divergence
    options = {"bits": bits, "is_symmetric": is_symmetric}
    ranges = list(_candidates(whole))
    return min(ranges, key=lambda limits: loss(histogram, *limits, **options))


def _is_percentile(value: object) -> bool:
    return isinstance(value, Real) and 50 < float(value) <= 100


def check_method(method: object) -> None:
    """Raise CompressionError unless a method is one of the four."""
    if method not in get_args(Method):
        raise CompressionError(
            f"There is no calibration {method!r:.40}.",
            f"Use one of these: {', '.join(get_args(Method))}.",
        )


def _with_zero(low: float, high: float, is_symmetric: bool) -> tuple[float, float]:  # noqa: FBT001
    low, high = min(low, 0.0), max(high, 0.0)
    return (-max(-low, high), max(-low, high)) if is_symmetric else (low, high)


def _kept(histogram: Histogram, percentile: float, is_symmetric: bool) -> tuple[float, float]:  # noqa: FBT001
    """Return the range that keeps a share of the values, with the same share cut off at each end.

    A value that very many others equal, such as the 0 of a ReLU, is not cut off.
    """
    share = (1 - percentile / 100) / 2
    below = np.cumsum(histogram.counts) / histogram.count
    above = np.cumsum(histogram.counts[::-1])[::-1] / histogram.count
    edges = histogram.edges
    first = int(np.argmax(below > share))
    last = len(above) - 1 - int(np.argmax(above[::-1] > share))
    low = max(float(edges[first]), histogram.low)
    high = min(float(edges[last + 1]), histogram.high)
    return _with_zero(low, high, is_symmetric)


def _candidates(whole: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Yield ranges from the whole one to a tenth of it; one end stays if the other is far away."""
    low, high = whole
    farthest = max(-low, high)
    for share in np.linspace(1, _SMALLEST_SHARE, _CANDIDATES):
        limit = float(share) * farthest
        yield max(low, -limit), min(high, limit)


def _quantization(low: float, high: float, *, bits: int, is_symmetric: bool) -> Quantization:
    return Quantization.of_range(low, high, bits=bits, is_symmetric=is_symmetric)


def _squared_error(histogram: Histogram, low: float, high: float, **options: Any) -> float:
    centres = histogram.centres
    rounded = fake_quantize(centres, _quantization(low, high, **options))
    return float(histogram.rounded_counts @ (centres - rounded) ** 2)


def _divergence(histogram: Histogram, low: float, high: float, **options: Any) -> float:
    """Return how far the distribution of the rounded values is from that of the values.

    Within the range, all values that one integer stands for count as equally frequent, as far as
    they occur at all. What is cut off counts for the ends of the range, and is not there in the
    rounded distribution: it costs something.
    """
    centres, counts = histogram.centres, histogram.rounded_counts.astype(np.float64)
    is_inside = (centres >= low) & (centres <= high)
    if not is_inside.any():
        return np.inf
    inside = counts[is_inside]
    values = inside.copy()
    values[0] += counts[centres < low].sum()
    values[-1] += counts[centres > high].sum()
    integers = quantize(centres[is_inside], _quantization(low, high, **options)).astype(np.int64)
    sums = np.bincount(integers, inside)
    occurring = np.bincount(integers, inside > 0)
    means = np.divide(sums, occurring, out=np.zeros_like(sums), where=occurring > 0)
    rounded = np.where(inside > 0, means[integers], 0)
    if not rounded.sum():
        return np.inf
    values, rounded = values / values.sum(), rounded / rounded.sum()
    occurs = values > 0
    # Where only values from outside are, the rounded distribution has none of its own.
    floor = 1e-4 / len(values)
    return float(
        (values[occurs] * np.log(values[occurs] / np.maximum(rounded, floor)[occurs])).sum()
    )
