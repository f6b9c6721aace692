"""Parameterised runs of notebooks: execution, records, provenance, reports.

The names below are for notebooks: they queue runs, wait for them and return tables. They are
loaded on first use, so that a process that runs one notebook does not import the queue.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .experiments import compare, rerun, run, sweep
    from .parameters.declarations import read_parameters
    from .sweep_results import Sweep

__all__ = ["Sweep", "compare", "read_parameters", "rerun", "run", "sweep"]

_HOMES = dict.fromkeys(__all__, ".experiments") | {
    "Sweep": ".sweep_results",
    "read_parameters": ".parameters.declarations",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
