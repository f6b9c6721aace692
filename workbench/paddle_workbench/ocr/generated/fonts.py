"""The bundled Chinese fonts, for drawing with Pillow."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, TypeAlias

from PIL import ImageFont

from ...environment.bundled import bundled_file

__all__ = ["FONTS", "FontName", "load_font"]

FontName: TypeAlias = Literal["sans", "serif"]

FONTS: Final[dict[FontName, str]] = {"sans": "chinese_font", "serif": "chinese_serif_font"}


@lru_cache(maxsize=256)
def load_font(name: FontName, size: int) -> ImageFont.FreeTypeFont:
    """Return a font.

    Parameters
    ----------
    name : str
        `sans` (Noto Sans CJK, a Heiti) or `serif` (Noto Serif CJK, a Songti).
    size : int
        Size of a Chinese character, in pixels.

    Raises
    ------
    EnvironmentBrokenError
        If the font is not installed.
    """
    # Not every Pillow has libraqm; the basic layout is the same everywhere.
    return ImageFont.truetype(
        str(bundled_file(FONTS[name])), size, layout_engine=ImageFont.Layout.BASIC
    )
