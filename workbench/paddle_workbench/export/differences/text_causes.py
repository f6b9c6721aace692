"""What another pipeline may do to a text: vocabulary, length, padding, cleaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import CharacterIds, CleanText, Preprocessing
from ...program.passes.comparison import Array
from ..processing import preprocess
from .difference import Cause

__all__ = ["text_causes"]


def text_causes(
    sample: Any, array: Array, other: Array, steps: Sequence[Preprocessing], folder: Path
) -> tuple[Cause, ...]:
    """Return the causes that together explain the other numbers; empty if none do.

    Parameters
    ----------
    sample : str
    array, other : integer arrays (1, length)
        As the bundle makes it, and as the other pipeline does.
    steps : sequence of Preprocessing
        Of the bundle.
    folder : Path
        The bundle.
    """
    if other.ndim != 2 or other.shape[0] != 1 or other.dtype.kind not in "iuf":
        return (
            Cause(
                "shape",
                f"The array has the shape {other.shape} instead of {array.shape}.",
                "Return one row of character numbers.",
            ),
        )
    explained = []
    for causes, changed in _variations(other.shape[1], steps):
        expected = preprocess([sample], changed, folder)[0]
        for more, mirrored in _mirrored(expected, changed):
            vocabulary = _vocabulary_causes(mirrored, other, changed)
            if vocabulary is not None:
                explained.append((*causes, *more, *vocabulary))
    if explained:
        return min(explained, key=len)
    return _length_causes(array, other)


def _length_causes(array: Array, other: Array) -> tuple[Cause, ...]:
    if array.shape == other.shape:
        return ()
    return (
        Cause(
            "length",
            f"A text has {other.shape[1]} numbers instead of {array.shape[1]}.",
            f"Cut or pad it to {array.shape[1]}.",
        ),
    )


def _variations(
    length: int, steps: Sequence[Preprocessing]
) -> Iterator[tuple[tuple[Cause, ...], tuple[Preprocessing, ...]]]:
    """Yield the steps with another length, and without cleaning."""
    old = next(step for step in steps if isinstance(step, CharacterIds))
    causes: tuple[Cause, ...] = ()
    if length != old.length:
        causes = (
            Cause(
                "length",
                f"A text has {length} numbers instead of {old.length}.",
                f"Cut or pad it to {old.length}.",
            ),
        )
    changed = tuple(
        step.model_copy(update={"length": length}) if isinstance(step, CharacterIds) else step
        for step in steps
    )
    yield causes, changed
    if any(isinstance(step, CleanText) for step in steps):
        cause = Cause(
            "cleaning",
            "The text is not cleaned: control characters and several spaces are left.",
            "Clean it first: paddle_workbench.text.vocabulary.clean(text).",
        )
        yield (*causes, cause), tuple(step for step in changed if not isinstance(step, CleanText))


def _mirrored(
    expected: Array, steps: Sequence[Preprocessing]
) -> Iterator[tuple[tuple[Cause, ...], Array]]:
    """Yield the numbers with padding on the right, and on the left."""
    yield (), expected
    step = next(each for each in steps if isinstance(each, CharacterIds))
    count = int(np.count_nonzero(expected[0] != step.padding))
    if 0 < count < expected.shape[1]:
        cause = Cause("padding", "The padding is on the left.", "Pad on the right.")
        yield (cause,), np.roll(expected, expected.shape[1] - count, axis=1)


def _vocabulary_causes(
    expected: Array, other: Array, steps: Sequence[Preprocessing]
) -> tuple[Cause, ...] | None:
    """Return what explains other numbers for the same characters; None if nothing does."""
    if np.array_equal(expected, other):
        return ()
    step = next(each for each in steps if isinstance(each, CharacterIds))
    is_padding = expected[0] == step.padding
    causes: list[Cause] = []
    paddings = np.unique(other[0][is_padding])
    ours, theirs = expected[0][~is_padding], other[0][~is_padding]
    shifts = np.unique(theirs - ours)
    if len(paddings) > 1:
        return None
    is_shifted_padding = (
        len(paddings) == 1 and len(shifts) == 1 and paddings[0] == step.padding + shifts[0]
    )
    if len(paddings) == 1 and paddings[0] != step.padding and not is_shifted_padding:
        causes.append(
            Cause(
                "padding",
                f"The padding is {paddings[0]} instead of {step.padding}.",
                f"Pad with {step.padding}.",
            )
        )
    if len(shifts) == 1 and shifts[0] == 0:
        return tuple(causes)
    if len(shifts) == 1:
        return (*causes, _shift(int(shifts[0]), step))
    known = ours != step.unknown
    shifts = np.unique((theirs - ours)[known])
    if len(shifts) == 1 and shifts[0] != 0 and len(np.unique(theirs[~known])) <= 1:
        return (*causes, _shift(int(shifts[0]), step))
    pairs = dict(zip(ours.tolist(), theirs.tolist(), strict=True))
    if all(pairs[mine] == its for mine, its in zip(ours.tolist(), theirs.tolist(), strict=True)):
        changed = sum(mine != its for mine, its in pairs.items())
        causes.append(
            Cause(
                "vocabulary",
                f"The vocabulary is another one: {changed} of {len(pairs)} characters of this "
                "text have another number.",
                f"Use {step.vocabulary} of the bundle.",
            )
        )
        return tuple(causes)
    return None


def _shift(by: int, step: CharacterIds) -> Cause:
    return Cause(
        "vocabulary",
        f"The vocabulary is shifted by {by:+d}: each character has the number of another one.",
        f"Use {step.vocabulary} of the bundle, with its first entries for padding and unknown "
        "characters.",
    )
