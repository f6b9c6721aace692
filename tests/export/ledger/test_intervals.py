"""Intervals are those of order statistics, and contain the median as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.export.ledger.intervals import (
    Interval,
    median_interval,
    quantile,
    ratio_interval,
    spread,
)


@pytest.mark.parametrize(
    ("count", "rank"),
    # Of David and Nagaraja's tables: the largest rank whose two tails have less than 5 %.
    [(6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (20, 6), (100, 40)],
)
def test_ends_are_order_statistics(count: int, rank: int) -> None:
    interval = median_interval([float(number) for number in range(count, 0, -1)])
    assert interval is not None
    assert (interval.low, interval.high) == (rank, count + 1 - rank)
    assert interval.middle == (count + 1) / 2


def test_few_values_have_no_interval() -> None:
    assert median_interval([1.0] * 5) is None
    assert median_interval([]) is None


def test_contains_the_median_of_skewed_times() -> None:
    generator = np.random.default_rng(0)
    samples = generator.exponential(size=(2000, 15))
    intervals = [median_interval(list(sample)) for sample in samples]
    share = np.mean([each is not None and np.log(2) in each for each in intervals])
    assert 0.95 <= share < 0.98


def test_ratio_is_taken_within_rounds() -> None:
    drift = [1.0, 5.0, 2.0, 9.0, 3.0, 4.0, 8.0]
    doubled = [2 * value for value in drift]
    assert ratio_interval(doubled, drift) == Interval(2.0, 2.0, 2.0)
    assert ratio_interval(doubled, drift[:5]) is None


def test_width_and_spread_are_shares_of_the_median() -> None:
    assert Interval(1.0, 2.0, 2.5).width == 0.75
    assert quantile([1.0, 2.0, 4.0], 0.5) == 2.0
    assert spread([float(number) for number in range(101)]) == pytest.approx(80 / 50)
