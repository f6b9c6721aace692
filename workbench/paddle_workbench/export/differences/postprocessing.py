"""The step from the outputs of a network to a result: labels, softmax, decoding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from ...contract import BundleRecord, CtcDecode, Postprocessing, TopLabels
from ...errors import BundleError
from ...program.passes.comparison import TOLERANCE, Array, relative_difference
from ..decisions import box_step
from ..processing import Prediction, postprocess
from ..samples import reason_of
from .box_results import box_results_step
from .difference import Cause, Step

__all__ = ["NAME", "Deployed", "postprocessing_step"]

NAME = "postprocessing"
Deployed: TypeAlias = Callable[[list[Array]], Any] | Sequence[Postprocessing]
"""A function from the output arrays to a result, or steps."""

_Result: TypeAlias = tuple[str, float | None]
"""A label with its probability."""


def postprocessing_step(
    outputs: Sequence[Array],
    record: BundleRecord,
    deployed: Deployed | None,
    labels: Sequence[str] | None,
) -> Step:
    """Compare the result that another pipeline makes of outputs with that of the bundle.

    Parameters
    ----------
    outputs : sequence of arrays
        The right ones.
    record : BundleRecord
    deployed : callable, steps, or None
        A function may return a label, a label with its probability, a `Prediction`, an array, or
        a list with one of these; for a detector a `Prediction` with boxes in pixels of the
        network's input.
    labels : sequence of str, optional
        Those of the other pipeline.
    """
    causes = [] if labels is None else list(_label_causes(labels, record.labels))
    steps = record.postprocessing if deployed is None or callable(deployed) else tuple(deployed)
    try:
        right = postprocess(outputs, record.postprocessing, record.labels)
        if callable(deployed):
            other = deployed(list(outputs))
        else:
            other = postprocess(outputs, steps, record.labels if labels is None else labels)
    except Exception as error:  # whatever the deployed function raises
        problem = f"It fails: {reason_of(error)}."
        return Step(NAME, None, is_equal=False, problem=problem, causes=tuple(causes))
    boxes = box_step(record)
    if boxes is not None:
        return box_results_step(NAME, right, other, outputs, record, boxes, tuple(causes))
    ours, theirs = _result(right), _result(other)
    if ours is None or theirs is None:
        size = _size_of_arrays(right, other)
        if size is None:
            problem = f"The result is {other!r:.200} instead of {right!r:.200}."
            return Step(NAME, None, is_equal=False, problem=problem, causes=tuple(causes))
        return Step(NAME, size, is_equal=size <= TOLERANCE and not causes, causes=tuple(causes))
    size = _size(ours, theirs)
    if size <= TOLERANCE:
        return Step(NAME, size, is_equal=not causes, causes=tuple(causes))
    causes = causes or list(_causes(outputs, record, ours, theirs))
    problem = f"The result is {_text(theirs)} instead of {_text(ours)}."
    return Step(NAME, size, is_equal=False, problem=problem, causes=tuple(causes))


def _result(value: Any) -> _Result | None:
    """Return label and probability of a result in any of the usual forms; None for arrays."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Prediction):
        return value.label, value.score
    if isinstance(value, str):
        return value, None
    if isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[0], str):
        return value[0], float(value[1])
    if isinstance(value, dict) and isinstance(value.get("label"), str):
        score = value.get("score")
        return value["label"], None if score is None else float(score)
    return None


def _size(ours: _Result, theirs: _Result) -> float:
    if ours[0] != theirs[0]:
        return 1.0
    if ours[1] is None or theirs[1] is None:
        return 0.0
    return relative_difference(np.array(theirs[1]), np.array(ours[1]))


def _size_of_arrays(right: Any, other: Any) -> float | None:
    try:
        ours = [np.asarray(each) for each in right]
        theirs = [np.asarray(each) for each in other]
    except (TypeError, ValueError):
        return None
    if [each.shape for each in ours] != [each.shape for each in theirs] or any(
        each.dtype.kind not in "fiubc" for each in (*ours, *theirs)
    ):
        return None
    pairs = zip(theirs, ours, strict=True)
    return max((relative_difference(other, array) for other, array in pairs), default=0.0)


def _text(result: _Result) -> str:
    label, score = result
    return f"“{label}”" if score is None else f"“{label}” ({score:.3g})"


def _label_causes(labels: Sequence[str], right: Sequence[str]) -> Iterator[Cause]:
    if tuple(labels) == tuple(right):
        return
    hint = "Use bundle.record.labels."
    if len(labels) != len(right):
        extra = [label for label in labels if label not in right]
        missing = [label for label in right if label not in labels]
        detail = "".join(
            f"; {name}: {', '.join(map(repr, some[:5]))}"
            for name, some in (("not in the bundle", extra), ("missing", missing))
            if some
        )
        message = f"There are {len(labels)} labels instead of {len(right)}{detail}."
        yield Cause("labels", message, hint)
        return
    wrong = [at for at, (one, other) in enumerate(zip(labels, right, strict=True)) if one != other]
    pairs = ", ".join(f"{labels[at]!r} instead of {right[at]!r}" for at in wrong[:3])
    if sorted(labels) == sorted(right):
        message = f"The labels are in another order: {len(wrong)} of {len(right)} differ: {pairs}."
        yield Cause("label order", message, hint)
    else:
        message = f"{len(wrong)} of {len(right)} labels are other ones: {pairs}."
        yield Cause("labels", message, hint)


def _causes(
    outputs: Sequence[Array], record: BundleRecord, ours: _Result, theirs: _Result
) -> Iterator[Cause]:
    """Yield the change of the bundle's own postprocessing that gives the other result."""
    for cause, steps, labels in _variations(record):
        try:
            result = _result(postprocess(outputs, steps, labels))
        except (BundleError, IndexError, ValueError):
            continue
        if result is not None and _size(result, theirs) <= TOLERANCE:
            yield cause
            return
    if ours[0] != theirs[0] and theirs[0] in record.labels and ours[0] in record.labels:
        yield Cause(
            "label order",
            f"The labels are in another order: {theirs[0]!r} stands where {ours[0]!r} is.",
            "Use bundle.record.labels.",
            is_proven=_size((ours[0], ours[1]), (ours[0], theirs[1])) <= TOLERANCE,
        )


def _variations(
    record: BundleRecord,
) -> Iterator[tuple[Cause, tuple[Postprocessing, ...], tuple[str, ...]]]:
    labels = record.labels
    for at, step in enumerate(record.postprocessing):
        before, after = record.postprocessing[:at], record.postprocessing[at + 1 :]
        if isinstance(step, TopLabels):
            word = "not taken" if step.softmax else "taken though the network has taken it"
            hint = "Take the softmax once, as bundle.record.postprocessing says."
            cause = Cause("softmax", f"The softmax is {word}.", hint)
            changed = step.model_copy(update={"softmax": not step.softmax})
            yield cause, (*before, changed, *after), labels
        if isinstance(step, CtcDecode):
            for blank in {0, len(labels)} - {step.blank}:
                cause = Cause(
                    "blank",
                    f"The blank is number {blank} instead of {step.blank}.",
                    f"Use {step.blank}, as bundle.record.postprocessing says.",
                )
                yield cause, (*before, CtcDecode(blank=blank), *after), labels
    for shift in (1, -1):
        moved = (*labels[shift:], *labels[:shift])
        cause = Cause(
            "label order",
            f"The labels are shifted by {shift:+d}.",
            "Use bundle.record.labels; the blank of CTC is not one of them.",
        )
        if len(labels) > 2:
            yield cause, record.postprocessing, moved
