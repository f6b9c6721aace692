"""What a network decides, and how many decisions of another program are other ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..boxes import SAME_PX, Detections, matching
from ..contract import BundleRecord, YoloBoxes
from ..errors import BundleError
from .box_steps import detected

__all__ = ["MAX_CHANGED_DECISIONS", "Decisions", "SeenBoxes", "box_step", "decisions_of"]

Array = NDArray[Any]
MAX_CHANGED_DECISIONS = 0.02
"""The share that may change: those that were nearly a tie."""

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
    """

    count: Callable[[Sequence[Array], Sequence[Array]], tuple[int, int]]
    are_boxes: bool = False

    def problem(self, decisions: int, changed: int) -> str:
        """Return as a sentence that too many decisions changed; empty if they are few."""
        if changed <= MAX_CHANGED_DECISIONS * decisions:
            return ""
        if self.are_boxes:
            return (
                f"{changed} of {decisions} boxes are missing, new, or moved by more than "
                f"{SAME_PX:g} pixels."
            )
        return f"{changed} of {decisions} decisions changed."


class SeenBoxes:
    """What is seen in one picture, as a decision: equal to one with the same boxes.

    Boxes are the same if they have one class, and no edge differs by more than half a pixel.

    Parameters
    ----------
    detections : Detections
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, detections: Detections) -> None:
        self._detections = detections

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SeenBoxes):
            return NotImplemented
        counts = {len(self._detections), len(other._detections)}
        return counts == {matching(self._detections, other._detections)}


def decisions_of(record: BundleRecord) -> Decisions | None:
    """Return how the decisions of a bundle are counted; None if its outputs are not decisions.

    A classifier decides once for each row, and a recogniser for each step of a line: the largest
    value of the first output. A detector decides on boxes, in pixels of the network's input: those
    that only one of two programs sees have changed.
    """
    step = box_step(record)
    if step is not None:
        return Decisions(
            lambda expected, outputs: _changed_boxes(expected, outputs, step, record.labels),
            are_boxes=True,
        )
    return Decisions(_changed_largest) if record.task in _LARGEST else None


def box_step(record: BundleRecord) -> YoloBoxes | None:
    """Return the step of a bundle that makes boxes."""
    steps = (step for step in record.postprocessing if isinstance(step, YoloBoxes))
    return next(steps, None)


def _changed_largest(expected: Sequence[Array], outputs: Sequence[Array]) -> tuple[int, int]:
    first, other = expected[0].argmax(axis=-1), outputs[0].argmax(axis=-1)
    return first.size, int(np.count_nonzero(first != other))


def _changed_boxes(
    expected: Sequence[Array], outputs: Sequence[Array], step: YoloBoxes, labels: Sequence[str]
) -> tuple[int, int]:
    decisions = changed = 0
    try:
        seen, others = detected(expected, step, labels), detected(outputs, step, labels)
    except BundleError:  # a variation of a sample may have a size that the strides do not divide
        return 0, 0
    for right, other in zip(seen, others, strict=True):
        same = matching(right, other)
        decisions += len(right) + len(other) - same
        changed += len(right) + len(other) - 2 * same
    return decisions, changed
