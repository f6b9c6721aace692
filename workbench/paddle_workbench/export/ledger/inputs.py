"""The inputs that a ledger measures with: held-out ones with their truth, or a bundle's samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import BundleError
from ..bundle import Bundle
from ..processing import prepare
from ..samples import EagerSample
from ..targets.target import Array

__all__ = ["Inputs"]

BATCHES = 4
"""Different batches that every variant is timed with."""
CHUNK = 32
"""Inputs for which decisions are made in one call."""


@dataclass(frozen=True)
class Inputs:
    """Inputs of a bundle, in any batches.

    Parameters
    ----------
    bundle : Bundle
    values : sequence, optional
        Held-out raw inputs as `Bundle.predict` takes them; without preprocessing a list with one
        array for each input of the program, of any number of rows. By default the examples that
        the bundle was made with.
    truth : sequence, optional
        The right decision for each of them, such as its label.

    Raises
    ------
    BundleError
        If there are none, or the truth is not for each of them.
    """

    bundle: Bundle
    values: Sequence[Any] | None = None
    truth: Sequence[object] | None = None

    def __post_init__(self) -> None:
        if self.count == 0:
            raise BundleError(
                "There are no inputs to measure with.", "Pass inputs=[…].", code="PW-L101"
            )
        if self.truth is not None and len(self.truth) != self.count:
            raise BundleError(
                f"There are {self.count} inputs and {len(self.truth)} of truth.",
                "Pass one label for each input.",
                code="PW-L101",
            )

    def of(self, bundle: Bundle) -> Inputs:
        """Return the same inputs for another bundle, with its own steps.

        Raises
        ------
        BundleError
            If it has other steps, or takes other arrays, and the inputs are arrays already.
        """
        if bundle is self.bundle:
            return self
        if self.are_raw:
            return Inputs(bundle, self.values, self.truth)
        mine, other = _what_it_takes(self.bundle), _what_it_takes(bundle)
        if mine != other:
            raise BundleError(
                f"{bundle.record.name} does not take the input arrays of "
                f"{self.bundle.record.name}: its steps or its inputs are others.",
                "Pass raw inputs, which each gets after its own steps: Ledger(bundle, inputs=[…]).",
                code="PW-L101",
            )
        return self

    @property
    def are_raw(self) -> bool:
        """Whether the steps of the bundle have still to be applied."""
        return self.values is not None and bool(self.bundle.record.preprocessing)

    @property
    def count(self) -> int:
        """The number of rows."""
        if self.are_raw:
            return len(self.values or ())
        arrays = self._arrays
        return len(arrays[0]) if arrays and arrays[0].ndim else int(bool(arrays))

    @property
    def fixed_batch(self) -> int | None:
        """The only batch that the program takes; None if it takes any."""
        shapes = [each.shape for each in self.bundle.record.inputs]
        if all(shape is not None and len(shape) and shape[0] is None for shape in shapes):
            return None
        first = shapes[0] if shapes else None
        return (first[0] if first else None) or self.count

    def chunks(self, size: int) -> Iterator[tuple[tuple[Array, ...], int]]:
        """Yield all inputs in batches, each with the number of rows that are not repetitions."""
        count = self.count
        for start in range(0, count, size):
            yield self._batch(start, size), min(size, count - start)

    def batches(self, size: int) -> list[EagerSample]:
        """Return a few different batches, from the first inputs; few inputs are repeated."""
        number = min(BATCHES, -(-self.count // size))
        return [
            EagerSample(f"batch {at + 1}", self._batch(at * size, size)) for at in range(number)
        ]

    def _batch(self, start: int, size: int) -> tuple[Array, ...]:
        rows = np.arange(start, start + size) % self.count
        if self.are_raw:
            values = self.values or ()
            return self._prepare([values[row] for row in rows.tolist()])
        if self.fixed_batch is not None and self.fixed_batch == self.count:
            return self._arrays
        return tuple(np.ascontiguousarray(array[rows]) for array in self._arrays)

    @cached_property
    def _prepare(self) -> Callable[[Sequence[Any]], tuple[Array, ...]]:
        return prepare(self.bundle.record.preprocessing, self.bundle.folder)

    @property
    def _arrays(self) -> tuple[Array, ...]:
        if self.values is not None:
            return tuple(np.asarray(value) for value in self.values)
        return self.bundle.samples[0].inputs


def _what_it_takes(bundle: Bundle) -> tuple[object, ...]:
    """Return what decides which arrays the program gets for a raw input."""
    record = bundle.record
    names = {str(name) for step in record.preprocessing for name in vars(step).values()}
    files = {name: file.sha256 for name, file in record.files.items() if name in names}
    inputs = [(each.name, each.dtype) for each in record.inputs]
    return record.preprocessing, files, inputs
