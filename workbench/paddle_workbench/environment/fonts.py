"""Chinese text in matplotlib figures, with the style that the course shares, and in pictures."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from .bundled import bundled_file

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

__all__ = ["COLOURS", "FontName", "load_font", "use_chinese_fonts"]

FontName: TypeAlias = Literal["sans", "serif"]

FAMILY = "Noto Sans CJK SC"

# Okabe and Ito 2008, "Color Universal Design": distinguishable with every kind of colour vision.
# Yellow comes last, because it is faint on white.
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#CC79A7",
    "#56B4E9",
    "#000000",
    "#F0E442",
)

_FILES: Final[dict[FontName, str]] = {"sans": "chinese_font", "serif": "chinese_serif_font"}


def use_chinese_fonts() -> None:
    """Make matplotlib draw Chinese text, and figures in the course's size and colours.

    The font comes from the package mplfonts and is registered in this process only: nothing is
    written, and matplotlib's font cache does not change.

    Raises
    ------
    EnvironmentBrokenError
        If the font is not installed.
    """
    path = str(bundled_file("chinese_font"))

    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.font_manager import fontManager

    if all(font.fname != path for font in fontManager.ttflist):
        fontManager.addfont(path)
        # Before a font with this name on the machine, so that figures look the same everywhere.
        fontManager.ttflist.sort(key=lambda font: font.fname != path)
    mpl.rcParams.update(
        {
            "font.family": "sans-serif",
            # DejaVu has the few symbols that Noto lacks.
            "font.sans-serif": [FAMILY, "DejaVu Sans"],
            # Tick labels fall back to a hyphen: not every font has U+2212.
            "axes.unicode_minus": False,
            "axes.prop_cycle": cycler(color=list(COLOURS)),
            "figure.figsize": (6.0, 3.6),
            "figure.dpi": 100,
            "savefig.dpi": 100,
            # Text as outlines looks the same on a machine without the font.
            "svg.fonttype": "path",
        }
    )


@lru_cache(maxsize=256)
def load_font(name: FontName, size: int) -> FreeTypeFont:
    """Return a bundled Chinese font, for drawing with Pillow.

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
    from PIL import ImageFont

    # Not every Pillow has libraqm; the basic layout is the same everywhere.
    return ImageFont.truetype(
        str(bundled_file(_FILES[name])), size, layout_engine=ImageFont.Layout.BASIC
    )
