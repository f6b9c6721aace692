from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any

from .exercise_tests import ExerciseTests


def _collapse(path: list[int]) -> list[int]:
    return [c for c, _ in groupby(path) if c]


def _repeats(text: str) -> int:
    return sum(a == b for a, b in pairwise(text))


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("collapse", "not_a_list", lambda path: "".join(map(str, _collapse(path)))),
    ("collapse", "drops_blanks_first", lambda path: [c for c, _ in groupby(filter(None, path))]),
    ("collapse", "keeps_blanks", lambda path: [c for c, _ in groupby(path)]),
    ("collapse", "never_merges", lambda path: [c for c in path if c]),
    ("collapse", "keeps_each_once", lambda path: sorted({*path} - {0})),
    ("collapse", "wrong_text", lambda path: _collapse(path)[::-1]),
    ("collapse", "wrong_text", lambda path: _collapse(path) if 0 in path else path),
    ("fewest_steps", "not_a_whole_number", lambda text: f"{len(text)}"),
    ("fewest_steps", "only_length", len),
    ("fewest_steps", "blank_between_all", lambda text: 2 * len(text) - 1),
    ("fewest_steps", "blank_round_all", lambda text: 2 * len(text) + 1),
    ("fewest_steps", "repeats_anywhere", lambda text: 2 * len(text) - len({*text})),
    ("fewest_steps", "wrong_number", lambda text: len(text) - _repeats(text)),
    ("fewest_steps", "wrong_number", lambda text: max(1, len(text) + _repeats(text))),
]


class TestRecognitionExercises(ExerciseTests):
    LESSON = "ocr/recognition"
    ANSWERS = {"collapse": "collapse", "fewest_steps": "fewest_steps"}
    MISTAKES = MISTAKES
