"""What training data and held-out data have in common, once both are cut."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["rows_not_in"]


def rows_not_in(inputs: Any, held_out: Any) -> Any:
    """Return the numbers of the rows of an array that are not also rows of another one.

    Parameters
    ----------
    inputs, held_out : int array, (n, length) and (m, width)
        Token ids, padded with 0 on the right.
    """
    known = {tuple(np.trim_zeros(row, "b").tolist()) for row in held_out}
    rows = (tuple(np.trim_zeros(row, "b").tolist()) for row in inputs)
    return np.array([number for number, row in enumerate(rows) if row not in known], np.int64)
