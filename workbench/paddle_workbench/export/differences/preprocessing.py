"""The step from a raw input to the arrays of a network: what another pipeline does differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ...contract import BundleRecord, CharacterIds, Normalize, Preprocessing
from ...errors import BundleError
from ...program.passes.comparison import TOLERANCE, Array, relative_difference
from ..processing import preprocess
from ..samples import reason_of
from .difference import Cause, Step
from .picture_causes import picture_causes
from .text_causes import text_causes

__all__ = ["NAME", "Deployed", "preprocessing_step"]

NAME = "preprocessing"
Deployed: TypeAlias = Callable[[Any], Any] | Sequence[Preprocessing]
"""A function from a raw input to an array, or to one for each input; or steps."""


def preprocessing_step(
    sample: Any,
    arrays: Sequence[Array],
    record: BundleRecord,
    folder: Path,
    deployed: Deployed | None,
) -> Step:
    """Compare the arrays that another pipeline makes of a sample with those of the bundle.

    Parameters
    ----------
    sample
        The raw input.
    arrays : sequence of arrays
        What the bundle makes of it.
    record : BundleRecord
    folder : Path
        The bundle.
    deployed : callable, steps, or None
    """
    if deployed is None:
        return Step(NAME, 0.0)
    try:
        others = _arrays_of(sample, folder, deployed, arrays)
    except Exception as error:  # whatever the deployed function raises
        return Step(NAME, None, is_equal=False, problem=f"It fails: {reason_of(error)}.")
    if len(others) != len(arrays):
        problem = f"It returns {len(others)} arrays instead of {len(arrays)}."
        return Step(NAME, None, is_equal=False, problem=problem)
    steps = record.preprocessing
    sizes, causes = [], []
    for array, other in zip(arrays, others, strict=True):
        size = relative_difference(other, array) if other.shape == array.shape else float("inf")
        sizes.append(size)
        if other.dtype != array.dtype:
            causes.append(_dtype_cause(array, other))
        if size > _tolerance(array):
            causes += _causes(sample, array, other, steps, folder)
    return Step(
        NAME, max(sizes, default=0.0), is_equal=not _differs(arrays, others), causes=tuple(causes)
    )


def _differs(arrays: Sequence[Array], others: Sequence[Array]) -> bool:
    return any(
        other.shape != array.shape
        or other.dtype != array.dtype
        or relative_difference(other, array) > _tolerance(array)
        for array, other in zip(arrays, others, strict=True)
    )


def _tolerance(array: Array) -> float:
    """Return what counts as rounding: nothing for the numbers of characters, however large."""
    return 0.0 if array.dtype.kind in "biu" else TOLERANCE


def _arrays_of(
    sample: Any, folder: Path, deployed: Deployed, arrays: Sequence[Array]
) -> list[Array]:
    if not callable(deployed):
        return list(preprocess([sample], tuple(deployed), folder))
    result = deployed(sample)
    several = isinstance(result, (list, tuple)) and len(result) == len(arrays) != 1
    others = [np.asarray(each) for each in (result if several else [result])]
    return [
        # One sample may come without its batch.
        other[None] if other.ndim == array.ndim - 1 else other
        for other, array in zip(others, arrays, strict=True)
    ]


def _causes(
    sample: Any, array: Array, other: Array, steps: Sequence[Preprocessing], folder: Path
) -> tuple[Cause, ...]:
    try:
        if any(isinstance(step, CharacterIds) for step in steps):
            return text_causes(sample, array, other, steps, folder)
        if array.ndim == 4 or any(isinstance(step, Normalize) for step in steps):
            return picture_causes(sample, array, other, steps, folder)
    except BundleError:  # a hypothesis that this sample does not fit
        pass
    if array.shape != other.shape:
        return (
            Cause(
                "shape",
                f"The array has the shape {other.shape} instead of {array.shape}.",
                "Compare the two pipelines.",
            ),
        )
    return ()


def _dtype_cause(array: Array, other: Array) -> Cause:
    return Cause(
        "dtype",
        f"The array is {other.dtype} instead of {array.dtype}.",
        f"Convert it: array.astype('{array.dtype}').",
    )
