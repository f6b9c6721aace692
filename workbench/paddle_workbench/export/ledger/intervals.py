"""Intervals of medians, without assumptions about how times are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

__all__ = ["CONFIDENCE", "Interval", "median_interval", "quantile", "ratio_interval", "spread"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A median with an interval that contains that of all possible values.

    Parameters
    ----------
    low, middle, high : float
    """

    low: float
    middle: float
    high: float

    @property
    def width(self) -> float:
        """The length of the interval, as a share of the median."""
        return (self.high - self.low) / self.middle

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile, interpolated between neighbours."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), share))


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return the median with its interval from order statistics.

    The number of values below the true median has a binomial distribution, whatever that of the
    values is. The ends of the interval are the k-th smallest and the k-th largest value, for the
    largest k with which it contains the true median with a probability of at least 95 %.

    Returns
    -------
    Interval or None
        None for fewer than six values, which have no such interval.

    References
    ----------
    David and Nagaraja 2003, "Order Statistics", section 7.1.
    """
    count = len(values)
    tail, rank = 0.0, 0
    while rank < count // 2:
        tail += comb(count, rank) / 2**count
        if 2 * tail > 1 - CONFIDENCE:
            break
        rank += 1
    if rank == 0:
        return None
    ordered = sorted(values)
    return Interval(ordered[rank - 1], quantile(ordered, 0.5), ordered[count - rank])


def ratio_interval(values: Sequence[float], baseline: Sequence[float]) -> Interval | None:
    """Return the median ratio to a baseline, round by round; None if there are too few rounds."""
    pairs = zip(values, baseline, strict=False)
    return median_interval([value / other for value, other in pairs if other > 0])


def spread(values: Sequence[float]) -> float:
    """Return the 90th less the 10th percentile, as a share of the median."""
    return (quantile(values, 0.9) - quantile(values, 0.1)) / quantile(values, 0.5)
