"""Detection of goods: pictures of shelves with the boxes of their objects.

The names below are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dataset import Dataset, Picture
    from .goods.generator import generate_goods, generate_shelf

__all__ = ["Dataset", "Picture", "generate_goods", "generate_shelf"]

_HOMES = {
    "Dataset": ".dataset",
    "Picture": ".dataset",
    "generate_goods": ".goods.generator",
    "generate_shelf": ".goods.generator",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
