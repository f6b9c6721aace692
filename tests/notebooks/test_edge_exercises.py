from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _rounding(
    low: Callable[[Any], Any] = lambda weights: weights.min(axis=1, keepdims=True),
    high: Callable[[Any], Any] = lambda weights: weights.max(axis=1, keepdims=True),
    steps: int = 255,
    nearest: Callable[[Any], Any] = np.round,
) -> Callable[[Any], Any]:
    def round_weights(weights: Any) -> Any:
        with np.errstate(invalid="ignore"):
            step = (high(weights) - low(weights)) / steps
            return nearest((weights - low(weights)) / step) * step + low(weights)

    return round_weights


def _symmetric(weights: Any) -> Any:
    step = np.abs(weights).max(axis=1, keepdims=True) / 127
    return np.round(weights / step) * step


def _choice(
    *,
    skips: str = "",
    uses_times: Callable[[Any], bool] = lambda device: device["measured"],
    compares: Callable[[Any, Any], Any] = lambda rows, left: left,
    is_slower: Callable[[Any, Any], bool] = lambda row, best: row["ratio_low"] > best["ratio_high"],
    reason: Callable[[str], str] = lambda reason: reason,
) -> Callable[[Any, Any], Any]:
    def choose(rows: Any, device: Any) -> Any:
        reasons, left = {}, []
        for row in rows:
            fails = {
                "target": row["target"] not in device["targets"],
                "accuracy": row["accuracy"] < device["accuracy"],
                "bytes": row["bytes"] > device["bytes"],
            }
            failed = [name for name, is_failed in fails.items() if is_failed and name != skips]
            if failed:
                reasons[row["variant"]] = reason(failed[0])
            else:
                left.append(row)
        if uses_times(device) and left:
            best = min(compares(rows, left), key=lambda row: row["ratio_high"])
            slower = [row for row in left if is_slower(row, best)]
            reasons |= {row["variant"]: reason("time") for row in slower}
            left = [row for row in left if row not in slower]
        left.sort(key=lambda row: row["bytes"])
        reasons |= {row["variant"]: reason("larger") for row in left[1:]}
        return (left[0]["variant"] if left else None), reasons

    return choose


def _any(rows: Any, device: Any) -> Any:
    name, reasons = _choice()(rows, device)
    return name or rows[0]["variant"], reasons


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("round_weights", "wrong_shape", lambda weights: weights.ravel()),
    ("round_weights", "whole_matrix", _rounding(np.min, np.max)),
    (
        "round_weights",
        "by_column",
        _rounding(
            lambda weights: weights.min(axis=0, keepdims=True),
            lambda weights: weights.max(axis=0, keepdims=True),
        ),
    ),
    ("round_weights", "symmetric", _symmetric),
    ("round_weights", "truncated", _rounding(nearest=np.floor)),
    ("round_weights", "steps", _rounding(steps=256)),
    ("round_weights", "wrong_numbers", lambda weights: weights),
    ("round_weights", "constant_row", _rounding()),
    ("choose", "no_pair", lambda rows, device: rows[0]["variant"]),
    ("choose", "ignores_target", _choice(skips="target")),
    ("choose", "ignores_accuracy", _choice(skips="accuracy")),
    ("choose", "ignores_bytes", _choice(skips="bytes")),
    ("choose", "trusts_x86", _choice(uses_times=lambda device: True)),
    ("choose", "ignores_time", _choice(uses_times=lambda device: False)),
    ("choose", "overlap", _choice(is_slower=lambda row, best: row is not best)),
    ("choose", "compares_rejected", _choice(compares=lambda rows, left: rows)),
    ("choose", "takes_any", _any),
    ("choose", "undefended", lambda rows, device: (_choice()(rows, device)[0], {})),
    ("choose", "wrong_reason", _choice(reason=lambda reason: "bytes")),
]


class TestEdgeExercises(ExerciseTests):
    LESSON = "export/edge"
    ANSWERS = {"round_weights": "round_weights", "choose": "choose"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
