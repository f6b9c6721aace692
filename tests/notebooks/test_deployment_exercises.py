from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise_tests import ExerciseTests


def _gaps(height: int, width: int, size: int) -> Any:
    scale = size / max(height, width)
    return np.array([(size - width * scale) / 2, (size - height * scale) / 2] * 2)


def _placing(
    place: Callable[[Any, Any, float, tuple[int, int, int]], Any],
) -> Callable[[Any, int, int, int], Any]:
    """Return an answer that cuts the boxes rightly, and places them with a function."""

    def to_picture(boxes: Any, height: int, width: int, size: int) -> Any:
        scale = size / max(height, width)
        sides = (height, width, size)
        moved = place(boxes, _gaps(height, width, size), scale, sides)
        return np.clip(moved, 0, [width, height, width, height])

    return to_picture


def _uncut(boxes: Any, height: int, width: int, size: int) -> Any:
    return (boxes - _gaps(height, width, size)) * max(height, width) / size


def _by_shorter_side(boxes: Any, height: int, width: int, size: int) -> Any:
    scale = size / min(height, width)
    gaps = np.array([(size - width * scale) / 2, (size - height * scale) / 2] * 2)
    return (boxes - gaps) / scale


def _counting(
    *,
    is_same: Callable[[Any, Any], bool] = lambda gaps, is_label: (
        is_label and np.abs(gaps).max() <= 0.5
    ),
    takes_out: bool = True,
    result: Callable[[int, int], Any] = lambda missing, new: missing + new,
) -> Callable[[Any, Any], Any]:
    def changed_boxes(one: Any, other: Any) -> Any:
        rest, partners, missing = list(range(len(other))), set(), 0
        for label, corners in one:
            for place in rest:
                name, edges = other[place]
                if is_same(np.subtract(corners, edges), label == name):
                    partners.add(place)
                    if takes_out:
                        rest.remove(place)
                    break
            else:
                missing += 1
        return result(missing, len(other) - len(partners))

    return changed_boxes


def _by_position(one: Any, other: Any) -> int:
    pairs = zip(one, other, strict=False)
    same = sum(_counting()([left], [right]) == 0 for left, right in pairs)
    return len(one) + len(other) - 2 * same


def _of_something(one: Any, other: Any) -> int:
    if not one:
        return 0
    return int(_counting()(one, other))


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("to_picture", "wrong_shape", lambda boxes, *_sides: boxes[0]),
    ("to_picture", "keeps_gaps", _placing(lambda boxes, gaps, scale, sides: boxes / scale)),
    ("to_picture", "wrong_order", _placing(lambda boxes, gaps, scale, sides: boxes / scale - gaps)),
    (
        "to_picture",
        "swapped_gaps",
        _placing(lambda boxes, gaps, scale, sides: (boxes - gaps[[1, 0, 3, 2]]) / scale),
    ),
    (
        "to_picture",
        "stretched",
        _placing(
            lambda boxes, gaps, scale, sides: boxes * np.array([sides[1], sides[0]] * 2) / sides[2]
        ),
    ),
    ("to_picture", "shorter_side", _by_shorter_side),
    ("to_picture", "not_enlarged", _placing(lambda boxes, gaps, scale, sides: boxes - gaps)),
    ("to_picture", "wrong_numbers", _placing(lambda boxes, gaps, scale, sides: boxes)),
    ("to_picture", "not_cut", _uncut),
    ("changed_boxes", "no_number", lambda one, other: one == other),
    ("changed_boxes", "wrong_count", lambda one, other: len(one)),
    ("changed_boxes", "by_position", _by_position),
    (
        "changed_boxes",
        "exact",
        _counting(is_same=lambda gaps, is_label: is_label and not gaps.any()),
    ),
    (
        "changed_boxes",
        "mean_gap",
        _counting(is_same=lambda gaps, is_label: is_label and np.abs(gaps).mean() <= 0.5),
    ),
    (
        "changed_boxes",
        "signed_gap",
        _counting(is_same=lambda gaps, is_label: is_label and max(gaps) <= 0.5),
    ),
    (
        "changed_boxes",
        "ignores_label",
        _counting(is_same=lambda gaps, is_label: np.abs(gaps).max() <= 0.5),
    ),
    ("changed_boxes", "only_missing", _counting(result=lambda missing, new: missing)),
    ("changed_boxes", "shares_partner", _counting(takes_out=False)),
    ("changed_boxes", "only_new", _counting(result=lambda missing, new: new)),
    ("changed_boxes", "counts_once", _counting(result=max)),
    ("changed_boxes", "empty", _of_something),
]


class TestDeploymentExercises(ExerciseTests):
    LESSON = "detection/deployment"
    ANSWERS = {"to_picture": "to_picture", "changed_boxes": "changed_boxes"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np}
