"""The difference between the weights of two saved programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .formats.weights import Weight

__all__ = ["WeightChange", "pair_weights", "weight_json", "weight_text"]


@dataclass(frozen=True, slots=True)
class WeightChange:
    """A weight with other values.

    Parameters
    ----------
    before, after : Weight
    largest_difference : float or None
        Between their values; None if they have different shapes or are not numbers.
    """

    before: Weight
    after: Weight
    largest_difference: float | None


def pair_weights(
    before: dict[str, Weight] | None, after: dict[str, Weight] | None
) -> tuple[dict[str, str], int, tuple[WeightChange, ...], tuple[Weight, ...], tuple[Weight, ...]]:
    """Pair weights by name and shape, by content, then by shape in the order of their names.

    Paddle numbers its names: two networks made one after the other have different ones.

    Returns
    -------
    names : dict
        From the name in the later program to that in the earlier one.
    """
    if before is None or after is None:
        return {}, 0, (), (), ()
    names: dict[str, str] = {}
    keys = (
        lambda weight: (weight.name, weight.shape),
        lambda weight: weight.sha256,
        lambda weight: (weight.dtype, weight.shape),
        lambda weight: weight.name,
    )
    for key in keys:
        partners: dict[Any, list[str]] = {}
        for weight in before.values():
            if weight.name not in names.values():
                partners.setdefault(key(weight), []).append(weight.name)
        for weight in after.values():
            if weight.name not in names and partners.get(key(weight)):
                names[weight.name] = partners[key(weight)].pop(0)
    changes = [
        WeightChange(before[old], after[new], _largest_difference(before[old], after[new]))
        for new, old in names.items()
        if (before[old].sha256, before[old].shape) != (after[new].sha256, after[new].shape)
    ]
    taken = set(names.values())
    return (
        names,
        len(names) - len(changes),
        tuple(changes),
        tuple(weight for name, weight in before.items() if name not in taken),
        tuple(weight for name, weight in after.items() if name not in names),
    )


def _largest_difference(before: Weight, after: Weight) -> float | None:
    if before.shape != after.shape or not before.array.size:
        return None
    old, new = before.array.astype(np.float64), after.array.astype(np.float64)
    with np.errstate(invalid="ignore"):
        size = np.abs(old - new)
    return float(np.nanmax(size)) if not np.isnan(size).all() else None


def weight_text(weight: Weight) -> str:
    """Return name, shape and dtype of a weight."""
    return f"{weight.name} ({', '.join(map(str, weight.shape))}) {weight.dtype}"


def weight_json(weight: Weight) -> dict[str, Any]:
    """Return a weight without its values as JSON values."""
    return {
        "name": weight.name,
        "dtype": weight.dtype,
        "shape": list(weight.shape),
        "sha256": weight.sha256,
    }
