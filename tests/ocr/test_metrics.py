from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.errors import ShapeError
from paddle_workbench.ocr.generated.canvas import TrueLine
from paddle_workbench.ocr.metrics import (
    character_error_rate,
    confusions,
    line_accuracy,
    match_boxes,
    score_pages,
)
from paddle_workbench.ocr.results import PageResult, TextLine


def corners(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)


def test_error_rate_counts_edits_of_characters() -> None:
    # One substitution, one deletion and one insertion in seven characters.
    assert character_error_rate(["自已", "天地", "玄黄X"], ["自己", "天地人", "玄黄"]) == 3 / 7
    assert character_error_rate(["￥１２"], ["¥12"]) == 0  # NFKC makes them equal
    assert character_error_rate(["A B"], ["AB"]) == 0  # blanks do not count


def test_error_rate_may_exceed_one() -> None:
    assert character_error_rate(["一二三"], ["四"]) == 3


def test_rejects_different_numbers_of_lines() -> None:
    for metric in (character_error_rate, line_accuracy, confusions):
        with pytest.raises(
            ShapeError, match="2 lines were recognised, but there are 1 reference lines"
        ):
            metric(["一", "二"], ["一"])
    with pytest.raises(ShapeError, match="no characters"):
        character_error_rate([""], [""])
    with pytest.raises(ShapeError, match="no lines"):
        line_accuracy([], [])


def test_line_accuracy_counts_whole_lines() -> None:
    assert line_accuracy(["一", "二二", "三"], ["一", "二", "三"]) == 2 / 3


def test_confusions_pair_true_and_recognised_character() -> None:
    counts = confusions(["自已的", "未日", "天"], ["自己的", "末日", "天地"])
    assert counts == {("己", "已"): 1, ("末", "未"): 1, ("地", ""): 1}


def test_matches_each_box_at_most_once_and_with_half_overlap() -> None:
    truth = np.stack([corners(0, 0, 100, 20), corners(0, 40, 100, 60)])
    predicted = np.stack(
        [
            corners(0, 0, 100, 18),  # overlaps the first by 0.9
            corners(0, 0, 100, 20),  # is the first
            corners(0, 40, 40, 60),  # overlaps the second by 0.4
        ]
    )
    assert match_boxes(predicted, truth) == ((1, 0),)
    assert match_boxes(predicted[:0], truth) == ()


def test_accepts_crossed_box() -> None:
    crossed = corners(0, 0, 100, 20)[[0, 2, 1, 3]]
    assert match_boxes(crossed[None], corners(0, 0, 100, 60)[None]) == ()


def test_scores_of_a_page() -> None:
    truth = [
        TrueLine(corners(0, 0, 100, 20), "天地玄黄"),
        TrueLine(corners(0, 40, 100, 60), "宇宙洪荒"),
        TrueLine(corners(0, 80, 100, 100), "日月"),
    ]
    lines = (
        TextLine(corners(0, 0, 100, 20), "天地玄黄", 1.0),
        TextLine(corners(0, 41, 100, 60), "宇宙洪流", 0.8),
        TextLine(corners(200, 0, 240, 20), "无", 0.6),
        TextLine(corners(200, 40, 240, 60), "有", 0.6),
    )
    scores = score_pages([(PageResult((300, 120), lines, ("d", "r")), truth)])
    assert (scores.precision, scores.recall) == (2 / 4, 2 / 3)
    assert scores.h_mean == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert scores.end_to_end_f1 == pytest.approx(2 * (1 / 4) * (1 / 3) / (1 / 4 + 1 / 3))
    assert scores.character_error_rate == (1 + 2 + 2) / 10
    assert list(scores.table().index) == [
        "precision",
        "recall",
        "h_mean",
        "end_to_end_f1",
        "character_error_rate",
    ]
