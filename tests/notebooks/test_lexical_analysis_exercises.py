from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _viterbi(emissions: Any, transitions: Any) -> list[int]:
    """Decode correctly."""
    best, came = emissions[0], []
    for scores in emissions[1:]:
        ways = best[:, None] + transitions
        came.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + scores
    path = [int(best.argmax())]
    for back in reversed(came):
        path.insert(0, int(back[path[0]]))
    return path


def _greedy_steps(emissions: Any, transitions: Any) -> list[int]:
    path = [int(emissions[0].argmax())]
    for scores in emissions[1:]:
        path.append(int((transitions[path[-1]] + scores).argmax()))
    return path


def _two_or_more(emissions: Any, transitions: Any) -> list[int]:
    return _viterbi(emissions, transitions) if len(emissions) > 1 else []


def _counts(gold: Any, predicted: Any, *, labels: bool = True) -> tuple[int, int]:
    def cut(names: Any) -> set[Any]:
        return {name if labels else name[:2] for name in names}

    right = sum(len(cut(a) & cut(b)) for a, b in zip(gold, predicted, strict=True))
    return right, sum(map(len, gold)) + sum(map(len, predicted))


def _f1(gold: Any, predicted: Any, *, labels: bool = True, empty: float = 0.0) -> float:
    right, total = _counts(gold, predicted, labels=labels)
    return 2 * right / total if total else empty


def _mean(gold: Any, predicted: Any) -> float:
    return float(np.mean([_f1([a], [b]) for a, b in zip(gold, predicted, strict=True)]))


def _precision(gold: Any, predicted: Any) -> float:
    return _counts(gold, predicted)[0] / max(1, sum(map(len, predicted)))


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("viterbi", "not_a_path", lambda emissions, transitions: float(emissions.max())),
    ("viterbi", "wrong_length", lambda e, t: _viterbi(e, t)[1:]),
    ("viterbi", "wrong_length", lambda e, t: _viterbi(e, t) if len(e) < 100 else []),
    ("viterbi", "backwards", lambda e, t: _viterbi(e, t)[::-1]),
    ("viterbi", "transposed", lambda e, t: _viterbi(e, t.T)),
    ("viterbi", "ignores_transitions", lambda e, t: e.argmax(axis=1).tolist()),
    ("viterbi", "not_best", _greedy_steps),
    ("viterbi", "fails_on_one", lambda e, t: _two_or_more(e, t) or [0]),
    ("f1_of_names", "not_a_number", lambda gold, predicted: _counts(gold, predicted)),
    ("f1_of_names", "ignores_labels", lambda a, b: _f1(a, b, labels=False)),
    ("f1_of_names", "mean_of_sentences", _mean),
    ("f1_of_names", "wrong_score", _precision),
    ("f1_of_names", "empty_case", lambda a, b: _f1(a, b, empty=1.0)),
]


class TestLexicalAnalysisExercises(ExerciseTests):
    LESSON = "chinese_nlp/lexical_analysis"
    ANSWERS = {"viterbi": "viterbi", "f1_of_names": "f1_of_names"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
