"""Channels that are removed from a network, found in its program.

The names below are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .criteria import Criterion
    from .groups import ChannelGraph, ChannelGroup, Part, find_groups
    from .pruning import channel_groups, prune
    from .sensitivity import Sensitivity, pruning_sensitivity
    from .sparsity import sparsify

__all__ = [
    "ChannelGraph",
    "ChannelGroup",
    "Criterion",
    "Part",
    "Sensitivity",
    "channel_groups",
    "find_groups",
    "prune",
    "pruning_sensitivity",
    "sparsify",
]

_HOMES = {
    "ChannelGraph": ".groups",
    "ChannelGroup": ".groups",
    "Criterion": ".criteria",
    "Part": ".groups",
    "Sensitivity": ".sensitivity",
    "channel_groups": ".pruning",
    "find_groups": ".groups",
    "prune": ".pruning",
    "pruning_sensitivity": ".sensitivity",
    "sparsify": ".sparsity",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
