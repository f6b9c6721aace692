"""Pictures as arrays: what stages, detectors and data sets expect."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError

__all__ = ["Picture", "check_picture"]

# (height, width, 3), RGB.
Picture: TypeAlias = NDArray[np.uint8]


def check_picture(picture: Any) -> Picture:
    """Return the argument if it is a picture array.

    Raises
    ------
    ShapeError
        If it is not a uint8 array of shape (height, width, 3), or if it has no pixels.
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
            "Use a picture of at least 1 by 1 pixels.",
        )
    return picture
