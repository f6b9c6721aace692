from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _changed(y_hat: Any, y: Any) -> int:
    return int((y_hat.argmax(axis=1) != y.argmax(axis=1)).sum())


def _comparison(
    difference: Callable[[Any, Any], Any] = lambda y_hat, y: np.abs(y_hat - y).max(),
    scale: Callable[[Any], Any] = lambda y: np.abs(y).max(),
    changed: Callable[[Any, Any], int] = _changed,
) -> Callable[[Any, Any], tuple[float, int]]:
    def compare_outputs(y_hat: Any, y: Any) -> tuple[float, int]:
        return float(difference(y_hat, y) / scale(y)), changed(y_hat, y)

    return compare_outputs


def _ratios(
    ratio: Callable[[Any, Any], Any],
) -> Callable[[Mapping[str, list[float]], str], dict[str, float]]:
    def ratios(rounds: Mapping[str, list[float]], baseline: str) -> dict[str, float]:
        base = np.array(rounds[baseline])
        return {name: float(ratio(np.array(times), base)) for name, times in rounds.items()}

    return ratios


def _sum_where(is_taken: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def last_outputs(outputs: Any, lengths: Any) -> Any:
        import paddle

        taken = is_taken(paddle.arange(outputs.shape[1]), lengths.unsqueeze(1))
        return (outputs * taken.astype(outputs.dtype).unsqueeze(2)).sum(axis=1)

    return last_outputs


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("compare_outputs", "no_pair", lambda y_hat, y: 0.25),
    ("compare_outputs", "not_relative", _comparison(scale=lambda y: 1)),
    ("compare_outputs", "signed", _comparison(lambda y_hat, y: (y_hat - y).max())),
    ("compare_outputs", "wrong_difference", _comparison(scale=lambda y: y.max())),
    (
        "compare_outputs",
        "wrong_changed",
        _comparison(changed=lambda y_hat, y: int((y_hat != y).sum())),
    ),
    ("compare_outputs", "hides_nan", _comparison()),
    ("ratios", "no_dict", lambda rounds, baseline: 3.0),
    ("ratios", "inverted", _ratios(lambda times, base: np.median(base / times))),
    ("ratios", "mean", _ratios(lambda times, base: np.mean(times / base))),
    ("ratios", "ratio_of_totals", _ratios(lambda times, base: times.sum() / base.sum())),
    ("ratios", "best_calls", _ratios(lambda times, base: times.min() / base.min())),
    ("ratios", "wrong_ratio", _ratios(lambda times, base: np.median(times))),
    ("last_outputs", "wrong_shape", lambda outputs, lengths: outputs),
    ("last_outputs", "takes_padding", lambda outputs, lengths: outputs[:, -1]),
    ("last_outputs", "off_by_one", _sum_where(lambda at, lengths: at == lengths % 5)),
    ("last_outputs", "adds_all", _sum_where(lambda at, lengths: at < lengths)),
    ("last_outputs", "wrong_outputs", lambda outputs, lengths: outputs.mean(axis=1)),
]


class TestParityAndLedgerExercises(ExerciseTests):
    LESSON = "export/parity_and_ledger"
    ANSWERS = {
        "compare_outputs": "compare_outputs",
        "ratios": "ratios",
        "last_outputs": "last_outputs",
    }
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        import paddle

        return {"np": np, "paddle": paddle}
