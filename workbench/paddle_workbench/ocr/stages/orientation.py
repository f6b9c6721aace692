"""Between crops and recognition: find lines that are upside down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ...picture_files.array import Picture
from ..results import Reading
from .recognition import Recogniser

__all__ = ["Orientation", "find_orientations"]

Turn: TypeAlias = Literal[0, 180]


@dataclass(frozen=True, slots=True)
class Orientation:
    """By how much a crop must be turned to be read.

    Parameters
    ----------
    degrees : int
        0, or 180 if it is upside down.
    upright, turned : Reading
        The readings of the crop as it is, and turned by 180 degrees.
    """

    degrees: Turn
    upright: Reading
    turned: Reading


def find_orientations(
    crops: Sequence[Picture], recogniser: Recogniser, *, batch_size: int = 6
) -> tuple[Orientation, ...]:
    """Return the orientation of each crop: read it both ways and compare the confidences.

    PaddleOCR has a network for this, PP-LCNet_x1_0_textline_ori, but no package contains it.
    Reading twice needs no further network and takes twice as long. If both confidences are equal,
    the crop counts as upright.

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
