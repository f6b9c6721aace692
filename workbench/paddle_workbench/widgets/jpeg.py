"""Pictures for the browser."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

__all__ = ["jpeg"]


def jpeg(pixels: NDArray[np.uint8], longest: int) -> bytes:
    """Return a picture as the bytes of a JPEG file, reduced to a longest side.

    Parameters
    ----------
    pixels : uint8 array (height, width, 3)
        RGB.
    longest : int
        Pixels of its longer side; smaller pictures keep their size.
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=90)
    return content.getvalue()
