"""The held-out set of a bundle, in batches, on which the decisions of targets are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..contract import Preprocessing, TensorSignature
from ..errors import BundleError
from .misfits import misfit
from .processing import preprocess
from .samples import Array, EagerSample, reason_of

__all__ = ["held_out_samples"]

BATCH = 32


def held_out_samples(
    values: Sequence[Any],
    steps: Sequence[Preprocessing],
    folder: Path,
    inputs: Sequence[TensorSignature],
    network: Callable[[tuple[Array, ...]], tuple[Array, ...]],
) -> Iterator[EagerSample]:
    """Yield the held-out set in batches, with the eager outputs.

    Parameters
    ----------
    values : sequence
        Raw inputs; without steps, one array for each input of the program.
    steps : sequence of Preprocessing
    folder : Path
        Contains the files that the steps name.
    inputs : sequence of TensorSignature
    network : callable
        Runs the eager network on the arrays.

    Raises
    ------
    BundleError
        If they are not what the inputs are, there are too few for a program with a fixed batch, or
        the network refuses a batch.
    """
    shape = inputs[0].shape
    size = (shape[0] if shape else None) or BATCH
    arrays = None if steps else preprocess(values, (), folder)
    if arrays is not None:
        _check_arrays(arrays, inputs)
    count = len(values) if arrays is None else len(arrays[0])
    is_fixed = bool(shape) and shape is not None and shape[0] is not None
    if is_fixed and count % size:
        raise BundleError(
            f"The held-out set has {count} inputs, but the network takes exactly {size} at once.",
            "Pass a multiple of that, or let the first size of input_spec be None.",
            code="PW-X407",
        )
    for start in range(0, count, size):
        end = min(start + size, count)
        if arrays is None:
            batch = preprocess(values[start:end], steps, folder)
        else:
            batch = tuple(array[start:end] for array in arrays)
        name = f"held-out {start + 1} to {end}"
        try:
            yield EagerSample(name, batch, network(batch), is_held_out=True)
        except Exception as error:
            raise BundleError(
                f"The network refuses the held-out inputs {start + 1} to {end}: "
                f"{reason_of(error)}.",
                "Pass inputs like the examples.",
                code="PW-X407",
            ) from error


def _check_arrays(arrays: Sequence[Array], inputs: Sequence[TensorSignature]) -> None:
    """Reject arrays that the eager network may take, and no target does."""
    if len(arrays) != len(inputs):
        names = ", ".join(each.name for each in inputs)
        raise BundleError(
            f"The held-out set is {len(arrays)} arrays, and the network takes one for each of "
            f"{names}.",
            "Pass one array for each input, which contains all rows: held_out=[x].",
            code="PW-X407",
        )
    for signature, array in zip(inputs, arrays, strict=True):
        # It is divided into batches.
        shape = signature.shape and (None, *signature.shape[1:])
        problem = misfit(signature.model_copy(update={"shape": shape}), array)
        if problem:
            raise BundleError(
                f"The held-out array for {signature.name} {problem}.",
                "Pass inputs like the examples.",
                code="PW-X407",
            )
