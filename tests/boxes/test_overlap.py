"""Intersection over union of many boxes."""

from __future__ import annotations

import numpy as np

from paddle_workbench.boxes import iou
from paddle_workbench.boxes.overlap import overlaps


def test_many_boxes_overlap_as_each_pair_does() -> None:
    random = np.random.default_rng(0)
    low = random.uniform(0, 90, (2, 400, 2))
    one, other = np.concatenate([low, low + random.uniform(-1, 30, low.shape)], 2).astype("f")
    one[3, 1], other[5, 2], other[6, 0] = np.nan, np.inf, -np.inf
    together = overlaps(one, other)
    assert together.shape == (400, 400)
    assert ((together >= 0) & (together <= 1)).all()
    rows = [overlaps(row[None], other)[0] for row in one]
    np.testing.assert_array_equal(together, rows)
    np.testing.assert_array_equal(iou(one, other), together.astype(np.float32))
