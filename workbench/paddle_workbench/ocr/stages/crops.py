"""Between detection and recognition: the order of the boxes, and each line cut out straight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..pictures import Picture
from ..quadrilaterals import sides, straighten
from ..results import DetectedBox
from .detection import smallest_rectangle

__all__ = ["cut_out", "reading_order"]

SAME_LINE: Final = 10  # pixels that the beginnings of neighbours may differ in height


def reading_order(boxes: Sequence[DetectedBox]) -> tuple[DetectedBox, ...]:
    """Return the boxes from top to bottom, those side by side from left to right.

    The rule is PaddleOCR's: sort by the height of the first corner, then let a box move before
    its predecessor while it begins within 10 pixels of the same height and further left. It knows
    no columns: two columns of text are read across.
    """
    ordered = sorted(boxes, key=lambda box: (box.points[0][1], box.points[0][0]))
    for i in range(len(ordered) - 1):
        for j in range(i, -1, -1):
            (x, y), (next_x, next_y) = ordered[j].points[0], ordered[j + 1].points[0]
            if not (abs(next_y - y) < SAME_LINE and next_x < x):
                break
            ordered[j], ordered[j + 1] = ordered[j + 1], ordered[j]
    return tuple(ordered)


def cut_out(picture: Picture, box: NDArray[np.float32]) -> Picture | None:
    """Return what is inside a box, turned straight; text that runs downward lies on its side.

    Parameters
    ----------
    picture : ndarray of uint8, (height, width, 3)
    box : ndarray of float32, (4, 2)
        In pixels of the picture.

    Returns
    -------
    ndarray of uint8, (height, width, 3), or None
        None if the box has no area.
    """
    corners, _ = smallest_rectangle(box.astype(np.int32))
    return straighten(picture, corners) if min(sides(corners)) else None
