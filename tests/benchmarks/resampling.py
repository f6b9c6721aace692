"""How far a difference depends on what it was measured with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["interval_over_items"]

SAMPLES = 2000


def interval_over_items(
    differences: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> tuple[float, float]:
    """Return the 95 % interval of a mean difference in percent when items are drawn again.

    Parameters
    ----------
    differences : array, (items,)
        Between two methods, on the same item.
    weights : array, (items,), optional
        What a difference is relative to, such as the characters of a line; by default 1.

    References
    ----------
    Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    if weights is None:
        weights = np.ones_like(differences)
    rng = np.random.default_rng(0)
    means = np.empty(SAMPLES)
    for sample in range(SAMPLES):
        drawn = rng.integers(0, len(differences), len(differences))
        means[sample] = 100 * differences[drawn].sum() / weights[drawn].sum()
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
