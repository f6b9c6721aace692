from collections.abc import Callable
from typing import Any

from .exercise_tests import ExerciseTests


def _distance(read: str, there: str, *, replacement: int = 1) -> int:
    row = list(range(len(there) + 1))
    for i, a in enumerate(read, start=1):
        above, row = row, [i]
        for j, b in enumerate(there, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + replacement * (a != b)))
    return row[-1]


def _by_place(read: str, there: str) -> int:
    return sum(a != b for a, b in zip(read, there, strict=False))


def _thresholds(
    confidence: list[float], right: list[bool], most: float, *, of_all: bool = False
) -> list[float]:
    """Return all valid thresholds, lowest first."""
    thresholds = []
    for threshold in sorted(set(confidence)):
        passed = [ok for c, ok in zip(confidence, right, strict=True) if c >= threshold]
        if passed.count(False) / (len(right) if of_all else len(passed)) <= most:
            thresholds.append(threshold)
    return thresholds


def _stops_early(confidence: list[float], right: list[bool], most: float) -> float | None:
    good = _thresholds(confidence, right, most)
    best = None
    for threshold in sorted(set(confidence), reverse=True):
        if threshold not in good:
            break
        best = threshold
    return best


def _greater(confidence: list[float], right: list[bool], most: float) -> float | None:
    for threshold in sorted(set(confidence)):
        passed = [ok for c, ok in zip(confidence, right, strict=True) if c > threshold]
        if passed and passed.count(False) / len(passed) <= most:
            return threshold
    return None


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("edit_distance", "not_a_whole_number", lambda a, b: _distance(a, b) / len(b)),
    ("edit_distance", "ignores_the_rest", _by_place),
    ("edit_distance", "place_by_place", lambda a, b: _by_place(a, b) + abs(len(a) - len(b))),
    ("edit_distance", "no_replacements", lambda a, b: _distance(a, b, replacement=2)),
    ("edit_distance", "lengths_only", lambda a, b: abs(len(a) - len(b))),
    ("edit_distance", "wrong_distance", lambda a, b: len(b) - 1),
    ("edit_distance", "wrong_distance", lambda a, b: max(1, _distance(a, b))),
    ("edit_distance", "fails_on_long", lambda a, b: _distance(a, b) if len(b) < 50 else 99),
    ("choose_threshold", "not_a_confidence", lambda c, r, m: None),
    ("choose_threshold", "stops_at_the_first_error", _stops_early),
    ("choose_threshold", "highest", lambda c, r, m: max(_thresholds(c, r, m), default=None)),
    ("choose_threshold", "greater_than", _greater),
    (
        "choose_threshold",
        "wrong_threshold",
        lambda c, r, m: min(_thresholds(c, r, m, of_all=True), default=None),
    ),
]


class TestEvaluationExercises(ExerciseTests):
    LESSON = "ocr/evaluation"
    ANSWERS = {"edit_distance": "edit_distance", "choose_threshold": "choose_threshold"}
    MISTAKES = MISTAKES
