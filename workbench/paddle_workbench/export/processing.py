"""What is done to an input before the program, and to its outputs after: steps as data.

A step is a model of `contract.bundle`: a name with parameters, never code. The same functions serve
the eager network, every target, and a server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..boxes import Placement
from ..contract import (
    CharacterIds,
    CleanText,
    CtcDecode,
    LabelledBox,
    Letterbox,
    Normalize,
    Postprocessing,
    Preprocessing,
    Resize,
    TextLine,
    TopLabels,
    YoloBoxes,
)
from ..errors import BundleError
from .box_steps import detected, labelled
from .picture_steps import letterboxes, normalized, placements_of, resized, text_lines
from .vocabulary import is_text, read_character_ids

__all__ = [
    "Prediction",
    "check_inputs",
    "check_steps",
    "needs_placements",
    "placements",
    "postprocess",
    "prepare",
    "preprocess",
    "result_function",
]

Array = NDArray[Any]
ResultFunction = Callable[
    [Any, Sequence[str], Sequence[Array], Sequence[Placement] | None], list[Any]
]
_RESULTS = "TopLabels(), CtcDecode(), YoloBoxes(…)"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a bundle makes of one input.

    Parameters
    ----------
    label : str
        The best label, or the recognised text; of a detector that of the box with the highest
        score, and empty if there are no boxes.
    score : float
        Its probability; for a text the mean over its characters.
    scores : dict of str to float
        The best labels with their probabilities; empty for a text and for boxes.
    boxes : tuple of LabelledBox
        Of a detector: each with label, score and corners (x1, y1, x2, y2) in pixels of the
        picture, the highest score first.
    """

    label: str
    score: float
    scores: dict[str, float]
    boxes: tuple[LabelledBox, ...] = ()


def preprocess(
    values: Sequence[Any], steps: Sequence[Preprocessing], folder: Path
) -> tuple[Array, ...]:
    """Return the input arrays of a program for a batch of raw inputs; see `prepare`."""
    check_inputs(values)
    return prepare(steps, folder)(values)


def check_inputs(values: Any) -> None:
    """Raise BundleError unless a value is a list of inputs, or an array of them."""
    is_list = hasattr(values, "__getitem__") and hasattr(values, "__len__")
    is_number = getattr(values, "shape", None) == ()
    if not is_list or is_number or isinstance(values, str | bytes | Mapping):
        raise BundleError(
            f"Expected a list of inputs, got {type(values).__name__}.",
            "Put them into a list, also if there is only one.",
            code="PW-X504",
        )


def prepare(
    steps: Sequence[Preprocessing], folder: Path
) -> Callable[[Sequence[Any]], tuple[Array, ...]]:
    """Return a function from a batch of raw inputs to the input arrays of a program.

    It takes texts, or pictures as uint8 arrays (height, width, 3) in RGB; without steps, one array
    for each input of the program. It raises a BundleError if a value is not what the first step
    takes. Files are read once, so that a call does nothing but compute.

    Parameters
    ----------
    steps : sequence of Preprocessing
    folder : Path
        The bundle, which contains the files that the steps name.

    Raises
    ------
    BundleError
        If one is not a step, a step does not take what the one before makes, or a file is missing
        or not a vocabulary.
    """
    check_steps(steps)
    functions = [_STEPS[type(step)](step, folder) for step in steps]

    def apply(values: Sequence[Any]) -> tuple[Array, ...]:
        if not functions:
            return tuple(map(_array, values))
        if not len(values):
            raise BundleError(
                "The list of inputs is empty.", "Pass one input at least.", code="PW-X504"
            )
        batch: Any = list(values)
        for function in functions:
            batch = function(batch)
        return (np.asarray(batch),)

    return apply


def placements(
    values: Sequence[Any],
    preprocessing: Sequence[Preprocessing],
    postprocessing: Sequence[Postprocessing],
) -> list[Placement] | None:
    """Return where each raw input lies in the network's input, for steps that make boxes.

    Returns
    -------
    list of Placement or None
        None if no step needs it, or nothing is known about the pictures behind the arrays.
    """
    if needs_placements(preprocessing, postprocessing):
        return placements_of(values, preprocessing)
    return None


