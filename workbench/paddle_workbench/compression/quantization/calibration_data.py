"""The inputs that a plan is calibrated with: checked, and in batches as the program takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ...errors import CompressionError
from ...export.bundle import Bundle
from ..batches import count_of_rows, program_batches

__all__ = ["CalibrationData", "NamedBatch", "calibration_data", "named"]

NamedBatch = dict[str, NDArray[Any]]
"""One array for each input, by its name."""

BATCH = 8
"""Rows at once: all activations of a batch are in memory together."""
_ROLE = "calibration data"


@dataclass(frozen=True, slots=True)
class CalibrationData:
    """Inputs of a program in batches.

    Parameters
    ----------
    batches : sequence of dict of str to array
    rows : int
        Number of inputs.
    """

    batches: Sequence[NamedBatch]
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
    batches = program_batches(values, bundle, BATCH, role=_ROLE)
    for at, signature in enumerate(bundle.record.inputs):
        _check_varied(signature.name, [batch[at] for batch in batches])
    return CalibrationData(named(batches, bundle), count_of_rows(batches))


def named(batches: Sequence[Sequence[NDArray[Any]]], bundle: Bundle) -> list[NamedBatch]:
    """Return batches with their arrays by the names of the inputs."""
    names = [each.name for each in bundle.record.inputs]
    return [dict(zip(names, batch, strict=True)) for batch in batches]


def _check_varied(name: str, arrays: Sequence[NDArray[Any]]) -> None:
    low, high = min(array.min() for array in arrays), max(array.max() for array in arrays)
    if low == high and sum(array.size for array in arrays) > 1:
        raise CompressionError(
            f"All {sum(array.size for array in arrays)} calibration values for {name} are {low:g}, "
            "from which no range can be seen.",
            "Pass a few dozen inputs like those that the network will get, but not the held-out "
            "set.",
        )
