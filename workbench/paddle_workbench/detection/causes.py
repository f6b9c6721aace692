"""Why detections are wrong: confusion of classes, and what each kind of error costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..boxes import Detections, iou
from ..errors import DetectionError
from .dataset import Dataset
from .evaluation import Boxes, average_precision_50, check_detections, is_share, true_boxes

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CAUSES",
    "INVENTED",
    "MISSED",
    "Cause",
    "Mistake",
    "confusion",
    "error_causes",
    "matched_truth",
    "mistakes",
]

Cause = Literal["localisation", "classification", "both", "duplicate", "background", "missed"]
CAUSES: tuple[Cause, ...] = get_args(Cause)

MISSED: Final = "missed"
INVENTED: Final = "invented"

_REPAIRABLE: Final = ("localisation", "classification")

_SAME: Final = 0.5
"""A detection that overlaps a true box by at least this is around the same thing."""
_NEAR: Final = 0.1
"""With a smaller overlap it has nothing to do with it."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong detection, or a true box that was missed.

    Parameters
    ----------
    picture : int
        Its place in the data set.
    cause : str
        One of `CAUSES`.
    detection : int or None
        Its place in the detections of the picture; None if a box was missed.
    truth : int or None
        The place of the true box that it is nearest to; None for `background`.
    """

    picture: int
    cause: Cause
    detection: int | None
    truth: int | None


def confusion(
    dataset: Dataset, detections: Sequence[Detections], *, threshold: float = 0.3
) -> pd.DataFrame:
    """Count which class was detected as which.

    Detections and true boxes that overlap by at least 0.5 are matched, those of the same class
    first, then by overlap.

    Parameters
    ----------
    dataset : Dataset
    detections : sequence of Detections
    threshold : float
        Detections with a lower score are left out.

    Returns
    -------
    pandas.DataFrame
        A row for each true class and `invented`, for detections where there is nothing; a column
        for each detected class and `missed`, for true boxes without a detection.

    Raises
    ------
    ShapeError, DetectionError
        As for `evaluate`, or if the threshold is not a share.
    """
    import pandas as pd

    check_detections(dataset, detections)
    if not is_share(threshold):
        raise DetectionError(f"The threshold is {threshold!r:.80}.", "Choose one from 0 to 1.")
    none = len(dataset.classes)
    counts = np.zeros((none + 1, none + 1), np.int64)
    for picture, every in zip(dataset, detections, strict=True):
        shown = every.take(every.scores >= threshold)
        overlaps = iou(shown.boxes, picture.boxes)
        found, true = np.nonzero(overlaps >= _SAME)
        is_same = shown.classes[found] == picture.classes[true]
        order = np.argsort(-(overlaps[found, true] + is_same), kind="stable")
        true_rest, found_rest = np.ones(len(picture.classes), bool), np.ones(len(shown), bool)
        for row, column in zip(found[order].tolist(), true[order].tolist(), strict=True):
            if found_rest[row] and true_rest[column]:
                found_rest[row] = true_rest[column] = False
                counts[picture.classes[column], shown.classes[row]] += 1
        np.add.at(counts[:, none], picture.classes[true_rest], 1)
        np.add.at(counts[none], shown.classes[found_rest], 1)
    return pd.DataFrame(
        counts,
        index=pd.Index([*dataset.classes, INVENTED], name="true"),
        columns=pd.Index([*dataset.classes, MISSED], name="detected"),
    )


def mistakes(dataset: Dataset, detections: Sequence[Detections]) -> list[Mistake]:
    """Return all mistakes with their causes.

    A detection is right if it overlaps a true box of its class by at least 0.5 that a detection
    with a higher score does not have. Otherwise its cause is, in this order:

    * `localisation`: it overlaps a true box of its class by 0.1 to 0.5, and none by more;
    * `classification`: it overlaps one of another class by at least 0.5;
    * `duplicate`: the true box of its class has a better detection;
    * `background`: it overlaps no true box by at least 0.1;
    * `both`: it overlaps one of another class by 0.1 to 0.5.

    A true box is `missed` if it has neither a right detection nor one whose cause is
    `classification` or `localisation`.

    Parameters
    ----------
    dataset : Dataset
    detections : sequence of Detections

    Raises
    ------
    ShapeError, DetectionError
        As for `evaluate`.

    References
    ----------
    Bolya et al. 2020, "TIDE: A General Toolbox for Identifying Object Detection Errors".
    """
    check_detections(dataset, detections)
    pairs = zip(dataset, detections, strict=True)
    return [
        mistake
        for number, (picture, every) in enumerate(pairs)
        for mistake in _mistakes(number, picture.boxes, picture.classes, every)
    ]


def error_causes(dataset: Dataset, detections: Sequence[Detections]) -> pd.DataFrame:
    """Return how many mistakes have each cause, and what they cost.

    Parameters
    ----------
    dataset : Dataset
    detections : sequence of Detections

    Returns
    -------
    pandas.DataFrame
        Row by cause; columns `mistakes` and `cost`, by how much mAP50 would be higher if all
        mistakes of the cause were corrected. A detection with a wrong class or place gets the right
        one, if the true box has no right detection; otherwise, and with other causes, it is
        removed. A missed box is taken out of the truth.

    Raises
    ------
    ShapeError, DetectionError
        As for `evaluate`.
    """
    import pandas as pd

    every = mistakes(dataset, detections)
    classes, truth = dataset.classes, true_boxes(dataset)
    owners = [matched_truth(each, *own) for each, own in zip(detections, truth, strict=True)]
    before = average_precision_50(classes, truth, detections)
    rows = []
    for cause in CAUSES:
        chosen = [mistake for mistake in every if mistake.cause == cause]
        cost = 0.0
        if chosen:
            corrected = _corrected(truth, detections, owners, chosen)
            after = average_precision_50(classes, *corrected)
            # If all true boxes were missed, none remains.
            cost = (1.0 if np.isnan(after) else after) - before
        rows.append({"mistakes": len(chosen), "cost": cost})
    return pd.DataFrame(rows, index=pd.Index(CAUSES, name="cause"))


def _mistakes(
    number: int,
    boxes: NDArray[np.float32],
    classes: NDArray[np.int64],
    detections: Detections,
) -> list[Mistake]:
    if not len(boxes):
        return [Mistake(number, "background", place, None) for place in range(len(detections))]
    overlaps = iou(detections.boxes, boxes)
    is_same = detections.classes[:, None] == classes[None]
    owners = _owners(overlaps, is_same)
    has_right = np.isin(np.arange(len(boxes)), owners)
    result, has_other = [], np.zeros(len(boxes), bool)
    for place in np.flatnonzero(owners < 0).tolist():
        cause, truth = _cause(overlaps[place], is_same[place], has_right)
        result.append(Mistake(number, cause, place, truth))
        if cause in _REPAIRABLE and truth is not None:
            has_other[truth] = True
    missed = np.flatnonzero(~has_right & ~has_other).tolist()
    return result + [Mistake(number, "missed", None, place) for place in missed]


def _cause(
    overlaps: NDArray[np.float32], is_same: NDArray[np.bool_], has_right: NDArray[np.bool_]
) -> tuple[Cause, int | None]:
    other, same = np.where(is_same, -1.0, overlaps), np.where(is_same, overlaps, -1.0)
    taken = np.where(is_same & has_right, overlaps, -1.0)
    if _NEAR <= same.max() < _SAME:
        return "localisation", int(same.argmax())
    if other.max() >= _SAME:
        return "classification", int(other.argmax())
    if taken.max() >= _SAME:
        return "duplicate", int(taken.argmax())
    if overlaps.max() < _NEAR:
        return "background", None
    return "both", int(other.argmax())


def _corrected(
    truth: Sequence[Boxes],
    detections: Sequence[Detections],
    owners: Sequence[NDArray[np.int64]],
    chosen: Sequence[Mistake],
) -> tuple[list[Boxes], list[Detections]]:
    """Return true boxes and detections without some mistakes."""
    by_picture: dict[int, list[Mistake]] = {}
    for mistake in chosen:
        by_picture.setdefault(mistake.picture, []).append(mistake)
    there, results = list(truth), list(detections)
    for number, own in by_picture.items():
        boxes, classes = truth[number]
        is_there = np.ones(len(boxes), bool)
        is_there[[each.truth for each in own if each.detection is None]] = False
        there[number] = boxes[is_there], classes[is_there]
        has_right = np.isin(np.arange(len(boxes)), owners[number])
        results[number] = _without(results[number], own, boxes, classes, has_right)
    return there, results


def _without(
    detections: Detections,
    own: Sequence[Mistake],
    true_boxes: NDArray[np.float32],
    true_classes: NDArray[np.int64],
    has_right: NDArray[np.bool_],
) -> Detections:
    boxes, classes = detections.boxes.copy(), detections.classes.copy()
    keep = np.ones(len(detections), bool)
    for mistake in own:
        place, truth = mistake.detection, mistake.truth
        if place is None:
            continue
        if mistake.cause not in _REPAIRABLE or truth is None or has_right[truth]:
            keep[place] = False
        elif mistake.cause == "classification":
            classes[place], has_right[truth] = true_classes[truth], True
        else:
            boxes[place], has_right[truth] = true_boxes[truth], True
    return Detections(boxes[keep], detections.scores[keep], classes[keep])


def matched_truth(
    detections: Detections, boxes: NDArray[np.float32], classes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each detection the true box for which it is the right one, or -1.

    Parameters
    ----------
    detections : Detections
    boxes : float32 array (N, 4)
        The true ones, in pixels of the picture.
    classes : int64 array (N,)

    Returns
    -------
    int64 array (detections,)
        The place of the true box; see `mistakes`.
    """
    is_same = detections.classes[:, None] == classes[None]
    return _owners(iou(detections.boxes, boxes), is_same)


def _owners(overlaps: NDArray[np.float32], is_same: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return `matched_truth` of overlaps and whether the classes are the same, (detections, N)."""
    owners = np.full(len(overlaps), -1)
    is_good = is_same & (overlaps >= _SAME)
    is_free = np.ones(overlaps.shape[1], bool)
    for place in np.flatnonzero(is_good.any(axis=1)):
        free = np.where(is_free & is_good[place], overlaps[place], -1.0)
        best = int(free.argmax())
        if free[best] >= _SAME:
            owners[place], is_free[best] = best, False
    return owners
