from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.boxes import Detections
from paddle_workbench.detection.causes import (
    CAUSES,
    INVENTED,
    MISSED,
    Mistake,
    confusion,
    error_causes,
    mistakes,
)
from paddle_workbench.detection.dataset import Dataset
from paddle_workbench.errors import DetectionError, ShapeError

from .test_evaluation import CLASSES, detections, picture

BOX = [0.0, 0.0, 40.0, 40.0]
OTHER = [100.0, 100.0, 140.0, 140.0]
SHIFTED = [20.0, 0.0, 60.0, 40.0]  # overlaps BOX by 1/3
NOWHERE = [150.0, 0.0, 190.0, 40.0]


def one(*objects: tuple[int, list[float]]) -> Dataset:
    return Dataset(CLASSES, [picture("one", *objects)])


@pytest.mark.parametrize(
    ("dataset", "found", "expected"),
    [
        (one((0, BOX)), detections((0, 0.9, BOX)), []),
        (one((0, BOX)), detections((0, 0.9, SHIFTED)), [("localisation", 0, 0)]),
        (one((0, BOX)), detections((1, 0.9, BOX)), [("classification", 0, 0)]),
        (one((0, BOX)), detections((1, 0.9, SHIFTED)), [("both", 0, 0), ("missed", None, 0)]),
        (
            one((0, BOX)),
            detections((0, 0.9, BOX), (0, 0.8, BOX)),
            [("duplicate", 1, 0)],
        ),
        (
            one((0, BOX)),
            detections((0, 0.9, BOX), (0, 0.8, NOWHERE)),
            [("background", 1, None)],
        ),
        (one((0, BOX), (1, OTHER)), detections((0, 0.9, BOX)), [("missed", None, 1)]),
        (one(), detections((0, 0.9, BOX)), [("background", 0, None)]),
        (one(), Detections.none(), []),
        (one((0, BOX)), Detections.none(), [("missed", None, 0)]),
        # A better detection takes the box, whatever the order of the boxes.
        (
            one((0, SHIFTED), (0, BOX)),
            detections((0, 0.9, BOX), (0, 0.8, SHIFTED)),
            [],
        ),
    ],
)
def test_each_mistake_has_its_cause(
    dataset: Dataset, found: Detections, expected: list[tuple[str, int | None, int | None]]
) -> None:
    assert mistakes(dataset, [found]) == [Mistake(0, *each) for each in expected]


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (detections((0, 0.9, SHIFTED)), "localisation"),
        (detections((1, 0.9, BOX)), "classification"),
        (Detections.none(), "missed"),
    ],
)
def test_correcting_the_only_cause_makes_all_right(found: Detections, cause: str) -> None:
    """Of two boxes one is right, so mAP50 is 0.5, and 1 when the other is corrected."""
    dataset = Dataset(CLASSES[:1], [picture("right", (0, OTHER)), picture("wrong", (0, BOX))])
    if cause == "classification":
        dataset = Dataset(CLASSES[:2], dataset.pictures)
    table = error_causes(dataset, [detections((0, 0.95, OTHER)), found])
    assert table.index.tolist() == list(CAUSES)
    assert table["mistakes"].to_dict() == {each: int(each == cause) for each in CAUSES}
    # The recalls 0, 0.01, …, 0.5 were reached.
    assert table.loc[cause, "cost"] == pytest.approx(1 - 51 / 101)
    assert table["cost"].drop(cause).tolist() == [0] * 5


@pytest.mark.parametrize(
    ("extra", "cause"), [((0, 0.95, NOWHERE), "background"), ((0, 0.85, BOX), "duplicate")]
)
def test_wrong_boxes_cost_what_removing_them_gains(
    extra: tuple[int, float, list[float]], cause: str
) -> None:
    dataset = one((0, BOX), (0, OTHER))
    right = [(0, 0.9, BOX), (0, 0.8, OTHER)]
    table = error_causes(dataset, [detections(*right, extra)])
    assert table.loc[cause, "mistakes"] == 1
    assert table.loc[cause, "cost"] > 0.1


def test_second_mistake_at_the_same_box_is_removed() -> None:
    """Two boxes in the wrong place become one right box, not a right one and a duplicate."""
    found = detections((0, 0.9, SHIFTED), (0, 0.8, SHIFTED))
    table = error_causes(one((0, BOX)), [found])
    assert table.loc["localisation"].tolist() == pytest.approx([2, 1])


def test_all_missed_costs_everything() -> None:
    table = error_causes(one((0, BOX), (1, OTHER)), [Detections.none()])
    assert table.loc["missed"].tolist() == pytest.approx([2, 1])


def test_confusion_has_missed_and_invented() -> None:
    dataset = one((0, BOX), (1, OTHER), (2, NOWHERE))
    found = detections(
        (0, 0.9, BOX),  # right
        (2, 0.8, OTHER),  # another class
        (0, 0.7, [0, 150, 40, 190]),  # nothing there
        (2, 0.1, NOWHERE),  # below the threshold
    )
    table = confusion(dataset, [found])
    assert table.columns.tolist() == [*CLASSES, MISSED]
    assert table.index.tolist() == [*CLASSES, INVENTED]
    np.testing.assert_array_equal(table, [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    lower = confusion(dataset, [found], threshold=0.05)
    assert lower.loc["签", "签"] == 1


def test_confusion_prefers_the_right_class() -> None:
    """A box of another class that fits better does not take the true box away."""
    close = [2.0, 0.0, 40.0, 40.0]
    table = confusion(one((0, BOX)), [detections((1, 0.9, BOX), (0, 0.8, close))])
    assert table.loc["盒", "盒"] == 1
    assert table.loc[INVENTED, CLASSES[1]] == 1


def test_confusion_of_nothing_is_empty() -> None:
    assert confusion(one(), [Detections.none()]).to_numpy().sum() == 0


def test_rejects_detections_of_other_pictures() -> None:
    for function in (confusion, mistakes, error_causes):
        with pytest.raises(ShapeError, match="detections for 0"):
            function(one(), [])


@pytest.mark.parametrize("threshold", [5, -1, float("nan"), "0.3"])
def test_rejects_a_threshold_that_is_not_a_share(threshold: Any) -> None:
    with pytest.raises(DetectionError, match=f"The threshold is {threshold!r}"):
        confusion(one(), [Detections.none()], threshold=threshold)
