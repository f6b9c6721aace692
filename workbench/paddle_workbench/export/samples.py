"""Samples: inputs of a network with its eager outputs, on which every target must agree."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Sample, TensorSignature
from ..errors import BundleError, StorageError, clause_of
from ..storage import storage_error
from .edge_cases import EdgeCaseError, RunNetwork
from .misfits import misfit

__all__ = [
    "SAMPLES",
    "Array",
    "EagerSample",
    "answered",
    "read_samples",
    "reason_of",
    "samples_of",
    "write_samples",
]

Array = NDArray[Any]
SAMPLES = "samples/samples.npz"
"""The file of a bundle with the arrays of its samples."""
MOST_REASON = 300
MAX_LONGER = 512
"""Largest size that a sample is extended to."""


@dataclass(frozen=True, slots=True)
class EagerSample:
    """Inputs and what the eager network makes of them.

    Parameters
    ----------
    name : str
        Such as `examples`, `one row`, `axis 1 of ids half as long`, `NaN in x`.
    inputs : tuple of arrays
    outputs : tuple of arrays, or None
        None if the network refuses the inputs.
    error : str
        Why it refuses them.
    is_edge_case : bool
        Whether it is empty or contains NaN.
    is_held_out : bool
        Whether it is a part of the held-out set.
    """

    name: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...] | None = None
    error: str = ""
    is_edge_case: bool = False
    is_held_out: bool = False

    def record(self) -> Sample:
        """Return the description for the record of a bundle."""
        return Sample(
            name=self.name,
            inputs=len(self.inputs),
            outputs=None if self.outputs is None else len(self.outputs),
            error=self.error,
            is_edge_case=self.is_edge_case,
            is_held_out=self.is_held_out,
        )


def samples_of(
    examples: tuple[Array, ...],
    inputs: Sequence[TensorSignature],
    network: RunNetwork,
    run_empty: RunNetwork | None = None,
) -> list[EagerSample]:
    """Return the examples and variations of them, with the eager outputs.

    Where the first size may change, one row, three rows and none are tried; another size that may
    change is halved and doubled, alone and in all inputs that have the same; and one number of each
    input of floats becomes NaN.

    Parameters
    ----------
    examples : tuple of arrays
        One batch of examples: an array for each input of the program.
    inputs : sequence of TensorSignature
    network : callable
        Runs the eager network on the arrays.
    run_empty : callable, optional
        Does so for no rows, which may end the process.

    Raises
    ------
    BundleError
        If the examples are not what the inputs are, or the network refuses them.
    StorageError
        If the folder for temporary files is full.
    """
    _check_examples(examples, inputs)
    return answered(
        [
            EagerSample(name, arrays, is_edge_case=is_edge_case)
            for name, arrays, is_edge_case in _variations(examples, inputs)
        ],
        network,
        run_empty,
    )


def answered(
    samples: Sequence[EagerSample], network: RunNetwork, run_empty: RunNetwork | None = None
) -> list[EagerSample]:
    """Return samples with the outputs of a network.

    Parameters
    ----------
    samples : sequence of EagerSample
        Their outputs are ignored.
    network, run_empty : callable
        As for `samples_of`.

    Raises
    ------
    BundleError
        If the network refuses the first one.
    StorageError
        If the folder for temporary files is full.
    """
    results: list[EagerSample] = []
    for sample in samples:
        is_empty = any(array.size == 0 for array in sample.inputs)
        try:
            outputs = (run_empty if is_empty and run_empty else network)(sample.inputs)
            results.append(replace(sample, outputs=outputs, error=""))
        except EdgeCaseError as error:
            reason = str(error).splitlines()[0][:MOST_REASON]
            results.append(replace(sample, outputs=None, error=reason))
        except StorageError:
            raise
        except Exception as error:
            reason = reason_of(error)
            if not results:
                raise BundleError(
                    f"The network refuses the examples: {reason}.",
                    "Pass examples with the shapes and dtypes of input_spec.",
                    code="PW-X403",
                ) from error
            results.append(replace(sample, outputs=None, error=reason))
    return results


def reason_of(error: Exception) -> str:
    """Return the kind of an error and what it says as a clause, for a sentence."""
    kind, clause = type(error).__name__, clause_of(error)
    return kind if clause == kind else f"{kind}: {clause}"[:MOST_REASON].rstrip(".。 ")


def write_samples(samples: Sequence[EagerSample], path: Path) -> None:
    """Write the arrays of samples to an npz file.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    arrays: dict[str, Array] = {}
    for number, sample in enumerate(samples):
        arrays |= {f"{number}.inputs.{at}": array for at, array in enumerate(sample.inputs)}
        arrays |= {f"{number}.outputs.{at}": array for at, array in enumerate(sample.outputs or ())}
    try:
        with path.open("wb") as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise storage_error(path, error) from error


