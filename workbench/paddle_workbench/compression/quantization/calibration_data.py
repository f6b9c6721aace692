"""The inputs that a plan is calibrated with: checked, and in batches as the program takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BundleError, CompressionError
from ...export.bundle import Bundle
from ...export.misfits import check_arrays
from ...export.processing import check_inputs, prepare

__all__ = ["Batch", "CalibrationData", "calibration_data"]

Batch = dict[str, NDArray[Any]]
"""One array for each input, by its name."""

BATCH = 8
"""Rows at once: all activations of a batch are in memory together."""
_HINT = "Pass a few dozen inputs like those that the network will get, but not the held-out set."


@dataclass(frozen=True, slots=True)
class CalibrationData:
    """Inputs of a program in batches.

    Parameters
    ----------
    batches : sequence of dict of str to array
    rows : int
        Number of inputs.
    """

    batches: Sequence[Batch]
    rows: int


def calibration_data(bundle: Bundle, values: Sequence[Any]) -> CalibrationData:
    """Return raw inputs as arrays in batches.

    Parameters
    ----------
    bundle : Bundle
    values : sequence
        Raw inputs as `Bundle.predict` takes them; without preprocessing a list with one array for
        each input of the program.

    Raises
    ------
    CompressionError
        If there are none, they are not what the program takes, an array contains NaN or infinity,
        or all of its numbers are the same.
    """
    record = bundle.record
    try:
        check_inputs(values)
        divide = _prepared if record.preprocessing else _divided
        batches = divide(bundle, values)
        for batch in batches:
            check_arrays(tuple(batch.values()), record)
    except BundleError as error:
        raise CompressionError(
            f"The calibration data do not fit: {error.message}", error.hint
        ) from error
    rows = sum(_rows(batch) for batch in batches)
    if not rows:
        raise CompressionError("There are no calibration data.", _HINT)
    for name in batches[0]:
        _check_numbers(name, [batch[name] for batch in batches])
    return CalibrationData(batches, rows)


def _prepared(bundle: Bundle, values: Sequence[Any]) -> list[Batch]:
    arrays_of = prepare(bundle.record.preprocessing, bundle.folder)
    fixed = _fixed_size(bundle)
    size = fixed or BATCH
    if len(values) and fixed and len(values) < fixed:
        raise CompressionError(
            f"There are {len(values)} calibration inputs, and the program takes {fixed} at once.",
            "Pass at least as many.",
        )
    names = [each.name for each in bundle.record.inputs]
    # What does not fill a batch of a fixed size is left out.
    end = len(values) // fixed * fixed if fixed else len(values)
    return [
        dict(zip(names, arrays_of(values[start : min(start + size, end)]), strict=True))
        for start in range(0, end, size)
    ]


def _divided(bundle: Bundle, values: Sequence[Any]) -> list[Batch]:
    arrays = prepare((), bundle.folder)(values)
    names = [each.name for each in bundle.record.inputs]
    if len(arrays) != len(names):
        raise CompressionError(
            f"The calibration data are {len(arrays)} arrays, and the program takes one array for "
            f"each of {', '.join(names)}.",
            "Pass a list with one array for each input, which contains all rows.",
        )
    whole = dict(zip(names, arrays, strict=True))
    is_divisible = all(each.shape and each.shape[0] is None for each in bundle.record.inputs)
    if not is_divisible or not all(array.ndim for array in arrays):
        return [whole]
    rows = {len(array) for array in arrays}
    if len(rows) != 1:
        counts = ", ".join(f"{name} {len(array)}" for name, array in whole.items())
        raise CompressionError(
            f"The calibration data have different numbers of rows: {counts}.",
            "Pass the same number for each.",
        )
    return [
        {name: array[start : start + BATCH] for name, array in whole.items()}
        for start in range(0, rows.pop(), BATCH)
    ]


def _fixed_size(bundle: Bundle) -> int | None:
    """Return the only number of inputs that the program takes at once; None if it takes any."""
    shape = bundle.record.inputs[0].shape
    return shape[0] if shape else None


def _rows(batch: Batch) -> int:
    first = next(iter(batch.values()))
    return len(first) if first.ndim else 1


def _check_numbers(name: str, arrays: Sequence[NDArray[Any]]) -> None:
    if any(array.dtype.kind == "f" and not np.isfinite(array).all() for array in arrays):
        raise CompressionError(
            f"The calibration data for {name} contain NaN or infinity.",
            "Leave out the inputs with them; they would spoil every range.",
        )
    low, high = min(array.min() for array in arrays), max(array.max() for array in arrays)
    if low == high and sum(array.size for array in arrays) > 1:
        raise CompressionError(
            f"All {sum(array.size for array in arrays)} calibration values for {name} are {low:g}, "
            "from which no range can be seen.",
            _HINT,
        )
