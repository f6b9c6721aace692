"""Ranges of activations from the histogram of their values."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from paddle_workbench.compression.quantization.calibration import (
    MOST_BINS,
    Histogram,
    Method,
    range_of,
)
from paddle_workbench.compression.quantization.quantizer import Quantization, fake_quantize
from paddle_workbench.errors import CompressionError

METHODS: tuple[Method, ...] = get_args(Method)


def histogram_of(*batches: Any) -> Histogram:
    histogram = Histogram()
    for batch in batches:
        histogram.add(np.asarray(batch, np.float32))
    return histogram


def test_counts_do_not_depend_on_batches() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(5000) * np.exp(rng.standard_normal(5000))
    whole = histogram_of(values)
    for parts in (np.split(values, 10), np.split(np.sort(values), 50), np.split(values[::-1], 2)):
        histogram = histogram_of(*parts)
        np.testing.assert_array_equal(histogram.counts, whole.counts)
        np.testing.assert_array_equal(histogram.edges, whole.edges)
    assert MOST_BINS // 2 <= len(whole.counts) <= MOST_BINS
    counts, _ = np.histogram(values.astype(np.float32), whole.edges)
    np.testing.assert_array_equal(whole.counts, counts)
    assert (whole.low, whole.high) == (np.float32(values.min()), np.float32(values.max()))


def test_minmax_keeps_all_and_percentile_almost_all() -> None:
    values = np.append(np.random.default_rng(0).standard_normal(100_000), [50.0, -3.0])
    histogram = histogram_of(values)
    low, high = range_of(histogram, "minmax")
    assert (low, high) == (histogram.low, 50.0)
    low, high = range_of(histogram, "percentile", percentile=99.9)
    assert np.mean((values < low) | (values > high)) == pytest.approx(1e-3, rel=0.1)
    assert range_of(histogram, "percentile", percentile=100) == (histogram.low, 50.0)


@pytest.mark.parametrize("method", METHODS)
def test_what_a_relu_cuts_off_stays_zero(method: Any) -> None:
    values = np.maximum(np.random.default_rng(0).standard_normal(50_000), 0).astype(np.float32)
    low, high = range_of(histogram_of(values), method)
    assert low == 0
    assert 2 < high <= values.max()


def test_mse_has_the_smallest_error_and_kl_ignores_outliers() -> None:
    rng = np.random.default_rng(0)
    values = rng.laplace(size=50_000).astype(np.float32)
    values[:5] = 60
    histogram = histogram_of(values)
    ranges = {method: range_of(histogram, method, bits=4) for method in METHODS}
    errors = {
        method: float(np.mean((values - fake_quantize(values, quantization)) ** 2))
        for method, limits in ranges.items()
        for quantization in [Quantization.of_range(*limits, bits=4)]
    }
    assert min(errors, key=lambda method: errors[method]) == "mse"
    assert errors["mse"] < 0.5 * errors["minmax"]
    low, high = range_of(histogram, "kl")
    assert -30 < low < -3
    assert 3 < high < 30


def test_range_can_be_symmetric() -> None:
    histogram = histogram_of([-1.0, 0.0, 3.0])
    for method in METHODS:
        low, high = range_of(histogram, method, is_symmetric=True)
        assert low == -high


def test_fewer_bits_choose_a_narrower_range() -> None:
    histogram = histogram_of(np.random.default_rng(0).laplace(size=50_000))
    highs = [range_of(histogram, "mse", bits=bits)[1] for bits in (2, 4, 8)]
    assert highs == sorted(highs)
    assert highs[0] < 0.6 * highs[2]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, 0.3, -5.0, 1e-40])
def test_constant_activation_is_kept(method: Any, value: float) -> None:
    low, high = range_of(histogram_of(np.full(100, value)), method)
    assert low <= np.float32(value) <= high
    rounded = fake_quantize(np.float32([value]), Quantization.of_range(low, high))
    assert rounded[0] == pytest.approx(value, rel=0.01, abs=1e-37)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: range_of(Histogram()), "Nothing was observed"),
        (lambda: histogram_of([1, np.nan, np.inf]), "2 of 3 values are NaN or infinite"),
        (lambda: range_of(histogram_of([1]), "median"), "no calibration 'median'"),
        (lambda: range_of(histogram_of([1]), percentile=0), "percentile 0 keeps no range"),
        (lambda: range_of(histogram_of([1]), percentile=np.nan), "percentile nan keeps no range"),
        (lambda: range_of(histogram_of([1]), bits=0), "0 bits"),
    ],
)
def test_names_what_is_wrong(call: Any, sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence) as error:
        call()
    assert error.value.hint
