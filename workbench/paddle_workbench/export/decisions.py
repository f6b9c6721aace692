"""What a network decides, and how many decisions of another program are other ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..boxes import SAME_IOU, SAME_PX, Detections, matching
from ..contract import BundleRecord, YoloBoxes
from ..errors import BundleError
from .box_steps import detected

__all__ = [
    "MAX_CHANGED_BOXES",
    "MAX_CHANGED_DECISIONS",
    "Decisions",
    "SeenBoxes",
    "box_step",
    "decisions_of",
]

Array = NDArray[Any]
MAX_CHANGED_DECISIONS = 0.02
"""The share that may change: those that were nearly a tie."""
MAX_CHANGED_BOXES = 0.05
"""The share of boxes that may change with int8: nearly a tie are a score at the threshold, a class,
and which of two boxes of a thing is suppressed, which makes one missing and one new."""

_LARGEST = frozenset({"text-classification", "image-classification", "text-recognition"})


@dataclass(frozen=True, slots=True)
class Decisions:
    """How the decisions of a bundle are counted.

    Parameters
    ----------
    count : callable
        Takes the right outputs and others; returns the decisions, and how many of them changed.
    are_boxes : bool
        Whether they are boxes, which a small difference may move, and not the largest of values.
    is_approximate : bool
        Whether boxes may move, as far as they still overlap; see `decisions_of`.
    """

    count: Callable[[Sequence[Array], Sequence[Array]], tuple[int, int]]
    are_boxes: bool = False
    is_approximate: bool = False

    @property
    def may_change(self) -> float:
        """The share that may change."""
        is_loose = self.are_boxes and self.is_approximate
        return MAX_CHANGED_BOXES if is_loose else MAX_CHANGED_DECISIONS

    @property
    def limit(self) -> str:
        """How many may change, as a phrase: `2% of the decisions`."""
        return f"{self.may_change:.0%} of the {'boxes' if self.are_boxes else 'decisions'}"

    def problem(self, decisions: int, changed: int) -> str:
        """Return as a sentence that too many decisions changed; empty if they are few."""
        if changed <= self.may_change * decisions:
            return ""
        if not self.are_boxes:
            return f"{changed} of {decisions} decisions changed."
        boxes = f"{changed} of {decisions} boxes are missing, new, or"
        if self.is_approximate:
            return f"{boxes} overlap the right one by less than {SAME_IOU:g}."
        return f"{boxes} moved by more than {SAME_PX:g} pixels."


class SeenBoxes:
    """What is seen in one picture, as a decision: equal to one with the same boxes.

    The same ones have one class, and no edge differs by more than half a pixel; if one of the two
    programs is approximate, as with int8, it is enough that they overlap by 0.9.

    Parameters
    ----------
    detections : Detections
    is_approximate : bool
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, detections: Detections, *, is_approximate: bool = False) -> None:
        self._detections = detections
        self._is_approximate = is_approximate

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SeenBoxes):
            return NotImplemented
        counts = {len(self._detections), len(other._detections)}
        iou = _overlap(is_approximate=self._is_approximate or other._is_approximate)
        return counts == {matching(self._detections, other._detections, iou=iou)}


def decisions_of(record: BundleRecord, *, is_approximate: bool = False) -> Decisions | None:
    """Return how the decisions of a bundle are counted; None if its outputs are not decisions.

    A classifier decides once for each row, and a recogniser for each step of a line: the largest
    value of the first output. A detector decides on boxes, in pixels of the network's input: those
    that only one of two programs sees have changed.

    Parameters
    ----------
    record : BundleRecord
    is_approximate : bool
        Whether the other program is only meant to be nearly the same, as with int8 or fewer
        channels. Boxes of a class are then the same from an overlap of `boxes.SAME_IOU`, and
        otherwise only if no edge differs by more than `boxes.SAME_PX`.
    """
    step = box_step(record)
    if step is not None:
        iou = _overlap(is_approximate=is_approximate)
        return Decisions(
            lambda expected, outputs: _changed_boxes(expected, outputs, step, record.labels, iou),
            are_boxes=True,
            is_approximate=is_approximate,
        )
    return Decisions(_changed_largest) if record.task in _LARGEST else None


def box_step(record: BundleRecord) -> YoloBoxes | None:
    """Return the step of a bundle that makes boxes."""
    steps = (step for step in record.postprocessing if isinstance(step, YoloBoxes))
    return next(steps, None)


def _changed_largest(expected: Sequence[Array], outputs: Sequence[Array]) -> tuple[int, int]:
    first, other = expected[0].argmax(axis=-1), outputs[0].argmax(axis=-1)
    return first.size, int(np.count_nonzero(first != other))


def _overlap(*, is_approximate: bool) -> float | None:
    return SAME_IOU if is_approximate else None


def _changed_boxes(
    expected: Sequence[Array],
    outputs: Sequence[Array],
    step: YoloBoxes,
    labels: Sequence[str],
    iou: float | None,
) -> tuple[int, int]:
    decisions = changed = 0
    try:
        seen, others = detected(expected, step, labels), detected(outputs, step, labels)
    except BundleError:  # a variation of a sample may have a size that the strides do not divide
        return 0, 0
    for right, other in zip(seen, others, strict=True):
        same = matching(right, other, iou=iou)
        decisions += len(right) + len(other) - same
        changed += len(right) + len(other) - 2 * same
    return decisions, changed
