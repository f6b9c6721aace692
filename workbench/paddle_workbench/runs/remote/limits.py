"""What a run on a cluster may use, by environment variables."""

from __future__ import annotations

import os

from ...errors import ClusterError
from ...settings import MEGABYTE

__all__ = ["CPUS_VARIABLE", "FILES_VARIABLE", "GPUS_VARIABLE", "cpus", "files_bytes", "gpus"]

CPUS_VARIABLE = "PADDLE_WORKBENCH_RAY_CPUS"
GPUS_VARIABLE = "PADDLE_WORKBENCH_RAY_GPUS"
FILES_VARIABLE = "PADDLE_WORKBENCH_RAY_FILES_MB"
DEFAULT_CPUS = 2
DEFAULT_FILES_MB = 500


def cpus(largest: float) -> int:
    """Return how many cores a run gets: by default two, or as many as the largest node has.

    Raises
    ------
    ClusterError
        If the environment variable is not a number of cores.
    """
    return _number(CPUS_VARIABLE, max(1, min(DEFAULT_CPUS, int(largest))), least=1)


def gpus() -> int:
    """Return how many GPUs a run gets, by default none.

    Raises
    ------
    ClusterError
        If the environment variable is not a number.
    """
    return _number(GPUS_VARIABLE, 0, least=0)


def files_bytes() -> int:
    """Return how large the files are, together, that are sent to a node, or back.

    Raises
    ------
    ClusterError
        If the environment variable is not a number of megabytes.
    """
    return _number(FILES_VARIABLE, DEFAULT_FILES_MB, least=1) * MEGABYTE


def _number(variable: str, default: int, *, least: int) -> int:
    value = os.environ.get(variable)
    if not value:
        return default
    if not value.isdecimal() or int(value) < least:
        raise ClusterError(
            f"{variable} is {value!r}, which is not a whole number from {least}.",
            f"Set it to one, or unset it: unset {variable}",
        )
    return int(value)
