"""Between detection and recognition: the order of the boxes, and each line cut out straight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .detection import smallest_rectangle
from .pictures import Picture
from .results import DetectedBox

__all__ = ["cut_out", "reading_order"]

SAME_LINE: Final = 10  # pixels that the beginnings of neighbours may differ in height
UPRIGHT: Final = 1.5  # a crop so many times higher than wide is turned on its side


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
    above_left, above_right, below_right, below_left = corners
    width, height = (
        int(max(np.linalg.norm(first[0] - first[1]), np.linalg.norm(second[0] - second[1])))
        for first, second in (
            ((above_left, above_right), (below_right, below_left)),
            ((above_left, below_left), (above_right, below_right)),
        )
    )
    if width < 1 or height < 1:
        return None
    straight = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    crop = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(corners, straight),
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    if height / width >= UPRIGHT:
        crop = np.rot90(crop)
    return np.ascontiguousarray(crop, dtype=np.uint8)
