"""Whether two programs see the same boxes."""

from __future__ import annotations

import numpy as np

from .detections import Detections

__all__ = ["SAME_PX", "matching"]

SAME_PX = 0.5
"""Pixels by which an edge may differ in the same box."""


def matching(one: Detections, other: Detections, *, distance_px: float = SAME_PX) -> int:
    """Return for how many detections there is the same one among others.

    Two are the same if they have one class, and no edge differs by more than the distance. Each is
    matched once, the highest score first, with the nearest.

    Parameters
    ----------
    one, other : Detections
    distance_px : float
    """
    count = 0
    is_free = np.ones(len(other), dtype=bool)
    for box, kind in zip(one.boxes, one.classes, strict=True):
        with np.errstate(invalid="ignore"):  # infinity less infinity
            gaps = np.abs(other.boxes - box).max(axis=1, initial=0.0)
        is_same = is_free & (other.classes == kind) & (gaps <= distance_px)
        if is_same.any():
            is_free[np.where(is_same, gaps, np.inf).argmin()] = False
            count += 1
    return count
