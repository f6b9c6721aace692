import math
from collections.abc import Callable
from typing import Any

from .exercise_tests import ExerciseTests

Score = Callable[[str], float]


def _places(words: list[str], *, end: bool = False) -> set[int]:
    position, places = 0, set()
    for word in words if end else words[:-1]:
        position += len(word)
        places.add(position)
    return places


def _best(text: str, score: Score) -> list[str]:
    """Return the correct segmentation."""
    best: list[tuple[float, list[str]]] = [(0.0, [])]
    for i in range(1, len(text) + 1):
        candidates = [(best[j][0] + score(text[j:i]), j) for j in range(max(0, i - 8), i)]
        value, j = max(candidates)
        best.append((value, [*best[j][1], text[j:i]]))
    return best[-1][1]


def _longest_first(text: str, score: Score) -> list[str]:
    words: list[str] = []
    while text:
        n = next(
            n for n in range(min(8, len(text)), 0, -1) if n == 1 or score(text[:n]) > -math.inf
        )
        words.append(text[:n])
        text = text[n:]
    return words


def _likeliest_first(text: str, score: Score) -> list[str]:
    words: list[str] = []
    while text:
        n = max(range(1, min(8, len(text)) + 1), key=lambda n: score(text[:n]))
        words.append(text[:n])
        text = text[n:]
    return words


def _short_only(text: str, score: Score) -> list[str]:
    return _best(text, score) if len(text) < 50 else list(text)


def _share(first: list[str], second: list[str]) -> float:
    a, b = _places(first), _places(second)
    return len(a & b) / len(a | b)


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("best_cut", "not_words", lambda text, score: "｜".join(_best(text, score))),
    ("best_cut", "backwards", lambda text, score: _best(text, score)[::-1]),
    ("best_cut", "loses_text", lambda text, score: _best(text, score)[1:]),
    ("best_cut", "longest_first", _longest_first),
    ("best_cut", "characters_only", lambda text, score: list(text)),
    ("best_cut", "not_likeliest", lambda text, score: ["研究", "生", "命", "起源"]),
    ("best_cut", "not_likeliest", _likeliest_first),
    ("best_cut", "fails_on_long", _short_only),
    ("agreement", "not_a_number", lambda a, b: _places(a) & _places(b)),
    (
        "agreement",
        "counts_the_end",
        lambda a, b: (
            len(_places(a, end=True) & _places(b, end=True))
            / len(_places(a, end=True) | _places(b, end=True))
        ),
    ),
    ("agreement", "compares_words", lambda a, b: len({*a} & {*b}) / len({*a, *b})),
    ("agreement", "wrong_share", lambda a, b: 1 - _share(a, b)),
    ("agreement", "no_cuts", lambda a, b: _share(a, b) if len(a) > 1 else 0.0),
]


class TestTokensExercises(ExerciseTests):
    LESSON = "chinese_nlp/tokens"
    ANSWERS = {"best_cut": "best_cut", "agreement": "agreement"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        import numpy as np

        return {"np": np}
