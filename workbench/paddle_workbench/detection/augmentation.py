"""Changes of pictures that keep their boxes right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..boxes import letterboxed

__all__ = ["PADDING", "Sample", "crop", "fit", "flip", "jitter", "mosaic"]

PADDING: Final = 114
"""The grey around a picture that does not fill the input."""

_SMALLEST_SHARE: Final = 0.3
"""A box of which less than this is visible is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture with its true boxes.

    Parameters
    ----------
    pixels : uint8 array (H, W, 3)
        RGB.
    boxes : float32 array (N, 4)
        x1, y1, x2, y2 in pixels.
    classes : int64 array (N,)
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]


def flip(sample: Sample) -> Sample:
    """Return a sample as in a mirror, left and right exchanged."""
    width = sample.pixels.shape[1]
    boxes = sample.boxes.copy()
    boxes[:, [0, 2]] = width - sample.boxes[:, [2, 0]]
    return Sample(np.ascontiguousarray(sample.pixels[:, ::-1]), boxes, sample.classes)


def crop(sample: Sample, *, top: int, left: int, height: int, width: int) -> Sample:
    """Return a part of a sample. Boxes are cut at its edges.

    Boxes of which less than 30 % are inside are left out.
    """
    pixels = np.ascontiguousarray(sample.pixels[top : top + height, left : left + width])
    return _visible(pixels, sample.boxes - np.array([left, top] * 2, np.float32), sample.classes)


def jitter(sample: Sample, *, brightness: float, contrast: float, saturation: float) -> Sample:
    """Return a sample in another light; its boxes stay where they are.

    Parameters
    ----------
    sample : Sample
    brightness : float
        Is added, as a share of the full range: 0 changes nothing.
    contrast, saturation : float
        Multiply the distance from the mean and from grey: 1 changes nothing.
    """
    pixels = sample.pixels.astype(np.float32)
    grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    pixels = grey[..., None] + saturation * (pixels - grey[..., None])
    mean = grey.mean()
    pixels = mean + contrast * (pixels - mean) + 255 * brightness
    pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return Sample(pixels, sample.boxes, sample.classes)


def fit(sample: Sample, size: int) -> Sample:
    """Return a sample as a square: resized in proportion, in the centre, grey around it.

    Parameters
    ----------
    sample : Sample
    size : int
        Height and width in pixels.
    """
    from PIL import Image

    height, width = sample.pixels.shape[:2]
    placement = letterboxed(height, width, into=(size, size))
    rows, columns = placement.resized
    image = Image.fromarray(sample.pixels).resize((columns, rows), Image.Resampling.BILINEAR)
    pixels = np.full((size, size, 3), PADDING, np.uint8)
    top, left = placement.top, placement.left
    pixels[top : top + rows, left : left + columns] = np.asarray(image)
    return Sample(pixels, placement.to_input(sample.boxes), sample.classes)


def mosaic(samples: Sequence[Sample], *, size: int, x: int, y: int) -> Sample:
    """Return four samples as the quarters of one square.

    Parameters
    ----------
    samples : sequence of four Sample
        For the quarters top left, top right, bottom left, bottom right. Each is enlarged or
        reduced to fill its quarter, and cut at the edges of it.
    size : int
        Height and width of the square, in pixels.
    x, y : int
        Where the quarters meet, inside the square.
    """
    from PIL import Image

    pixels = np.full((size, size, 3), PADDING, np.uint8)
    boxes, classes = [], []
    corners = [(0, 0, x, y), (x, 0, size, y), (0, y, x, size), (x, y, size, size)]
    for sample, (left, top, right, bottom) in zip(samples, corners, strict=True):
        height, width = sample.pixels.shape[:2]
        columns, rows = right - left, bottom - top
        scale = max(columns / width, rows / height)
        wide, high = max(columns, round(width * scale)), max(rows, round(height * scale))
        image = Image.fromarray(sample.pixels).resize((wide, high), Image.Resampling.BILINEAR)
        ratio = np.array([wide / width, high / height] * 2, np.float32)
        enlarged = Sample(np.asarray(image), sample.boxes * ratio, sample.classes)
        # The centre of the picture comes to the centre of its quarter.
        quarter = crop(
            enlarged,
            top=(high - rows) // 2,
            left=(wide - columns) // 2,
            height=rows,
            width=columns,
        )
        pixels[top:bottom, left:right] = quarter.pixels
        boxes.append(quarter.boxes + np.array([left, top] * 2, np.float32))
        classes.append(quarter.classes)
    return Sample(pixels, np.concatenate(boxes), np.concatenate(classes))


def _visible(
    pixels: NDArray[np.uint8], boxes: NDArray[np.float32], classes: NDArray[np.int64]
) -> Sample:
    """Return a sample with the boxes that are visible in its pixels, cut at the edges."""
    height, width = pixels.shape[:2]
    cut = np.clip(boxes, 0, np.array([width, height] * 2, np.float32))
    area, whole = ((each[:, 2:] - each[:, :2]).prod(axis=1) for each in (cut, boxes))
    is_visible = (cut[:, 2:] > cut[:, :2]).all(axis=1) & (area >= _SMALLEST_SHARE * whole)
    return Sample(pixels, cut[is_visible], classes[is_visible])
