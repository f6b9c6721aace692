"""Where a picture lies in the input of a network, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .detections import Detections, box_array

__all__ = ["Placement", "letterboxed", "placed"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in the input of a network, as a resized picture.

    All sizes are heights and widths in pixels.

    Parameters
    ----------
    picture : tuple of int
        Of the original picture.
    resized : tuple of int
    input : tuple of int
    top, left : int
        Pixels of the input above the picture and to its left.
    """

    picture: tuple[int, int]
    resized: tuple[int, int]
    input: tuple[int, int]
    top: int = 0
    left: int = 0

    def to_input(self, boxes: ArrayLike) -> NDArray[np.float32]:
        """Return boxes of the picture in pixels of the input: float32 (N, 4)."""
        scale = np.array(self.resized, np.float64) / np.array(self.picture, np.float64)
        moved = box_array(boxes) * np.tile(scale[::-1], 2) + np.array([self.left, self.top] * 2)
        return np.asarray(moved, np.float32)

    def to_picture(self, boxes: ArrayLike) -> NDArray[np.float32]:
        """Return boxes of the input in pixels of the picture, cut at its edges: float32 (N, 4)."""
        scale = np.array(self.picture, np.float64) / np.array(self.resized, np.float64)
        moved = (box_array(boxes) - np.array([self.left, self.top] * 2)) * np.tile(scale[::-1], 2)
        height, width = self.picture
        return np.asarray(np.clip(moved, 0, np.array([width, height] * 2)), np.float32)


def letterboxed(height: int, width: int, *, into: tuple[int, int]) -> Placement:
    """Return the place of a picture that is resized in proportion, into the centre of an input.

    Parameters
    ----------
    height, width : int
        Of the picture, in pixels.
    into : tuple of int
        Height and width of the input.
    """
    rows, columns = into
    if height * columns >= width * rows:
        resized = (rows, max(1, round(width * rows / height)))
    else:
        resized = (max(1, round(height * columns / width)), columns)
    top, left = (rows - resized[0]) // 2, (columns - resized[1]) // 2
    return Placement((height, width), resized, into, top, left)


def placed(detections: Detections, placement: Placement) -> Detections:
    """Return detections of the input in pixels of the picture.

    Boxes are cut at its edges; those that have no area there, or NaN, are left out.
    """
    boxes = placement.to_picture(detections.boxes)
    has_area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    moved = Detections(boxes, detections.scores, detections.classes)
    return moved.take(has_area)
