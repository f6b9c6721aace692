"""Non-maximum suppression keeps what an independent implementation keeps, and always ends."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from paddle_workbench.boxes import METHODS, Detections, iou, suppress
from paddle_workbench.errors import BoxError

from .cases import random_detections

CASES = 1000


def slow_overlap(one: Any, other: Any) -> float:
    # An infinite box has hardly anything in common with another one.
    if not all(math.isfinite(each) for each in (*one, *other)):
        return 0.0
    shared = area(*(max(one[at], other[at]) for at in (0, 1)), *map(min, one[2:], other[2:]))
    return shared / (area(*one) + area(*other) - shared) if shared else 0.0


def area(x1: float, y1: float, x2: float, y2: float) -> float:
    return max(0.0, x2 - x1) * max(0.0, y2 - y1)


def slow_suppression(known: Detections, limit: float, method: str) -> list[tuple[int, float]]:
    """Return places and scores, written as the definition reads."""
    scores = [float(score) for score in known.scores]
    boxes = known.boxes.tolist()
    left = [at for at, score in enumerate(scores) if not math.isnan(score)]
    kept = []
    while left:
        best = max(left, key=lambda at: (scores[at], -at))
        left.remove(best)
        kept.append((best, scores[best]))
        for at in list(left):
            is_rival = method == "class-agnostic" or known.classes[at] == known.classes[best]
            shared = slow_overlap(boxes[best], boxes[at])
            if not is_rival or shared <= limit:
                continue
            if method == "soft":
                scores[at] *= 1 - shared
            if method != "soft" or scores[at] == 0:
                left.remove(at)
    return kept


@pytest.mark.parametrize("method", METHODS)
def test_keeps_what_the_definition_keeps(method: Any) -> None:
    for seed in range(CASES):
        known = random_detections(seed)
        limit = (0.0, 0.3, 0.5, 1.0)[seed % 4]
        expected = slow_suppression(known, limit, method)
        result = suppress(known, iou=limit, method=method)
        places = [place for place, _ in expected]
        np.testing.assert_array_equal(result.boxes, known.boxes[places])
        np.testing.assert_array_equal(result.classes, known.classes[places])
        np.testing.assert_allclose(result.scores, [score for _, score in expected], rtol=1e-6)
        few = suppress(known, iou=limit, method=method, limit=3)
        np.testing.assert_array_equal(few.boxes, result.boxes[:3])


@pytest.mark.paddle
def test_keeps_what_paddle_keeps(imported_paddle: None) -> None:
    import paddle

    for seed in range(CASES):
        known = random_detections(seed, with_nan=False)
        limit = (0.1, 0.3, 0.5)[seed % 3]
        # Paddle refuses no boxes at all.
        if len(known) == 0:
            assert len(suppress(known, iou=limit)) == 0
            continue
        boxes = paddle.to_tensor(known.boxes)
        kept = paddle.vision.ops.nms(boxes, limit).numpy()
        agnostic = suppress(known, iou=limit, method="class-agnostic")
        np.testing.assert_array_equal(agnostic.boxes, known.boxes[kept])
        np.testing.assert_array_equal(agnostic.scores, known.scores[kept])
        per_class = suppress(known, iou=limit)
        for kind in range(3):
            own = known.take(known.classes == kind)
            chosen = paddle.vision.ops.nms(paddle.to_tensor(own.boxes), limit) if len(own) else []
            np.testing.assert_array_equal(
                per_class.take(per_class.classes == kind).boxes, own.boxes[np.array(chosen, int)]
            )


def test_overlap_is_that_of_the_definition() -> None:
    for seed in range(100):
        known = random_detections(seed)
        expected = [
            [slow_overlap(a, b) for b in known.boxes[:4].tolist()] for a in known.boxes.tolist()
        ]
        result = iou(known.boxes, known.boxes[:4])
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, np.reshape(expected, result.shape), rtol=1e-6)


def test_overlap_of_exactly_the_limit_is_allowed() -> None:
    # 3 of 10 pixels; in single precision this is more than 0.3.
    pair = Detections(np.array([[0, 0, 10, 1], [0, 0, 3, 1]]), np.array([0.9, 0.8]), np.zeros(2))
    assert len(suppress(pair, iou=0.3)) == 2
    assert len(suppress(pair, iou=0.299)) == 1


@pytest.mark.parametrize("method", METHODS)
def test_many_boxes_in_one_place_end(method: Any) -> None:
    many = Detections(np.full((10_000, 4), np.nan), np.ones(10_000), np.zeros(10_000))
    assert len(suppress(many, iou=0.5, limit=100, method=method)) == 100
    same = Detections(np.tile([0, 0, 8, 8], (10_000, 1)), np.ones(10_000), np.zeros(10_000))
    assert len(suppress(same, iou=0.5, method=method)) == 1
    points = Detections(np.zeros((10_000, 4)), np.ones(10_000), np.zeros(10_000))
    assert len(suppress(points, iou=0.0, limit=50, method=method)) == 50


def test_soft_removes_what_falls_below_the_threshold() -> None:
    pair = Detections([[0, 0, 10, 10], [0, 0, 10, 9]], np.array([0.9, 0.8]), np.zeros(2))
    result = suppress(pair, iou=0.5, method="soft")
    np.testing.assert_allclose(result.scores, [0.9, 0.08], rtol=1e-6)
    assert len(suppress(pair, iou=0.5, method="soft", threshold=0.1)) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iou": 1.5}, "The overlap 1.5 is not from 0 to 1"),
        ({"iou": float("nan")}, "The overlap nan"),
        ({"iou": 0.5, "limit": -1}, "The limit -1 is negative"),
        ({"iou": 0.5, "method": "fast"}, "no method 'fast'"),
    ],
)
def test_rejects_settings_that_mean_nothing(settings: Any, message: str) -> None:
    with pytest.raises(BoxError, match=message):
        suppress(Detections.none(), **settings)
