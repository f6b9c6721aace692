"""Chinese in matplotlib's pictures, and the look that all pictures of the course share."""

from __future__ import annotations

from .bundled import bundled_file

__all__ = ["COLOURS", "use_chinese_fonts"]

FAMILY = "Noto Sans CJK SC"

# Okabe and Ito 2008, "Color Universal Design": told apart with every kind of colour vision.
# Yellow, which is faint on white, comes last.
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


def use_chinese_fonts() -> None:
    """Make matplotlib draw Chinese, in the course's size and colours.

    The font comes from the package mplfonts and is added to this process alone: nothing is
    written, and matplotlib's font cache stays as it is.

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
        # Before a font of this name that the machine has: pictures are the same everywhere.
        fontManager.ttflist.sort(key=lambda font: font.fname != path)
    mpl.rcParams.update(
        {
            "font.family": "sans-serif",
            # DejaVu has the few signs that Noto lacks.
            "font.sans-serif": [FAMILY, "DejaVu Sans"],
            # Tick labels fall back to a hyphen: not every font has U+2212.
            "axes.unicode_minus": False,
            "axes.prop_cycle": cycler(color=list(COLOURS)),
            "figure.figsize": (6.0, 3.6),
            "figure.dpi": 100,
            "savefig.dpi": 100,
            # Letters as outlines look the same on a machine without the font.
            "svg.fonttype": "path",
        }
    )
