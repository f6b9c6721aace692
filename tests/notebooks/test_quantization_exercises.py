from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests

LESSON = "compression/quantization"


def _channels(
    *,
    scale: Callable[[Any], Any] = lambda weights: np.abs(weights).max(axis=1) / 127,
    rounding: Callable[[Any], Any] = np.rint,
    zero: float = 1,
) -> Callable[[Any], Any]:
    def quantize_channels(weights: Any) -> Any:
        rows = weights.reshape(len(weights), -1)
        scales = np.asarray(scale(rows), "float32")
        scales = np.where(np.abs(rows).max(axis=1) > 0, scales, zero).astype("float32")
        with np.errstate(all="ignore"):
            return rounding(rows / scales[:, None]).astype("int8").reshape(weights.shape), scales

    return quantize_channels


def _whole(weights: Any) -> Any:
    scale = np.abs(weights).max() / 127
    return np.rint(weights / scale).astype("int8"), np.float32(scale)


def _floats(weights: Any) -> Any:
    integers, scales = _channels()(weights)
    return integers.astype("float32"), scales


def _exact(values: Any, zero: int, weights: Any) -> Any:
    return (values.astype("int32") - zero) @ weights.astype("int32")


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("quantize_channels", "no_pair", lambda weights: _channels()(weights)[0]),
    ("quantize_channels", "wrong_type", _floats),
    ("quantize_channels", "one_scale", _whole),
    (
        "quantize_channels",
        "divides_by_128",
        _channels(scale=lambda weights: np.abs(weights).max(axis=1) / 128),
    ),
    (
        "quantize_channels",
        "signed_maximum",
        _channels(scale=lambda weights: weights.max(axis=1) / 127),
    ),
    (
        "quantize_channels",
        "whole_range",
        _channels(scale=lambda weights: np.ptp(weights, axis=1) / 255),
    ),
    (
        "quantize_channels",
        "wrong_scales",
        _channels(scale=lambda weights: np.abs(weights).mean(axis=1) / 127),
    ),
    ("quantize_channels", "truncates", _channels(rounding=np.trunc)),
    ("quantize_channels", "half_up", _channels(rounding=lambda steps: np.floor(steps + 0.5))),
    ("quantize_channels", "wrong_numbers", _channels(rounding=lambda steps: np.rint(-steps))),
    ("quantize_channels", "zero_channel", _channels(zero=0)),
    (
        "integer_product",
        "wrong_type",
        lambda values, zero, weights: _exact(values, zero, weights).astype("float32"),
    ),
    ("integer_product", "no_zero_point", lambda values, zero, weights: _exact(values, 0, weights)),
    (
        "integer_product",
        "wraps",
        lambda values, zero, weights: (
            (values - np.uint8(zero)).astype("int32") @ weights.astype("int32")
        ),
    ),
    (
        "integer_product",
        "adds_in_8_bits",
        lambda values, zero, weights: (values @ weights.astype("uint8")).astype("int32"),
    ),
    (
        "integer_product",
        "correction_by_row",
        lambda values, zero, weights: _exact(values, 0, weights) - zero,
    ),
    (
        "integer_product",
        "wrong_numbers",
        lambda values, zero, weights: -_exact(values, zero, weights),
    ),
]


class TestQuantizationExercises(ExerciseTests):
    LESSON = LESSON
    ANSWERS = {"quantize_channels": "quantize_channels", "integer_product": "integer_product"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
