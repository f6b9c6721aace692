"""Checkers of the lesson `export/edge`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

Row = dict[str, Any]
Device = dict[str, Any]


@checker("round_weights", title=Text(zh="256 个数", en="256 numbers"), points=2)
def check_round_weights(round_weights: Callable[[Any], Any]) -> None:
    # The second row is a hundred times smaller, and every row is off the centre.
    rows = np.random.RandomState(0).rand(3, 40) * [[1.0], [0.01], [1.0]] + [[0.2], [-0.004], [-3.0]]
    W = rows.astype("float32")
    found = np.asarray(round_weights(W.copy()))
    if found.shape != W.shape:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="形状变了：每个权重换成一个数，位置不动。",
                en="The shape changed: each weight becomes one number in the same place.",
            ),
            expected=str(W.shape),
            found=str(found.shape),
        )
    low, high = W.min(axis=1, keepdims=True), W.max(axis=1, keepdims=True)
    if not _is_near(found, _rounded(W, low, high)):
        _explain_rounding(W, found)
    W[0] = 0.25
    found = np.asarray(round_weights(W.copy()))
    if not np.isfinite(found).all() or not np.allclose(found[0], 0.25):
        raise Mistake(
            "constant_row",
            Text(
                zh="有一行的权重全都相同，最大减最小是 0，一除就成了 NaN。这样的行原样返回。",
                en="In one row all weights are equal, so the largest minus the smallest is 0, and "
                "dividing by it gives NaN. Return such a row unchanged.",
            ),
            expected="0.25",
            found=f"{found[0, 0]:g}",
        )


def _explain_rounding(W: Any, found: Any) -> None:
    low, high = W.min(axis=1, keepdims=True), W.max(axis=1, keepdims=True)
    largest = np.abs(W).max(axis=1, keepdims=True)
    for mistake, wrong, message in (
        (
            "whole_matrix",
            _rounded(W, W.min(), W.max()),
            Text(
                zh="整个矩阵共用了一把尺子，小的那一行几乎全变成一个数。每一行用自己的最小值和最大值。",
                en="The whole matrix shares one scale, so the small row becomes nearly one number. "
                "Use the minimum and maximum of each row.",
            ),
        ),
        (
            "by_column",
            _rounded(W.T, W.T.min(axis=1, keepdims=True), W.T.max(axis=1, keepdims=True)).T,
            Text(
                zh="这是每一列一把尺子。一行是一个输出通道：沿 axis=1 取最小和最大，"
                "keepdims=True。",
                en="This has a scale for each column. A row is an output channel: take minimum and "
                "maximum along axis=1, with keepdims=True.",
            ),
        ),
        (
            "symmetric",
            np.round(W / (largest / 127)) * (largest / 127),
            Text(
                zh="这把尺子以 0 为中心，而权重偏在一边，一半的数用不上。从最小值量到最大值。",
                en="This scale is centred at 0, but the weights are on one side, so half of the "
                "numbers are never used. Go from the minimum to the maximum.",
            ),
        ),
        (
            "truncated",
            _rounded(W, low, high, np.floor),
            Text(
                zh="往下取整，误差是四舍五入的两倍。用 np.round。",
                en="This rounds down, with twice the error of the nearest number. Use np.round.",
            ),
        ),
        (
            "steps",
            np.round((W - low) / ((high - low) / 256)) * ((high - low) / 256) + low,
            Text(
                zh="两端都算在内的 256 个数之间只有 255 格，8 位放不下第 257 个数。",
                en="Between 256 numbers with both ends there are 255 steps; 8 bits cannot hold a "
                "257th number.",
            ),
        ),
    ):
        if _is_near(found, wrong):
            raise Mistake(mistake, message)
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="数不对：(W - 最小) / 格 四舍五入，再乘格、加最小；格是 (最大 - 最小) / 255。",
            en="The numbers are wrong: round (W - minimum) / step, multiply by the step and add "
            "the minimum again; the step is (maximum - minimum) / 255.",
        ),
        expected=f"{_rounded(W, low, high)[0, 0]:.6f}",
        found=f"{found[0, 0]:.6f}",
    )


def _rounded(W: Any, low: Any, high: Any, nearest: Callable[[Any], Any] = np.round) -> Any:
    step = (high - low) / 255
    return nearest((W - low) / step) * step + low


def _is_near(found: Any, wanted: Any) -> bool:
    """Whether two arrays are equal but for the last bits; a step of the small row has 4e-5."""
    return np.allclose(found, wanted, rtol=0, atol=1e-6)


@checker(
    "choose",
    title=Text(zh="哪种格式给哪台设备", en="Which format for which device"),
    points=3,
)
def check_choose(choose: Callable[[Sequence[Row], Device], Any]) -> None:
    page = {"targets": ["browser"], "accuracy": 0.9, "bytes": 2_000_000, "measured": False}
    phone = {"targets": ["mnn", "lite"], "accuracy": 0.9, "bytes": 400_000, "measured": False}
    computer = {
        "targets": ["inference", "onnx", "mnn", "lite"],
        "accuracy": 0.9,
        "bytes": 1_000_000,
        "measured": True,
    }
    for mistake, hint, device, rows, chosen, reasons in (
        (
            "ignores_target",
            Text(
                zh="这台设备上没有它的运行时，再好也用不上。先看 device['targets']。",
                en="The device has no runtime for it, however good it is. Look at "
                "device['targets'] first.",
            ),
            page,
            (_row("onnx", 0.95, 500), _row("browser", 0.95, 600), _row("mnn", 0.95, 550)),
            "browser",
            {"onnx": "target", "mnn": "target"},
        ),
        (
            "ignores_accuracy",
            Text(
                zh="最小的那个读错太多：先去掉准确率低于 device['accuracy'] 的。",
                en="The smallest one reads too much wrongly: first drop those with an accuracy "
                "below device['accuracy'].",
            ),
            phone,
            (_row("mnn int8", 0.8, 180), _row("mnn fp16", 0.95, 310), _row("lite", 0.95, 390)),
            "mnn fp16",
            {"mnn int8": "accuracy", "lite": "larger"},
        ),
        (
            "overlap",
            Text(
                zh="两个区间有重叠，分不出快慢，不能因为中间的数小一点就选它。分不出的里选最小的。",
                en="The two intervals overlap, so neither is faster; a slightly smaller middle "
                "does not decide. Among those, take the smallest file.",
            ),
            computer,
            (_row("onnx", 0.95, 600, 0.95), _row("mnn int8", 0.95, 180)),
            "mnn int8",
            {"onnx": "larger"},
        ),
        (
            "compares_rejected",
            Text(
                zh="最快的那个已经因为准确率落选了，却还拿它来比时间。只和剩下的比。",
                en="The fastest one was rejected for its accuracy, and the others are still "
                "compared with its time. Compare only those that remain.",
            ),
            computer,
            (_row("onnx", 0.5, 600, 0.1), _row("mnn", 0.95, 600), _row("lite", 0.95, 700)),
            "mnn",
            {"onnx": "accuracy", "lite": "larger"},
        ),
        (
            "ignores_bytes",
            Text(
                zh="文件放不下：先去掉超过 device['bytes'] 的。",
                en="The file does not fit: first drop those with more than device['bytes'].",
            ),
            phone | {"measured": True},
            (_row("mnn fp32", 0.95, 630, 0.3), _row("lite", 0.95, 390)),
            "lite",
            {"mnn fp32": "bytes"},
        ),
        (
            "trusts_x86",
            Text(
                zh="measured 是 False：这些时间是在另一种处理器上量的，不能用来淘汰。只比大小。",
                en="measured is False: these times are of another kind of processor, and reject "
                "nothing. Compare the sizes only.",
            ),
            phone,
            (_row("mnn fp16", 0.95, 310, 3), _row("lite", 0.95, 390)),
            "mnn fp16",
            {"lite": "larger"},
        ),
        (
            "ignores_time",
            Text(
                zh="measured 是 True，时间就是在这种处理器上量的：整个区间都比最快的慢，就落选。",
                en="measured is True, so the times are of this kind of processor: a variant whose "
                "whole interval is slower than the fastest one is rejected.",
            ),
            computer,
            (_row("onnx", 0.95, 600, 0.3), _row("mnn int8", 0.95, 180), _row("lite", 0.95, 900, 2)),
            "onnx",
            {"mnn int8": "time", "lite": "time"},
        ),
        (
            "takes_any",
            Text(
                zh="没有一个合格，却选了一个。名字应当是 None。",
                en="None of them qualifies, and yet one was chosen. The name should be None.",
            ),
            phone,
            (_row("onnx", 0.95, 390), _row("mnn", 0.5, 390)),
            None,
            {"onnx": "target", "mnn": "accuracy"},
        ),
    ):
        name, found = _pair(choose([dict(row) for row in rows], dict(device)))
        if name != chosen:
            raise Mistake(mistake, hint, expected=chosen, found=name)
        _compare_reasons(found, reasons)


def _row(variant: str, accuracy: float, kilobytes: int, ratio: float = 1) -> Row:
    return {
        "variant": variant,
        "target": variant.split()[0],
        "accuracy": accuracy,
        "bytes": kilobytes * 1000,
        "ratio_low": ratio * 0.9,
        "ratio_high": ratio * 1.1,
    }


def _pair(answer: Any) -> tuple[str | None, Mapping[str, str]]:
    if isinstance(answer, tuple) and len(answer) == 2:
        name, reasons = answer
        if isinstance(name, str | None) and isinstance(reasons, Mapping):
            return name, reasons
    raise Mistake(
        "no_pair",
        Text(
            zh="请返回一对：名字（或 None），和从落选的名字到理由的字典。",
            en="Return a pair: a name or None, and a dict from the rejected names to reasons.",
        ),
        expected="(str, dict)",
        found=type(answer).__name__,
    )


def _compare_reasons(found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    if set(found) != set(wanted):
        raise Mistake(
            "undefended",
            Text(
                zh="字典里应当恰好是落选的每一个，不多不少：每一个都要说出理由。",
                en="The dict should have exactly the rejected ones: each of them needs a reason.",
            ),
            expected=", ".join(wanted),
            found=", ".join(map(str, found)) or "-",
        )
    for rejected, reason in wanted.items():
        if found[rejected] != reason:
            raise Mistake(
                "wrong_reason",
                Text(
                    zh=f"选得对，可是 {rejected} 落选的理由不对。按题目里的次序一条一条查，"
                    "第一条不合格的就是理由。",
                    en=f"The choice is right, but not the reason against {rejected}. Go through "
                    "the rules in their order; the first one that fails is the reason.",
                ),
                expected=reason,
                found=str(found[rejected]),
            )
