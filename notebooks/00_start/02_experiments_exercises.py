"""Checkers of the lesson `start/experiments`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

# Accuracies of two settings with four seeds. The seed moves both up and down.
A = [0.70, 0.74, 0.72, 0.76]
B = [0.71, 0.77, 0.73, 0.79]
T3 = 3.182446
T6 = 2.446912


@checker("paired_interval", title=Text(zh="配对的区间", en="A paired interval"), points=2)
def check_paired_interval(paired_interval: Callable[..., Any]) -> None:
    mean, half = 0.02, T3 * np.std([0.01, 0.03, 0.01, 0.03], ddof=1) / 2
    expected = (mean, mean - half, mean + half)
    found = _three_numbers(paired_interval(A, B))
    if np.allclose(found, expected, rtol=1e-4):
        return
    recognised = [
        (
            "wrong_sign",
            (-mean, -mean - half, -mean + half),
            Text(zh="符号反了：要的是 b 减 a。", en="The sign is wrong: b minus a is wanted."),
        ),
        (
            "population_deviation",
            _around(mean, half * np.sqrt(3 / 4)),
            Text(
                zh="标准差除以了 n。几个种子是样本，要除以 n - 1：std(ddof=1)。",
                en="The deviation divides by n. Seeds are a sample: divide by n - 1, std(ddof=1).",
            ),
        ),
        (
            "forgets_root",
            _around(mean, half * 2),
            Text(
                zh="少了根号 n：这是单个差的散开，不是平均的区间。",
                en="The root of n is missing: this is the spread of single differences, not the "
                "interval of their mean.",
            ),
        ),
        (
            "normal_quantile",
            _around(mean, half * 1.959964 / T3),
            Text(
                zh="用了 1.96。四个种子要用 t95(3)，是 3.18。",
                en="1.96 was used. For four seeds it is t95(3), which is 3.18.",
            ),
        ),
        (
            "wrong_degrees",
            _around(mean, half * 2.776445 / T3),
            Text(
                zh="自由度是 n - 1，不是 n：四个种子用 t95(3)。",
                en="The degrees of freedom are n - 1, not n: four seeds use t95(3).",
            ),
        ),
        (
            "only_deviation",
            _around(mean, half * 2 / T3),
            Text(
                zh="这是平均加减一个标准差，不是 95% 区间：还要乘 t95(n - 1)，除以根号 n。",
                en="This is the mean and one deviation to each side, not the 95 % interval: "
                "multiply by t95(n - 1), and divide by the root of n.",
            ),
        ),
    ]
    for name, wrong, about in recognised:
        if np.allclose(found, wrong, rtol=1e-3):
            raise Mistake(name, about, expected=_listed(expected), found=_listed(found))
    unpaired = np.sqrt((np.var(A, ddof=1) + np.var(B, ddof=1)) / 4)
    if any(np.isclose(found[1], mean - t * unpaired, rtol=1e-3) for t in (T3, T6)):
        raise Mistake(
            "unpaired",
            Text(
                zh="两组的方差是分开算的。先在每个种子里相减，再算这些差的标准差。",
                en="The variances of the two groups were taken apart. Subtract for each seed "
                "first, then take the deviation of the differences.",
            ),
            expected=_listed(expected),
            found=_listed(found),
        )
    raise Mistake(
        "wrong_values",
        Text(
            zh="先算 d = b - a，再套公式：平均加减 t95(n - 1) * s / sqrt(n)。",
            en="Take d = b - a, then the formula: the mean plus and minus "
            "t95(n - 1) * s / sqrt(n).",
        ),
        expected=_listed(expected),
        found=_listed(found),
    )


def _around(mean: float, half: float) -> tuple[float, float, float]:
    return (mean, mean - half, mean + half)


def _three_numbers(value: Any) -> tuple[float, ...]:
    try:
        numbers = tuple(float(each) for each in value)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) != 3:
        raise Mistake(
            "not_three_numbers",
            Text(
                zh="要返回三个数：平均、区间下端、区间上端。",
                en="Return three numbers: the mean, the lower end and the upper end.",
            ),
            expected="(mean, low, high)",
            found=str(value)[:80],
        )
    return numbers


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{each:.4f}" for each in values)


# The mistake, the arguments, the answer, and the hint.
_SEEDS: tuple[tuple[str, tuple[float, float], int | None, Text], ...] = (
    (
        "normal_quantile",
        (1.0, 1.0),
        7,
        Text(
            zh="差等于一个标准差时要 7 个。用 1.96 会得到 4 个：种子少的时候 t 大得多。",
            en="A difference of one deviation needs 7. With 1.96 it would be 4: with few seeds t "
            "is much larger.",
        ),
    ),
    (
        "one_seed",
        (100.0, 1.0),
        2,
        Text(
            zh="差再大也要两个种子：一个种子没有标准差可言。",
            en="However large the difference, two seeds are needed: one has no deviation.",
        ),
    ),
    (
        "sign",
        (-1.0, 1.0),
        7,
        Text(
            zh="差可以是负的，看的是它的绝对值。",
            en="A difference may be negative; its size is what counts.",
        ),
    ),
    (
        "never_none",
        (0.0, 1.0),
        None,
        Text(
            zh="差是 0，多少个种子都不够：返回 None。",
            en="If the difference is 0, no number of seeds is enough: return None.",
        ),
    ),
    (
        "wrong_number",
        (0.25, 0.5),
        18,
        Text(
            zh="从 n = 2 开始，一个一个往上试，直到 t95(n - 1) * s / sqrt(n) 小于差。",
            en="Start with n = 2 and go up until t95(n - 1) * s / sqrt(n) is below the difference.",
        ),
    ),
)


@checker("seeds_needed", title=Text(zh="要几个种子", en="How many seeds"), points=2)
def check_seeds_needed(seeds_needed: Callable[[float, float], Any]) -> None:
    for mistake, arguments, expected, about in _SEEDS:
        try:
            found = seeds_needed(*arguments)
        except ZeroDivisionError:
            if arguments[0] != 0:
                raise
            found = "ZeroDivisionError"
        if found != expected:
            raise Mistake(mistake, about, expected=str(expected), found=str(found)[:80])
