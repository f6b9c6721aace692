"""The steps of a bundle that make arrays of pictures, and where these lie in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..boxes import Placement, letterboxed
from ..contract import Letterbox, Normalize, Preprocessing, Resize, TextLine
from ..errors import BundleError
from ..picture_files.array import conversion
from ..picture_files.limits import MAX_PIXELS

__all__ = [
    "check_pixels",
    "letterboxes",
    "normalized",
    "placements_of",
    "resized",
    "text_lines",
]

Array = NDArray[Any]
WIDEST = 3200
"""Pixels of the longest line; PP-OCR squeezes longer ones."""


def resized(batch: list[Any], step: Resize) -> Array:
    """Return pictures of one height, as wide as the widest; the others are padded with black."""
    from PIL import Image

    pictures = []
    for picture in _pictures(batch):
        new_width = _resized_width(step, *picture.shape[:2])
        image = Image.fromarray(picture).resize((new_width, step.height), Image.Resampling.BILINEAR)
        pictures.append(np.asarray(image))
    widest = max(picture.shape[1] for picture in pictures)
    out = np.zeros((len(pictures), step.height, widest, 3), np.uint8)
    for row, picture in zip(out, pictures, strict=True):
        row[:, : picture.shape[1]] = picture
    return out


def letterboxes(step: Letterbox) -> Callable[[list[Any]], Array]:
    """Return a function from pictures to pictures of one size, in the middle of a colour."""
    from PIL import Image

    def apply(batch: list[Any]) -> Array:
        pictures = _pictures(batch)
        out = np.empty((len(pictures), step.height, step.width, 3), np.uint8)
        out[:] = step.fill
        for row, picture in zip(out, pictures, strict=True):
            placement = letterboxed(*picture.shape[:2], into=(step.height, step.width))
            height, width = placement.resized
            image = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
            top, left = placement.top, placement.left
            row[top : top + height, left : left + width] = np.asarray(image)
        return out

    return apply


def placements_of(batch: Sequence[Any], steps: Sequence[Preprocessing]) -> list[Placement]:
    """Return where each picture of a batch lies in the input that steps make of it.

    Raises
    ------
    BundleError
        If one is not a picture.
    """
    sizes = [(picture.shape[0], picture.shape[1]) for picture in _pictures(batch)]
    for step in steps:
        if isinstance(step, Letterbox):
            return [letterboxed(*size, into=(step.height, step.width)) for size in sizes]
        if isinstance(step, Resize):
            resizes = [(step.height, _resized_width(step, *size)) for size in sizes]
            whole = (step.height, max(width for _, width in resizes))
            return [
                Placement(size, resize, whole) for size, resize in zip(sizes, resizes, strict=True)
            ]
    return [Placement(size, size, size) for size in sizes]


def check_pixels(batch: Sequence[Any]) -> None:
    """Reject pictures that are too large for a program that resizes them with ops.

    It takes about 50 bytes for each of their pixels.

    Raises
    ------
    BundleError
        If one has too many pixels, or is not a picture.
    """
    for picture in _pictures(batch):
        height, width = picture.shape[:2]
        if height * width > MAX_PIXELS:
            raise BundleError(
                f"The picture is {width:,} x {height:,} pixels, and the program of this target, "
                f"which resizes it itself, takes at most {MAX_PIXELS:,}.",
                "Make it smaller, or use another target, such as onnx.",
                code="PW-X504",
            )


def _resized_width(step: Resize, height: int, width: int) -> int:
    return step.width or max(1, round(width * step.height / height))


def normalized(step: Normalize) -> Callable[[Any], Array]:
    """Return a function from pictures of one size to float32 arrays (3, height, width)."""
    # Pixels have 256 values: what becomes of them is looked up.
    values = np.arange(256, dtype=np.float32)[:, None] / np.float32(255)
    table = (values - np.array(step.mean, np.float32)) / np.array(step.deviation, np.float32)
    columns = np.ascontiguousarray(table.T)
    order = (2, 1, 0) if step.channels == "BGR" else (0, 1, 2)

    def apply(batch: Any) -> Array:
        pictures = batch if isinstance(batch, np.ndarray) else _stacked(_pictures(batch))
        count, height, width, _ = pictures.shape
        out = np.empty((count, 3, height, width), np.float32)
        for channel, source in enumerate(order):
            out[:, channel] = columns[channel][pictures[..., source]]
        return out

    return apply


def _stacked(pictures: list[Array]) -> Array:
    sizes = {picture.shape[:2] for picture in pictures}
    if len(sizes) > 1:
        one, other = sorted(sizes)[:2]
        raise BundleError(
            f"The pictures have different sizes, such as {one} and {other}, and no step resizes "
            "them.",
            "Pass pictures of one size, or make the bundle with Resize before Normalize.",
            code="PW-X504",
        )
    return np.stack(pictures)


def text_lines(step: TextLine) -> Callable[[list[Any]], Array]:
    """Return a function from lines of text to float32 arrays, padded to the widest line."""
    import cv2

    table = (np.arange(256, dtype=np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    order = slice(None, None, -1) if step.channels == "BGR" else slice(None)

    def apply(batch: list[Any]) -> Array:
        pictures, widest = [], 1
        for picture in _pictures(batch):
            width, padded = _line_widths(step, *picture.shape[:2])
            widest = max(widest, padded)
            pictures.append(cv2.resize(np.ascontiguousarray(picture), (width, step.height)))
        out = np.zeros((len(pictures), 3, step.height, widest), np.float32)
        for row, picture in zip(out, pictures, strict=True):
            row[:, :, : picture.shape[1]] = table[picture[..., order]].transpose(2, 0, 1)
        return out

    return apply


def _line_widths(step: TextLine, height: int, width: int) -> tuple[int, int]:
    """Return the width of a picture once it is resized, and once it is padded."""
    ratio = width / height
    padded = int(step.height * max(step.narrowest / step.height, ratio))
    if padded > WIDEST:
        return WIDEST, WIDEST
    padded = max(1, padded)
    return min(math.ceil(step.height * ratio), padded), padded


def _upright(value: Any) -> Array:
    """Return what is not an array as one; a photograph with its upper edge above."""
    from PIL import Image, ImageOps

    if isinstance(value, Image.Image):
        return np.asarray(ImageOps.exif_transpose(value))
    if value is None or isinstance(value, str | bytes | PathLike):
        raise BundleError(
            "This bundle takes pictures as uint8 arrays (height, width, 3), got "
            f"{type(value).__name__}: {value!r:.80}.",
            conversion(value),
            code="PW-X504",
        )
    return np.asarray(value)


def _pictures(batch: Sequence[Any]) -> list[Array]:
    pictures = []
    for value in batch:
        picture = value if isinstance(value, np.ndarray) else _upright(value)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise BundleError(
                "This bundle takes pictures as uint8 arrays (height, width, 3), got "
                f"{picture.dtype} {picture.shape}.",
                "Pass several pictures as a list: list(pictures)."
                if picture.ndim == 4
                else conversion(value),
                code="PW-X504",
            )
        if not picture.size:
            raise BundleError(
                f"The picture is empty: {picture.shape}.",
                "Pass a picture with pixels.",
                code="PW-X504",
            )
        pictures.append(picture)
    return pictures
