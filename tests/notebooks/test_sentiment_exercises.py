from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _without(text: str) -> list[str]:
    return [text[:i] + text[i + 1 :] for i in range(len(text))]


def _falls(score: Any, text: str) -> Any:
    scores = score([text, *_without(text)])
    return scores[0] - scores[1:]


def _one_by_one(score: Any, text: str) -> Any:
    return np.array([score([text])[0] - score([each])[0] for each in _without(text)])


def _replaced(score: Any, text: str) -> Any:
    scores = score([text, *(text.replace(c, "") for c in text)])
    return scores[0] - scores[1:]


def _error(
    p: Any,
    labels: Any,
    *,
    sure: Callable[[Any], Any] = lambda p: np.maximum(p, 1 - p),
    weigh: Callable[[Any], float] = np.mean,
    last: int = 4,
) -> float:
    confidence = sure(p)
    right = (p >= 0.5) == (labels == 1)
    if not np.array_equal(confidence, np.maximum(p, 1 - p)):
        right = labels == 1
    bins = np.clip(((confidence - 0.5) * 10).astype(int), 0, last)
    used = [bins == b for b in range(last + 1) if (bins == b).any()]
    gaps = [abs(confidence[b].mean() - right[b].mean()) for b in used]
    weights = [weigh(b) for b in used]
    return float(np.dot(gaps, weights))


def _unweighted(p: Any, labels: Any) -> float:
    count = len({int(b) for b in np.minimum((np.maximum(p, 1 - p) - 0.5) * 10, 4)})
    return _error(p, labels, weigh=lambda _: 1 / count)


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("occlude", "wrong_shape", lambda score, text: _falls(score, text).tolist()),
    ("occlude", "wrong_shape", lambda score, text: score([text, *_without(text)])),
    ("occlude", "sign", lambda score, text: -_falls(score, text)),
    ("occlude", "returns_scores", lambda score, text: score(_without(text))),
    ("occlude", "removes_all", _replaced),
    ("occlude", "wrong_falls", lambda score, text: 2 * _falls(score, text)),
    ("occlude", "many_calls", _one_by_one),
    ("calibration_error", "not_a_number", lambda p, labels: float("nan")),
    ("calibration_error", "unweighted", _unweighted),
    ("calibration_error", "positive_only", lambda p, y: _error(p, y, sure=lambda p: p)),
    ("calibration_error", "percent", lambda p, y: 100 * _error(p, y)),
    ("calibration_error", "wrong_error", lambda p, y: _error(p, y, last=5)),
]


class TestSentimentExercises(ExerciseTests):
    LESSON = "chinese_nlp/sentiment"
    ANSWERS = {"occlude": "occlude", "calibration_error": "calibration_error"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
