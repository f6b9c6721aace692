"""Checkers of the lesson `detection/yolov3_products`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

# The box lies inside a cell, so its corner is a possible place, too. Rows and columns differ.
_BOX = (68.0, 40.0, 90.0, 50.0)
_ROW, _COLUMN, _STRIDE = 1, 2, 32
_ANCHOR = np.array([20.0, 15.0])
_CENTRE, _SIZE = np.array([79.0, 45.0]), np.array([22.0, 10.0])
_OFFSET = _CENTRE / _STRIDE - (_COLUMN, _ROW)
# The same place in a cell whose row and column are equal.
_ALIKE = (36.0, 40.0, 58.0, 50.0)


@checker("to_numbers", title=Text(zh="反过来：从框到数", en="From the box to numbers"), points=2)
def check_to_numbers(to_numbers: Callable[..., Sequence[float]]) -> None:
    def ask(box: tuple[float, ...], column: int) -> Any:
        with np.errstate(invalid="ignore", divide="ignore"):
            answer = to_numbers(np.array(box), _ROW, column, tuple(_ANCHOR.tolist()), _STRIDE)
        return _four(answer)

    found = ask(_BOX, _COLUMN)
    wanted = np.concatenate([_logit(_OFFSET), np.log(_SIZE / _ANCHOR)])
    if np.allclose(found, wanted, atol=1e-5):
        return
    if not np.isfinite(found[:2]).any():
        # Neither place has an inverse; which mistake it was shows where row and column are equal.
        is_swapped = np.allclose(ask(_ALIKE, _ROW)[:2], wanted[:2], atol=1e-5)
        name, hint = _NOT_IN_CELL[is_swapped]
        raise Mistake(name, hint, expected=_shown(wanted), found=_shown(found))
    for name, wrong, hint in _WRONG_NUMBERS:
        if np.allclose(found, wrong, atol=1e-5):
            raise Mistake(name, hint, expected=_shown(wanted), found=_shown(found))
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="数不对。从解码的每一步倒着走：先除以步长、减去格子，再取 sigmoid 的反函数；"
            "宽和高先除以锚框，再取对数。",
            en="The numbers are wrong. Walk back through each step of the decoding: divide by the "
            "stride, subtract the cell, invert the sigmoid; divide width and height by the anchor "
            "and take the logarithm.",
        ),
        expected=_shown(wanted),
        found=_shown(found),
    )


def _four(answer: Any) -> Any:
    try:
        found = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.zeros(0)
    if found.shape != (4,):
        raise Mistake(
            "not_four_numbers",
            Text(
                zh="要返回四个数：x、y、宽、高。",
                en="Return four numbers: x, y, width, height.",
            ),
            expected="(4,)",
            found=str(found.shape),
        )
    return found


def _logit(share: Any) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log(share / (1 - share))


def _shown(numbers: Any) -> str:
    return ", ".join(f"{number:.3f}" for number in numbers)


_PLACE, _RATIO = _logit(_OFFSET), np.log(_SIZE / _ANCHOR)
_WRONG_NUMBERS = (
    (
        "no_logit",
        np.concatenate([_OFFSET, _RATIO]),
        Text(
            zh="前两个数是格子里的位置，从 0 到 1。网络的数还要经过 sigmoid 才是它："
            "取反函数 log(p / (1 - p))。",
            en="The first two numbers are the place in the cell, from 0 to 1. It is the sigmoid "
            "of the network's number: take the inverse, log(p / (1 - p)).",
        ),
    ),
    (
        "no_log",
        np.concatenate([_PLACE, _SIZE / _ANCHOR]),
        Text(
            zh="后两个数是框与锚框之比。解码时取了 exp，所以这里要取 log。",
            en="The last two numbers are ratios of the box to the anchor. Decoding takes exp, so "
            "take the log here.",
        ),
    ),
    (
        "neither",
        np.concatenate([_OFFSET, _SIZE / _ANCHOR]),
        Text(
            zh="这是解码之后的数。sigmoid 和 exp 两个函数都要反过来。",
            en="These are the numbers after decoding. Invert both functions, sigmoid and exp.",
        ),
    ),
    (
        "corner",
        np.concatenate([_logit(np.array(_BOX[:2]) / _STRIDE - (_COLUMN, _ROW)), _RATIO]),
        Text(
            zh="用的是左上角。格子里记的是框的中心。",
            en="This takes the upper left corner. A cell has the centre of the box.",
        ),
    ),
    (
        "upside_down",
        np.concatenate([_PLACE, -_RATIO]),
        Text(
            zh="比反了：是框除以锚框。框比锚框大，数就是正的。",
            en="The ratio is upside down: divide the box by the anchor. The number is positive if "
            "the box is larger.",
        ),
    ),
)
_NOT_IN_CELL = {
    True: (
        "swapped",
        Text(
            zh="行和列对调了：x 减列，y 减行。",
            en="Row and column are exchanged: subtract the column from x, the row from y.",
        ),
    ),
    False: (
        "not_in_cell",
        Text(
            zh="格子里的位置不在 0 和 1 之间，sigmoid 到不了。先除以步长，再减去格子的编号。",
            en="The place in the cell is not between 0 and 1, which a sigmoid never leaves. Divide "
            "by the stride, then subtract the number of the cell.",
        ),
    ),
}


# Precision by threshold: 1, 1, 0.67, 0.75, 0.67 (0.6 occurs twice), 0.71, 0.63.
_SCORES = (0.9, 0.8, 0.7, 0.65, 0.6, 0.6, 0.5, 0.4)
_RIGHT = (True, True, False, True, False, True, True, False)


@checker("choose_threshold", title=Text(zh="选一个阈值", en="Choose a threshold"), points=3)
def check_choose_threshold(choose_threshold: Callable[..., Any]) -> None:
    def ask(precision: float) -> Any:
        return choose_threshold(np.array(_SCORES), np.array(_RIGHT), precision)

    _compare(ask(0.74), 0.65, _WRONG_THRESHOLDS)
    _compare(ask(0.7), 0.5, ())
    # Only the first of the two boxes with a score of 0.7 is right.
    scores, right = np.array([0.9, 0.7, 0.7]), np.array([True, True, False])
    _compare(choose_threshold(scores, right, 0.9), 0.9, _TIES)
    found = choose_threshold(np.array([0.9, 0.8]), np.array([False, True]), 0.9)
    if found is not None:
        raise Mistake(
            "no_answer",
            Text(
                zh="没有一个阈值能到这个精确率，应当返回 None。",
                en="No threshold reaches this precision. Return None.",
            ),
            expected=None,
            found=found,
        )


def _compare(found: Any, wanted: float, wrong: tuple[tuple[str, float, Text], ...]) -> None:
    if isinstance(found, bool) or not isinstance(found, (int, float, np.number)):
        raise Mistake(
            "not_a_number",
            Text(
                zh="要返回一个数：阈值，也就是其中一个置信度。",
                en="Return a number: the threshold, which is one of the scores.",
            ),
            expected=wanted,
            found=str(found),
        )
    if np.isclose(float(found), wanted):
        return
    for name, value, hint in wrong:
        if np.isclose(float(found), value):
            raise Mistake(name, hint, expected=wanted, found=float(found))
    raise Mistake(
        "wrong_threshold",
        Text(
            zh="阈值不对。对每个置信度算一次“不低于它的框里有多大比例是对的”，"
            "在够得上的里面取最小的。",
            en="The threshold is wrong. For each score compute the share of right boxes among "
            "those with at least this score, and take the lowest score that is good enough.",
        ),
        expected=wanted,
        found=float(found),
    )


_WRONG_THRESHOLDS = (
    (
        "highest",
        0.9,
        Text(
            zh="这是最高的一个：精确率够了，却漏掉了大多数。在够得上的阈值里取最低的。",
            en="This is the highest one: precise enough, but it misses most boxes. Take the lowest "
            "threshold that is good enough.",
        ),
    ),
    (
        "stops_early",
        0.8,
        Text(
            zh="精确率第一次掉下去就停了。它会再升上来：看完所有的置信度再决定。",
            en="This stops where precision falls for the first time. It rises again: look at all "
            "scores before you decide.",
        ),
    ),
    (
        "as_score",
        0.74,
        Text(
            zh="把精确率本身当成了阈值。置信度不是概率：0.74 分的框不一定有 74% 是对的，要数。",
            en="This takes the precision itself as the threshold. A score is not a probability: of "
            "boxes with 0.74, not always 74 % are right, so count them.",
        ),
    ),
    (
        "excludes_itself",
        0.6,
        Text(
            zh="置信度等于阈值的框也要算：留下的是“不低于”，不是“高于”。",
            en="Boxes with exactly this score count, too: those with at least the threshold "
            "remain, not those above it.",
        ),
    ),
    (
        "of_right_boxes",
        0.4,
        Text(
            zh="这像是召回率：除的是对的框的总数。精确率除的是留下来的框数。",
            en="This looks like recall, divided by the number of right boxes. Precision is divided "
            "by the number of boxes that remain.",
        ),
    ),
)

_TIES = (
    (
        "splits_ties",
        0.7,
        Text(
            zh="两个框的置信度相同，阈值要么都留下，要么都去掉，不能只数前一个。",
            en="Two boxes have the same score. A threshold keeps both or neither, so do not count "
            "only the first.",
        ),
    ),
)
