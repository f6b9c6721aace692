"""Checkers of the lesson `chinese_nlp/sentiment`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-6
_TEXT = "不好，好"


class _Score:
    """A score in which characters matter together, and which counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, texts: list[str]) -> Any:
        self.calls += 1
        return np.array([2.0 * text.count("好") - 3.0 * ("不好" in text) for text in texts])


@checker("occlude", title=Text(zh="遮住一个字", en="Without one character"), points=2)
def check_occlude(occlude: Callable[[Any, str], Any]) -> None:
    score = _Score()
    found = occlude(score, _TEXT)
    expected = np.array([-3.0, -1.0, 0.0, 2.0])
    if not isinstance(found, np.ndarray) or found.shape != expected.shape:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="要返回一个 numpy 数组，每个字一项。",
                en="Return an array, one item a character.",
            ),
            expected=expected.tolist(),
            found=str(getattr(found, "shape", type(found).__name__)),
        )
    for name, wrong, hint in _WRONG_FALLS:
        if np.allclose(found, wrong, atol=TOLERANCE):
            raise Mistake(name, hint, expected=expected.tolist(), found=found.tolist())
    if not np.allclose(found, expected, atol=TOLERANCE):
        raise Mistake(
            "wrong_falls",
            Text(
                zh="数值不对。第 i 项是：原文的分数减去“去掉第 i 个字之后”的分数。",
                en="The values are wrong. Item i is the score of the text minus the score of the "
                "text without character i.",
            ),
            expected=expected.tolist(),
            found=found.tolist(),
        )
    if score.calls != 1:
        raise Mistake(
            "many_calls",
            Text(
                zh="结果对，但 score 调用了不止一次。把所有文本放进一个列表，一次问完。",
                en="Right, but score was called more than once. Put all texts into one list and "
                "ask once.",
            ),
            expected=1,
            found=score.calls,
        )


_WRONG_FALLS = [
    (
        "sign",
        np.array([3.0, 1.0, 0.0, -2.0]),
        Text(
            zh="符号反了：分数掉了是正数，升了是负数。",
            en="The sign is the other way round: a fall is positive, a rise negative.",
        ),
    ),
    (
        "returns_scores",
        np.array([4.0, 2.0, 1.0, -1.0]),
        Text(
            zh="这是去掉每个字之后的分数，还没有和原文的分数相减。",
            en="These are the scores without each character; they are not compared with the "
            "score of the text.",
        ),
    ),
    (
        "removes_all",
        np.array([-3.0, 1.0, 0.0, 1.0]),
        Text(
            zh="把同样的字全去掉了。只去掉第 i 个位置上的那一个，用切片，不要用 replace。",
            en="All equal characters are taken out. Take out only the one at place i: slice, do "
            "not replace.",
        ),
    ),
]


@checker("calibration_error", title=Text(zh="校准误差", en="Calibration error"), points=2)
def check_calibration_error(calibration_error: Callable[[Any, Any], float]) -> None:
    p = np.array([0.95, 0.95, 0.95, 0.05, 0.62, 0.64, 1.0])
    labels = np.array([1, 1, 1, 0, 1, 0, 0])
    expected = _error(p, labels)
    found = calibration_error(p, labels)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or np.isnan(found):
        raise Mistake(
            "not_a_number",
            Text(
                zh="要返回一个数。得到 nan 往往是因为对空的档求了平均。",
                en="Return a number. A nan often comes from the mean of an empty bin.",
            ),
            expected=round(expected, 4),
            found=str(found),
        )
    wrong = [
        (
            "unweighted",
            _error(p, labels, weighted=False),
            Text(
                zh="每一档的权重一样了。应按档里的题数加权。",
                en="Every bin weighs the same. Weigh by the number of texts in the bin.",
            ),
        ),
        (
            "positive_only",
            _error(p, labels, confidence=False),
            Text(
                zh="把握是 max(p, 1 - p)：说“差评”说得很肯定，也是有把握。",
                en="Confidence is max(p, 1 - p): being sure of a negative review is being sure.",
            ),
        ),
        (
            "percent",
            100 * expected,
            Text(zh="这是百分数，请返回小数。", en="This is a percentage. Return a fraction."),
        ),
    ]
    for name, value, hint in wrong:
        if abs(found - value) < TOLERANCE:
            raise Mistake(name, hint, expected=round(expected, 4), found=round(found, 4))
    if abs(found - expected) > TOLERANCE:
        raise Mistake(
            "wrong_error",
            Text(
                zh="数值不对。把握恰好为 1 的题应落在最后一档。",
                en="The value is wrong. A confidence of exactly 1 belongs to the last bin.",
            ),
            expected=round(expected, 4),
            found=round(found, 4),
        )


def _error(p: Any, labels: Any, *, weighted: bool = True, confidence: bool = True) -> float:
    sure = np.maximum(p, 1 - p) if confidence else p
    right = (p >= 0.5) == (labels == 1) if confidence else labels == 1
    bins = np.clip(((sure - 0.5) * 10).astype(int), 0, 4)
    used = [b for b in range(5) if (bins == b).any()]
    gaps = [abs(sure[bins == b].mean() - right[bins == b].mean()) for b in used]
    weights = [(bins == b).mean() if weighted else 1 / len(used) for b in used]
    return float(np.dot(gaps, weights))
