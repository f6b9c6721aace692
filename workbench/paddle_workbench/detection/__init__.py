"""Detection of goods: pictures of shelves with the boxes of their objects.

The names below are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .annotations.loading import LoadedAnnotations, load_annotations
    from .annotations.problems import Problem
    from .annotations.saving import save_annotations
    from .dataset import Dataset, Picture
    from .goods.generator import generate_goods, generate_shelf

__all__ = [
    "Dataset",
    "LoadedAnnotations",
    "Picture",
    "Problem",
    "generate_goods",
    "generate_shelf",
    "load_annotations",
    "save_annotations",
]

_HOMES = {
    "Dataset": ".dataset",
    "LoadedAnnotations": ".annotations.loading",
    "Picture": ".dataset",
    "Problem": ".annotations.problems",
    "generate_goods": ".goods.generator",
    "generate_shelf": ".goods.generator",
    "load_annotations": ".annotations.loading",
    "save_annotations": ".annotations.saving",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
