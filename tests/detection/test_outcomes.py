from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.boxes import Detections
from paddle_workbench.detection import Dataset, Picture, mistakes
from paddle_workbench.detection.outcomes import Outcomes, outcomes

TRUTH = np.array([[0, 0, 10, 10], [20, 20, 30, 30], [0, 20, 8, 28]], np.float32)
KINDS = np.array([0, 1, 0])
SEEN = Detections(
    np.array([[0, 0, 10, 9], [0, 1, 10, 10], [20, 20, 30, 30], [40, 40, 44, 44], [0, 20, 8, 28]]),
    np.array([0.9, 0.8, 0.7, 0.6, 0.2]),
    np.array([0, 0, 0, 1, 0]),
)


def at(threshold: float, iou: float) -> Outcomes:
    return outcomes(SEEN, TRUTH, KINDS, threshold=threshold, iou=iou, limit=100, method="per-class")


@pytest.mark.parametrize(
    ("threshold", "iou", "truth", "missed"),
    [
        (0.5, 0.5, [0, -1, -1], [1, 2]),
        # A second box around the same thing is invented.
        (0.5, 0.95, [0, -1, -1, -1], [1, 2]),
        (0.1, 0.5, [0, -1, -1, 2], [1]),
        (0.95, 0.5, [], [0, 1, 2]),
    ],
)
def test_boxes_are_right_invented_or_missed(
    threshold: float, iou: float, truth: list[int], missed: list[int]
) -> None:
    result = at(threshold, iou)
    assert (result.truth.tolist(), result.missed.tolist()) == (truth, missed)
    assert result.right == len(TRUTH) - len(missed)
    assert result.right + result.invented == len(result.detections)
    assert result.mistakes == result.invented + len(missed)


def test_invented_boxes_are_those_that_mistakes_names() -> None:
    pixels = np.zeros((50, 50, 3), np.uint8)
    dataset = Dataset(("a", "b"), [Picture("1", pixels, TRUTH, KINDS)])
    result = at(0.1, 0.95)
    wrong = {each.detection for each in mistakes(dataset, [result.detections])} - {None}
    assert sorted(wrong) == np.flatnonzero(result.truth < 0).tolist()
