"""Checkers of the lesson `chinese_nlp/knowledge_masking`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-6
_UNITS = [(0, 2), (2, 3), (3, 6), (6, 7)]
_HIDDEN = np.array([False, True, False, False, True, False, False])
_WHOLE = np.array([True, True, False, True, True, True, False])


@checker("whole_units", title=Text(zh="遮就遮整个", en="Hide it whole"), points=2)
def check_whole_units(whole_units: Callable[[Any, Any], Any]) -> None:
    hidden = _HIDDEN.copy()
    found = whole_units(hidden, _UNITS)
    if not isinstance(found, np.ndarray) or found.shape != hidden.shape:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="要返回一个和 hidden 一样长的 numpy 数组。",
                en="Return a numpy array as long as hidden.",
            ),
            expected=str(hidden.shape),
            found=str(getattr(found, "shape", type(found).__name__)),
        )
    if not np.array_equal(hidden, _HIDDEN):
        raise Mistake(
            "changes_input",
            Text(
                zh="传进来的 hidden 被改动了。先复制一份，再改副本。",
                en="The hidden that was given has been changed. Copy it first, change the copy.",
            ),
            expected=_HIDDEN.tolist(),
            found=hidden.tolist(),
        )
    found = found.astype(bool)
    for name, wrong, hint in _WRONG_MASKS:
        if np.array_equal(found, wrong):
            raise Mistake(name, hint, expected=_WHOLE.tolist(), found=found.tolist())
    if not np.array_equal(found, _WHOLE):
        raise Mistake(
            "wrong_mask",
            Text(
                zh="结果不对。只要单位里有一个字被遮住，整个单位都要遮住；别的单位不动。",
                en="Not right. If one character of a unit is hidden, all of it is; other units "
                "stay as they are.",
            ),
            expected=_WHOLE.tolist(),
            found=found.tolist(),
        )


_WRONG_MASKS = [
    (
        "unchanged",
        _HIDDEN,
        Text(
            zh="和原来一样：单位里其余的字还没有遮住。",
            en="As before: the other characters of the unit are not hidden.",
        ),
    ),
    (
        "only_after",
        np.array([False, True, False, False, True, True, False]),
        Text(
            zh="只遮了后面的字，单位开头的字漏掉了。从 start 开始遮。",
            en="Only what follows is hidden, the unit's beginning is not. Hide from start on.",
        ),
    ),
    (
        "only_whole",
        np.zeros(7, dtype=bool),
        Text(
            zh="把“有一个字被遮住”写成了“所有字都被遮住”：用 any，不是 all。",
            en="Asked whether all characters are hidden, not whether any is: any, not all.",
        ),
    ),
    (
        "one_too_many",
        np.array([True, True, True, True, True, True, True]),
        Text(
            zh="多遮了一个字。单位的 end 不包括在内，切片就是 start:end。",
            en="One character too many. A unit's end is not part of it: slice start:end.",
        ),
    ),
]


@checker("paired_difference", title=Text(zh="成对的差", en="A paired difference"), points=2)
def check_paired_difference(paired_difference: Callable[[Any, Any], Any]) -> None:
    a, b = np.array([5.0, 6.0, 8.0, 9.0]), np.array([4.0, 5.5, 6.0, 8.5])
    gaps = a - b
    expected = (float(gaps.mean()), float(gaps.std(ddof=1) / np.sqrt(len(gaps))))
    found = paired_difference(a, b)
    if not isinstance(found, (tuple, list, np.ndarray)) or len(found) != 2:
        raise Mistake(
            "not_a_pair",
            Text(
                zh="要返回两个数：差的平均、差的标准误。",
                en="Return two numbers: the mean of the differences, and its standard error.",
            ),
            expected=_shown(expected),
            found=str(found),
        )
    found = (float(found[0]), float(found[1]))
    for name, wrong, hint in _wrong_pairs(a, b):
        if np.allclose(found, wrong, atol=TOLERANCE):
            raise Mistake(name, hint, expected=_shown(expected), found=_shown(found))
    if not np.allclose(found, expected, atol=TOLERANCE):
        raise Mistake(
            "wrong_pair",
            Text(
                zh="数值不对。先逐个种子相减，再求平均和标准误。",
                en="Not right. Subtract seed by seed, then take the mean and its standard error.",
            ),
            expected=_shown(expected),
            found=_shown(found),
        )


def _wrong_pairs(a: Any, b: Any) -> list[tuple[str, tuple[float, float], Text]]:
    gaps = a - b
    n, mean, spread = len(gaps), float(gaps.mean()), float(gaps.std(ddof=1))
    apart = float(np.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / n))
    return [
        (
            "sign",
            (-mean, spread / np.sqrt(n)),
            Text(zh="方向反了：是 a 减 b。", en="The other way round: a minus b."),
        ),
        (
            "spread",
            (mean, spread),
            Text(
                zh="这是差的标准差。标准误还要除以种子数的平方根。",
                en="This is the standard deviation. Divide by the root of the number of seeds.",
            ),
        ),
        (
            "biased",
            (mean, float(gaps.std() / np.sqrt(n))),
            Text(
                zh="标准差除的是 n；种子少的时候要除以 n - 1，即 ddof=1。",
                en="The deviation is divided by n; with few seeds divide by n - 1: ddof=1.",
            ),
        ),
        (
            "unpaired",
            (mean, apart),
            Text(
                zh="两组的方差分开算了，种子之间共同的起伏也算了进去。先相减，再求标准差。",
                en="The variances are taken apart, so what the seeds share is in them. Subtract "
                "first, then take the deviation.",
            ),
        ),
    ]


def _shown(pair: tuple[float, float]) -> list[float]:
    return [round(value, 4) for value in pair]
