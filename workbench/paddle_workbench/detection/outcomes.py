"""What becomes of the boxes of a picture at a threshold: right, invented or missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..boxes import Detections, Method, suppress
from .causes import matched_truth

__all__ = ["Outcomes", "outcomes"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """The boxes that are shown of a picture, next to the true ones.

    Parameters
    ----------
    detections : Detections
        At least as sure as the threshold, after suppression.
    truth : int64 array (detections,)
        The place of the true box that each has found, or -1: it is invented.
    missed : int64 array
        Places of the true boxes that none has found.
    """

    detections: Detections
    truth: NDArray[np.int64]
    missed: NDArray[np.int64]

    @property
    def right(self) -> int:
        """The number of true boxes that were found."""
        return int((self.truth >= 0).sum())

    @property
    def invented(self) -> int:
        """The number of detections without a true box of their own."""
        return int((self.truth < 0).sum())

    @property
    def mistakes(self) -> int:
        """The number of invented boxes and missed ones."""
        return self.invented + len(self.missed)


def outcomes(
    candidates: Detections,
    boxes: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    threshold: float,
    iou: float,
    limit: int,
    method: Method,
) -> Outcomes:
    """Suppress candidates and compare the rest with the truth, as `mistakes` does.

    Parameters
    ----------
    candidates : Detections
        Of one picture, in its pixels.
    boxes : float32 array (N, 4)
        The true ones.
    classes : int64 array (N,)
    threshold : float
        Candidates with a lower score are left out.
    iou, limit, method
        As for `boxes.suppress`.
    """
    sure = candidates.take(candidates.scores >= threshold)
    shown = suppress(sure, iou=iou, limit=limit, method=method, threshold=threshold)
    truth = matched_truth(shown, boxes, classes)
    return Outcomes(shown, truth, np.setdiff1d(np.arange(len(boxes)), truth))
