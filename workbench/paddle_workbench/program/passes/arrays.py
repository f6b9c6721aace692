"""Arrays in files, with which this process and its children exchange inputs and results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .comparison import Array

__all__ = ["read_arrays", "write_arrays"]


def write_arrays(path: Path, arrays: Sequence[Array]) -> None:
    """Write arrays under the names 0, 1 ...

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    try:
        np.savez(path, **{str(index): array for index, array in enumerate(arrays)})
    except OSError as error:
        from ...storage import storage_error  # not at the top: every child imports this module

        raise storage_error(path, error) from error


def read_arrays(path: Path) -> list[Array]:
    """Read arrays that `write_arrays` wrote."""
    with np.load(path) as arrays:
        return [arrays[str(index)] for index in range(len(arrays.files))]
