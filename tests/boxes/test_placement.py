"""Boxes of a resized picture return to where they are in the original."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.boxes import Detections, Placement, letterboxed, placed

INTO = (96, 128)


@pytest.mark.parametrize(
    ("size", "resized", "top", "left"),
    [
        ((480, 640), (96, 128), 0, 0),
        ((1000, 100), (96, 10), 0, 59),
        ((100, 1000), (13, 128), 41, 0),
        ((1, 20_000), (1, 128), 47, 0),
        ((20_000, 1), (96, 1), 0, 63),
        ((3, 4), (96, 128), 0, 0),
    ],
)
def test_picture_is_in_the_middle(
    size: tuple[int, int], resized: tuple[int, int], top: int, left: int
) -> None:
    assert letterboxed(*size, into=INTO) == Placement(size, resized, INTO, top, left)


def test_boxes_return_to_the_picture() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        height, width = (int(side) for side in random.integers(1, 3000, 2))
        placement = letterboxed(height, width, into=INTO)
        corners = np.sort(random.random((9, 2, 2)), axis=1) * [width, height]
        boxes = corners.reshape(9, 4).astype(np.float32)
        inside = placement.to_input(boxes)
        assert inside.dtype == np.float32
        assert inside.min() >= -1e-4
        assert (inside <= [128.0001, 96.0001] * 2).all()
        np.testing.assert_allclose(placement.to_picture(inside), boxes, rtol=1e-4, atol=1e-2)


def test_what_lies_outside_the_picture_is_cut_or_left_out() -> None:
    placement = letterboxed(50, 100, into=(128, 128))  # 32 rows above and below
    boxes = [[-10, 40, 64, 500], [10, 0, 40, 30], [np.nan, 40, 50, 60], [5, 60, 5, 70]]
    result = placed(Detections(boxes, np.arange(4, 0, -1) / 8, np.arange(4)), placement)
    assert result.classes.tolist() == [0]
    assert result.boxes.tolist() == [[0, 6.25, 50, 50]]
    assert result.scores.tolist() == [0.5]
