"""Between detection and recognition: put boxes in reading order and cut out straight crops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...picture_files.array import Picture
from ..quadrilaterals import sides, straighten
from ..results import DetectedBox
from .detection import smallest_rectangle

__all__ = ["cut_out", "reading_order"]

# Boxes whose first corners differ less in height, in pixels, are on the same line.
SAME_LINE: Final = 10


def reading_order(boxes: Sequence[DetectedBox]) -> tuple[DetectedBox, ...]:
    """Return the boxes from top to bottom, and from left to right within a line.

    As in PaddleOCR, boxes are sorted by the height of their first corner. Then a box moves before
    its predecessor as long as their heights differ by less than 10 pixels and it is further left.
    Columns are not recognised: two columns of text are read across.
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
    """Cut a box out of a picture and straighten it; vertical text is rotated onto its side.

    Parameters
    ----------
    picture : ndarray of uint8, (height, width, 3)
    box : ndarray of float32, (4, 2)
        Corners in pixels of the picture.

    Returns
    -------
    ndarray of uint8, (height, width, 3), or None
        None if the box has no area.
    """
    corners, _ = smallest_rectangle(box.astype(np.int32))
    return straighten(picture, corners) if min(sides(corners)) else None
