"""A picture, multi-page TIFF or PDF, whose pages are decoded in a child process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..contract import Text
from ..errors import PictureError
from .decoder import decode
from .limits import MAX_BYTES

__all__ = ["Measure", "Page", "PictureFile", "measure_picture", "opening_error"]

# Characters of a path in a message, since somebody may pass a text instead of a path.
LONGEST_NAME: Final = 300

_ANIMATION: Final = Text(
    zh="这是一张动图，只读第一帧。",
    en="The picture is animated; only its first frame is read.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page in the form that recognisers expect.

    Parameters
    ----------
    pixels : ndarray of uint8, (height, width, 3)
        RGB, upright (EXIF orientation applied); transparent pixels are on white.
    notices : tuple of Text
        What the user should know about the conversion, one sentence each.
    orientation : int
        The EXIF orientation of the file, from 1 to 8; from 5 on, its width and height are stored
        the other way round.
    """

    pixels: NDArray[np.uint8]
    notices: tuple[Text, ...] = ()
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a picture, as its header states it.

    Parameters
    ----------
    size : (width, height)
        In pixels of the upright picture.
    orientation : int
        As in `Page`.
    """

    size: tuple[int, int]
    orientation: int = 1


class PictureFile:
    """A picture, a multi-page TIFF or a PDF, opened page by page.

    Thread-safe: only one page is opened at a time. The file is not kept in memory, but it is
    noticed if it changes.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    digest : str
        SHA-256 of the file as hexadecimal digits.
    kind : {"picture", "pdf"}

    Raises
    ------
    PictureError
        If the file is missing, empty, too large, not a picture, damaged or protected by a
        password, if it has too many pages, or if its picture exceeds the limits.
    PictureLimitError
        If counting its pages takes too much time or memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The child may have been started in another folder.
        self._absolute = path.absolute()
        _check_file(path)
        try:
            values = decode(self._absolute, path.name).values
        except OSError as error:
            raise opening_error(path, error) from error
        self.digest: str = values["digest"]
        self.kind: Literal["picture", "pdf"] = values["kind"]
        self._pages: int = values["pages"]

    def __len__(self) -> int:
        """Return the number of pages."""
        return self._pages

    def __iter__(self) -> Iterator[Page]:
        return (self.page(number) for number in range(len(self)))

    def page(self, number: int) -> Page:
        """Open one page, counted from 0.

        Raises
        ------
        PictureError
            If there is no such page, if it is damaged or exceeds the limits, or if the file has
            changed.
        PictureLimitError
            If it takes too much time or memory.
        """
        if not 0 <= number < len(self):
            raise PictureError(
                f"{self.path.name} has no page {number + 1}; it has {len(self)}.",
                f"Pages are counted from 0: ask for 0 to {len(self) - 1}.",
            )
        name = self.path.name if len(self) == 1 else f"Page {number + 1} of {self.path.name}"
        try:
            reply = decode(self._absolute, name, digest=self.digest, number=number)
        except OSError as error:
            raise opening_error(self.path, error) from error
        width, height = reply.values["width"], reply.values["height"]
        pixels = np.frombuffer(reply.content, np.uint8).reshape(height, width, 3)
        notices = (_ANIMATION,) if reply.values["is_animated"] else ()
        return Page(pixels, notices, reply.values["orientation"])


def measure_picture(path: Path) -> Measure | None:
    """Return the size of a picture from its header, without decoding it.

    Damage after the header is not noticed.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Measure or None
        None if the file has pages: a PDF, or a TIFF with more than one.

    Raises
    ------
    PictureError
        As `PictureFile` does.
    PictureLimitError
        If it takes too much time or memory.
    """
    _check_file(path)
    try:
        values = decode(path.absolute(), path.name, measure=True).values
    except OSError as error:
        raise opening_error(path, error) from error
    if values["kind"] == "pdf" or values["pages"] > 1:
        return None
    return Measure((values["width"], values["height"]), values["orientation"])


def opening_error(path: Path, error: Exception) -> PictureError:
    """Return the error for a picture or folder that the operating system cannot open."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")
    return PictureError(
        f"{str(path)[:LONGEST_NAME]} cannot be opened: {reason}.",
        "Check the name and its permissions.",
    )


def _check_file(path: Path) -> None:
    try:
        size, is_file = path.stat().st_size, path.is_file()
    except (OSError, ValueError) as error:
        raise opening_error(path, error) from error
    if not is_file:
        raise PictureError(f"{path} is not a file.", "Give the path of a picture or PDF.")
    if size > MAX_BYTES:
        raise PictureError(
            f"{path.name} has {size:,} bytes; the limit is {MAX_BYTES:,}.",
            "Reduce its size, or split it into several files.",
        )
    if size == 0:
        raise PictureError(
            f"{path.name} is empty (0 bytes).", "Copy or download the picture again."
        )
