"""A sheet on which text is drawn and its place remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..pictures import Picture
from .fonts import FontName, load_font

__all__ = ["Canvas", "Colour", "TrueLine"]

Colour: TypeAlias = tuple[int, int, int]

# Room round the ink, as a share of the character size, and at most in pixels.
MARGIN: Final = 0.18
MOST_MARGIN: Final = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class TrueLine:
    """A line of text in a generated picture.

    Parameters
    ----------
    box : ndarray of float32, (4, 2)
        Corners, in pixels: above left, above right, below right, below left. As a person would
        draw it, the box leaves a little room round the ink.
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
        Its colour, RGB.
    """

    def __init__(self, size: tuple[int, int], paper: Colour = (255, 255, 255)) -> None:
        self.image = Image.new("RGB", size, paper)
        self.draw = ImageDraw.Draw(self.image)
        self.lines: list[TrueLine] = []

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    @property
    def picture(self) -> Picture:
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
        """Draw a line of text, and remember where its ink is.

        Parameters
        ----------
        text : str
        at : tuple of float
            Where, in pixels.
        size : int
            Of a Chinese character, in pixels.
        font : str
        colour : tuple of int
        bold : bool
        anchor : str
            What of the text is put there, in Pillow's letters: `la` its left end, above.

        Returns
        -------
        tuple of float
            Left, top, right and bottom of its box.
        """
        face = load_font(font, size)
        # The fonts have one weight each; a stroke round it is how typesetters fake the other.
        stroke = max(1, size // 28) if bold else 0
        self.draw.text(at, text, colour, face, anchor, stroke_width=stroke)
        left, top, right, bottom = self.draw.textbbox(at, text, face, anchor, stroke_width=stroke)
        around = min(MARGIN * size, MOST_MARGIN)
        left, top, right, bottom = left - around, top - around, right + around, bottom + around
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        self.lines.append(TrueLine(np.array(corners, dtype=np.float32), text))
        return left, top, right, bottom

    def rule(
        self, begin: tuple[float, float], end: tuple[float, float], *, colour: Colour, dash: int = 0
    ) -> None:
        """Draw a line that is not text, dashed if a length is given."""
        if not dash:
            self.draw.line((*begin, *end), colour, 1)
            return
        length = end[0] - begin[0]
        for start in np.arange(0, length, 2 * dash):
            x = begin[0] + start
            self.draw.line((x, begin[1], min(x + dash, end[0]), end[1]), colour, 1)
