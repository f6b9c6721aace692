"""The loss against an implementation that follows its definition, one number at a time."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from paddle_workbench.detection.loss import Truth, loss_parts, truth_of, yolo_loss
from paddle_workbench.errors import DetectionError, ShapeError

ANCHORS = (((40, 50), (60, 30), (70, 70)), ((10, 12), (20, 14), (24, 30)))
STRIDES = (16, 8)
SIZE = 64
CLASSES = 3
RANDOM_SEEDS = range(4)


def entropy(x: float, target: float) -> float:
    probability = 1 / (1 + exp(-x))
    return -target * log(probability) - (1 - target) * log(1 - probability)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Of boxes given by centre and size."""
    sides = [
        min(one[i] + one[i + 2] / 2, other[i] + other[i + 2] / 2)
        - max(one[i] - one[i + 2] / 2, other[i] - other[i + 2] / 2)
        for i in range(2)
    ]
    shared = max(sides[0], 0) * max(sides[1], 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def loss_by_hand(
    heads: list[np.ndarray],
    boxes: np.ndarray,
    classes: np.ndarray,
    *,
    ignored: float,
    smooth: bool,
    row: int,
) -> dict[str, float]:
    """Return the loss of one picture, whose boxes are corners in pixels."""
    truth = [
        (
            (x1 + x2) / 2 / SIZE,
            (y1 + y2) / 2 / SIZE,
            (x2 - x1) / SIZE,
            (y2 - y1) / SIZE,
        )
        for x1, y1, x2, y2 in boxes.tolist()
    ]
    every = [anchor for scale in ANCHORS for anchor in scale]
    parts = dict.fromkeys(("centre", "size", "objectness", "classes"), 0.0)
    first = 0
    positive, negative = (1 - 1 / 40, 1 / 40) if smooth else (1.0, 0.0)
    for head, scale, stride in zip(heads, ANCHORS, STRIDES, strict=True):
        cells = SIZE // stride
        values = head[row].reshape(len(scale), 5 + CLASSES, cells, cells).astype(float)
        things = {}
        for box, kind in zip(truth, classes.tolist(), strict=True):
            fits = [overlap((0, 0, *box[2:]), (0, 0, w / SIZE, h / SIZE)) for w, h in every]
            anchor = fits.index(max(fits)) - first
            if not 0 <= anchor < len(scale):
                continue
            x, y = int(box[0] * cells), int(box[1] * cells)
            things[anchor, y, x] = True
            cell = values[anchor, :, y, x]
            weight = 2 - box[2] * box[3]
            parts["centre"] += weight * entropy(cell[0], box[0] * cells - x)
            parts["centre"] += weight * entropy(cell[1], box[1] * cells - y)
            for i in range(2):
                target = log(box[2 + i] * SIZE / scale[anchor][i])
                parts["size"] += weight * abs(cell[2 + i] - target)
            for i in range(CLASSES):
                parts["classes"] += entropy(cell[5 + i], positive if i == kind else negative)
        for anchor, (width, height) in enumerate(scale):
            for y in range(cells):
                for x in range(cells):
                    cell = values[anchor, :, y, x]
                    box = (
                        (x + 1 / (1 + exp(-cell[0]))) / cells,
                        (y + 1 / (1 + exp(-cell[1]))) / cells,
                        exp(cell[2]) * width / SIZE,
                        exp(cell[3]) * height / SIZE,
                    )
                    if (anchor, y, x) in things:
                        parts["objectness"] += entropy(cell[4], 1)
                    elif all(overlap(box, other) <= ignored for other in truth):
                        parts["objectness"] += entropy(cell[4], 0)
        first += len(scale)
    return parts


def example(seed: int) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    random = np.random.default_rng(seed)
    heads = [
        random.normal(0, 1.5, (3, 3 * (5 + CLASSES), SIZE // stride, SIZE // stride))
        for stride in STRIDES
    ]
    boxes, classes = [], []
    for count in (6, 1, 0):  # the last picture is empty
        low = random.uniform(0, SIZE - 8, (count, 2))
        high = np.minimum(low + random.uniform(4, 50, (count, 2)), SIZE)
        boxes.append(np.concatenate([low, high], axis=1).astype(np.float32))
        classes.append(random.integers(0, CLASSES, count))
    return [head.astype(np.float32) for head in heads], boxes, classes


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("seed", RANDOM_SEEDS)
def test_parts_agree_with_the_definition(seed: int, smooth: bool) -> None:
    heads, boxes, classes = example(seed)
    settings = {"ignored": 0.3, "smooth": smooth}
    rows = [
        loss_by_hand(heads, *truth, row=row, **settings)
        for row, truth in enumerate(zip(boxes, classes, strict=True))
    ]
    parts = loss_parts(
        heads,
        truth_of(boxes, classes, input_size=SIZE),
        anchors=ANCHORS,
        strides=STRIDES,
        classes=CLASSES,
        **settings,
    )
    for name in rows[0]:
        expected = np.mean([row[name] for row in rows])
        assert getattr(parts, name) == pytest.approx(expected, rel=1e-5), name
    assert parts.total == pytest.approx(np.mean([sum(row.values()) for row in rows]), rel=1e-5)


@pytest.mark.paddle
@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("seed", RANDOM_SEEDS)
def test_paddle_agrees_with_the_definition(imported_paddle: None, seed: int, smooth: bool) -> None:
    import paddle

    heads, boxes, classes = example(seed)
    settings = {"ignored": 0.3, "smooth": smooth}
    expected = [
        sum(loss_by_hand(heads, *truth, row=row, **settings).values())
        for row, truth in enumerate(zip(boxes, classes, strict=True))
    ]
    loss = yolo_loss(
        [paddle.to_tensor(head) for head in heads],
        truth_of(boxes, classes, input_size=SIZE),
        anchors=ANCHORS,
        strides=STRIDES,
        classes=CLASSES,
        **settings,
    )
    np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-5)


@pytest.mark.paddle
def test_two_boxes_in_one_cell_both_count(imported_paddle: None) -> None:
    import paddle

    heads, _, _ = example(0)
    boxes = [np.array([[8, 8, 18, 20], [9, 8, 19, 20]], np.float32), *[np.zeros((0, 4), "f")] * 2]
    classes = [np.array([0, 2]), *[np.zeros(0, np.int64)] * 2]
    truth = truth_of(boxes, classes, input_size=SIZE)
    settings = {"anchors": ANCHORS, "strides": STRIDES, "classes": CLASSES}
    loss = yolo_loss([paddle.to_tensor(head) for head in heads], truth, **settings)
    assert float(loss.mean()) == pytest.approx(loss_parts(heads, truth, **settings).total, rel=1e-5)


@pytest.mark.paddle
def test_ten_thousand_boxes_agree_with_paddle(imported_paddle: None) -> None:
    import paddle

    heads, boxes, classes = example(0)
    random = np.random.default_rng(1)
    low = random.uniform(0, SIZE - 4, (10_000, 2))
    boxes[1] = np.concatenate([low, low + random.uniform(1, 4, low.shape)], 1).astype(np.float32)
    classes[1] = random.integers(0, CLASSES, len(low))
    truth = truth_of(boxes, classes, input_size=SIZE)
    settings = {"anchors": ANCHORS, "strides": STRIDES, "classes": CLASSES}
    loss = yolo_loss([paddle.to_tensor(head) for head in heads], truth, **settings)
    assert float(loss.mean()) == pytest.approx(loss_parts(heads, truth, **settings).total, rel=1e-5)


@pytest.mark.paddle
def test_box_at_the_last_pixel_belongs_to_the_last_cell(imported_paddle: None) -> None:
    """A centre on the edge would make Paddle write outside its arrays."""
    import paddle

    heads, _, _ = example(0)
    edge = np.nextafter(np.float32(SIZE), np.float32(0))
    boxes = [np.array([[edge, 10, SIZE, 20]], np.float32), *[np.zeros((0, 4), "f")] * 2]
    boxes[1] = np.array([[SIZE, SIZE, SIZE + 9, SIZE + 9]], np.float32)
    classes = [np.array([1]), np.array([1]), np.zeros(0, np.int64)]
    truth = truth_of(boxes, classes, input_size=SIZE)
    assert (truth.boxes[..., :2] < 1).all()
    assert ((truth.boxes[..., :2] * np.float32(8)).astype(int) <= 7).all()
    settings = {"anchors": ANCHORS, "strides": STRIDES, "classes": CLASSES}
    loss = yolo_loss([paddle.to_tensor(head) for head in heads], truth, **settings)
    assert float(loss.mean()) == pytest.approx(loss_parts(heads, truth, **settings).total, rel=1e-5)


def test_pads_pictures_with_fewer_boxes() -> None:
    boxes = [np.array([[0, 16, 32, 64]], np.float32), np.zeros((0, 4), np.float32)]
    truth = truth_of(boxes, [np.array([2]), np.zeros(0, np.int64)], input_size=64)
    assert isinstance(truth, Truth)
    np.testing.assert_array_equal(truth.boxes, [[[0.25, 0.625, 0.5, 0.75]], [[0, 0, 0, 0]]])
    np.testing.assert_array_equal(truth.classes, [[2], [0]])
    assert (truth.boxes.dtype, truth.classes.dtype) == (np.float32, np.int32)


def test_rejects_boxes_without_classes() -> None:
    with pytest.raises(ShapeError, match=r"\[2\] boxes and \[1\] classes"):
        truth_of([np.zeros((2, 4), np.float32)], [np.zeros(1, np.int64)], input_size=64)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rejects_boxes_that_are_not_numbers(value: float) -> None:
    """Paddle's loss would crash the process."""
    boxes = np.array([[0, 0, value, 9]], np.float32)
    with pytest.raises(DetectionError, match="Picture 0 of the batch"):
        truth_of([boxes], [np.zeros(1, np.int64)], input_size=64)
