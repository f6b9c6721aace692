"""What was detected in one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ShapeError

__all__ = ["Detections", "box_array"]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes in one picture with their scores and classes, the highest score first.

    They are sorted when they are made; boxes of equal scores stay in their order, and scores that
    are NaN come last.

    Parameters
    ----------
    boxes : float32 array (N, 4)
        x1, y1, x2, y2 in pixels: the left, upper, right and lower edge.
    scores : float32 array (N,)
    classes : int64 array (N,)

    Raises
    ------
    ShapeError
        If the arrays do not have these shapes.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]

    def __post_init__(self) -> None:
        boxes = box_array(self.boxes)
        scores = np.asarray(self.scores, dtype=np.float32)
        classes = np.asarray(self.classes, dtype=np.int64)
        if scores.shape != (len(boxes),) or classes.shape != scores.shape:
            raise ShapeError(
                f"There are {len(boxes)} boxes, scores of the shape {scores.shape}, and classes of "
                f"the shape {classes.shape}.",
                "Pass one score and one class for each box.",
            )
        order = (-scores).argsort(kind="stable")
        object.__setattr__(self, "boxes", boxes[order])
        object.__setattr__(self, "scores", scores[order])
        object.__setattr__(self, "classes", classes[order])

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, places: NDArray[Any]) -> Detections:
        """Return those at some places: numbers, or a mask."""
        return Detections(self.boxes[places], self.scores[places], self.classes[places])

    @classmethod
    def none(cls) -> Detections:
        """Return no detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def box_array(boxes: ArrayLike) -> NDArray[np.float32]:
    """Return boxes as a float32 array (N, 4); an empty list is one with no boxes.

    Raises
    ------
    ShapeError
        If they have another shape.
    """
    array = np.asarray(boxes, dtype=np.float32)
    if array.shape == (0,):
        return array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ShapeError(
            f"Boxes have the shape (N, 4), and these have {array.shape}.",
            "Pass one row (x1, y1, x2, y2) for each box.",
        )
    return array
