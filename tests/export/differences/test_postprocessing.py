"""What another pipeline does to the outputs of a network is found from its result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import CtcDecode, TopLabels
from paddle_workbench.export.differences.postprocessing import postprocessing_step

from ..records import record_with

LOGITS = np.array([[0.5, 2.0, -1.0]], np.float32)
LABELS = ("box", "bottle", "can")
RECORD = record_with(
    {}, task="image-classification", labels=LABELS, postprocessing=(TopLabels(count=2),)
)


def softmax(scores: Any) -> Any:
    return np.exp(scores) / np.exp(scores).sum()


def kinds(deployed: Any = None, labels: Any = None) -> list[str]:
    step = postprocessing_step([LOGITS], RECORD, deployed, labels)
    assert not step.is_equal
    return [cause.kind for cause in step.causes]


@pytest.mark.parametrize(
    ("labels", "kind", "words"),
    [
        (["bottle", "box", "can"], "label order", "2 of 3 differ: 'bottle' instead of 'box'"),
        (["box", "bottle", "jar"], "labels", "'jar' instead of 'can'"),
        (["background", *LABELS], "labels", "4 labels instead of 3; not in the bundle: 'backgr"),
    ],
)
def test_labels(labels: list[str], kind: str, words: str) -> None:
    step = postprocessing_step([LOGITS], RECORD, None, labels)
    assert not step.is_equal
    (cause,) = step.causes
    assert cause.kind == kind
    assert words in cause.message
    assert not step.problem.endswith("..")


def test_same_result_in_any_form_is_equal() -> None:
    score = float(softmax(LOGITS).max())
    for result in ("bottle", ("bottle", score), {"label": "bottle", "score": score}):
        assert postprocessing_step([LOGITS], RECORD, lambda _, result=result: result, None).is_equal


def test_softmax_that_is_not_taken() -> None:
    assert kinds(lambda outputs: ("bottle", float(outputs[0].max()))) == ["softmax"]


def test_labels_that_are_shifted() -> None:
    score = float(softmax(LOGITS).max())
    assert kinds(lambda _: ("can", score)) == ["label order"]


def test_blank_that_is_last() -> None:
    scores = np.zeros((1, 4, 3), np.float32)
    scores[0, range(4), [1, 2, 1, 0]] = 1
    record = record_with(
        {}, task="text-recognition", labels=("a", "b"), postprocessing=(CtcDecode(),)
    )
    right = postprocessing_step([scores], record, lambda _: "aba", None)
    assert right.is_equal
    wrong = postprocessing_step([scores], record, [CtcDecode(blank=2)], None)
    assert not wrong.is_equal
    assert [cause.kind for cause in wrong.causes] == ["blank"]
    assert "instead of “aba”" in wrong.problem


def test_failure_is_the_difference() -> None:
    step = postprocessing_step([LOGITS], RECORD, lambda outputs: outputs[1], None)
    assert not step.is_equal
    assert step.problem.startswith("It fails: IndexError")
