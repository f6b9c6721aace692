"""Non-maximum suppression: of boxes around the same thing the best remains."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import BoxError
from .detections import Detections
from .overlap import overlaps

__all__ = ["METHODS", "Method", "suppress"]

Method = Literal["per-class", "soft", "class-agnostic"]
_BLOCK = 256
METHODS: tuple[Method, ...] = get_args(Method)


def suppress(
    detections: Detections,
    *,
    iou: float,
    limit: int | None = None,
    method: Method = "per-class",
    threshold: float = 0.0,
) -> Detections:
    """Return the detections that remain, the highest score first.

    The detection with the highest score is taken, again and again. Of the others, those that
    overlap it by more than `iou` are removed, or with `soft` lose a part of their score: it is
    multiplied by 1 less the overlap. Boxes without an area and boxes with NaN overlap nothing, and
    remain. It always ends, since a box that is taken leaves by its number, whatever it overlaps.

    Parameters
    ----------
    detections : Detections
        Those whose score is NaN are left out.
    iou : float
        From 0 to 1; an overlap of exactly this does not remove a box.
    limit : int, optional
        Most detections that remain; by default any number.
    method : {"per-class", "soft", "class-agnostic"}
        Whether boxes of other classes are removed, too: only with `class-agnostic`.
    threshold : float
        With `soft`, detections whose score falls below it are removed.

    Raises
    ------
    BoxError
        If the overlap, the limit or the method is not valid.

    References
    ----------
    Bodla et al. 2017, "Soft-NMS: Improving Object Detection With One Line of Code"; the linear one.
    """
    _check(iou, limit, method)
    known = detections.take(~np.isnan(detections.scores))
    most = len(known) if limit is None else limit
    if method == "soft":
        return _softly(known, iou, most, threshold)
    classes = known.classes if method == "per-class" else np.zeros_like(known.classes)
    kept: list[int] = []
    # In blocks, so that ten thousand boxes of which none is removed take a second, not a minute.
    for start in range(0, len(known), _BLOCK):
        rest = np.arange(start, min(start + _BLOCK, len(known)))
        rest = rest[~_rivals(known.boxes, classes, rest, np.array(kept, int), iou).any(axis=1)]
        while len(rest) and len(kept) < most:
            best, rest = rest[0], rest[1:]
            kept.append(int(best))
            rest = rest[~_rivals(known.boxes, classes, rest, np.array([best]), iou)[:, 0]]
        if len(kept) == most:
            break
    return known.take(np.array(kept, dtype=np.int64))


def _rivals(
    boxes: NDArray[np.float32],
    classes: NDArray[np.int64],
    places: NDArray[Any],
    others: NDArray[Any],
    iou: float,
) -> NDArray[np.bool_]:
    """Return whether boxes have the class of others and overlap them by more than the limit."""
    is_near = overlaps(boxes[places], boxes[others]) > iou
    return np.asarray(is_near & (classes[places][:, None] == classes[others]))


def _softly(known: Detections, iou: float, most: int, threshold: float) -> Detections:
    scores = known.scores.astype(np.float64)
    kept: list[int] = []
    rest = _above(np.arange(len(known)), scores, threshold)
    while len(rest) and len(kept) < most:
        place = int(scores[rest].argmax())
        best, rest = rest[place], np.delete(rest, place)
        kept.append(best)
        shared = overlaps(known.boxes[best : best + 1], known.boxes[rest])[0]
        loses = (shared > iou) & (known.classes[rest] == known.classes[best])
        scores[rest[loses]] *= 1.0 - shared[loses]
        rest = _above(rest, scores, threshold)
    places = np.array(kept, dtype=np.int64)
    return Detections(known.boxes[places], scores[places].astype(np.float32), known.classes[places])


def _above(
    places: NDArray[np.int64], scores: NDArray[np.float64], threshold: float
) -> NDArray[np.int64]:
    chosen: NDArray[np.int64] = places[(scores[places] >= threshold) & (scores[places] > 0)]
    return chosen


def _check(iou: float, limit: int | None, method: str) -> None:
    if not 0 <= iou <= 1:
        raise BoxError(f"The overlap {iou!r} is not from 0 to 1.", "Such as iou=0.5.")
    if limit is not None and limit < 0:
        raise BoxError(f"The limit {limit!r} is negative.", "Pass a number of boxes, or None.")
    if method not in METHODS:
        raise BoxError(
            f"There is no method {method!r}.", f"Use one of: {', '.join(map(repr, METHODS))}."
        )
