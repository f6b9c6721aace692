import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from paddle_workbench.course.catalog import find_lesson
from paddle_workbench.course.notebook import solution_of

from .exercise_tests import ExerciseTests

LESSON = "compression/mixed_precision"


def _rounding(half: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def round_bf16(x: Any) -> Any:
        bits = x.view("uint32")
        return ((bits + half(bits >> 16 & 1)) & np.uint32(0xFFFF0000)).view("float32")

    return round_bf16


def _in_place(x: Any) -> Any:
    bits = x.view("uint32")
    bits += 0x7FFF + (bits >> 16 & 1)
    bits &= np.uint32(0xFFFF0000)
    return x


def _rule(
    *,
    halves: bool = True,
    resets: bool = True,
    interval: Callable[[int], int | None] = lambda interval: interval,
    resets_growth: bool = True,
) -> Callable[..., tuple[float, int]]:
    def next_scale(scale: float, streak: int, is_finite: bool, steps: int) -> tuple[float, int]:
        if not is_finite:
            return scale / 2 if halves else scale, 0 if resets else streak
        if streak + 1 == interval(steps):
            return scale * 2, 0 if resets_growth else streak + 1
        return scale, streak + 1

    return next_scale


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("round_bf16", "wrong_type", lambda x: x.view("uint32") & np.uint32(0xFFFF0000)),
    ("round_bf16", "changes_argument", _in_place),
    ("round_bf16", "truncates", _rounding(lambda last: 0)),
    ("round_bf16", "half_away", _rounding(lambda last: 0x8000)),
    ("round_bf16", "half_down", _rounding(lambda last: 0x7FFF)),
    ("round_bf16", "half_odd", _rounding(lambda last: 0x8000 - last)),
    ("round_bf16", "wrong_numbers", lambda x: x.astype("float16").astype("float32")),
    ("next_scale", "no_pair", lambda scale, streak, is_finite, interval: scale),
    ("next_scale", "keeps_scale", _rule(halves=False)),
    ("next_scale", "keeps_streak", _rule(resets=False)),
    ("next_scale", "grows_early", _rule(interval=lambda interval: interval - 1)),
    ("next_scale", "never_grows", _rule(interval=lambda interval: None)),
    ("next_scale", "grows_every_step", _rule(resets_growth=False)),
]


class TestMixedPrecisionExercises(ExerciseTests):
    LESSON = LESSON
    ANSWERS = {"round_bf16": "round_bf16", "next_scale": "next_scale"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}


def _solution(exercise: str) -> Callable[..., Any]:
    source = solution_of(find_lesson(LESSON).notebook, exercise) or ""
    names: dict[str, Any] = {"np": np}
    exec(compile(ast.parse(source), exercise, "exec"), names)  # noqa: S102
    function: Callable[..., Any] = names[exercise]
    return function


@pytest.mark.paddle
def test_rounds_like_paddle() -> None:
    import paddle

    patterns = np.random.RandomState(0).randint(0, 2**32, 20000, dtype="uint32").view("float32")
    x = patterns[np.isfinite(patterns)]
    wanted = paddle.to_tensor(x).astype("bfloat16").astype("float32").numpy()
    assert np.array_equal(_solution("round_bf16")(x), wanted)


@pytest.mark.paddle
def test_scales_like_the_op_of_paddle() -> None:
    import paddle
    from paddle import _C_ops

    next_scale = _solution("next_scale")
    scale, streak = 2.0**10, 0
    tensor = paddle.to_tensor([scale])
    good, bad = paddle.zeros([1], "int32"), paddle.zeros([1], "int32")
    for is_finite in np.random.RandomState(1).rand(60) < 0.8:
        overflow = paddle.to_tensor([not is_finite])
        _C_ops.update_loss_scaling_(
            [paddle.ones([1])], overflow, tensor, good, bad, 3, 1, 2.0, 0.5, False
        )
        scale, streak = next_scale(scale, streak, bool(is_finite), 3)
        assert (scale, streak) == (tensor.item(), good.item())
