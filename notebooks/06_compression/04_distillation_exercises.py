"""Checkers of the lesson `compression/distillation`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TEMPERATURE = 2.5


@checker(
    "soft_gradient",
    title=Text(zh="软标签的梯度", en="The gradient of soft labels"),
    points=2,
)
def check_soft_gradient(soft_gradient: Callable[[Any, Any, float], Any]) -> None:
    random = np.random.RandomState(0)
    y_hat, y_teacher = random.normal(size=(2, 4, 3)) * 2
    found = _gradient(soft_gradient, y_hat, y_teacher)
    p, q = _softmax(y_teacher / TEMPERATURE), _softmax(y_hat / TEMPERATURE)
    wanted = TEMPERATURE * (q - p) / len(y_hat)
    if not np.allclose(found, wanted, rtol=1e-4, atol=1e-7):
        sharp = _softmax(y_hat) - _softmax(y_teacher)
        _name_mistake(found, wanted, q - p, sharp)
    # Logits of any size, of one review: what is divided by, and exp, must stand it.
    large = np.array([[1e4, -1e4]])
    if not np.isfinite(_gradient(soft_gradient, large, -large)).all():
        raise Mistake(
            "overflow",
            Text(
                zh="logits 是一万的时候，结果里有无穷或 NaN：exp 放不下。"
                "用前面的 softmax，它先减去最大值。",
                en="With logits of 10000 the result is not finite: exp of them is too large. "
                "Use softmax from above, which subtracts the largest first.",
            ),
        )


def _gradient(soft_gradient: Callable[..., Any], y_hat: Any, y_teacher: Any) -> Any:
    found = np.asarray(soft_gradient(y_hat.copy(), y_teacher.copy(), TEMPERATURE))
    if found.shape != y_hat.shape or found.dtype.kind != "f":
        raise Mistake(
            "wrong_shape",
            Text(
                zh="梯度对每个 logit 都有一个数：形状要与 y_hat 相同。",
                en="The gradient has a number for each logit: return the shape of y_hat.",
            ),
            expected=f"float {y_hat.shape}",
            found=f"{found.dtype} {found.shape}",
        )
    return found


def _name_mistake(found: Any, wanted: Any, difference: Any, sharp: Any) -> None:
    rows, t = len(wanted), TEMPERATURE
    for mistake, wrong, hint in (
        (
            "wrong_sign",
            -wanted,
            Text(
                zh="符号反了：沿着梯度的反方向走，应当靠近老师，所以是学生减老师。",
                en="The sign is wrong: a step against the gradient has to lead to the teacher, so "
                "it is student minus teacher.",
            ),
        ),
        (
            "not_mean",
            wanted * rows,
            Text(
                zh="大了一批的条数倍：损失是对整批求平均，梯度要除以条数。",
                en="It is too large by the number of rows: the loss is the mean of a batch, so "
                "divide by its size.",
            ),
        ),
        (
            "mean_of_all",
            wanted / wanted.shape[1],
            Text(
                zh="除以了元素的总数。损失先对类别求和，再对行求平均：只除以行数。",
                en="It is divided by the number of all elements. The loss is a sum over classes "
                "and a mean over rows: divide by the rows only.",
            ),
        ),
        (
            "no_square",
            difference / t / rows,
            Text(
                zh="忘了损失前面的 T 的平方：对 z 求导除掉一个 T，乘回两个，还剩一个。",
                en="The square of T in front of the loss is missing: the derivative by z divides "
                "by T once, the square multiplies twice, and one T is left.",
            ),
        ),
        (
            "no_inner",
            difference * t**2 / rows,
            Text(
                zh="乘了 T 的平方，可是 z / T 对 z 求导还要除以一个 T。",
                en="It is multiplied by the square of T, but the derivative of z / T by z still "
                "divides by T once.",
            ),
        ),
        (
            "no_factor",
            difference / rows,
            Text(
                zh="前面差一个 T：平方乘两次，z / T 的导数除一次。",
                en="A factor T is missing: the square multiplies twice, and the derivative of "
                "z / T divides once.",
            ),
        ),
        (
            "no_temperature",
            sharp * t / rows,
            Text(
                zh="概率没有用温度：两边的 logits 都要先除以 T 再做 softmax。",
                en="The probabilities are those without temperature: divide the logits of both by "
                "T before the softmax.",
            ),
        ),
    ):
        if np.allclose(found, wrong, rtol=1e-4, atol=1e-7):
            raise Mistake(mistake, hint)
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="数不对：学生的概率减老师的概率（都在温度 T 下），乘 T，除以行数。",
            en="The numbers are wrong: the student's probabilities minus the teacher's, both at "
            "the temperature T, times T, divided by the number of rows.",
        ),
        expected=f"{wanted[0, 0]:.6f}",
        found=f"{found[0, 0]:.6f}",
    )


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _row(name: str, accuracy: float, low: float, ratio: float, high: float) -> dict[str, Any]:
    return {
        "name": name,
        "accuracy": accuracy,
        "ratio_low": low,
        "ratio": ratio,
        "ratio_high": high,
    }


ROWS = (
    _row("large", 0.86, 0.99, 1.00, 1.01),
    _row("middle", 0.84, 0.46, 0.49, 0.52),
    _row("small", 0.82, 0.30, 0.31, 0.32),
    _row("same", 0.82, 0.24, 0.25, 0.26),
    _row("tiny", 0.79, 0.09, 0.10, 0.11),
    _row("edge", 0.85, 0.70, 0.75, 0.80),
)


@checker("choose", title=Text(zh="在预算里选", en="Choose within a budget"), points=2)
def check_choose(choose: Callable[[list[dict[str, Any]], float], Any]) -> None:
    def ask(budget: float, wanted: str | None, *mistakes: tuple[str, str | None, Text]) -> None:
        found = choose([dict(row) for row in ROWS], budget)
        if found is not None and not isinstance(found, str):
            raise Mistake(
                "no_name",
                Text(
                    zh='返回那一项的名字 row["name"]，不是整项；一个也没有，返回 None。',
                    en='Return the name of the row, row["name"], not the row; None if there is no '
                    "row.",
                ),
                expected=repr(wanted),
                found=type(found).__name__,
            )
        if found == wanted:
            return
        for mistake, wrong, hint in mistakes:
            if found == wrong:
                raise Mistake(mistake, hint, expected=repr(wanted), found=repr(found))
        raise Mistake(
            "wrong_row",
            Text(
                zh=f"预算是 {budget} 的时候选错了：先留下整个区间不超过预算的，再取最准的。",
                en=f"With a budget of {budget} another row is right: keep those whose whole "
                "interval is within the budget, then take the most accurate.",
            ),
            expected=repr(wanted),
            found=repr(found),
        )

    ask(
        1.2,
        "large",
        (
            "takes_fastest",
            "tiny",
            Text(
                zh="选了最快的。预算之内不比谁更快，比谁更准。",
                en="The fastest was chosen. Within the budget, the most accurate is wanted.",
            ),
        ),
    )
    ask(
        0.5,
        "same",
        (
            "ignores_interval",
            "middle",
            Text(
                zh="middle 的比值是 0.49，可是区间到 0.52：还不能说它在预算之内。看 ratio_high。",
                en="The ratio of middle is 0.49, but its interval reaches 0.52: that is not "
                "within the budget for certain. Use ratio_high.",
            ),
        ),
        (
            "takes_slower",
            "small",
            Text(
                zh="small 和 same 一样准，应当选快的那个。",
                en="small and same are equally accurate; choose the faster one.",
            ),
        ),
    )
    ask(
        0.8,
        "edge",
        (
            "excludes_limit",
            "middle",
            Text(
                zh="正好等于预算的也算在内：用 <=。",
                en="A row exactly at the budget is within it: use <=.",
            ),
        ),
    )
    found_none = [
        (
            "never_none",
            row["name"],
            Text(
                zh="没有一项在预算之内，应当返回 None。",
                en="No row is within the budget: return None.",
            ),
        )
        for row in ROWS
    ]
    ask(0.05, None, *found_none)
