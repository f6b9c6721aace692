"""Checkers of the lesson `static_graph/control_flow`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOP = 2.0


@checker(
    "soft_clip",
    title=Text(zh="没有分支的截断", en="A clip without a branch"),
    points=2,
)
def check_soft_clip(soft_clip: Callable[[Any], Any]) -> None:
    import paddle
    from paddle.static import InputSpec
    from paddle_workbench import capture

    for values in ([3.0, -4.0, 1.0], [-8.0, 2.0], [0.5, -1.0], [2.0, -2.0]):
        X = np.array(values, "float32")
        largest = np.abs(X).max()
        wanted = X * (TOP / largest) if largest > TOP else X
        x = paddle.to_tensor(X)
        y = soft_clip(x)
        if not isinstance(y, paddle.Tensor):
            raise Mistake(
                "no_tensor",
                Text(zh="请返回张量。", en="Return a tensor."),
                expected="Tensor",
                found=type(y).__name__,
            )
        if not np.array_equal(x.numpy(), X):
            raise Mistake(
                "changes_input",
                Text(zh="输入本身被改了。请算出一个新的张量。", en="The input itself was changed."),
            )
        found = y.numpy()
        if found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-6):
            continue
        sides = {"expected": wanted.round(4).tolist(), "found": found.round(4).tolist()}
        if found.shape == X.shape and np.allclose(found, X.clip(-TOP, TOP), atol=1e-6):
            raise Mistake(
                "clips_each",
                Text(
                    zh="你把每个数单独截断了；要的是整个 x 按同一个比例缩小。",
                    en="You clipped every number by itself; scale all of x by one factor.",
                ),
                **sides,
            )
        raise Mistake(
            "wrong_values",
            Text(zh="结果不对，逐个比一比。", en="The result is wrong; compare it."),
            **sides,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec = [InputSpec([None], "float32", "x")]
        program = capture(soft_clip, input_spec=spec, pipeline=None).program
    kinds = [op.kind for op in program.walk()] if program is not None else ["?"]
    if {"if", "while", "?"} & set(kinds):
        raise Mistake(
            "branches",
            Text(
                zh="算得对，但图里有分支，或者转换不了。两边都算出来，用 paddle.where 选。",
                en="Right, but the graph has a branch, or it does not convert. Compute both sides "
                "and choose by paddle.where.",
            ),
            found=", ".join(kinds),
        )


@checker(
    "halvings",
    title=Text(zh="数一数减半了几次", en="Count the halvings"),
    points=2,
)
def check_halvings(halvings: Callable[[Any], Any]) -> None:
    import paddle
    from paddle.static import InputSpec

    inputs = [[0.25, 0.5], [3.0, 4.0, 5.0], [100.0], [1.0, 0.0]]
    wanted = [_halvings(values) for values in inputs]
    eager = [halvings(paddle.to_tensor(values)) for values in inputs]
    for y in eager:
        if not isinstance(y, paddle.Tensor) or y.dtype != paddle.int64 or y.shape != [1]:
            found = f"{y.dtype} {y.shape}" if isinstance(y, paddle.Tensor) else type(y).__name__
            raise Mistake(
                "wrong_type",
                Text(
                    zh="请返回形状为 [1] 的 int64 张量。",
                    en="Return an int64 tensor of shape [1].",
                ),
                expected="paddle.int64 [1]",
                found=found.replace("VarType.", "paddle."),
            )
    counts = [y.item() for y in eager]
    if counts != wanted:
        raise Mistake(
            "wrong_count",
            Text(
                zh="次数不对。和恰好等于 1 时不必再减。",
                en="The count is wrong. A sum of exactly 1 needs no more halving.",
            ),
            expected=wanted,
            found=counts,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec = [InputSpec([None], "float32", "x")]
        try:
            static = paddle.jit.to_static(halvings, input_spec=spec, full_graph=True)
            found = [static(paddle.to_tensor(values)).item() for values in inputs]
        except NotImplementedError:
            raise
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise Mistake(
                "refused",
                Text(
                    zh="动态图里对了，AST 却拒绝转换。用一个 while，条件和变量都是张量。",
                    en="Right eagerly, but AST refuses it. Use one while, with tensors for its "
                    "condition and variables.",
                ),
                found=lines[-1] if lines else type(error).__name__,
            ) from error
    if found != wanted:
        raise Mistake(
            "fixed",
            Text(
                zh="转成图以后，换个输入就不对了：次数在追踪时写死了。",
                en="As a graph it is wrong for other inputs: the count was fixed while tracing.",
            ),
            expected=wanted,
            found=found,
        )


def _halvings(values: list[float]) -> int:
    total, count = float(np.sum(np.array(values, "float32"))), 0
    while total > 1:
        total, count = total / 2, count + 1
    return count
