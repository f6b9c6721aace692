"""Checkers of the lesson `compression/quantization`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker


@checker(
    "quantize_channels", title=Text(zh="每个通道一把尺", en="A scale for each channel"), points=2
)
def check_quantize_channels(quantize_channels: Callable[[Any], Any]) -> None:
    W = np.random.RandomState(0).normal(size=(6, 5, 3)).astype("float32")
    W *= np.float32([1, 0.02, 30, 1, 4, 0.5]).reshape(-1, 1, 1)
    W[3] = np.arange(-7, 8).reshape(5, 3) + 0.5  # halfway between two neighbours
    W[3, 0, 0] = 127
    answer = _pair(quantize_channels(W.copy()))
    integers, scales = (np.asarray(each) for each in answer)
    if integers.dtype != np.int8 or integers.shape != W.shape:
        raise Mistake(
            "wrong_type",
            Text(
                zh="整数的数组要与 W 形状相同，类型是 int8。",
                en="The integers have to be int8, in the shape of W.",
            ),
            expected=f"int8 {W.shape}",
            found=f"{integers.dtype} {integers.shape}",
        )
    if scales.shape != (len(W),):
        raise Mistake(
            "one_scale",
            Text(
                zh="每个通道要有自己的缩放系数：对第 0 轴以外的轴求最大，得到形状 (channels,)。",
                en="Each channel needs its own scale: take the maximum over all axes but the "
                "first, which gives the shape (channels,).",
            ),
            expected=f"{(len(W),)}",
            found=f"{scales.shape}",
        )
    largest = np.abs(W).max(axis=(1, 2))
    _check_scales(W, scales, largest)
    steps = W / scales.astype("float32").reshape(-1, 1, 1)
    if np.array_equal(integers, np.rint(steps).astype("int8")):
        _check_zeros(quantize_channels)
        return
    for mistake, wrong, hint in (
        (
            "truncates",
            np.trunc(steps),
            Text(
                zh="小数直接砍掉了，误差最大是一整格。先用 np.rint 取最近的整数，再换类型。",
                en="The fractions are cut off, and errors reach a whole step. Round to the "
                "nearest with np.rint before you convert.",
            ),
        ),
        (
            "half_up",
            np.floor(steps + 0.5),
            Text(
                zh="正好在中间的总是进一。ONNX Runtime 取偶数那一边，np.rint 也是。",
                en="Numbers exactly halfway always go up. ONNX Runtime takes the even neighbour, "
                "and so does np.rint.",
            ),
        ),
    ):
        if np.array_equal(integers, wrong.astype("int8")):
            raise Mistake(mistake, hint)
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="缩放系数对，整数不对：应当是 W 除以自己通道的缩放系数，再舍入。"
            "缩放系数要变成 (channels, 1, …) 才能与 W 相除。",
            en="The scales are right and the integers are not: divide W by the scale of its "
            "channel, and round. The scales need the shape (channels, 1, ...) for that.",
        ),
    )


def _pair(answer: Any) -> Any:
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise Mistake(
            "no_pair",
            Text(
                zh="请返回一对：整数的数组，缩放系数的数组。",
                en="Return a pair: the array of integers and the array of scales.",
            ),
            expected="(int8, float32)",
            found=type(answer).__name__,
        )
    return answer


def _check_scales(W: Any, scales: Any, largest: Any) -> None:
    if np.allclose(scales, largest / 127, rtol=1e-6, atol=0):
        return
    spans = W.max(axis=(1, 2)) - W.min(axis=(1, 2))
    for mistake, wrong, hint in (
        (
            "divides_by_128",
            largest / 128,
            Text(
                zh="int8 最大是 127。除以 128，最大的权重就落在 128 上，放不下。",
                en="The largest int8 is 127. With 128 the largest weight falls on 128, which does "
                "not exist.",
            ),
        ),
        (
            "signed_maximum",
            W.max(axis=(1, 2)) / 127,
            Text(
                zh="最大的权重可能是负的：先取绝对值，再求最大。",
                en="The largest weight may be negative: take absolute values first.",
            ),
        ),
        (
            "whole_range",
            spans / 255,
            Text(
                zh="这是不对称的尺，要配零点。对称的尺从 -最大 到 +最大，每边 127 格。",
                en="This is the affine scale, which needs a zero point. The symmetric one goes "
                "from -largest to +largest, with 127 steps on each side.",
            ),
        ),
    ):
        if np.allclose(scales, wrong, rtol=1e-6, atol=0):
            raise Mistake(mistake, hint)
    raise Mistake(
        "wrong_scales",
        Text(
            zh="缩放系数不对：每个通道里最大的绝对值，除以 127。",
            en="The scales are wrong: the largest magnitude of each channel, divided by 127.",
        ),
        expected=f"{largest[0] / 127:.6g}",
        found=f"{scales[0]:.6g}",
    )


def _check_zeros(quantize_channels: Callable[[Any], Any]) -> None:
    W = np.float32([[0, 0], [1, -2]])
    with np.errstate(all="ignore"):
        integers, scales = _pair(quantize_channels(W.copy()))
    if np.asarray(integers).tolist() != [[0, 0], [64, -127]] or not (np.asarray(scales) > 0).all():
        raise Mistake(
            "zero_channel",
            Text(
                zh="有一个通道全是 0：最大值是 0，除下去是 NaN。给它随便一个正的缩放系数，比如 1。",
                en="One channel has only zeros: its largest value is 0, and dividing by it gives "
                "NaN. Give it any positive scale, such as 1.",
            ),
        )


@checker("integer_product", title=Text(zh="用整数算矩阵乘", en="A product in integers"), points=2)
def check_integer_product(integer_product: Callable[[Any, int, Any], Any]) -> None:
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, (5, 40)).astype("uint8")
    W = rng.randint(-127, 128, (40, 3)).astype("int8")
    zero = 37
    found = np.asarray(integer_product(X.copy(), zero, W.copy()))
    whole = X.astype("int64") @ W.astype("int64")
    expected = (X.astype("int64") - zero) @ W.astype("int64")
    if found.shape != expected.shape or found.dtype.kind not in "iu" or found.dtype.itemsize < 4:
        raise Mistake(
            "wrong_type",
            Text(
                zh="返回 int32 的数组，形状 (rows, columns)：8 位装不下许多个乘积的和。",
                en="Return int32 in the shape (rows, columns): 8 bits cannot hold the sum of many "
                "products.",
            ),
            expected=f"int32 {expected.shape}",
            found=f"{found.dtype} {found.shape}",
        )
    if np.array_equal(found, expected):
        return
    wrapped = (X - np.uint8(zero)).astype("int64")
    for mistake, wrong, hint in (
        (
            "no_zero_point",
            whole,
            Text(
                zh="忘了零点：整数 q 代表 (q - zero) 格，所以每个 X 都要先减去 zero。",
                en="The zero point is missing: the integer q stands for q - zero steps, so "
                "subtract zero from each X.",
            ),
        ),
        (
            "wraps",
            wrapped @ W.astype("int64"),
            Text(
                zh="X 还是 uint8 的时候就减了 zero，小于 zero 的绕回到 200 多。"
                "先换成 int32，再减。",
                en="zero was subtracted while X was still uint8, so that small numbers wrapped "
                "round to more than 200. Convert to int32 first.",
            ),
        ),
        (
            "adds_in_8_bits",
            (X @ W.astype("uint8")).astype("int64"),
            Text(
                zh="乘积是用 8 位加起来的，早就溢出了。先把 X 和 W 都换成 int32，再相乘。",
                en="The products were added up in 8 bits, which overflow. Convert X and W to "
                "int32 before you multiply.",
            ),
        ),
        (
            "correction_by_row",
            whole - zero,
            Text(
                zh="零点只减了一次。它乘进了 40 个乘积里：要减的是 zero 乘以 W 每一列的和。",
                en="The zero point was subtracted once only. It is part of every product: subtract "
                "zero times the sum of each column of W.",
            ),
        ),
    ):
        if np.array_equal(found, wrong):
            raise Mistake(mistake, hint)
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="数不对。应当等于 (X - zero) 与 W 的矩阵乘，全部用 int32 算。",
            en="The numbers are wrong. They are the matrix product of X - zero and W, in int32.",
        ),
        expected=f"{expected[0].tolist()}",
        found=f"{found[0].tolist()}",
    )
