"""Whether two programs see the same boxes."""

from __future__ import annotations

import numpy as np

from .detections import Detections
from .overlap import overlaps

__all__ = ["SAME_IOU", "SAME_PX", "matching"]

SAME_PX = 0.5
"""Pixels by which an edge may differ in the same box."""
SAME_IOU = 0.9
"""Overlap from which boxes are the same for a program that is only nearly another one."""


def matching(
    one: Detections, other: Detections, *, distance_px: float = SAME_PX, iou: float | None = None
) -> int:
    """Return for how many detections there is the same one among others.

    Two are the same if they have one class, and no edge differs by more than the distance. Each is
    matched once, the highest score first, with the nearest.

    Parameters
    ----------
    one, other : Detections
    distance_px : float
    iou : float, optional
        Boxes whose intersection over union is at least this are the same as well, so that a large
        one may move further than a small one.
    """
    count = 0
    is_free = np.ones(len(other), dtype=bool)
    for box, kind in zip(one.boxes, one.classes, strict=True):
        with np.errstate(invalid="ignore"):  # infinity less infinity
            gaps = np.abs(other.boxes - box).max(axis=1, initial=0.0)
        is_near = gaps <= distance_px
        if iou is not None:
            is_near |= overlaps(box[None], other.boxes)[0] >= iou
        is_same = is_free & (other.classes == kind) & is_near
        if is_same.any():
            is_free[np.where(is_same, gaps, np.inf).argmin()] = False
            count += 1
    return count
