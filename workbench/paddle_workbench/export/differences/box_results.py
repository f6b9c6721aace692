"""The boxes that another pipeline makes of the outputs of a detector, and what it does to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...boxes import METHODS, SAME_PX, Detections, matching
from ...contract import BundleRecord, LabelledBox, YoloBoxes
from ...errors import BundleError
from ...program.passes.comparison import Array
from ..processing import Prediction, postprocess
from .difference import Cause, Step

__all__ = ["box_results_step"]

_THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7)
_OVERLAPS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
_HINT = "Do as bundle.record.postprocessing says."


def box_results_step(
    name: str,
    right: Any,
    other: Any,
    outputs: Sequence[Array],
    record: BundleRecord,
    step: YoloBoxes,
    causes: tuple[Cause, ...],
) -> Step:
    """Compare the boxes of another pipeline with those of the bundle.

    Parameters
    ----------
    name : str
        Of the step of the difference.
    right, other : Prediction, or a list with one
        In pixels of the network's input.
    outputs : sequence of arrays
    record : BundleRecord
    step : YoloBoxes
        Of the bundle.
    causes : tuple of Cause
        Those that are known.
    """
    ours, theirs = _boxes(right), _boxes(other)
    if ours is None or theirs is None:
        problem = (
            f"The result is {other!r:.200}; a Prediction with boxes can be compared, such as "
            "postprocess() of the bundle's steps returns."
        )
        return Step(name, None, is_equal=False, problem=problem, causes=causes)
    changed, count = _changed(ours, theirs)
    if not changed:
        return Step(name, 0.0, is_equal=not causes, causes=causes)
    for cause, steps, labels in () if causes else _variations(step, record.labels):
        try:
            again = _boxes(postprocess(outputs, [steps], labels))
        except BundleError:  # a hypothesis that these outputs do not fit
            continue
        if again is not None and not _changed(again, theirs)[0]:
            causes = (cause,)
            break
    problem = (
        f"{changed} of {count} boxes are missing, new, or moved by more than {SAME_PX:g} pixels."
    )
    return Step(name, changed / count, is_equal=False, problem=problem, causes=causes)


def _boxes(value: Any) -> tuple[LabelledBox, ...] | None:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value.boxes if isinstance(value, Prediction) else None


def _changed(ours: Sequence[LabelledBox], theirs: Sequence[LabelledBox]) -> tuple[int, int]:
    """Return how many boxes only one of two pipelines sees, and how many there are."""
    labels = sorted({box.label for box in (*ours, *theirs)})
    first, second = (_detections(boxes, labels) for boxes in (ours, theirs))
    same = matching(first, second)
    return len(first) + len(second) - 2 * same, len(first) + len(second) - same


def _detections(boxes: Sequence[LabelledBox], labels: Sequence[str]) -> Detections:
    return Detections(
        np.array([box.corners for box in boxes], np.float32).reshape(-1, 4),
        np.array([box.score for box in boxes], np.float32),
        np.array([labels.index(box.label) for box in boxes], np.int64),
    )


def _variations(
    step: YoloBoxes, labels: tuple[str, ...]
) -> Iterator[tuple[Cause, YoloBoxes, tuple[str, ...]]]:
    """Yield changes of the bundle's own step, with their cause."""
    for field, word, values in (
        ("method", "method of suppression", METHODS),
        ("iou", "limit of the overlap", _OVERLAPS),
        ("threshold", "threshold", _THRESHOLDS),
    ):
        known = getattr(step, field)
        for value in values:
            if value != known:
                message = f"The {word} is {value} instead of {known}."
                yield Cause(field, message, _HINT), _changed_step(step, field, value), labels
    turned = tuple(tuple((high, wide) for wide, high in scale) for scale in step.anchors)
    message = "The anchors are heights and widths instead of widths and heights."
    yield Cause("anchors", message, _HINT), _changed_step(step, "anchors", turned), labels
    message = "The anchors of the outputs are in the opposite order."
    reverse = _changed_step(step, "anchors", step.anchors[::-1])
    yield Cause("anchors", message, _HINT), reverse, labels
    for shift in (1, -1):
        moved = (*labels[shift:], *labels[:shift])
        cause = Cause(
            "label order",
            f"The labels are shifted by {shift:+d}.",
            "Use bundle.record.labels; a detector has no label for the background.",
        )
        if len(labels) > 1:
            yield cause, step, moved


def _changed_step(step: YoloBoxes, field: str, value: Any) -> YoloBoxes:
    return step.model_copy(update={field: value})
