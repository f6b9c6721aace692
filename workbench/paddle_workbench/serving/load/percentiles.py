"""Percentiles of latencies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["percentile"]


def percentile(values: Sequence[float], share: float) -> float:
    """Return a value that occurred: at most it are the given share of all, in per cent."""
    return float(np.percentile(values, share, method="inverted_cdf"))
