"""Ops that round values to those which integers stand for, and what they clip."""

from __future__ import annotations

import numpy as np

from ...program.model.structure import Program
from ...program.passes.comparison import Array

__all__ = [
    "CLIPPED_SHARE",
    "QUANTISED_LIMITS",
    "QUANTISED_TOLERANCE",
    "clipped_share_of",
    "is_quantised",
    "is_quantising",
]

QUANTISED_TOLERANCE = 0.1
"""Of the outputs of a model with int8: each quantised layer rounds to one of 256 values."""
QUANTISED_LIMITS = (0.03, QUANTISED_TOLERANCE)
CLIPPED_SHARE = 0.001
"""Below it, a quantisation does not saturate."""


def is_quantising(kind: str) -> bool:
    """Whether an op rounds values to those which integers stand for."""
    return "quantize" in kind and not kind.startswith("dequantize")


def clipped_share_of(kind: str, array: Array | None, scale: Array | None) -> float:
    """Return the share of values that a quantisation clips; 0 if it is next to nothing.

    Parameters
    ----------
    kind : str
        Of the op.
    array : array or None
        What it quantises.
    scale : array or None
        The largest value that it keeps, or one for each channel of the first or last axis.
    """
    if not is_quantising(kind) or array is None or scale is None or not array.size:
        return 0.0
    limit = np.abs(scale.reshape(-1))
    if limit.size > 1:
        axes = [axis for axis in (0, array.ndim - 1) if array.shape[axis] == limit.size]
        if not axes:
            return 0.0
        limit = limit.reshape([-1 if axis == axes[0] else 1 for axis in range(array.ndim)])
    # Half a step more is rounded to the largest.
    share = float((np.abs(array) > limit * (1 + 0.5 / 127)).mean())
    return share if share > CLIPPED_SHARE else 0.0


def is_quantised(program: Program) -> bool:
    """Whether a program rounds values to those which integers stand for."""
    return any(is_quantising(op.kind) for op in program.ops)
