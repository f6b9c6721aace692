"""Differences between results: NaN, infinity, and dtypes without subtraction."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from paddle_workbench.program.passes.comparison import Comparison, compare, relative_difference


@pytest.mark.parametrize(
    ("result", "expected", "dtype", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.5], "float32", 0.2),
        ([nan], [1.0], "float32", inf),
        ([1.0], [nan], "float32", inf),
        ([1.0], [inf], "float32", inf),
        ([-inf], [inf], "float32", inf),
        ([nan, inf, 2.0], [nan, inf, 1.0], "float32", 1.0),
        ([nan], [nan], "float32", 0.0),
        ([0], [255], "uint8", 1.0),
        ([255], [0], "uint8", 255.0),
        ([2**62 + 1], [2**62], "int64", 2.0**-62),
        ([True, False], [True, True], "bool", 1.0),
        ([True], [True], "bool", 0.0),
        ([1 + 1j], [1 - 1j], "complex64", 2**0.5),
        ([complex(nan, 1)], [1.0], "complex64", inf),
        (1.0, 2.0, "float32", 0.5),
        ([], [], "float32", 0.0),
        ([3e38], [-3e38], "float32", 2.0),
    ],
)
def test_difference(result: object, expected: object, dtype: str, difference: float) -> None:
    one, other = np.array(result, dtype), np.array(expected, dtype)
    assert relative_difference(one, other) == pytest.approx(difference)


def test_finds_the_output_with_the_largest_difference() -> None:
    ones = np.ones(2, np.float32)
    comparison = compare([ones, ones * 3, ones * 2], [ones, ones, ones], ["float32"] * 3)
    assert comparison == Comparison(2.0, 1, is_equal=False)


@pytest.mark.parametrize(("dtype", "is_equal"), [("float32", False), ("bfloat16", True)])
def test_tolerance_is_that_of_the_dtype(dtype: str, is_equal: bool) -> None:
    array = np.ones(1, np.float32)
    comparison = compare([array * 1.004], [array], [dtype])
    assert isinstance(comparison, Comparison)
    assert comparison.is_equal == is_equal


def test_says_why_results_cannot_be_compared() -> None:
    array = np.ones((1, 2), np.float32)
    dtypes = ["float32"]
    assert compare([], [array], dtypes) == "the Predictor returned 0 outputs instead of 1"
    assert compare([array.T], [array], dtypes) == (
        "output 1 has the shape (2, 1) instead of the eager (1, 2)"
    )
