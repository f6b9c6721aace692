"""The machine that a ledger is measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from ...contract import LedgerMachine
from ...environment.devices import read_machine
from ...processor import MKL_VARIABLE, THREAD_VARIABLES, WAITING_VARIABLE, int8_instructions

__all__ = ["describe_machine", "load_average", "machine_differences"]

PACKAGES = ("paddle-workbench", "paddlepaddle", "paddlepaddle-gpu", "numpy")
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_WORDS = {
    "processor": "processor",
    "cores": "cores",
    "memory_bytes": "bytes of memory",
    "governor": "governor",
    "platform": "system",
}


def describe_machine(packages: Iterable[str], load_before: float | None) -> LedgerMachine:
    """Return what is known about this machine at the end of a measurement.

    Parameters
    ----------
    packages : iterable of str
        Distributions of the targets, whose versions are recorded with the general ones.
    load_before : float or None
        `load_average()` at the start.
    """
    machine = read_machine()
    versions: dict[str, str] = {}
    for name in dict.fromkeys((*PACKAGES, *packages)):
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    governor = ""
    with suppress(OSError):
        governor = _GOVERNOR.read_text(encoding="utf-8").strip()
    names = (MKL_VARIABLE, WAITING_VARIABLE, *THREAD_VARIABLES)
    return LedgerMachine(
        processor=machine.processor,
        int8_instructions=int8_instructions(),
        cores=machine.cores,
        memory_bytes=machine.memory_bytes,
        governor=governor,
        platform=platform.platform(),
        python=platform.python_version(),
        packages=versions,
        variables={name: os.environ[name] for name in names if name in os.environ},
        load_before=load_before,
        load_after=load_average(),
    )


def load_average() -> float | None:
    """Return the mean number of processes that wanted to run in the last minute."""
    with suppress(OSError, AttributeError):
        return round(os.getloadavg()[0], 2)
    return None


def machine_differences(machines: Sequence[LedgerMachine]) -> list[str]:
    """Return what makes times of machines incomparable, as `processor: A, B`."""
    sentences = []
    for field, word in _WORDS.items():
        values = [getattr(machine, field) for machine in machines]
        if any(value != values[0] for value in values):
            sentences.append(f"{word}: {', '.join(str(value) or 'unknown' for value in values)}")
    return sentences
