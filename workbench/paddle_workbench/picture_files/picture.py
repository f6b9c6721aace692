"""The pages of a picture, decoded by Pillow."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import PictureError
from .limits import FORMATS, MAX_PAGES, MAX_PIXELS
from .pixels import to_upright_rgb, upright_size
from .rejections import SMALLER, check_pages, check_size, damage_error

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["count_pages", "decode_page", "measure"]


def count_pages(content: bytes, name: str) -> int:
    """Return the number of pages of a picture: the frames of a TIFF, otherwise 1.

    Parameters
    ----------
    content : bytes
    name : str
        For messages.

    Raises
    ------
    PictureError
        If it is not a picture, is damaged, or exceeds the limits.
    """
    with _open(content, name) as image:
        check_size(*image.size, name)
        return _page_count(image, name)


def decode_page(content: bytes, name: str, number: int) -> tuple[NDArray[np.uint8], int, bool]:
    """Return the pixels of a page, how they are stored, and whether the picture is animated.

    Raises
    ------
    PictureError
        If it is damaged or exceeds the limits.

    Returns
    -------
    pixels : ndarray of uint8, (height, width, 3)
        RGB, upright; transparent pixels are on white.
    orientation : int
        The EXIF orientation of the file, from 1 to 8.
    is_animated : bool
        Whether the page is the first frame of an animation.
    """
    with _open(content, name) as image:
        is_animated = _is_animated(image)
        if number:
            image.seek(number)
        check_size(*image.size, name)
        return *to_upright_rgb(image), is_animated


def measure(file: IO[bytes], name: str) -> tuple[int, int, int, int]:
    """Return the size of the first page when it is upright, how it is stored, and all pages.

    Only the header is read, so that damage further on is not noticed. A PNG whose orientation may
    stand after its pixels is decoded.

    Parameters
    ----------
    file : binary file
    name : str
        For messages.

    Returns
    -------
    width, height : int
        In pixels.
    orientation : int
        The EXIF orientation of the file, from 1 to 8.
    pages : int
        As of `count_pages`.

    Raises
    ------
    PictureError
        If it is not a picture, is damaged, or exceeds the limits.
    """
    with _open(file, name) as image:
        check_size(*image.size, name)
        return *upright_size(image), _page_count(image, name)


def _page_count(image: Image, name: str) -> int:
    if image.format != "TIFF":
        return 1
    # `n_frames` takes time in proportion to the square of the number of frames.
    pages = 1
    with suppress(EOFError):
        while pages <= MAX_PAGES:
            image.seek(pages)
            pages += 1
    return check_pages(pages, name, is_complete=pages <= MAX_PAGES)


@contextmanager
def _open(content: bytes | IO[bytes], name: str) -> Iterator[Image]:
    """Open a picture; any exception of its decoder becomes a PictureError."""
    from PIL import Image, UnidentifiedImageError

    try:
        # The limits here are stricter than the one that Pillow warns about.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = io.BytesIO(content) if isinstance(content, bytes) else content
            with Image.open(file, formats=FORMATS) as image:
                yield image
    except (PictureError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        count = re.search(r"\d+", str(error))
        pixels = f"{int(count[0]):,}" if count else "too many"
        raise PictureError(
            f"{name} has {pixels} pixels; the limit is {MAX_PIXELS:,}.", SMALLER
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{name} is not a picture in a supported format.",
            f"Save it as PNG, JPEG or PDF. Supported are {', '.join(FORMATS)} and PDF.",
        ) from error
    except Exception as error:  # decoders may raise anything
        if "out of memory" in str(error):
            raise MemoryError(str(error)) from error
        raise damage_error(name, error) from error


def _is_animated(image: Image) -> bool:
    formats = ("GIF", "PNG", "WEBP", "AVIF")
    return image.format in formats and bool(getattr(image, "is_animated", False))
