import json
from collections.abc import Callable
from typing import Any

import numpy as np

from paddle_workbench.detection import QUARTER_WIDTH

from .exercise_tests import ExerciseTests


def _logit(share: Any) -> Any:
    return np.log(share / (1 - share))


def _place(box: Any, row: int, column: int, stride: int) -> Any:
    return (box[:2] + box[2:]) / 2 / stride - np.array([column, row])


def _ratio(box: Any, anchor: Any) -> Any:
    return (box[2:] - box[:2]) / np.array(anchor)


def _numbers(place: Callable[..., Any], ratio: Callable[..., Any]) -> Callable[..., Any]:
    """Return an answer that makes two numbers of the place in the cell and two of the ratio."""

    def answer(box: Any, row: int, column: int, anchor: Any, stride: int) -> Any:
        return np.concatenate([place(_place(box, row, column, stride)), ratio(_ratio(box, anchor))])

    return answer


def _same(values: Any) -> Any:
    return values


def _of_corner(box: Any, row: int, column: int, anchor: Any, stride: int) -> Any:
    corner = box[:2] / stride - np.array([column, row])
    return np.concatenate([_logit(corner), np.log(_ratio(box, anchor))])


def _swapped(box: Any, row: int, column: int, anchor: Any, stride: int) -> Any:
    return _numbers(_logit, np.log)(box, column, row, anchor, stride)


def _in_pixels(box: Any, row: int, column: int, anchor: Any, stride: int) -> Any:
    pixels = _place(box, row, column, stride) * stride
    return np.concatenate([_logit(pixels), np.log(_ratio(box, anchor))])


def _enough(scores: Any, right: Any, precision: float) -> list[float]:
    return [float(each) for each in scores if right[scores >= each].mean() >= precision]


def _until_it_falls(scores: Any, right: Any, precision: float) -> float:
    last = scores[0]
    for score in scores:
        if right[scores >= score].mean() < precision:
            break
        last = score
    return float(last)


def _above(scores: Any, right: Any, precision: float) -> float:
    chosen = [each for each in scores[1:] if right[scores > each].mean() >= precision]
    return float(min(chosen))


def _by_recall(scores: Any, right: Any, precision: float) -> float:
    total = right.sum()
    return float(min(each for each in scores if right[scores >= each].sum() / total >= precision))


def _row_by_row(scores: Any, right: Any, precision: float) -> float:
    enough = right.cumsum() / np.arange(1, len(right) + 1) >= precision
    return float(scores[enough].min())


def _never_none(scores: Any, right: Any, precision: float) -> float:
    return min(_enough(scores, right, precision), default=1.0)


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("to_numbers", "not_four_numbers", lambda *_: (0.0, 0.0)),
    ("to_numbers", "not_four_numbers", lambda *_: "numbers"),
    ("to_numbers", "no_logit", _numbers(_same, np.log)),
    ("to_numbers", "no_log", _numbers(_logit, _same)),
    ("to_numbers", "neither", _numbers(_same, _same)),
    ("to_numbers", "corner", _of_corner),
    ("to_numbers", "swapped", _swapped),
    ("to_numbers", "not_in_cell", _in_pixels),
    ("to_numbers", "upside_down", _numbers(_logit, lambda ratio: np.log(1 / ratio))),
    ("to_numbers", "wrong_numbers", lambda *_: np.zeros(4)),
    ("choose_threshold", "not_a_number", lambda *_: None),
    ("choose_threshold", "not_a_number", lambda scores, *_: scores),
    ("choose_threshold", "highest", lambda *given: max(_enough(*given))),
    ("choose_threshold", "stops_early", _until_it_falls),
    ("choose_threshold", "as_score", lambda *given: given[2]),
    ("choose_threshold", "excludes_itself", _above),
    ("choose_threshold", "of_right_boxes", _by_recall),
    ("choose_threshold", "wrong_threshold", lambda *_: 0.123),
    ("choose_threshold", "wrong_threshold", lambda *_: 0.65),
    ("choose_threshold", "splits_ties", _row_by_row),
    ("choose_threshold", "no_answer", _never_none),
]


class TestYolov3ProductsExercises(ExerciseTests):
    LESSON = "detection/yolov3_products"
    ANSWERS = {"to_numbers": "to_numbers", "choose_threshold": "choose_threshold"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        return {"np": np}

    def test_parameters_are_those_of_the_recipe(self) -> None:
        content = json.loads(self.notebook.read_text(encoding="utf-8"))
        cell = next(each for each in content["cells"] if each["id"] == "parameters")
        values: dict[str, Any] = {}
        exec("".join(cell["source"]), values)  # noqa: S102 - the course's own code
        names = {
            "input_size": "input_size",
            "batch_size": "batch_size",
            "lr": "peak_rate",
        }
        for name, field in names.items():
            assert values[name] == getattr(QUARTER_WIDTH, field), name