def needs_placements(
    preprocessing: Sequence[Preprocessing], postprocessing: Sequence[Postprocessing]
) -> bool:
    """Return whether steps need to know where each raw input lies in the network's input."""
    return bool(preprocessing) and any(isinstance(step, YoloBoxes) for step in postprocessing)


def postprocess(
    outputs: Sequence[Array],
    steps: Sequence[Postprocessing],
    labels: Sequence[str],
    places: Sequence[Placement] | None = None,
) -> list[Any]:
    """Return for each row of a batch the result of the task; without steps, the output arrays.

    Parameters
    ----------
    outputs : sequence of arrays, each (batch, …)
    steps : sequence of Postprocessing
    labels : sequence of str
        Labels, or the characters of a recogniser.
    places : sequence of Placement, optional
        For boxes; see `placements`. Without it they are in pixels of the network's input.
    """
    if not steps:
        return list(outputs)
    results: list[Any] = []
    for step in steps:
        function = _RESULT_STEPS.get(type(step)) or result_function(step)
        results = function(step, labels, outputs, places)
    return results


def result_function(step: Postprocessing) -> ResultFunction:
    """Return what a step does: a function of the step, the labels, the outputs and the places.

    Raises
    ------
    BundleError
        If it is not a step.
    """
    for kind, function in _RESULT_STEPS.items():
        if isinstance(step, kind):
            return function
    raise _no_step(step, _RESULTS)


def _array(value: Any) -> Array:
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"{value!r:.80} is not an array: {str(error).splitlines()[0].rstrip('.')}.",
            "Pass a list with one array for each input of the program.",
            code="PW-X504",
        ) from error


def check_steps(steps: Sequence[Preprocessing], results: Sequence[Postprocessing] = ()) -> None:
    """Reject what is not a step, and steps that do not take what the one before makes.

    Parameters
    ----------
    steps : sequence of Preprocessing
    results : sequence of Postprocessing

    Raises
    ------
    BundleError
        With the step.
    """
    if not isinstance(results, Sequence):
        raise _no_step(results, f"[{_RESULTS}]")
    for each in results:
        result_function(each)
    if not isinstance(steps, Sequence):
        raise _no_step(steps, "[CleanText(), CharacterIds(…)]")
    made = ""
    before = None
    for step in steps:
        if type(step) not in _STEPS:
            raise _no_step(
                step,
                "CleanText(), CharacterIds(…), Resize(…), Letterbox(…), Normalize(…), TextLine(…)",
            )
        taken, makes = _TAKES_AND_MAKES[type(step)]
        if before is not None and taken != made:
            raise BundleError(
                f"The step {step.step} takes {taken}, and {before.step} before it makes {made}.",
                "Change the order of the steps.",
                code="PW-X408",
            )
        before, made = step, makes
    if before is not None and made == "texts":
        raise BundleError(
            f"The last step, {before.step}, makes texts, and the program takes numbers.",
            "Add a step that makes numbers of them, such as CharacterIds.",
            code="PW-X408",
        )


def _no_step(value: Any, examples: str) -> BundleError:
    return BundleError(
        f"{value!r:.80} is not a step of a bundle, or a list of them.",
        f"Use those of paddle_workbench.contract, such as {examples}.",
        code="PW-X408",
    )


def _clean_texts(_step: Any, _folder: Path) -> Callable[[list[Any]], list[str]]:
    from ..text.vocabulary import clean

    return lambda batch: [clean(text) for text in _texts(batch)]


def _character_ids(step: CharacterIds, folder: Path) -> Callable[[list[Any]], Array]:
    numbers = read_character_ids(folder / step.vocabulary)

    def apply(batch: list[Any]) -> Array:
        ids = np.full((len(batch), step.length), step.padding, dtype=np.int64)
        for row, text in zip(ids, _texts(batch), strict=True):
            known = [numbers.get(character, step.unknown) for character in text[: step.length]]
            row[: len(known)] = known
        return ids

    return apply