def read_samples(path: Path, records: Sequence[Sample]) -> list[EagerSample]:
    """Read samples that `write_samples` wrote.

    Raises
    ------
    BundleError
        If the file does not contain their arrays.
    """
    try:
        _check_size(path)
        with np.load(path, allow_pickle=False) as arrays:
            return [
                EagerSample(
                    record.name,
                    tuple(arrays[f"{number}.inputs.{at}"] for at in range(record.inputs)),
                    None
                    if record.outputs is None
                    else tuple(arrays[f"{number}.outputs.{at}"] for at in range(record.outputs)),
                    record.error,
                    record.is_edge_case,
                    record.is_held_out,
                )
                for number, record in enumerate(records)
            ]
    # A header may ask for more memory than there is.
    except (OSError, ValueError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"{path} does not contain the samples of the bundle: {clause_of(error)}.",
            "Make the bundle again.",
            code="PW-X307",
        ) from error


def _check_size(path: Path) -> None:
    """Reject compressed arrays, which may be of any size; `write_samples` does not compress."""
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size:
            raise ValueError("its arrays are compressed")


def _check_examples(examples: tuple[Array, ...], inputs: Sequence[TensorSignature]) -> None:
    """Reject examples that are not one array for each input, with its dtype and shape."""
    names = ", ".join(each.name for each in inputs)
    if len(examples) != len(inputs):
        raise BundleError(
            f"The examples are {len(examples)} arrays, and the network takes one for each of "
            f"{names}.",
            "Pass one array for each input, which contains all rows: examples=[numpy.stack(rows)].",
            code="PW-X403",
        )
    for signature, array in zip(inputs, examples, strict=True):
        problem = misfit(signature, array) or _emptiness(signature, array)
        if problem:
            raise BundleError(
                f"The example for {signature.name} {problem}.",
                "Pass examples with the shapes and dtypes of input_spec, and at least one row.",
                code="PW-X403",
            )


def _emptiness(signature: TensorSignature, array: Array) -> str:
    """Return that a size which may change is zero; empty if none is."""
    is_empty = any(
        size is None and not actual
        for size, actual in zip(signature.shape or (), array.shape, strict=False)
    )
    return f"is empty: its shape is {array.shape}" if is_empty else ""


def _variations(
    examples: tuple[Array, ...], inputs: Sequence[TensorSignature]
) -> Iterator[tuple[str, tuple[Array, ...], bool]]:
    yield "examples", examples, False
    if all(each.shape and each.shape[0] is None for each in inputs):
        yield "one row", tuple(array[:1] for array in examples), False
        yield "three rows", tuple(_repeated(array, 0, 3) for array in examples), False
        yield "no rows", tuple(array[:0] for array in examples), True
    yield from _common_variations(examples, inputs)
    for place, (signature, array) in enumerate(zip(inputs, examples, strict=True)):
        for axis, size in enumerate(signature.shape or ()):
            old = array.shape[axis]
            if size is not None or axis == 0:
                continue
            for word, new in _other_sizes(old):
                name = f"axis {axis} of {signature.name} {word} as long"
                yield name, _replaced(examples, place, _repeated(array, axis, new)), False
        if array.dtype.kind == "f" and array.size:
            broken = array.copy()
            broken.flat[0] = np.nan
            yield f"NaN in {signature.name}", _replaced(examples, place, broken), True


def _common_variations(
    examples: tuple[Array, ...], inputs: Sequence[TensorSignature]
) -> Iterator[tuple[str, tuple[Array, ...], bool]]:
    """Change a size of several inputs together, such as the length of characters and pairs."""
    places: dict[tuple[int, int], list[int]] = {}
    for place, (signature, array) in enumerate(zip(inputs, examples, strict=True)):
        for axis, size in enumerate(signature.shape or ()):
            if size is None and axis:
                places.setdefault((axis, array.shape[axis]), []).append(place)
    for (axis, old), together in places.items():
        if len(together) < 2:
            continue
        names = " and ".join(inputs[place].name for place in together)
        for word, new in _other_sizes(old):
            arrays = examples
            for place in together:
                arrays = _replaced(arrays, place, _repeated(examples[place], axis, new))
            yield f"axis {axis} of {names} {word} as long", arrays, False


def _other_sizes(old: int) -> Iterator[tuple[str, int]]:
    for word, new in (("half", (old + 1) // 2), ("twice", min(2 * old, MAX_LONGER))):
        if new != old:
            yield word, new


def _repeated(array: Array, axis: int, size: int) -> Array:
    return np.take(array, np.arange(size) % array.shape[axis], axis=axis)


def _replaced(arrays: tuple[Array, ...], place: int, array: Array) -> tuple[Array, ...]:
    return (*arrays[:place], array, *arrays[place + 1 :])
