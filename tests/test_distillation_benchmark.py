"""The benchmark of distillation trains on no review that it tests with."""

from __future__ import annotations

import numpy as np

from .benchmarks.held_out import rows_not_in


def test_finds_rows_that_are_equal_but_for_padding() -> None:
    inputs = np.array([[1, 2, 0], [1, 0, 2], [3, 0, 0], [1, 2, 4]])
    held_out = np.array([[3, 0, 0, 0], [1, 2, 0, 0], [7, 7, 7, 7]])
    assert rows_not_in(inputs, held_out).tolist() == [1, 3]
