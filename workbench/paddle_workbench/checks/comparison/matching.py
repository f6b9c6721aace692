"""Pair items whose order does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["unmatched"]

_Item = TypeVar("_Item")


def unmatched(
    expected: Sequence[_Item], actual: Sequence[_Item], same: Callable[[_Item, _Item], bool]
) -> tuple[list[_Item], list[_Item]]:
    """Return the items that are missing, and those that are unexpected.

    Each item is paired with at most one other, so duplicates count.
    """
    left = list(actual)
    missing = []
    for item in expected:
        index = next((i for i, other in enumerate(left) if same(item, other)), None)
        if index is None:
            missing.append(item)
        else:
            del left[index]
    return missing, left
