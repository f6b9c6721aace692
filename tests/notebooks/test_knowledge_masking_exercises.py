from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _whole(hidden: Any, units: Any, *, first: int = 0, last: int = 0) -> Any:
    mask = hidden.copy()
    for start, end in units:
        if hidden[start:end].any():
            mask[start + first : end + last] = True
    return mask


def _in_place(hidden: Any, units: Any) -> Any:
    hidden |= _whole(hidden, units)
    return hidden


def _after(hidden: Any, units: Any) -> Any:
    mask = hidden.copy()
    for start, end in units:
        for i in range(start, end):
            mask[i] = hidden[start : i + 1].any()
    return mask


def _all(hidden: Any, units: Any) -> Any:
    mask = np.zeros_like(hidden)
    for start, end in units:
        mask[start:end] = hidden[start:end].all()
    return mask


def _error(gaps: Any, *, ddof: int = 1) -> float:
    return float(gaps.std(ddof=ddof) / np.sqrt(len(gaps)))


def _apart(a: Any, b: Any) -> tuple[float, float]:
    return (a - b).mean(), float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("whole_units", "wrong_shape", lambda hidden, units: _whole(hidden, units).tolist()),
    ("whole_units", "changes_input", _in_place),
    ("whole_units", "unchanged", lambda hidden, units: hidden.copy()),
    ("whole_units", "only_after", _after),
    ("whole_units", "only_whole", _all),
    ("whole_units", "one_too_many", lambda hidden, units: _whole(hidden, units, last=1)),
    ("whole_units", "wrong_mask", lambda hidden, units: np.ones_like(hidden) & ~hidden),
    ("paired_difference", "not_a_pair", lambda a, b: (a - b).mean()),
    ("paired_difference", "sign", lambda a, b: ((b - a).mean(), _error(b - a))),
    ("paired_difference", "spread", lambda a, b: ((a - b).mean(), (a - b).std(ddof=1))),
    ("paired_difference", "biased", lambda a, b: ((a - b).mean(), _error(a - b, ddof=0))),
    ("paired_difference", "unpaired", _apart),
    ("paired_difference", "wrong_pair", lambda a, b: (0.0, 0.0)),
]


class TestKnowledgeMaskingExercises(ExerciseTests):
    LESSON = "chinese_nlp/knowledge_masking"
    ANSWERS = {"whole_units": "whole_units", "paired_difference": "paired_difference"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
