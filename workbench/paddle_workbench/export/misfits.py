"""How arrays differ from what the inputs of a program are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import BundleRecord, TensorSignature
from ..errors import BundleError

__all__ = ["Check", "array_check", "check_arrays", "misfit"]

Array = NDArray[Any]
Check = Callable[[Sequence[Array]], None]


def misfit(signature: TensorSignature, array: Array) -> str:
    """Return how an array has not the dtype or shape of an input; empty if it has them."""
    # numpy has no bfloat16. The name, which takes most of the time, is that of any byte order.
    if (
        signature.dtype != "bfloat16"
        and array.dtype != signature.dtype
        and array.dtype.name != signature.dtype
    ):
        return f"is an array of {array.dtype.name} instead of {signature.dtype}"
    if signature.shape is None:
        return ""
    fits = len(array.shape) == len(signature.shape) and all(
        size in (None, actual) for size, actual in zip(signature.shape, array.shape, strict=True)
    )
    if fits:
        return ""
    sizes = ["?" if size is None else str(size) for size in signature.shape]
    shape = f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
    return f"has the shape {array.shape} instead of {shape}"


def check_arrays(
    arrays: Sequence[Array], record: BundleRecord, *, is_any_batch: bool = False
) -> None:
    """Reject arrays for which a runtime has its own error, other numbers, or no return.

    Parameters
    ----------
    arrays : sequence of arrays
        For the inputs of a bundle. That there is one for each, the target checks.
    record : BundleRecord
    is_any_batch : bool
        Whether the runtime divides a batch as the program needs it.

    Raises
    ------
    BundleError
        With the input and the dtype or shape that it has.
    """
    for signature, array in zip(record.inputs, arrays, strict=False):
        problem = misfit(signature, array)
        if not problem:
            continue
        batch = _other_batch(signature, array)
        if batch is not None and is_any_batch:
            continue
        if batch is not None:
            raise _wrong_batch(signature, array, batch, record)
        if record.preprocessing:
            raise BundleError(
                f"What the steps of the bundle make for {signature.name} {problem}.",
                "Pass inputs like bundle.examples, or make the bundle again with None for the "
                "sizes in input_spec that change.",
                code="PW-X504",
            )
        raise BundleError(
            f"The array for {signature.name} {problem}.",
            "Pass a list with one array for each input, as `workbench bundle show` prints.",
            code="PW-X504",
        )


def array_check(record: BundleRecord, *, is_any_batch: bool) -> Check | None:
    """Return `check_arrays` for a bundle, which takes less than a microsecond for what fits.

    Returns
    -------
    callable or None
        None if the steps of the bundle always make what the program takes.
    """
    # Steps always make the same dtypes and numbers of axes.
    if record.preprocessing and not any(_fixed_sizes(each) for each in record.inputs):
        return None
    expected = [(_dtype(each.dtype), each.shape) for each in record.inputs]

    def check(arrays: Sequence[Array]) -> None:
        for (dtype, shape), array in zip(expected, arrays, strict=False):
            if array.dtype is not dtype or not _has_sizes(array.shape, shape):
                check_arrays(arrays, record, is_any_batch=is_any_batch)
                return

    return check


def _fixed_sizes(signature: TensorSignature) -> list[int]:
    return [size for size in signature.shape or () if size is not None]


def _has_sizes(actual: tuple[int, ...], sizes: Sequence[int | None] | None) -> bool:
    if sizes is None or len(actual) != len(sizes):
        return False
    # A generator would take longer.
    for size, one in zip(sizes, actual, strict=True):
        if size is not None and size != one:
            return False
    return True


def _dtype(name: str) -> np.dtype[Any] | None:
    return None if name == "bfloat16" else np.dtype(name)


def _other_batch(signature: TensorSignature, array: Array) -> int | None:
    """Return the only batch that an input takes, if nothing else is wrong with an array."""
    if not signature.shape or not array.shape:
        return None
    batch, *sizes = signature.shape
    is_all = not misfit(signature.model_copy(update={"shape": (None, *sizes)}), array)
    return batch if is_all else None


def _wrong_batch(
    signature: TensorSignature, array: Array, batch: int, record: BundleRecord
) -> BundleError:
    rows = len(array)
    if record.preprocessing:
        message = f"{record.name} takes exactly {_counted(batch, 'input')} at once, got {rows}."
        repair = f"Pass a list of {batch}" if batch > 1 else "Pass one after the other"
    else:
        message = (
            f"{record.name} takes exactly {_counted(batch, 'row')} at once, and the array for "
            f"{signature.name} has {rows}."
        )
        repair = f"Pass arrays of {_counted(batch, 'row')}"
    hint = f"{repair}, or make the bundle again with None as the first size in input_spec."
    return BundleError(message, hint, code="PW-X504")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
