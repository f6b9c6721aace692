"""Decoding gives the boxes and scores of `paddle.vision.ops.yolo_box`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.boxes import Detections, decode_yolo
from paddle_workbench.errors import ShapeError

from .cases import random_heads

ANCHORS = [[(50.0, 40.0), (90.0, 70.0)], [(10.0, 13.0), (16.0, 30.0), (33.0, 23.0)]]
SIZES: dict[str, Any] = {
    "anchors": ANCHORS, "strides": [16, 8], "classes": 4, "input_size": (48, 80),
}  # fmt: skip


def heads(seed: int = 0, classes: int = 4) -> list[Any]:
    cells = ((3, 5), (6, 10))
    return random_heads(seed, batch=2, anchors=(2, 3), cells=cells, classes=classes)


@pytest.mark.paddle
@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.3])
def test_equals_yolo_box(imported_paddle: None, threshold: float) -> None:
    import paddle

    for seed in range(5):
        arrays = heads(seed)
        results = decode_yolo(arrays, **SIZES, threshold=threshold)
        for row, result in enumerate(results):
            expected = []
            for head, own, stride in zip(arrays, ANCHORS, SIZES["strides"], strict=True):
                sides = [int(side) for pair in own for side in pair]
                boxes, scores = paddle.vision.ops.yolo_box(
                    paddle.to_tensor(head[row : row + 1]),
                    paddle.to_tensor([SIZES["input_size"]], dtype="int32"),
                    sides, 4, threshold, stride, clip_bbox=False,
                )  # fmt: skip
                for box, numbers in zip(boxes[0].numpy(), scores[0].numpy(), strict=True):
                    expected += [
                        (float(score), kind, box)
                        for kind, score in enumerate(numbers)
                        if score >= threshold
                    ]
            expected.sort(key=lambda each: -each[0])
            assert len(result) == len(expected)
            assert len(expected) > (20 if threshold < 0.3 else 0)
            np.testing.assert_allclose(
                result.scores, [score for score, _, _ in expected], rtol=1e-5, atol=1e-7
            )
            assert result.classes.tolist() == [kind for _, kind, _ in expected]
            np.testing.assert_allclose(
                result.boxes, [box for _, _, box in expected], rtol=1e-5, atol=1e-4
            )


def test_returns_sorted_arrays_for_each_picture() -> None:
    first, second = decode_yolo(heads(), **SIZES, threshold=0.2)
    assert (first.boxes.dtype, first.scores.dtype, first.classes.dtype) == (
        np.float32, np.float32, np.int64,
    )  # fmt: skip
    assert (np.diff(first.scores) <= 0).all()
    assert first.scores.min() >= 0.2
    assert len(first) != len(second)
    assert [len(each) for each in decode_yolo(heads(), **SIZES, threshold=1.0)] == [0, 0]


def test_nan_never_reaches_the_threshold_and_infinity_may() -> None:
    arrays = heads()
    arrays[0][:, 4] = np.nan  # objectness
    arrays[1][:, 2] = 1e4  # width
    arrays[1][0, 9 + 5] = np.nan  # a class
    first, _ = decode_yolo(arrays, **SIZES, threshold=0.1)
    assert np.isfinite(first.scores).all()
    assert np.isinf(first.boxes).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": 3}, r"shape \(2, 18, 3, 5\); 2 anchors with 5 \+ 3 numbers"),
        ({"strides": [32, 8]}, "a stride of 32 in 48 x 80 pixels"),
        ({"strides": [16]}, "2 outputs, anchors for 2 scales and 1 strides"),
        ({"input_size": (50, 80)}, "50 x 80"),
    ],
)
def test_rejects_shapes_that_do_not_fit(change: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        decode_yolo(heads(), **SIZES | change, threshold=0.1)


def test_detections_are_sorted_and_checked() -> None:
    result = Detections(np.eye(3, 4), np.array([0.2, np.nan, 0.2]), np.array([0, 1, 2]))
    assert result.classes.tolist() == [0, 2, 1]
    assert len(Detections([], [], [])) == len(Detections.none()) == 0  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"have \(2, 3\)"):
        Detections(np.zeros((2, 3)), np.zeros(2), np.zeros(2))
    with pytest.raises(ShapeError, match="There are 2 boxes"):
        Detections(np.zeros((2, 4)), np.zeros(3), np.zeros(2))
