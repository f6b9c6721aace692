from collections.abc import Callable, Sequence
from typing import Any

from .exercise_tests import ExerciseTests

Box = tuple[float, float, float, float]


def _batches(widths: Sequence[float], size: int) -> list[Sequence[float]]:
    return [widths[i : i + size] for i in range(0, len(widths), size)]


def _share(widths: Sequence[float], size: int) -> float:
    return 1 - sum(widths) / sum(len(b) * max(b) for b in _batches(widths, size))


def _mean_of_batches(widths: Sequence[float], size: int) -> float:
    shares = [_share(batch, size) for batch in _batches(widths, size)]
    return sum(shares) / len(shares)


def _share_of_text(widths: Sequence[float], size: int) -> float:
    return sum(len(b) * max(b) for b in _batches(widths, size)) / sum(widths) - 1


def _columns(boxes: list[Box], *, inside: int = 1) -> list[list[int]]:
    columns: list[list[int]] = []
    right = float("-inf")
    for place in sorted(range(len(boxes)), key=lambda i: boxes[i][0]):
        if boxes[place][0] > right:
            columns.append([])
        columns[-1].append(place)
        right = max(right, boxes[place][2])
    return [sorted(column, key=lambda i: boxes[i][inside]) for column in columns]


def _joined(columns: list[list[int]]) -> list[int]:
    return [place for column in columns for place in column]


def _split_in_half(boxes: list[Box]) -> list[int]:
    middle = (min(b[0] for b in boxes) + max(b[2] for b in boxes)) / 2
    return sorted(range(len(boxes)), key=lambda i: (boxes[i][0] > middle, boxes[i][1]))


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("padding_share", "not_a_number", lambda widths, n: f"{_share(widths, n):.0%}"),
    ("padding_share", "sorts_first", lambda widths, n: _share(sorted(widths), n)),
    (
        "padding_share",
        "widest_of_all",
        lambda widths, _: 1 - sum(widths) / len(widths) / max(widths),
    ),
    ("padding_share", "mean_of_batches", _mean_of_batches),
    ("padding_share", "share_of_text", _share_of_text),
    (
        "padding_share",
        "fills_the_last_batch",
        lambda widths, n: 1 - sum(widths) / sum(n * max(b) for b in _batches(widths, n)),
    ),
    ("padding_share", "wrong_share", lambda widths, n: 1 - _share(widths, n)),
    ("column_order", "not_places", lambda boxes: [boxes[i] for i in _joined(_columns(boxes))]),
    (
        "column_order",
        "reads_across",
        lambda boxes: sorted(range(len(boxes)), key=lambda i: boxes[i][1]),
    ),
    ("column_order", "unsorted_inside", lambda boxes: _joined(_columns(boxes, inside=0))),
    ("column_order", "right_first", lambda boxes: _joined(_columns(boxes)[::-1])),
    ("column_order", "wrong_order", lambda boxes: _joined(_columns(boxes))[::-1]),
    ("column_order", "two_columns_only", _split_in_half),
]


class TestPipelineExercises(ExerciseTests):
    LESSON = "ocr/pipeline"
    ANSWERS = {"padding_share": "padding_share", "column_order": "column_order"}
    MISTAKES = MISTAKES
