"""Intersection over union."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .detections import box_array

__all__ = ["iou", "overlaps"]

Numbers = NDArray[np.float64]
_Float = TypeVar("_Float", np.float32, np.float64)

# Pairs of boxes that are compared at a time: their numbers stay in the cache.
_PAIRS: Final = 1 << 15


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
    return _shares(box_array(a), box_array(b), np.float32)


def overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the same in double precision, in which limits are compared.

    In single precision an overlap of exactly 0.3 is larger than the limit 0.3.
    """
    return _shares(a, b, np.float64)


def _shares(a: NDArray[np.float32], b: NDArray[np.float32], dtype: type[_Float]) -> NDArray[_Float]:
    one, other = a.astype(np.float64).T[..., None], b.astype(np.float64).T
    shares = np.empty((len(a), len(b)), dtype)
    rows = max(1, _PAIRS // max(1, len(b)))
    # Infinite boxes give infinity less infinity.
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        areas = _area(*one), _area(*other)
        for start in range(0, len(a), rows):
            block = slice(start, start + rows)
            low_x, low_y = (np.maximum(one[side, block], other[side]) for side in (0, 1))
            high_x, high_y = (np.minimum(one[side, block], other[side]) for side in (2, 3))
            shared = _area(low_x, low_y, high_x, high_y)
            share = shared / (areas[0][block] + areas[1] - shared)
            shares[block] = np.where(share > 0, share, 0.0)
    return shares


def _area(x1: Numbers, y1: Numbers, x2: Numbers, y2: Numbers) -> Numbers:
    area: Numbers = np.maximum(x2 - x1, 0.0) * np.maximum(y2 - y1, 0.0)
    return area
