"""Against figures worked out by hand, and pycocotools called as its manual says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.boxes import Detections
from paddle_workbench.detection.dataset import Dataset, Picture
from paddle_workbench.detection.evaluation import (
    average_precision_50,
    bootstrap,
    evaluate,
    true_boxes,
)
from paddle_workbench.errors import DetectionError, ShapeError

CLASSES = ("盒", "<b>瓶</b>", "签")
PIXELS = np.zeros((200, 200, 3), np.uint8)


def picture(name: str, *objects: tuple[int, list[float]]) -> Picture:
    boxes = np.array([box for _, box in objects]).reshape(-1, 4)
    return Picture(name, PIXELS, boxes, [kind for kind, _ in objects])


def detections(*objects: tuple[int, float, list[float]]) -> Detections:
    return Detections(
        np.array([box for _, _, box in objects], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in objects], np.float32),
        np.array([kind for kind, _, _ in objects], np.int64),
    )


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset(
        CLASSES,
        [
            picture("one", (0, [0, 0, 20, 20]), (0, [50, 50, 150, 150]), (1, [0, 100, 40, 140])),
            picture("two", (0, [10, 10, 50, 50])),
            picture("empty"),
        ],
    )


@pytest.fixture(scope="module")
def found() -> list[Detections]:
    return [
        # Right; nothing there; right at 0.5 alone (overlap 0.6); a class too many.
        detections(
            (0, 0.9, [0, 0, 20, 20]),
            (0, 0.8, [160, 160, 190, 190]),
            (0, 0.7, [50, 50, 110, 150]),
            (1, 0.6, [0, 100, 40, 140]),
        ),
        detections(),
        detections((1, 0.7, [0, 0, 9, 9])),
    ]


def test_figures_are_those_worked_out_by_hand(dataset: Dataset, found: list[Detections]) -> None:
    result = evaluate(dataset, found)
    # Boxes by score: right, wrong, right, of three. At the recalls 0, 0.01, … 0.33 (34 of them)
    # the precision is 1, up to 0.66 (33) it is 2/3, then 0.
    first = (34 * 1 + 33 * 2 / 3) / 101
    # Bottles: wrong, then right.
    second = 1 / 2
    assert result.by_class["map50"].tolist()[:2] == pytest.approx([first, second])
    assert np.isnan(result.by_class.loc["签", "map50"])
    assert result.map50 == pytest.approx((first + second) / 2)
    # At an overlap above 0.6 only the first box is right.
    strict = 34 / 101
    assert result.map75 == pytest.approx((strict + second) / 2)
    assert result.map == pytest.approx(((3 * first + 7 * strict) / 10 + second) / 2)
    assert result.by_class["recall"].tolist()[:2] == pytest.approx([2 / 3, 1])
    assert result.by_class["boxes"].tolist() == [3, 1, 0]
    assert result.by_size["boxes"].tolist() == [1, 2, 1]
    assert result.by_size.loc["small", "map"] == pytest.approx(1)


def test_curve_has_precision_and_threshold(dataset: Dataset, found: list[Detections]) -> None:
    curve = evaluate(dataset, found).curve("盒")
    np.testing.assert_allclose(
        curve.precision[[0, 33, 34, 66, 67, 100]], [1, 1, 2 / 3, 2 / 3, 0, 0]
    )
    np.testing.assert_allclose(curve.threshold[[33, 34]], [0.9, 0.7], rtol=1e-6)
    assert np.isnan(curve.threshold[67])
    assert curve.recall[34] == pytest.approx(0.34)


def test_same_as_pycocotools_by_its_manual() -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    random = np.random.default_rng(0)
    pictures, results, annotations, rows = [], [], [], []
    for number in range(12):
        count = int(random.integers(0, 6))
        low = random.uniform(0, 150, (count, 2))
        boxes = np.concatenate([low, low + random.uniform(5, 49, (count, 2))], axis=1)
        kinds = random.integers(0, 3, count)
        pictures.append(Picture(str(number), PIXELS, boxes, kinds))
        noisy = np.concatenate([boxes + random.normal(0, 3, boxes.shape), boxes[:1] + 40])
        classes = np.concatenate([np.where(random.random(count) < 0.8, kinds, 0), kinds[:1]])
        scores = random.random(len(noisy))
        results.append(Detections(noisy, scores, classes))
        for corners, kind in zip(pictures[-1].boxes.tolist(), kinds.tolist(), strict=True):
            x1, y1, x2, y2 = corners
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": kind,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "iscrowd": 0,
                }
            )
        each = results[-1]
        for corners, score, kind in zip(each.boxes, each.scores, each.classes, strict=True):
            x1, y1, x2, y2 = map(float, corners)
            rows.append(
                {
                    "image_id": number,
                    "category_id": int(kind),
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "score": float(score),
                }
            )
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": number} for number in range(12)],
        "categories": [{"id": kind, "name": str(kind)} for kind in range(3)],
        "annotations": annotations,
    }
    truth.createIndex()
    coco = COCOeval(truth, truth.loadRes(rows), "bbox")
    coco.evaluate()
    coco.accumulate()
    coco.summarize()
    dataset = Dataset(CLASSES, pictures)
    result = evaluate(dataset, results)
    assert [result.map, result.map50, result.map75] == pytest.approx(coco.stats[:3])
    sizes = np.where(coco.stats[3:6] < 0, np.nan, coco.stats[3:6])
    np.testing.assert_allclose(result.by_size["map"], sizes)
    assert average_precision_50(CLASSES, true_boxes(dataset), results) == pytest.approx(
        result.map50
    )
    assert result.map50 > 0.3


def test_prints_nothing(
    dataset: Dataset, found: list[Detections], capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(dataset, found)
    bootstrap(dataset, found, samples=2)
    assert capsys.readouterr().out == ""


def test_no_detections_are_worth_nothing(dataset: Dataset) -> None:
    result = evaluate(dataset, [Detections.none()] * 3)
    assert result.map50 == 0
    assert result.by_class["recall"].tolist()[:2] == [0, 0]


def test_nothing_to_find_has_no_figure() -> None:
    result = evaluate(Dataset(CLASSES, [picture("empty")]), [detections((0, 0.5, [0, 0, 9, 9]))])
    assert np.isnan(result.map50)
    with pytest.raises(DetectionError, match="no box of the class '盒'"):
        result.curve("盒")


def test_interval_contains_the_figure_and_depends_on_the_seed_alone(
    dataset: Dataset, found: list[Detections]
) -> None:
    interval, again = (bootstrap(dataset, found, samples=40, seed=2) for _ in range(2))
    assert interval == again
    assert interval.value == pytest.approx(evaluate(dataset, found).map50)
    assert 0 <= interval.low < interval.value < interval.high <= 1


def test_interval_of_equal_pictures_is_a_point() -> None:
    pictures = [picture(str(number), (0, [0, 0, 20, 20])) for number in range(5)]
    right = [detections((0, 0.9, [0, 0, 20, 20]))] * 5
    interval = bootstrap(Dataset(CLASSES, pictures), right, samples=10)
    assert (interval.low, interval.value, interval.high) == pytest.approx((1, 1, 1))


def test_rejects_detections_of_other_pictures(dataset: Dataset) -> None:
    with pytest.raises(ShapeError, match="3 pictures, and detections for 1"):
        evaluate(dataset, [Detections.none()])
    with pytest.raises(DetectionError, match="has no pictures"):
        evaluate(Dataset(CLASSES, []), [])
    with pytest.raises(DetectionError, match="has the class 3, and there are 3 classes"):
        evaluate(dataset, [detections((3, 0.5, [0, 0, 9, 9])), *[Detections.none()] * 2])


def test_rejects_curves_and_intervals_that_do_not_exist(
    dataset: Dataset, found: list[Detections]
) -> None:
    result = evaluate(dataset, found)
    with pytest.raises(DetectionError, match="no class '罐'"):
        result.curve("罐")
    overlaps: list[Any] = [0.52, 0.45, 1.0, float("nan"), "0.5"]
    for overlap in overlaps:
        with pytest.raises(DetectionError, match=f"no curve at the overlap {overlap!r}"):
            result.curve("盒", iou=overlap)
    arguments: list[dict[str, Any]] = [{"level": 1.5}, {"samples": 2.5}, {"seed": -1}]
    for wrong in arguments:
        name, value = next(iter(wrong.items()))
        with pytest.raises(DetectionError, match=rf"{name[:5]}.*{value}|{value} {name}"):
            bootstrap(dataset, found, **wrong)


def test_rejects_what_is_not_detections(dataset: Dataset, found: list[Detections]) -> None:
    broken = [each.boxes for each in found]
    for detections in (None, broken):
        with pytest.raises(ShapeError, match="not a list with the Detections of each picture"):
            evaluate(dataset, detections)  # type: ignore[arg-type]
    with pytest.raises(DetectionError, match="The truth is a list, and not a Dataset"):
        evaluate([1], found)  # type: ignore[arg-type]


def test_boxes_of_nan_are_not_hits(dataset: Dataset) -> None:
    """pycocotools would take them for that."""
    detections = [
        Detections(np.full((1, 4), np.nan), np.array([0.9]), np.array([0])) for _ in dataset
    ]
    with pytest.raises(DetectionError, match="contain numbers that are not finite"):
        evaluate(dataset, detections)


def test_ten_thousand_boxes_are_evaluated() -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 40, (10_000, 2))
    boxes = np.concatenate([corners, corners + 5], axis=1)
    kinds = np.zeros(len(boxes), np.int64)
    picture = Picture("crowd.png", np.zeros((50, 50, 3), np.uint8), boxes[:50], kinds[:50])
    found = Detections(boxes, np.linspace(1, 0, len(boxes)), kinds)
    # The 50 true ones have the highest scores.
    assert evaluate(Dataset(("<b>可乐</b>",), [picture]), [found]).map50 == pytest.approx(1)


def test_interval_of_nothing_to_find_has_no_figure() -> None:
    picture = Picture("empty.png", np.zeros((9, 9, 3), np.uint8), [], [])
    interval = bootstrap(Dataset(("a",), [picture]), [Detections.none()], samples=3)
    assert np.isnan([interval.value, interval.low, interval.high]).all()
