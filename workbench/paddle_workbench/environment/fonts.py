"""Chinese text in matplotlib figures, and the style that all figures of the course share."""

from __future__ import annotations

from .bundled import bundled_file

__all__ = ["COLOURS", "use_chinese_fonts"]

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
