"""A sheet that remembers where its text was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ...environment.fonts import FontName, load_font
from ...picture_files.array import Picture

__all__ = ["Canvas", "Colour", "TrueLine"]

Colour: TypeAlias = tuple[int, int, int]

# Margin around the ink, as a share of the character size, and its maximum in pixels.
MARGIN: Final = 0.18
LARGEST_MARGIN: Final = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class TrueLine:
    """A line of text in a generated picture.

    Parameters
    ----------
    box : ndarray of float32, (4, 2)
        Corners in pixels: top left, top right, bottom right, bottom left. The box has a small
        margin around the ink, as people draw it.
    text : str
    """

    box: NDArray[np.float32]
    text: str


class Canvas:
    """A sheet of paper.

    Parameters
    ----------
    size : tuple of int
        Width and height, in pixels.
    paper : tuple of int
        Colour of the paper, RGB.
    """

    def __init__(self, size: tuple[int, int], paper: Colour = (255, 255, 255)) -> None:
        self.image = Image.new("RGB", size, paper)
        self.draw = ImageDraw.Draw(self.image)
        self.lines: list[TrueLine] = []

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.image.height

    @property
    def picture(self) -> Picture:
        """The sheet as an array of uint8, (height, width, 3), RGB."""
        return np.array(self.image, dtype=np.uint8)

    def write(
        self,
        text: str,
        at: tuple[float, float],
        *,
        size: int,
        font: FontName = "sans",
        colour: Colour = (0, 0, 0),
        bold: bool = False,
        anchor: str = "la",
    ) -> tuple[float, float, float, float]:
        """Draw a line of text and remember its box.

        Parameters
        ----------
        text : str
        at : tuple of float
            Position of the anchor, (x, y) in pixels.
        size : int
            Size of a Chinese character, in pixels.
        font : str
            `sans` or `serif`.
        colour : tuple of int
            RGB.
        bold : bool
        anchor : str
            Which point of the text is at this position, as Pillow names it: `la` is the left end
            at the top.

        Returns
        -------
        tuple of float
            Left, top, right and bottom of the box, in pixels.
        """
        face = load_font(font, size)
        # Each font has a single weight; a stroke around the text imitates bold type.
        stroke = max(1, size // 28) if bold else 0
        self.draw.text(at, text, colour, face, anchor, stroke_width=stroke)
        left, top, right, bottom = self.draw.textbbox(at, text, face, anchor, stroke_width=stroke)
        around = min(MARGIN * size, LARGEST_MARGIN)
        left, top, right, bottom = left - around, top - around, right + around, bottom + around
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        self.lines.append(TrueLine(np.array(corners, dtype=np.float32), text))
        return left, top, right, bottom

    def rule(
        self, begin: tuple[float, float], end: tuple[float, float], *, colour: Colour, dash: int = 0
    ) -> None:
        """Draw a horizontal rule, solid or with dashes of `dash` pixels."""
        if not dash:
            self.draw.line((*begin, *end), colour, 1)
            return
        length = end[0] - begin[0]
        for start in np.arange(0, length, 2 * dash):
            x = begin[0] + start
            self.draw.line((x, begin[1], min(x + dash, end[0]), end[1]), colour, 1)
