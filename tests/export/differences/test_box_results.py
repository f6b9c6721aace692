"""What another pipeline does to the outputs of a detector is found from its boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import Letterbox, Normalize, Resize, YoloBoxes
from paddle_workbench.export.differences.postprocessing import postprocessing_step
from paddle_workbench.export.differences.preprocessing import preprocessing_step
from paddle_workbench.export.processing import postprocess, preprocess

from ...boxes.cases import random_heads
from ..records import record_with

LABELS = ("tea", "milk", "crisps")
BOXES = YoloBoxes(
    anchors=[[(50, 40), (90, 70)], [(10, 13), (16, 30)]], strides=[16, 8], threshold=0.25, iou=0.5
)
STEPS = (Letterbox(height=48, width=80), Normalize())
RECORD = record_with(
    {},
    task="object-detection",
    labels=LABELS,
    preprocessing=[step.model_dump() for step in STEPS],
    postprocessing=[BOXES.model_dump()],
)
OUTPUTS = random_heads(0, batch=1, anchors=(2, 2), cells=((3, 5), (6, 10)), classes=3)


def step_of(deployed: Any) -> Any:
    return postprocessing_step(OUTPUTS, RECORD, deployed, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": 0.4}, "The threshold is 0.4 instead of 0.25."),
        ({"iou": 0.3}, "The limit of the overlap is 0.3 instead of 0.5."),
        ({"method": "class-agnostic"}, "The method of suppression is class-agnostic instead of"),
        ({"anchors": BOXES.anchors[::-1]}, "in the opposite order"),
        (
            {"anchors": [[(high, wide) for wide, high in each] for each in BOXES.anchors]},
            "heights and widths instead of widths and heights",
        ),
    ],
)
def test_finds_the_setting(change: Any, message: str) -> None:
    step = step_of([YoloBoxes.model_validate(BOXES.model_dump() | change)])
    assert not step.is_equal
    assert "boxes are missing, new, or moved by more than 0.5 pixels." in step.problem
    (cause,) = step.causes
    assert message in cause.message


def test_same_boxes_are_equal_and_others_are_counted() -> None:
    assert step_of(None).is_equal
    assert step_of(lambda outputs: postprocess(outputs, [BOXES], LABELS)).is_equal
    shifted = step_of(lambda outputs: postprocess(outputs, [BOXES], [*LABELS[1:], LABELS[0]]))
    assert [cause.message for cause in shifted.causes] == ["The labels are shifted by +1."]
    assert "a Prediction with boxes can be compared" in step_of(lambda _: "tea").problem


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((Resize(height=48, width=80), Normalize()), "size"),
        ((Letterbox(height=48, width=80, fill=(0, 0, 0)), Normalize()), "fill"),
        (STEPS, None),
    ],
)
def test_another_letterbox_is_named(steps: Any, kind: str | None, tmp_path: Any) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8)
    arrays = preprocess([picture], STEPS, tmp_path)
    step = preprocessing_step(picture, arrays, RECORD, tmp_path, steps)
    assert [cause.kind for cause in step.causes] == ([] if kind is None else [kind])


def test_picture_in_the_corner_is_named(tmp_path: Any) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8)
    arrays = preprocess([picture], STEPS, tmp_path)
    corner = np.roll(arrays[0], -24, axis=3)  # 32 of 80 columns are the picture's
    step = preprocessing_step(picture, arrays, RECORD, tmp_path, lambda _: corner)
    assert [cause.kind for cause in step.causes] == ["place"]
