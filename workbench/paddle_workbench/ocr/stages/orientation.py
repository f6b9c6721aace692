"""Between crops and recognition: whether a line is upside down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ..pictures import Picture
from ..results import Reading
from .recognition import Recogniser

__all__ = ["Orientation", "find_orientations"]

Turn: TypeAlias = Literal[0, 180]


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a crop must be turned to be read.

    Parameters
    ----------
    degrees : int
        0, or 180 where it stands on its head.
    upright, turned : Reading
        What was read as it is, and turned by 180 degrees.
    """

    degrees: Turn
    upright: Reading
    turned: Reading


def find_orientations(
    crops: Sequence[Picture], recogniser: Recogniser, *, batch_size: int = 6
) -> tuple[Orientation, ...]:
    """Return the orientation of each crop, by reading it both ways and comparing confidence.

    PaddleOCR has a network for it, PP-LCNet_x1_0_textline_ori, which no package carries. Reading
    twice needs none and costs a second reading; an upright crop is kept where both are equal.

    Parameters
    ----------
    crops : sequence of ndarray of uint8, (height, width, 3)
    recogniser : Recogniser
    batch_size : int
    """
    upright = recogniser.read(crops, batch_size=batch_size)
    turned = recogniser.read(
        [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops], batch_size=batch_size
    )
    return tuple(
        Orientation(180 if other.confidence > one.confidence else 0, one, other)
        for one, other in zip(upright, turned, strict=True)
    )
