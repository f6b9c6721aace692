"""Checkers of the lesson `export/parity_and_ledger`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker


@checker(
    "compare_outputs",
    title=Text(zh="比较两份输出", en="Compare two outputs"),
    points=2,
)
def check_compare_outputs(compare_outputs: Callable[[Any, Any], tuple[float, int]]) -> None:
    y = np.array([[1.0, -4.0], [0.5, 0.25], [2.0, 3.0]])
    y_hat = y.copy()
    y_hat[0, 1] -= 1.0  # the largest difference, below
    y_hat[1] = [0.25, 0.5]  # one decision, two numbers
    difference, changed = _pair(compare_outputs(y_hat, y))
    if math.isclose(difference, 1.0):
        raise Mistake(
            "not_relative",
            Text(
                zh="这是绝对差。除以 y 里最大的绝对值。",
                en="This is the absolute difference. Divide it by the largest absolute value in y.",
            ),
            expected="0.25",
            found=f"{difference:g}",
        )
    if math.isclose(difference, 0.25 / 4):
        raise Mistake(
            "signed",
            Text(
                zh="变小的数没有算进去：先取绝对值，再取最大。",
                en="Numbers that became smaller are not counted: take the absolute value before "
                "the maximum.",
            ),
            expected="0.25",
            found=f"{difference:g}",
        )
    if not math.isclose(difference, 0.25):
        raise Mistake(
            "wrong_difference",
            Text(
                zh="相对差不对：最大的绝对差，除以整个 y 里最大的绝对值，不是各自的值。",
                en="The relative difference is wrong: divide the largest absolute difference by "
                "the largest absolute value of the whole y, not by each value.",
            ),
            expected="0.25",
            found=f"{difference:g}",
        )
    if changed != 1:
        raise Mistake(
            "wrong_changed",
            Text(
                zh="改变的判断是 argmax 不同的行数，不是不同的数的个数。",
                en="Changed decisions are the rows whose argmax differs, not the numbers that "
                "differ.",
            ),
            expected=1,
            found=changed,
        )
    y_hat = y.copy()
    y_hat[2, 0] = np.nan
    difference, _ = _pair(compare_outputs(y_hat, y))
    if difference != math.inf:
        raise Mistake(
            "hides_nan",
            Text(
                zh="y_hat 里有 NaN，却没有报告 inf。与 NaN 的比较总是假，它会溜过任何界限。",
                en="There is a NaN in y_hat, and inf is not reported. Comparisons with NaN are "
                "always false, so it passes any limit.",
            ),
            expected="inf",
            found=f"{difference:g}",
        )


@checker("ratios", title=Text(zh="比值", en="Ratios"), points=2)
def check_ratios(ratios: Callable[[Mapping[str, Sequence[float]], str], Any]) -> None:
    rounds = {"slow": [2.0, 30.0, 8.0, 40.0, 12.0], "fast": [1.0, 10.0, 2.0, 20.0, 4.0]}
    found = ratios({name: list(times) for name, times in rounds.items()}, "fast")
    if not isinstance(found, Mapping) or set(found) != set(rounds):
        raise Mistake(
            "no_dict",
            Text(
                zh="请返回字典，从每个变体的名字（基线也在内）到它的比值。",
                en="Return a dict from the name of each variant, the baseline too, to its ratio.",
            ),
            expected="fast, slow",
            found=", ".join(map(str, found)) if isinstance(found, Mapping) else str(type(found)),
        )
    value = float(found["slow"])
    if math.isclose(value, 3.0) and math.isclose(float(found["fast"]), 1.0):
        return
    slow, fast = np.array(rounds["slow"]), np.array(rounds["fast"])
    for mistake, wrong, message in (
        (
            "inverted",
            np.median(fast / slow),
            Text(
                zh="反了：用变体的时间除以基线的时间。",
                en="It is inverted: divide the time of the variant by that of the baseline.",
            ),
        ),
        (
            "mean",
            np.mean(slow / fast),
            Text(
                zh="这是平均数，一轮被打扰就会拉偏它。取中位数。",
                en="This is the mean, which one disturbed round can pull away. Take the median.",
            ),
        ),
        (
            "ratio_of_totals",
            slow.mean() / fast.mean(),
            Text(
                zh="先平均再相除，慢的那几轮就说了算。先在每一轮里相除。",
                en="With the mean before the division, the slow rounds decide. Divide within each "
                "round first.",
            ),
        ),
        (
            "best_calls",
            slow.min() / fast.min(),
            Text(
                zh="最快的一轮不代表什么，各变体的还不是同一轮。用所有的轮。",
                en="The fastest round does not represent the others, and each variant has another "
                "one. Use all rounds.",
            ),
        ),
    ):
        if math.isclose(value, float(wrong)):
            raise Mistake(mistake, message, expected="3", found=f"{value:.3g}")
    raise Mistake(
        "wrong_ratio",
        Text(
            zh="比值不对：每一轮里相除，再取各轮的中位数。",
            en="The ratio is wrong: divide within each round, then take the median of the rounds.",
        ),
        expected="3",
        found=f"{value:.3g}",
    )


@checker(
    "last_outputs",
    title=Text(zh="不靠 sequence_length", en="Without sequence_length"),
    points=2,
)
def check_last_outputs(last_outputs: Callable[[Any, Any], Any]) -> None:
    import paddle

    values = np.random.RandomState(0).rand(3, 5, 4).astype("float32")
    lengths = np.array([2, 5, 1])
    found = np.asarray(last_outputs(paddle.to_tensor(values), paddle.to_tensor(lengths)))
    wanted = values[np.arange(3), lengths - 1]
    if found.shape != wanted.shape:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="形状应当是 (batch, hidden)：长度那一维不见了。",
                en="The shape should be (batch, hidden): the size of the length is gone.",
            ),
            expected=str(wanted.shape),
            found=str(found.shape),
        )
    if np.allclose(found, wanted):
        return
    if np.allclose(found, values[:, -1]):
        raise Mistake(
            "takes_padding",
            Text(
                zh="取了最后一步，短句的最后一步是填充。要取第 lengths - 1 步。",
                en="This is the last step, which is padding in short sentences. Take step "
                "lengths - 1.",
            ),
        )
    if np.allclose(found, values[np.arange(3), lengths % 5]):
        raise Mistake(
            "off_by_one",
            Text(
                zh="差了一步：从 0 数起，最后一个真字是第 lengths - 1 步。",
                en="It is one step off: counted from 0, the last real character is step "
                "lengths - 1.",
            ),
        )
    mask = (np.arange(5) < lengths[:, None])[..., None]
    if np.allclose(found, (values * mask).sum(axis=1)):
        raise Mistake(
            "adds_all",
            Text(
                zh="把所有真字的输出加起来了。只要最后一个：用 ==，不用 <。",
                en="This adds the outputs of all real characters. Only the last one counts: use "
                "==, not <.",
            ),
        )
    raise Mistake(
        "wrong_outputs",
        Text(
            zh="结果不对：第 i 句要的是 outputs[i, lengths[i] - 1]。",
            en="The result is wrong: sentence i needs outputs[i, lengths[i] - 1].",
        ),
    )


def _pair(found: Any) -> tuple[float, int]:
    if not isinstance(found, tuple) or len(found) != 2:
        raise Mistake(
            "no_pair",
            Text(
                zh="请返回一对数：相对差，改变的判断。",
                en="Return a pair: the relative difference and the changed decisions.",
            ),
            expected="(float, int)",
            found=type(found).__name__,
        )
    return float(found[0]), int(found[1])
