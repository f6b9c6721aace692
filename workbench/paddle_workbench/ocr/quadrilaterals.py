"""Text boxes as quadrilaterals: turn, split and join them, and crop their content.

As seen by the reader of the text, the corners are top left, top right, bottom right and bottom
left. Their order thus tells in which direction the text runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import DeskError

__all__ = [
    "Point",
    "Points",
    "check_quadrilateral",
    "crop_line",
    "join",
    "sides",
    "split",
    "straighten",
    "to_quadrilateral",
    "turn",
]

Point: TypeAlias = tuple[float, float]
Points: TypeAlias = tuple[Point, ...]

# Ratio of height to width from which a crop is laid on its side, as in PaddleOCR and PPOCRLabel.
UPRIGHT: Final = 1.5
# Square pixels; no character fits into a smaller box.
SMALLEST_AREA: Final = 4.0
# Decimal places of a pixel; more would only make files longer.
PLACES: Final = 2


def check_quadrilateral(points: Sequence[Sequence[float]], size: tuple[int, int]) -> Points:
    """Check four corners, and return them moved inside the picture.

    Parameters
    ----------
    points : sequence of (x, y), four of them, in pixels
    size : (width, height) in pixels

    Raises
    ------
    DeskError
        If there are not four points, or if the box has no area or is not convex.
    """
    if len(points) != 4 or not all(len(p) == 2 and all(map(math.isfinite, p)) for p in points):
        raise DeskError(f"A box needs four corners, got {points!r}.", "Give four [x, y] points.")
    width, height = size
    corners = tuple(
        (
            round(min(max(float(x), 0.0), width), PLACES),
            round(min(max(float(y), 0.0), height), PLACES),
        )
        for x, y in points
    )
    turns = [_bend(corners[at], corners[(at + 1) % 4], corners[(at + 2) % 4]) for at in range(4)]
    if abs(_area(corners)) < SMALLEST_AREA:
        raise DeskError("This box has no area.", "Drag its corners apart, or delete the line.")
    if min(turns) < 0 < max(turns):
        raise DeskError(
            "The sides of this box cross, or a corner points inwards.",
            "Drag the corners so that the box is convex.",
        )
    return corners


def to_quadrilateral(points: Points) -> Points:
    """Return four corners unchanged; for any other polygon, the smallest rectangle around it."""
    if len(points) == 4:
        return points
    import cv2

    rectangle = cv2.boxPoints(cv2.minAreaRect(np.array(points, np.float32)))
    # It starts at the top left corner, where the sum of the coordinates is smallest.
    first = int(rectangle.sum(axis=1).argmin())
    return tuple(_point(corner) for corner in np.roll(rectangle, -first, axis=0))


def turn(points: Points) -> Points:
    """Return the same box with its reading direction turned 90 degrees clockwise."""
    corners = to_quadrilateral(points)
    return (*corners[1:], corners[0])


def split(points: Points, share: float) -> tuple[Points, Points]:
    """Split a box across its text, at a share of its length from 0 to 1."""
    begin, end, end_below, begin_below = to_quadrilateral(points)
    above, below = _between(begin, end, share), _between(begin_below, end_below, share)
    return (begin, above, below, begin_below), (above, end, end_below, below)


def join(first: Points, second: Points) -> Points:
    """Return the rectangle around two boxes, with the orientation of the first one."""
    corners = np.array([*to_quadrilateral(first), *to_quadrilateral(second)], np.float64)
    along = corners[1] - corners[0] + corners[2] - corners[3]
    length = float(np.hypot(*along))
    along = along / length if length else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    if _area(to_quadrilateral(first)) < 0:
        across = -across
    u, v = corners @ along, corners @ across
    return tuple(
        _point(a * along + b * across)
        for a, b in ((u.min(), v.min()), (u.max(), v.min()), (u.max(), v.max()), (u.min(), v.max()))
    )


def crop_line(pixels: NDArray[np.uint8], points: Points) -> NDArray[np.uint8]:
    """Cut a line of text out of a picture and straighten it.

    Parameters
    ----------
    pixels : ndarray of uint8, (height, width, 3)
    points : sequence of (x, y)

    Returns
    -------
    ndarray of uint8, (height, width, 3)

    References
    ----------
    PPOCRLabel, `libs/utils.py`, `get_rotate_crop_image`.
    """
    return straighten(pixels, np.array(to_quadrilateral(points), np.float32))


def straighten(pixels: NDArray[np.uint8], corners: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cut out and straighten the area inside four corners, (4, 2).

    Files may contain corners far outside the picture, so each side of the crop is limited to the
    picture's width plus height.
    """
    import cv2

    longest = pixels.shape[0] + pixels.shape[1]
    width, height = (min(max(side, 1), longest) for side in sides(corners))
    straight = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    crop = cv2.warpPerspective(
        pixels,
        cv2.getPerspectiveTransform(corners, straight),
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    if height >= UPRIGHT * width:
        crop = np.rot90(crop)
    return np.ascontiguousarray(crop, np.uint8)


def sides(corners: NDArray[np.float32]) -> tuple[int, int]:
    """Return width and height of a box, (4, 2), in whole pixels: the longer of opposite sides."""
    begin, end, end_below, begin_below = corners
    width = max(_length(begin, end), _length(begin_below, end_below))
    return width, max(_length(begin, begin_below), _length(end, end_below))


def _length(first: NDArray[np.float32], second: NDArray[np.float32]) -> int:
    return int(np.linalg.norm(first - second))


def _between(first: Point, second: Point, share: float) -> Point:
    return _point([a + (b - a) * share for a, b in zip(first, second, strict=True)])


def _point(values: Sequence[float] | NDArray[np.float64]) -> Point:
    return round(float(values[0]), PLACES), round(float(values[1]), PLACES)


def _bend(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _area(points: Points) -> float:
    """Return the signed area, which is positive if the corners go clockwise on the screen."""
    following = (*points[1:], points[0])
    return sum(x * v - u * y for (x, y), (u, v) in zip(points, following, strict=True)) / 2
