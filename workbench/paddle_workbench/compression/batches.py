"""Raw inputs in batches of arrays, as the program of a bundle takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import BundleRecord
from ..errors import BundleError, CompressionError
from ..export.bundle import Bundle
from ..export.misfits import check_arrays
from ..export.processing import check_inputs, prepare

__all__ = [
    "Batch",
    "all_batches",
    "count_of",
    "count_of_rows",
    "program_batches",
    "whole_batch",
]

Batch = tuple[NDArray[Any], ...]
"""One array for each input of the program, with the same rows."""

BATCH = 32


def count_of(inputs: Sequence[Any], record: BundleRecord) -> int:
    """Return the number of raw inputs: without preprocessing, that of the rows of each array.

    Parameters
    ----------
    inputs : sequence
    record : BundleRecord
    """
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
    if not record.preprocessing:
        arrays = _arrays(inputs, bundle, "inputs")
        for start in range(0, len(arrays[0]), size):
            yield tuple(array[start : start + size] for array in arrays)
        return
    with _misfits("inputs"):
        check_inputs(inputs)
    count = len(inputs)
    if not count:
        raise _none(f"inputs for {record.name}")
    arrays_of = prepare(record.preprocessing, bundle.folder)
    for start in range(0, count, size):
        end = min(start + size, count)
        with _misfits(f"inputs {start + 1} to {end}"):
            batch = arrays_of(inputs[start:end])
        yield tuple(batch)


def whole_batch(
    inputs: Sequence[Any], bundle: Bundle, *, role: str = "inputs", is_finite: bool = True
) -> Batch:
    """Return all raw inputs as one batch, whatever number of rows the program takes.

    Parameters
    ----------
    inputs : sequence
        As `bundle.predict` takes them; without preprocessing one array for each input.
    bundle : Bundle
    role : str
        What errors call the inputs.
    is_finite : bool
        Whether NaN and infinity are rejected.

    Returns
    -------
    tuple of arrays, each (n, …)

    Raises
    ------
    CompressionError
        If there are none, they have another dtype or shape than the program takes, or an array
        contains NaN or infinity.
    """
    if bundle.record.preprocessing:
        with _misfits(role):
            check_inputs(inputs)
        if not len(inputs):
            raise _none(role)
        with _misfits(role):
            batch = prepare(bundle.record.preprocessing, bundle.folder)(inputs)
    else:
        batch = _arrays(inputs, bundle, role)
    with _misfits(role):
        check_arrays(batch, bundle.record, is_any_batch=True)
    if is_finite:
        _check_finite([batch], bundle.record, role)
    return batch


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
    with _misfits(role):
        check_inputs(inputs)
        divide = _prepared if record.preprocessing else _divided
        batches = divide(inputs, bundle, size, role)
        for batch in batches:
            check_arrays(batch, record)
    if not batches or not count_of_rows(batches):
        raise _none(role)
    _check_finite(batches, record, role)
    return batches


@contextmanager
def _misfits(role: str) -> Iterator[None]:
    """Name the inputs that do not fit."""
    try:
        yield
    except BundleError as error:
        raise CompressionError(f"The {role} do not fit: {error.message}", error.hint) from error


def _none(role: str) -> CompressionError:
    return CompressionError(f"There are no {role}.", "Pass some, as `bundle.predict` takes them.")


def _check_finite(batches: Sequence[Batch], record: BundleRecord, role: str) -> None:
    for batch in batches:
        for signature, array in zip(record.inputs, batch, strict=True):
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise CompressionError(
                    f"The {role} for {signature.name} contain NaN or infinity.",
                    "Leave out the inputs with them; they would spoil every figure.",
                )


def _arrays(inputs: Sequence[Any], bundle: Bundle, role: str) -> Batch:
    """Return the arrays for a program without preprocessing, each with the same rows."""
    with _misfits(role):
        check_inputs(inputs)
        arrays = _one_for_each(inputs, bundle, role)
    names = [each.name for each in bundle.record.inputs]
    for name, array in zip(names, arrays, strict=True):
        if not array.ndim:
            raise CompressionError(
                f"The {role} for {name} are {array[()]!r:.80}, and not an array with rows.",
                "Pass a list with one array for each input, which contains all rows.",
            )
    _check_rows(names, arrays, role)
    if not len(arrays[0]):
        raise _none(role)
    return arrays


def _one_for_each(inputs: Sequence[Any], bundle: Bundle, role: str) -> Batch:
    arrays = prepare((), bundle.folder)(inputs)
    names = [each.name for each in bundle.record.inputs]
    if len(arrays) != len(names):
        raise CompressionError(
            f"The {role} are {len(arrays)} arrays, and the program takes one array for each of "
            f"{', '.join(names)}.",
            "Pass a list with one array for each input, which contains all rows.",
        )
    return arrays


def _check_rows(names: Sequence[str], arrays: Batch, role: str) -> None:
    if len({len(array) for array in arrays}) > 1:
        counts = ", ".join(
            f"{name} {len(array)}" for name, array in zip(names, arrays, strict=True)
        )
        raise CompressionError(
            f"The {role} have different numbers of rows: {counts}.",
            "Pass the same number for each.",
        )


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
    arrays = _one_for_each(inputs, bundle, role)
    is_divisible = all(each.shape and each.shape[0] is None for each in bundle.record.inputs)
    if not is_divisible or not all(array.ndim for array in arrays):
        return [arrays]
    _check_rows([each.name for each in bundle.record.inputs], arrays, role)
    return [
        tuple(array[start : start + size] for array in arrays)
        for start in range(0, len(arrays[0]), size)
    ]


def _fixed_size(bundle: Bundle) -> int | None:
    """Return the only number of inputs that the program takes at once; None if it takes any."""
    shape = bundle.record.inputs[0].shape
    return shape[0] if shape else None
