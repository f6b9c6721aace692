"""The form of pictures that the stages need."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError

__all__ = ["Picture", "check_picture"]

# (height, width, 3), red before green before blue.
Picture: TypeAlias = NDArray[np.uint8]


def check_picture(picture: Any) -> Picture:
    """Return the picture if it is one, upright and in RGB as far as an array can tell.

    Raises
    ------
    ShapeError
        If it is not an array of uint8 of the shape (height, width, 3), or has no pixels.
    """
    if not isinstance(picture, np.ndarray):
        raise ShapeError(
            f"A picture must be a numpy array, got {type(picture).__name__}.",
            'Convert it first: np.asarray(image.convert("RGB")).',
        )
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ShapeError(
            f"A picture must be uint8 of shape (height, width, 3), got "
            f"{picture.dtype} of shape {picture.shape}.",
            'Convert it first: np.asarray(image.convert("RGB")).',
        )
    if picture.size == 0:
        raise ShapeError(
            f"A picture of {picture.shape[1]} by {picture.shape[0]} has no pixels.",
            "Give a picture of at least 1 by 1.",
        )
    return picture
