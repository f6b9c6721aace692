"""Checkers of the lesson `compression/mixed_precision`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker


@checker(
    "round_bf16", title=Text(zh="用整数舍入到 bf16", en="Round to bf16 with integers"), points=2
)
def check_round_bf16(round_bf16: Callable[[Any], Any]) -> None:
    # Halfway between two neighbours, whose last bits are 0 and 1 in turn; then anything.
    halfway = np.float32(1) + (2 * np.arange(8, dtype="float32") + 1) / 256
    anything = np.random.RandomState(0).normal(size=200).astype("float32")
    x = np.concatenate([halfway, -halfway, anything, anything * np.float32(1e-30)])
    given = x.copy()
    found = np.asarray(round_bf16(given))
    if found.dtype != np.float32 or found.shape != x.shape:
        raise Mistake(
            "wrong_type",
            Text(
                zh='返回与 x 形状相同的 float32 数组：整数变回来用 .view("float32")，'
                "不是 .astype，后者把位当成一个整数去换算。",
                en="Return a float32 array of the shape of x: turn the integers back with "
                '.view("float32"), not with .astype, which converts the integer that the bits '
                "stand for.",
            ),
            expected=f"float32 {x.shape}",
            found=f"{found.dtype} {found.shape}",
        )
    if not np.array_equal(given, x):
        raise Mistake(
            "changes_argument",
            Text(
                zh="x 自己被改了：view 与 x 共用同一块内存，+= 和 &= 会写进去。"
                "写成 bits = bits + …。",
                en="x itself has changed: a view shares its memory, and += and &= write into it. "
                "Make a new array with bits = bits + half, for instance.",
            ),
        )
    bits = x.view("uint32")
    wanted = _floats(bits + 0x7FFF + ((bits >> 16) & 1))
    if np.array_equal(found, wanted):
        return
    for mistake, wrong, hint in (
        (
            "truncates",
            _floats(bits),
            Text(
                zh="后 16 位直接砍掉了，总是朝 0 的方向：误差最大是一整格，应当不超过半格。"
                "砍之前先加上半格。",
                en="The last 16 bits are cut off, always towards 0: errors reach a whole step "
                "instead of half a step. Add half a step before you cut.",
            ),
        ),
        (
            "half_away",
            _floats(bits + 0x8000),
            Text(
                zh="正好在中间的都往远离 0 的一边去了，很多次加起来就偏了。"
                "中间的要去末位是 0 的那一边：末位已经是 0 的少加 1。",
                en="Numbers exactly halfway all go away from 0, and many of them add up to a bias. "
                "They belong to the neighbour whose last bit is 0: add one less if it is 0 "
                "already.",
            ),
        ),
        (
            "half_down",
            _floats(bits + 0x7FFF),
            Text(
                zh="正好在中间的都往 0 的一边去了。"
                "末位是 1 的要多加 1，才会进位到末位是 0 的那一边。",
                en="Numbers exactly halfway all go towards 0. Add one more if the last bit is 1, "
                "so that they reach the neighbour whose last bit is 0.",
            ),
        ),
        (
            "half_odd",
            _floats(bits + 0x8000 - ((bits >> 16) & 1)),
            Text(
                zh="反了：正好在中间的去了末位是 1 的那一边。末位是 1 的才多加 1。",
                en="It is the other way round: numbers exactly halfway went to the neighbour whose "
                "last bit is 1. Add the extra one if the last bit is 1.",
            ),
        ),
    ):
        if np.array_equal(found, wrong):
            raise Mistake(mistake, hint)
    first = int(np.argmax(found != wanted))
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="数不对：留下 32 位里的前 16 位，后 16 位清零，舍入到最近的；"
            "正好在中间的，去末位是 0 的。",
            en="The numbers are wrong: keep the first 16 of 32 bits, set the last 16 to zero, and "
            "round to the nearest; halfway, to the one whose last bit is 0.",
        ),
        expected=f"{x[first]:.9g} -> {wanted[first]:.9g}",
        found=f"{found[first]:.9g}",
    )


def _floats(bits: Any) -> Any:
    """Return the floats of the first halves of bits."""
    return (bits & np.uint32(0xFFFF0000)).astype("uint32").view("float32")


@checker("next_scale", title=Text(zh="动态的损失缩放", en="Dynamic loss scaling"), points=2)
def check_next_scale(next_scale: Callable[[float, int, bool, int], tuple[float, int]]) -> None:
    cases = (
        (
            "keeps_scale",
            (1024.0, 0, False, 4),
            (512.0, 0),
            Text(
                zh="上溢了，缩放却没有减半。下一步还会上溢，永远跳过。",
                en="After an overflow the scale is not halved. The next step overflows again, and "
                "every step is skipped.",
            ),
        ),
        (
            "keeps_streak",
            (1024.0, 3, False, 4),
            (512.0, 0),
            Text(
                zh="上溢之后，连续成功的步数要从 0 数起，否则马上又放大。",
                en="After an overflow the number of good steps in a row starts from 0; otherwise "
                "the scale grows again at once.",
            ),
        ),
        (
            "grows_early",
            (1024.0, 2, True, 4),
            (1024.0, 3),
            Text(
                zh="这才是第三步，interval 是 4：缩放不变，步数加 1。",
                en="This is only the third good step, and interval is 4: the scale stays, the "
                "number of steps grows by 1.",
            ),
        ),
        (
            "never_grows",
            (1024.0, 3, True, 4),
            (2048.0, 0),
            Text(
                zh="第 interval 步成功了（streak 是之前的步数，不算这一步），缩放要翻倍。",
                en="The good step number interval is done (streak counts those before it), so the "
                "scale doubles.",
            ),
        ),
    )
    for mistake, arguments, wanted, hint in cases:
        answer = next_scale(*arguments)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise Mistake(
                "no_pair",
                Text(
                    zh="请返回一对：下一步的缩放，连续成功的步数。",
                    en="Return a pair: the scale of the next step and the good steps in a row.",
                ),
                expected="(float, int)",
                found=type(answer).__name__,
            )
        if answer == wanted:
            continue
        if answer == (wanted[0], arguments[1] + 1) and mistake == "never_grows":
            raise Mistake(
                "grows_every_step",
                Text(
                    zh="翻倍之后步数没有从 0 数起，下一步的数就错了。",
                    en="After doubling, the number of steps does not start from 0, and the next "
                    "count is wrong.",
                ),
                expected=f"{wanted}",
                found=f"{answer}",
            )
        raise Mistake(mistake, hint, expected=f"{wanted}", found=f"{answer}")
