"""Pictures as arrays: what stages, detectors and data sets expect."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError

__all__ = ["Picture", "check_picture", "conversion"]

# (height, width, 3), RGB.
Picture: TypeAlias = NDArray[np.uint8]

_OPEN: Final = (
    "from paddle_workbench.picture_files.picture_file import PictureFile; "
    "PictureFile(Path(path)).page(0).pixels"
)


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
            conversion(picture),
        )
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ShapeError(
            f"A picture must be uint8 of shape (height, width, 3), got "
            f"{picture.dtype} of shape {picture.shape}.",
            conversion(picture),
        )
    if picture.size == 0:
        raise ShapeError(
            f"A picture of {picture.shape[1]} by {picture.shape[0]} has no pixels.",
            "Use a picture of at least 1 by 1 pixels.",
        )
    return picture


def conversion(value: Any) -> str:
    """Return a hint with the code that makes a picture array of a value, `picture`, or of a file.

    Depths of more than eight bits are scaled: Pillow would make all but the darkest pixels white.
    """
    from PIL import Image

    if isinstance(value, Image.Image):
        deep = value.mode in ("I", "F") or value.mode.startswith("I;16")
        code = _of_array(np.asarray(value), "np.asarray(picture)") if deep else ""
        return "Convert it: " + (code or 'np.asarray(picture.convert("RGB"))')
    code = _of_array(value, "picture") if isinstance(value, np.ndarray) else ""
    return f"Convert it: {code}" if code else f"Open its file: {_OPEN}"


def _of_array(array: NDArray[Any], name: str) -> str:
    """Return code that converts an array, one step at a time; empty if none is known."""
    if array.dtype == np.bool_:
        return f"255 * {name}.astype(np.uint8)"
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return f"({name} // 257).astype(np.uint8)"
    if array.dtype.kind in "fi" and array.size:
        low, high = float(array.min()), float(array.max())
        if array.dtype.kind == "f" and 0 <= low <= high <= 1:
            return f"np.rint(255 * {name}).astype(np.uint8)"
        if 0 <= low <= high <= 255:
            return f"np.rint({name}).astype(np.uint8)"
    if array.dtype == np.uint8 and array.ndim == 2:
        return f"np.stack([{name}] * 3, axis=-1)"
    if array.dtype == np.uint8 and array.ndim == 3:
        if array.shape[2] in (1, 4):
            return f"{name}.repeat(3, axis=2)" if array.shape[2] == 1 else f"{name}[..., :3]"
        if array.shape[0] == 3:
            return f"{name}.transpose(1, 2, 0)"
    return ""
