from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _cut(added: int) -> Callable[[Any], Any]:
    def to_bfloat16(x: Any) -> Any:
        bits = x.view(np.uint32) + np.uint32(added)
        return (bits & np.uint32(0xFFFF0000)).view(np.float32)

    return to_bfloat16


def _half(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return x.astype("float16").astype("float32")


def _scale(
    *,
    size: Callable[[Any], Any] = np.abs,
    limit: float = 65520,
    most: float = 2.0**24,
    factor: float = 1.0,
) -> Callable[[Any], Any]:
    def choose_scale(gradients: Any) -> Any:
        largest, scale = float(size(gradients).max()), most
        while largest * scale >= limit:
            scale /= 2
        return scale * factor

    return choose_scale


def _zero_for_zeros(gradients: Any) -> Any:
    return _scale()(gradients) if gradients.any() else 1.0


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("to_bfloat16", "wrong_type", lambda x: x.view(np.uint32) >> 16),
    ("to_bfloat16", "truncated", _cut(0)),
    ("to_bfloat16", "ties_away", _cut(0x8000)),
    ("to_bfloat16", "ties_down", _cut(0x7FFF)),
    ("to_bfloat16", "float16", _half),
    ("to_bfloat16", "unchanged", lambda x: x),
    ("to_bfloat16", "wrong_numbers", lambda x: x * np.float32(2)),
    ("choose_scale", "no_number", lambda gradients: None),
    ("choose_scale", "no_power", lambda gradients: 65504 / np.abs(gradients).max()),
    ("choose_scale", "not_largest", _scale(factor=0.5)),
    ("choose_scale", "ignores_sign", _scale(size=lambda gradients: gradients)),
    ("choose_scale", "limit_of_rounding", _scale(limit=65504)),
    ("choose_scale", "overflows", _scale(limit=65537)),
    ("choose_scale", "no_limit", _scale(most=2.0**40)),
    ("choose_scale", "all_zero", _zero_for_zeros),
]


class TestMixedPrecisionExercises(ExerciseTests):
    LESSON = "compression/mixed_precision"
    ANSWERS = {"to_bfloat16": "to_bfloat16", "choose_scale": "choose_scale"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