_TAKES_AND_MAKES: dict[type, tuple[str, str]] = {
    CleanText: ("texts", "texts"),
    CharacterIds: ("texts", "numbers"),
    Resize: ("pictures", "pictures"),
    Letterbox: ("pictures", "pictures"),
    Normalize: ("pictures", "numbers"),
    TextLine: ("pictures", "numbers"),
}
_STEPS: dict[type, Callable[[Any, Path], Callable[[Any], Any]]] = {
    CleanText: _clean_texts,
    CharacterIds: _character_ids,
    Resize: lambda step, _folder: lambda batch: resized(batch, step),
    Letterbox: lambda step, _folder: letterboxes(step),
    Normalize: lambda step, _folder: normalized(step),
    TextLine: lambda step, _folder: text_lines(step),
}


def _texts(batch: Sequence[Any]) -> list[str]:
    for value in batch:
        if not isinstance(value, str):
            raise BundleError(
                f"This bundle takes texts, got {type(value).__name__}: {value!r:.80}.",
                'Pass a text: bundle.predict("房间很干净").',
                code="PW-X504",
            )
        if not is_text(value):
            raise BundleError(
                f"The text {value!r:.80} contains half a surrogate pair, which is not a character.",
                'Decode it with another encoding, or with errors="replace".',
                code="PW-X504",
            )
        if not value.strip():
            raise BundleError(
                f"The text {value!r} is empty.", "Pass a text with characters.", code="PW-X504"
            )
    return list(batch)


def _top_labels(
    step: TopLabels, labels: Sequence[str], outputs: Sequence[Array], _places: object
) -> list[Prediction]:
    scores = outputs[0]
    if scores.ndim != 2 or scores.shape[1] != len(labels):
        raise BundleError(
            f"The program returns {scores.shape}, and the bundle has {len(labels)} labels.",
            "Make the bundle again with one label for each output.",
            code="PW-X405",
        )
    probabilities = _softmax(scores) if step.softmax else scores
    order = (-probabilities).argsort(axis=1, kind="stable")[:, : step.count]
    predictions = []
    # Plain numbers: for a few labels, numpy would take most of the time of a small network.
    for places, row in zip(order.tolist(), probabilities.tolist(), strict=True):
        best: dict[str, float] = {}
        for place in places:
            best.setdefault(labels[place], row[place])  # of two equal labels the better one counts
        predictions.append(Prediction(labels[places[0]], row[places[0]], best))
    return predictions


def _decoded(
    step: CtcDecode, characters: Sequence[str], outputs: Sequence[Array], _places: object
) -> list[Prediction]:
    scores = outputs[0]
    if scores.ndim != 3 or scores.shape[2] != len(characters) + 1:
        raise BundleError(
            f"The program returns {scores.shape}, and the bundle has {len(characters)} characters.",
            "Make the bundle again with all characters of the network; the blank is not one.",
            code="PW-X405",
        )
    predictions = []
    for row in scores:
        best = row.argmax(axis=1)
        keep = (best != step.blank) & np.concatenate([[True], best[1:] != best[:-1]])
        kinds = best[keep] - (best[keep] > step.blank)
        sizes = row[keep, best[keep]]
        text = "".join(characters[kind] for kind in kinds)
        predictions.append(Prediction(text, float(sizes.mean()) if len(sizes) else 0.0, {}))
    return predictions


def _boxes(
    step: YoloBoxes,
    labels: Sequence[str],
    outputs: Sequence[Array],
    places: Sequence[Placement] | None,
) -> list[Prediction]:
    predictions = []
    for detections in detected(outputs, step, labels, places):
        boxes = labelled(detections, labels)
        best = (boxes[0].label, boxes[0].score) if boxes else ("", 0.0)
        predictions.append(Prediction(*best, {}, boxes))
    return predictions


_RESULT_STEPS: dict[type, ResultFunction] = {
    TopLabels: _top_labels,
    CtcDecode: _decoded,
    YoloBoxes: _boxes,
}


def _softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
