"""The errors of more than one decoder."""

from __future__ import annotations

from typing import Final

from ..errors import PictureError
from .limits import MAX_PAGES, MAX_PIXELS, MAX_SIDE, MIN_SIDE

__all__ = ["SMALLER", "check_pages", "check_size", "damage_error"]

SMALLER: Final = "Reduce its size or cut it into parts. 300 dpi are enough for text."


def check_pages(count: int, name: str, *, is_complete: bool = True) -> int:
    """Return the number of pages of a file.

    Parameters
    ----------
    count : int
    name : str
        For messages.
    is_complete : bool
        Whether all pages were counted.

    Raises
    ------
    PictureError
        If there are none or too many.
    """
    if count > MAX_PAGES:
        number = f"{count:,}" if is_complete else f"more than {MAX_PAGES:,}"
        raise PictureError(
            f"{name} has {number} pages; the limit is {MAX_PAGES:,}.",
            "Split it into smaller files.",
        )
    if count == 0:
        raise PictureError(f"{name} has no pages.", "Check the file in a viewer.")
    return count


def check_size(width: int, height: int, name: str) -> None:
    """Check the size of a page in pixels.

    Raises
    ------
    PictureError
        If it is too small or too large.
    """
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"{name} is {width} x {height} pixels; each side needs at least {MIN_SIDE}.",
            "Use a larger picture.",
        )
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureError(
            f"{name} is {width:,} x {height:,} pixels; the limit is {MAX_PIXELS:,} in total and "
            f"{MAX_SIDE:,} per side.",
            SMALLER,
        )


def damage_error(name: str, error: Exception) -> PictureError:
    """Return the error for a file that a decoder rejects."""
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return PictureError(
        f"{name} is damaged and cannot be read: {reason}.",
        "Copy or download it again, or save it again from a viewer.",
    )
