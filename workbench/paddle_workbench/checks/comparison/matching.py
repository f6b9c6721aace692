"""Pair things whose order does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["unmatched"]

_Item = TypeVar("_Item")


def unmatched(
    expected: Sequence[_Item], found: Sequence[_Item], same: Callable[[_Item, _Item], bool]
) -> tuple[list[_Item], list[_Item]]:
    """Return what is missing, and what is there unexpectedly.

    Each thing is paired with one other at most, so that one that comes twice counts twice.
    """
    left = list(found)
    missing = []
    for item in expected:
        index = next((i for i, other in enumerate(left) if same(item, other)), None)
        if index is None:
            missing.append(item)
        else:
            del left[index]
    return missing, left
