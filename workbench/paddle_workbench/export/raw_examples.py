"""The raw examples of a bundle, in a runtime that does the processing itself, such as PaddleX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..boxes import SAME_PX, Detections, matching
from ..contract import LabelledBox, Parity
from ..program.passes.comparison import TOLERANCE, relative_difference
from .bundle_files import read_record
from .examples import Example
from .processing import Prediction, placements, postprocess, prepare
from .targets.registry import target_named
from .targets.target import PROGRAM_FOLDER, Predict

__all__ = ["compare_examples", "example_runner"]


def example_runner(
    bundle: Path, predict: Predict, threads: int
) -> Callable[[Example], dict[str, Any]]:
    """Return a function from a raw example to what a runtime and the bundle itself make of it.

    It returns JSON values for `compare_examples`.

    Parameters
    ----------
    bundle : Path
        The folder of the bundle, whose program Paddle Inference runs.
    predict : callable
        The runtime.
    threads : int
    """
    record = read_record(bundle)
    arrays_of = prepare(record.preprocessing, bundle)
    reference = target_named("inference").load(bundle / PROGRAM_FOLDER, threads)

    def run(example: Example) -> dict[str, Any]:
        # One by one: the widest line of a batch changes how the others are padded.
        outputs = reference.run(arrays_of([example]))
        places = placements([example], record.preprocessing, record.postprocessing)
        (expected,) = postprocess(outputs, record.postprocessing, record.labels, places)
        (result,) = predict([example])
        return {"expected": _values(expected), "result": _values(result)}

    return run


def _values(prediction: Prediction) -> dict[str, Any]:
    return asdict(prediction) | {"boxes": [each.model_dump() for each in prediction.boxes]}


def _read(values: Mapping[str, Any]) -> Prediction:
    boxes = tuple(map(LabelledBox.model_validate, values.get("boxes", ())))
    return Prediction(**{**values, "boxes": boxes})


def compare_examples(parity: Parity, pairs: Sequence[Mapping[str, Any]]) -> Parity:
    """Return a parity that also counts what an `example_runner` returned.

    A result is equal if it has the same label or text, and no score differs by more than rounding,
    0.001 of the largest. Of a detector every box has to be there, within half a pixel.
    """
    for number, pair in enumerate(pairs, 1):
        expected, result = _read(pair["expected"]), _read(pair["result"])
        problem = _problem(expected, result)
        if problem:
            sentence = f"For example {number} the result is {problem}."
            return parity.model_copy(
                update={"is_equal": False, "problem": parity.problem or sentence}
            )
    return parity.model_copy(update={"raw_examples": len(pairs)})


def _problem(expected: Prediction, result: Prediction) -> str:
    if expected.boxes or result.boxes:
        return _box_problem(expected, result)
    words = f"{_shown(result)} instead of {_shown(expected)}"
    if result.label != expected.label or len(result.scores) != len(expected.scores):
        return words
    sizes = [
        np.array([each.score, *sorted(each.scores.values())], np.float64)
        for each in (result, expected)
    ]
    return words if not relative_difference(*sizes) <= TOLERANCE else ""


def _box_problem(expected: Prediction, result: Prediction) -> str:
    labels = sorted({each.label for each in (*expected.boxes, *result.boxes)})
    right, other = (_detections(each, labels) for each in (expected, result))
    same = matching(right, other)
    if same == len(right) == len(other):
        if relative_difference(other.scores, right.scores) <= TOLERANCE:
            return ""
        return f"{same} boxes with other scores"
    return (
        f"{len(other)} boxes, of which {same} are among the right {len(right)} "
        f"within {SAME_PX:g} pixels"
    )


def _detections(prediction: Prediction, labels: Sequence[str]) -> Detections:
    boxes = prediction.boxes
    return Detections(
        np.array([each.corners for each in boxes], np.float32).reshape(-1, 4),
        np.array([each.score for each in boxes], np.float32),
        np.array([labels.index(each.label) for each in boxes], np.int64),
    )


def _shown(prediction: Prediction) -> str:
    return f"“{prediction.label}” ({prediction.score:.6g})"
