"""The pixels of a decoded picture as upright RGB, converted in bands to save memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["to_upright_rgb", "upright_size"]

# Pixels that are converted at a time.
BAND_PIXELS: Final = 1_000_000
ORIENTATION_TAG: Final = 0x0112
_PNG_SIGNATURE_BYTES: Final = 8
_PNG_LOOK_BYTES: Final = 32
# How chunks of PNG begin in which an orientation can stand.
_PNG_METADATA: Final = (b"eXIf", b"tEXtRaw profile", b"zTXtRaw profile", b"iTXtXML:com.adobe.xmp")


def to_upright_rgb(image: Image) -> tuple[NDArray[np.uint8], int]:
    """Return the pixels as the EXIF orientation says, and that orientation.

    Transparent pixels are on white. Grey values with 16 bits are scaled, and others that do not
    fit into eight are stretched.

    Parameters
    ----------
    image : Image
        It is closed, so that its memory is free before the pixels are turned.

    Returns
    -------
    pixels : ndarray of uint8, (height, width, 3)
        RGB.
    orientation : int
        From 1 to 8; 1 if the pixels are stored upright.
    """
    # Pillow turns a TIFF itself when it is loaded, and then removes the tag.
    stored = image.getexif().get(ORIENTATION_TAG, 1) if image.format == "TIFF" else None
    image.load()
    orientation = image.getexif().get(ORIENTATION_TAG, 1)
    is_deep = image.mode in ("I", "F") or image.mode.startswith("I;16")
    low, high = _range(image) if is_deep else (0.0, 255.0)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    top = 0
    for band in _bands(image):
        rows = _to_eight_bits(np.asarray(band), low, high)[..., None] if is_deep else _to_rgb(band)
        pixels[top : top + band.height] = rows
        top += band.height
    image.close()
    upright = _upright(pixels, orientation)
    stored = orientation if stored is None else stored
    return upright, stored if stored in range(1, 9) else 1


def upright_size(image: Image) -> tuple[int, int, int]:
    """Return the width and height that `to_upright_rgb` makes, and the orientation.

    Parameters
    ----------
    image : Image
        It has been opened, and its pixels need not have been read.

    Returns
    -------
    width, height : int
        In pixels.
    orientation : int
        From 1 to 8.
    """
    # Pillow decodes a PNG to look for an orientation after its pixels, where it hardly ever stands.
    is_known = image.format != "PNG" or "exif" in image.info
    if is_known or _has_late_metadata(getattr(image, "fp", None)):
        orientation = image.getexif().get(ORIENTATION_TAG, 1)
    else:
        from PIL.Image import Image as Base

        orientation = Base.getexif(image).get(ORIENTATION_TAG, 1)
    orientation = orientation if orientation in range(1, 9) else 1
    width, height = image.size
    # Pillow states the size of a TIFF as it is after turning.
    is_turned = orientation >= 5 and image.format != "TIFF"
    return (height, width, orientation) if is_turned else (width, height, orientation)


def _has_late_metadata(file: IO[bytes] | None) -> bool:
    """Whether a PNG has chunks after its pixels in which an orientation can stand."""
    if file is None:
        return True
    place = file.tell()
    try:
        file.seek(_PNG_SIGNATURE_BYTES)
        is_after_pixels = False
        while len(start := file.read(_PNG_LOOK_BYTES)) >= 8:
            if is_after_pixels and start[4:].startswith(_PNG_METADATA):
                return True
            is_after_pixels = is_after_pixels or start[4:8] == b"IDAT"
            # Length, kind, content and check sum.
            file.seek(int.from_bytes(start[:4], "big") + 12 - len(start), 1)
    finally:
        file.seek(place)
    return False


def _bands(image: Image) -> Iterator[Image]:
    rows = max(1, BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _to_rgb(image: Image) -> NDArray[np.uint8]:
    from PIL import Image as Images

    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Images.alpha_composite(Images.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def _range(image: Image) -> tuple[float, float]:
    """Return the values that become black and white."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    ranges = [(values.min(), values.max()) for values in map(_finite, _bands(image))]
    low, high = float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))
    if image.mode == "I" and low >= 0 and 255 < high <= 65535:
        return 0.0, 65535.0
    if low >= 0 and 1 < high <= 255:
        return 0.0, 255.0
    return low, high


def _finite(image: Image | NDArray[Any]) -> NDArray[np.float64]:
    values = np.asarray(image).astype(np.float64)
    return np.where(np.isfinite(values), values, 0.0)


def _to_eight_bits(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    scaled = (_finite(values) - low) * (255 / ((high - low) or 1))
    grey: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return grey


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror pixels as the value of the EXIF tag says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
