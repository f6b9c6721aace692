"""Raw inputs in batches of arrays, as the program of a bundle takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import BundleRecord
from ..errors import BundleError, CompressionError
from ..export.bundle import Bundle
from ..export.misfits import check_arrays
from ..export.processing import check_inputs, prepare

__all__ = ["Batch", "all_batches", "count_of", "count_of_rows", "program_batches"]

Batch = tuple[NDArray[Any], ...]
"""One array for each input of the program, with the same rows."""

BATCH = 32


def count_of(inputs: Sequence[Any], record: BundleRecord) -> int:
    """Return the number of raw inputs: without preprocessing, that of the rows of each array."""
    return len(inputs) if record.preprocessing or not len(inputs) else len(inputs[0])


def count_of_rows(batches: Sequence[Batch]) -> int:
    """Return how many inputs there are in batches."""
    return sum(len(batch[0]) if batch[0].ndim else 1 for batch in batches)


def all_batches(inputs: Sequence[Any], bundle: Bundle, size: int = BATCH) -> Iterator[Batch]:
    """Yield every raw input in a batch of arrays, whatever number of rows the program takes.

    Parameters
    ----------
    inputs : sequence
        As `bundle.predict` takes them; without preprocessing one array for each input.
    bundle : Bundle
    size : int
        Rows of a batch; the last one may have fewer.

    Raises
    ------
    CompressionError
        If there are none, or an input is not what the bundle takes.
    """
    record = bundle.record
    count = count_of(inputs, record)
    if not count:
        raise CompressionError(
            f"There are no inputs for {record.name}.", "Pass some, as `bundle.predict` takes them."
        )
    arrays_of = prepare(record.preprocessing, bundle.folder)
    for start in range(0, count, size):
        rows = slice(start, start + size)
        batch = inputs[rows] if record.preprocessing else [array[rows] for array in inputs]
        try:
            yield tuple(arrays_of(batch))
        except BundleError as error:
            raise CompressionError(
                f"The inputs {start + 1} to {min(start + size, count)} are not what "
                f"{record.name} takes: {error.message}",
                error.hint,
            ) from error


def program_batches(
    inputs: Sequence[Any], bundle: Bundle, size: int = BATCH, *, role: str = "inputs"
) -> list[Batch]:
    """Return raw inputs in batches that the program takes.

    Parameters
    ----------
    inputs : sequence
        As `bundle.predict` takes them; without preprocessing one array for each input.
    bundle : Bundle
    size : int
        Rows of a batch, if the program takes any number; the last one may have fewer. If it takes
        only one number, what does not fill a batch is left out.
    role : str
        What errors call the inputs.

    Raises
    ------
    CompressionError
        If there are none, they are not what the program takes, or an array contains NaN or
        infinity.
    """
    record = bundle.record
    try:
        check_inputs(inputs)
        divide = _prepared if record.preprocessing else _divided
        batches = divide(inputs, bundle, size, role)
        for batch in batches:
            check_arrays(batch, record)
    except BundleError as error:
        raise CompressionError(f"The {role} do not fit: {error.message}", error.hint) from error
    if not batches or not count_of_rows(batches):
        raise CompressionError(
            f"There are no {role}.", "Pass some, as `bundle.predict` takes them."
        )
    for batch in batches:
        for signature, array in zip(record.inputs, batch, strict=True):
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise CompressionError(
                    f"The {role} for {signature.name} contain NaN or infinity.",
                    "Leave out the inputs with them; they would spoil every figure.",
                )
    return batches


def _prepared(inputs: Sequence[Any], bundle: Bundle, size: int, role: str) -> list[Batch]:
    arrays_of = prepare(bundle.record.preprocessing, bundle.folder)
    fixed = _fixed_size(bundle)
    count = len(inputs)
    if fixed and 0 < count < fixed:
        raise CompressionError(
            f"The program takes {fixed} inputs at once, and the {role} have {count}.",
            "Pass at least as many.",
        )
    end = count // fixed * fixed if fixed else count
    size = fixed or size
    return [arrays_of(inputs[start : min(start + size, end)]) for start in range(0, end, size)]


def _divided(inputs: Sequence[Any], bundle: Bundle, size: int, role: str) -> list[Batch]:
    arrays = prepare((), bundle.folder)(inputs)
    names = [each.name for each in bundle.record.inputs]
    if len(arrays) != len(names):
        raise CompressionError(
            f"The {role} are {len(arrays)} arrays, and the program takes one array for each of "
            f"{', '.join(names)}.",
            "Pass a list with one array for each input, which contains all rows.",
        )
    is_divisible = all(each.shape and each.shape[0] is None for each in bundle.record.inputs)
    if not is_divisible or not all(array.ndim for array in arrays):
        return [arrays]
    rows = {len(array) for array in arrays}
    if len(rows) != 1:
        counts = ", ".join(
            f"{name} {len(array)}" for name, array in zip(names, arrays, strict=True)
        )
        raise CompressionError(
            f"The {role} have different numbers of rows: {counts}.",
            "Pass the same number for each.",
        )
    return [
        tuple(array[start : start + size] for array in arrays)
        for start in range(0, rows.pop(), size)
    ]


def _fixed_size(bundle: Bundle) -> int | None:
    """Return the only number of inputs that the program takes at once; None if it takes any."""
    shape = bundle.record.inputs[0].shape
    return shape[0] if shape else None
