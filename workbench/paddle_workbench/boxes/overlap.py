"""Intersection over union."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .detections import box_array

__all__ = ["iou", "overlaps"]


def iou(a: ArrayLike, b: ArrayLike) -> NDArray[np.float32]:
    """Return the intersection over union of each box with each other box.

    Parameters
    ----------
    a, b : float32 arrays (N, 4) and (M, 4)
        x1, y1, x2, y2 in pixels.

    Returns
    -------
    float32 array (N, M)
        From 0 to 1. Boxes without an area, and boxes with NaN, overlap nothing: 0.

    Raises
    ------
    ShapeError
        If one is not an array of boxes.
    """
    return overlaps(box_array(a), box_array(b)).astype(np.float32)


def overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the same in double precision, in which limits are compared.

    In single precision an overlap of exactly 0.3 is larger than the limit 0.3.
    """
    one, other = a[:, None].astype(np.float64), b[None].astype(np.float64)
    # Infinite boxes give infinity less infinity.
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        low = np.maximum(one[..., :2], other[..., :2])
        high = np.minimum(one[..., 2:], other[..., 2:])
        shared = _area(low, high)
        union = _area(one[..., :2], one[..., 2:]) + _area(other[..., :2], other[..., 2:]) - shared
        share = shared / union
    return np.where(share > 0, share, 0.0)


def _area(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.maximum(high - low, 0.0)
    area: NDArray[np.float64] = sides[..., 0] * sides[..., 1]
    return area
