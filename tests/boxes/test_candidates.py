from __future__ import annotations

from typing import Any

import numpy as np

from paddle_workbench.boxes import Candidates, decode_yolo, letterboxed, placed, yolo_candidates

from .cases import random_heads

ANCHORS = [[(30, 20), (20, 30)], [(8, 8), (6, 12)]]
SETTINGS: dict[str, Any] = {"anchors": ANCHORS, "strides": (16, 8), "classes": 3}
INPUT = (48, 80)
PLACES = [letterboxed(96, 200, into=INPUT), letterboxed(100, 40, into=INPUT)]


def heads() -> list[Any]:
    return random_heads(1, batch=2, anchors=(2, 2), cells=((3, 5), (6, 10)), classes=3)


def seen(limit: int | None = None) -> list[Candidates]:
    return yolo_candidates(heads(), placements=PLACES, threshold=0.1, limit=limit, **SETTINGS)


def test_candidates_are_the_decoded_boxes_in_the_picture() -> None:
    decoded = decode_yolo(heads(), input_size=INPUT, threshold=0.1, **SETTINGS)
    for one, boxes, place in zip(seen(), decoded, PLACES, strict=True):
        expected = placed(boxes, place)
        np.testing.assert_array_equal(one.detections.boxes, expected.boxes)
        np.testing.assert_array_equal(one.detections.classes, expected.classes)
        assert (one.complete_above, one.placement) == (0.0, place)


def test_the_best_are_kept_and_the_score_of_the_first_left_out_is_known() -> None:
    for one, every in zip(seen(limit=5), seen(), strict=True):
        np.testing.assert_array_equal(one.detections.scores, every.detections.scores[:5])
        assert one.complete_above == every.detections.scores[5]


def test_objectness_is_the_highest_of_the_anchors() -> None:
    coarse, fine = seen()[1].objectness
    assert (coarse.shape, fine.shape) == ((3, 5), (6, 10))
    raw = heads()[0][1].reshape(2, 8, 3, 5)[:, 4].max(axis=0)
    np.testing.assert_allclose(coarse, 1 / (1 + np.exp(-raw)), rtol=1e-5)
