"""Checkers of the lesson `compression/mixed_precision`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.compression.precision.formats import BFLOAT16, rounded
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker


@checker("to_bfloat16", title=Text(zh="砍掉一半的位", en="Cut half of the bits"), points=2)
def check_to_bfloat16(to_bfloat16: Callable[[Any], Any]) -> None:
    # Neighbours, ties to both sides, and numbers that float16 does not have.
    ties = np.arange(0x3F800000, 0x3F880000, 0x8000, dtype=np.uint32).view(np.float32)
    random = np.random.RandomState(0).randn(500).astype("float32")
    x = np.concatenate([ties, -ties, random, random * 1e-20, random * 1e20, [0.0]])
    x = x.astype("float32").reshape(-1, 3)
    found = np.asarray(to_bfloat16(x.copy()))
    if found.shape != x.shape or found.dtype != np.float32:
        raise Mistake(
            "wrong_type",
            Text(
                zh="请返回同样形状的 float32 数组：位换回数用 .view('float32')。",
                en="Return a float32 array of the same shape: .view('float32') makes numbers of "
                "bits.",
            ),
            expected=f"float32 {x.shape}",
            found=f"{found.dtype} {found.shape}",
        )
    expected = rounded(x, BFLOAT16)
    if (found == expected).all():
        return
    bits = x.view(np.uint32)
    with np.errstate(over="ignore"):
        half = x.astype("float16").astype("float32")
    for mistake, wrong, message in (
        (
            "truncated",
            _numbers(bits),
            Text(
                zh="直接砍掉是向零舍入，平均差半格。砍之前先加上半格。",
                en="Cutting off rounds towards zero, half a step on average. Add half a step "
                "first.",
            ),
        ),
        (
            "ties_away",
            _numbers(bits + np.uint32(0x8000)),
            Text(
                zh="正好在中间的都进了位。中间时要取偶数：加 0x7FFF，再加前 16 位的最后一位。",
                en="All ties are rounded up. They go to the even number: add 0x7FFF, and the last "
                "of the first 16 bits.",
            ),
        ),
        (
            "ties_down",
            _numbers(bits + np.uint32(0x7FFF)),
            Text(
                zh="正好在中间的都舍掉了。中间时要取偶数：前 16 位的最后一位是 1 的要进位。",
                en="All ties are rounded down. They go to the even number: if the last of the "
                "first 16 bits is 1, round up.",
            ),
        ),
        (
            "float16",
            half,
            Text(
                zh="这是 float16：大的数成了无穷大，小的成了 0。bfloat16 的指数同 float32 一样。",
                en="This is float16: large numbers are infinite and small ones 0. bfloat16 has the "
                "exponent of float32.",
            ),
        ),
        (
            "unchanged",
            x,
            Text(
                zh="数没有变：后 16 位要变成 0。",
                en="The numbers are unchanged: their last 16 bits must become 0.",
            ),
        ),
    ):
        if np.array_equal(found, wrong):
            raise Mistake(mistake, message)
    row, column = np.argwhere(found != expected)[0]
    raise Mistake(
        "wrong_numbers",
        Text(
            zh=f"{x[row, column]!r} 舍入得不对。",
            en=f"{x[row, column]!r} is not rounded correctly.",
        ),
        expected=repr(expected[row, column]),
        found=repr(found[row, column]),
    )


def _numbers(bits: Any) -> Any:
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


@checker("choose_scale", title=Text(zh="最大的倍数", en="The largest scale"), points=2)
def check_choose_scale(choose_scale: Callable[[Any], Any]) -> None:
    for mistake, gradients, expected, message in (
        (
            "not_largest",
            [0.75, -0.5, 1e-6],
            2.0**16,
            Text(
                zh="还有更大的 2 的幂装得下：从 2.0**24 往下减半，直到最大的梯度乘上它小于 65520。",
                en="This is not the largest power of 2 that fits: halve 2.0**24 until the largest "
                "gradient times it is below 65520.",
            ),
        ),
        (
            "ignores_sign",
            [-3.0, 0.001],
            2.0**14,
            Text(
                zh="最大的梯度可能是负的：先取绝对值。",
                en="The largest gradient may be negative: take absolute values.",
            ),
        ),
        (
            "limit_of_rounding",
            [65519 / 2**15, 0.0],
            2.0**15,
            Text(
                zh="65504 和 65520 之间的数会舍入到 65504，不是无穷大。",
                en="Numbers between 65504 and 65520 are rounded to 65504, and not infinite.",
            ),
        ),
        (
            "overflows",
            [1.0, 0.5],
            2.0**15,
            Text(
                zh="乘上它之后，最大的梯度成了无穷大。",
                en="With it the largest gradient becomes infinite.",
            ),
        ),
        (
            "no_limit",
            [1e-12, -1e-13],
            2.0**24,
            Text(zh="不要超过 2.0**24。", en="It is at most 2.0**24."),
        ),
        (
            "all_zero",
            [0.0, 0.0],
            2.0**24,
            Text(
                zh="梯度可能全是 0：哪个倍数都装得下，返回 2.0**24。",
                en="All gradients may be 0: every scale fits, so return 2.0**24.",
            ),
        ),
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            found = choose_scale(np.array(gradients, dtype="float32"))
        if found is None or not np.isscalar(found) or isinstance(found, str):
            raise Mistake(
                "no_number",
                Text(zh="请返回一个数。", en="Return a number."),
                expected=str(expected),
                found=type(found).__name__,
            )
        if np.isfinite(found) and found > 0 and np.log2(float(found)) % 1:
            raise Mistake(
                "no_power",
                Text(
                    zh="不是 2 的幂：乘除 2 的幂才不添新的舍入。",
                    en="It is not a power of 2; only those add no rounding of their own.",
                ),
                expected=str(expected),
                found=str(found),
            )
        if found != expected:
            raise Mistake(mistake, message, expected=str(expected), found=str(found))
