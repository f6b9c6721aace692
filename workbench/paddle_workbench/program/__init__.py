"""The dynamic-to-static workflow as data: capture, stages, lineage, cost, explanations.

The names below are loaded on first use. `capture` is imported from `paddle_workbench`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture import capture_saved
    from .model.archive import load, save
    from .model.capture import SCHEMA_VERSION, Capture, Op, Origin, Program, Stage

__all__ = [
    "SCHEMA_VERSION",
    "Capture",
    "Op",
    "Origin",
    "Program",
    "Stage",
    "capture_saved",
    "load",
    "save",
]

_HOMES = {
    "SCHEMA_VERSION": ".model.capture",
    "Capture": ".model.capture",
    "Op": ".model.capture",
    "Origin": ".model.capture",
    "Program": ".model.capture",
    "Stage": ".model.capture",
    "capture_saved": ".capture",
    "load": ".model.archive",
    "save": ".model.archive",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
