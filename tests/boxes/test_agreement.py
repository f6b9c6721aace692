"""Which boxes of two programs are the same."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.boxes import Detections, matching


def seen(*rows: tuple[float, int]) -> Detections:
    """Return a box for each left edge and class."""
    boxes = [[left, 0, left + 10, 10] for left, _ in rows]
    scores = np.linspace(0.9, 0.5, len(rows), dtype=np.float32)
    return Detections(boxes, scores, np.array([kind for _, kind in rows]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("others", "count"),
    [
        (seen((0, 0), (20, 1)), 2),
        (seen((20, 1), (0, 0)), 2),  # in another order
        (seen((0.5, 0), (20.5, 1)), 2),
        (seen((0.51, 0), (20, 1)), 1),
        (seen((0, 1), (20, 1)), 1),
        (seen((0, 0), (0, 0), (0.1, 0)), 1),
        (seen(), 0),
        (seen((np.nan, 0)), 0),
    ],
)
def test_same_boxes_have_one_class_and_near_edges(others: Detections, count: int) -> None:
    known = seen((0, 0), (20, 1))
    assert matching(known, others) == matching(others, known) == count


def test_each_box_is_matched_once_with_the_nearest() -> None:
    assert matching(seen((0, 0), (0.2, 0)), seen((0.1, 0), (0.45, 0))) == 2
    assert matching(seen((0, 0), (0, 0)), seen((0, 0))) == 1


def test_overlapping_boxes_are_the_same_too_if_an_overlap_is_passed() -> None:
    large = Detections([[0, 0, 100, 100], [0, 0, 100, 100]], [0.9, 0.8], [0, 1])  # type: ignore[arg-type]
    moved = Detections([[5, 0, 105, 100], [8, 0, 108, 100]], [0.9, 0.8], [0, 1])  # type: ignore[arg-type]
    assert matching(large, moved) == 0
    assert matching(large, moved, iou=0.9) == 1
    assert matching(large, moved, iou=0.8) == 2
    assert matching(large, Detections(moved.boxes, moved.scores, moved.classes + 2), iou=0.8) == 0
    # What is the same within half a pixel stays so, also small boxes and those without an area.
    none = Detections([[3, 3, 3, 9]], [0.9], [0])  # type: ignore[arg-type]
    assert matching(none, none, iou=0.9) == 1
    assert matching(seen((0, 0)), seen((0.5, 0)), iou=0.99) == 1
    assert matching(large, Detections.none(), iou=0.9) == matching(Detections.none(), large) == 0
