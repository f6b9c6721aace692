"""Photograph a rack: tilt, perspective, light, blur, noise and JPEG; and find what is visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from .shelf import Placement, Rack
from .shops import Shop

__all__ = ["DETAIL", "HIDDEN_SHARE", "SMALLEST_SIDE", "photograph", "sheet_size"]

Rng: TypeAlias = np.random.Generator

DETAIL: Final = 2
"""Pixels of the rack for each pixel of the picture, in each direction."""

ZOOM: Final = 1.08

HIDDEN_SHARE: Final = 0.7
"""An article of which more is covered or outside the picture does not belong to the truth."""

SMALLEST_SIDE: Final = 3.0
"""An article that is visibly narrower or lower, in pixels, does not belong to the truth."""


def sheet_size(shop: Shop, size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of a rack that fills every photograph of a size, in pixels."""
    angle = np.deg2rad(shop.angle_deg)
    turned = [
        ZOOM * (along * np.cos(angle) + across * np.sin(angle)) + 2 * shop.perspective * along
        for along, across in (size, size[::-1])
    ]
    return int(turned[0] * DETAIL) + 1, int(turned[1] * DETAIL) + 1


def photograph(
    rng: Rng, shop: Shop, rack: Rack, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
    """Return a photograph of the middle of a rack, and the boxes of what it shows.

    Parameters
    ----------
    rng : numpy.random.Generator
    shop : Shop
    rack : Rack
    size : tuple of int
        Width and height of the picture, in pixels.

    Returns
    -------
    pixels : ndarray of uint8, (height, width, 3)
    boxes : ndarray of float32, (N, 4)
        Around the visible pixels of each article, in pixels of the picture.
    classes : ndarray of int64, (N,)
    """
    fine = (size[0] * DETAIL, size[1] * DETAIL)
    matrix = _projection(rng, shop, rack.image.size, fine)
    sheet = np.asarray(rack.image)
    projected = cv2.warpPerspective(
        sheet, matrix, fine, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    marks = cv2.warpPerspective(rack.visible(), matrix, fine, flags=cv2.INTER_NEAREST)
    pixels = cv2.resize(projected, size, interpolation=cv2.INTER_AREA)
    boxes, classes = _truth(marks, rack.placements, matrix)
    return _expose(rng, shop, pixels), boxes, classes


def _projection(
    rng: Rng, shop: Shop, sheet: tuple[int, int], fine: tuple[int, int]
) -> NDArray[Any]:
    """Return the homography from the rack to the photograph."""
    corners = np.array([[0, 0], [fine[0], 0], [fine[0], fine[1]], [0, fine[1]]], np.float64)
    angle = np.deg2rad(rng.uniform(-shop.angle_deg, shop.angle_deg))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (corners - np.array(fine) / 2) * rng.uniform(1 / ZOOM, ZOOM)
    moved += rng.uniform(-1, 1, (4, 2)) * shop.perspective * np.array(fine)
    source = moved @ turn + np.array(sheet) / 2
    return cv2.getPerspectiveTransform(source.astype(np.float32), corners.astype(np.float32))


def _truth(
    marks: NDArray[Any], placements: Sequence[Placement], matrix: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    count = len(placements)
    areas = np.bincount(marks.ravel(), minlength=count + 1)[1:]
    boxes, classes = [], []
    for at, slices in enumerate(find_objects(marks, count)):
        if slices is None:
            continue
        placement = placements[at]
        rows, columns = slices
        box = np.array([columns.start, rows.start, columns.stop, rows.stop], np.float32) / DETAIL
        full = placement.area * _magnification(placement.box, matrix)
        is_hidden = areas[at] < (1 - HIDDEN_SHARE) * full
        if not is_hidden and min(box[2] - box[0], box[3] - box[1]) >= SMALLEST_SIDE:
            boxes.append(box)
            classes.append(placement.kind)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int64)


def _magnification(box: tuple[int, int, int, int], matrix: NDArray[Any]) -> float:
    """Return how many times larger a box is in the photograph than on the rack."""
    left, top, right, bottom = box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    projected = cv2.perspectiveTransform(corners[None], matrix)[0]
    (x1, y1), (x2, y2) = projected[2] - projected[0], projected[3] - projected[1]
    return float(abs(x1 * y2 - x2 * y1) / 2 / ((right - left) * (bottom - top)))


def _expose(rng: Rng, shop: Shop, pixels: NDArray[Any]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = min(height, width) / 128
    light: NDArray[Any] = pixels.astype(np.float32) * rng.uniform(*shop.light)
    light *= (1 + rng.uniform(-shop.cast, shop.cast, 3)).astype(np.float32)
    light *= _shade(rng, shop, (width, height))[..., None]
    blur = rng.uniform(*shop.blur) * scale
    if blur > 0.2:
        light = cv2.GaussianBlur(light, (0, 0), blur)
    light += rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(*shop.noise))
    clipped = np.clip(light, 0, 255).astype(np.uint8)
    quality = int(rng.uniform(*shop.jpeg_quality))
    # OpenCV takes BGR; JPEG keeps more of green than of red and blue, and treats those alike.
    _, jpeg = cv2.imencode(".jpg", clipped[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(decoded, np.uint8)


def _shade(rng: Rng, shop: Shop, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the share of light at each pixel: darker to one side, with the glare of a lamp."""
    width, height = size
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, 2 * np.pi)
    depth = rng.uniform(*shop.unevenness)
    along = np.cos(angle) * x + np.sin(angle) * y
    shade = 1 - np.float32(depth) * (along + np.float32(0.5))
    lamp = rng.uniform(-0.6, 0.6, 2)
    glare = np.exp(-((x - lamp[0]) ** 2 + (y - lamp[1]) ** 2) / np.float32(0.03))
    result: NDArray[np.float32] = (shade + np.float32(depth * 0.7) * glare).astype(np.float32)
    return result
