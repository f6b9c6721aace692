"""Results of the stages of text recognition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError

__all__ = ["CtcSteps", "DetectedBox", "PageResult", "Reading", "TextLine"]


@dataclass(frozen=True, slots=True, eq=False)
class DetectedBox:
    """The position of a line of text, as detected.

    Parameters
    ----------
    points : ndarray of float32, (4, 2)
        Corners (x, y) in pixels of the upright picture. As seen by the reader of the text: top
        left, top right, bottom right, bottom left.
    score : float
        Mean of the probability map inside the box before widening, from 0 to 1.
    """

    points: NDArray[np.float32]
    score: float

    def __post_init__(self) -> None:
        _check_corners(self.points)


@dataclass(frozen=True, slots=True, eq=False)
class CtcSteps:
    """The most likely characters at each step of a CTC recogniser, from left to right.

    Parameters
    ----------
    candidates : tuple of tuple of str, (steps, k)
        Characters of each step, most likely first; the empty string is the blank.
    probabilities : ndarray of float32, (steps, k)
        Probabilities of these characters.
    """

    candidates: tuple[tuple[str, ...], ...]
    probabilities: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.probabilities.shape[:1] != (len(self.candidates),):
            raise ShapeError(
                f"There are {len(self.candidates)} steps of candidates, but probabilities of shape "
                f"{self.probabilities.shape}.",
                "Give one row of probabilities for each step.",
            )

    def __len__(self) -> int:
        return len(self.candidates)


@dataclass(frozen=True, slots=True)
class Reading:
    """The recogniser's reading of one crop.

    Parameters
    ----------
    text : str
        Empty if no text was recognised.
    confidence : float
        Mean probability of the characters, from 0 to 1; 0 if there are none.
    steps : CtcSteps or None
        None unless requested.
    """

    text: str
    confidence: float
    steps: CtcSteps | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of text on a page.

    Parameters
    ----------
    box : ndarray of float32, (4, 2)
        Corners in pixels of the upright picture, as in `DetectedBox`.
    text : str
    confidence : float
        Confidence of the recognition, from 0 to 1.
    score : float
        Score of the detection, from 0 to 1; 1 for a box that a person drew.
    steps : CtcSteps or None
        None unless requested.
    """

    box: NDArray[np.float32]
    text: str
    confidence: float
    score: float = 1.0
    steps: CtcSteps | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_corners(self.box)


@dataclass(frozen=True, slots=True, eq=False)
class PageResult:
    """All text recognised on a page.

    Parameters
    ----------
    size : tuple of int
        Width and height of the upright picture, in pixels.
    lines : tuple of TextLine
        In reading order.
    models : tuple of str
        Names of the detection and the recognition model.
    """

    size: tuple[int, int]
    lines: tuple[TextLine, ...]
    models: tuple[str, str]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[TextLine]:
        return iter(self.lines)

    @property
    def text(self) -> str:
        """The text of all lines, separated by line breaks."""
        return "\n".join(line.text for line in self.lines)

    @property
    def boxes(self) -> NDArray[np.float32]:
        """The corners of all lines, (lines, 4, 2)."""
        return np.array([line.box for line in self.lines], dtype=np.float32).reshape(-1, 4, 2)


def _check_corners(points: NDArray[np.float32]) -> None:
    if np.shape(points) != (4, 2):
        raise ShapeError(
            f"A box has the shape {np.shape(points)}.",
            "Give four corners (x, y): an array of shape (4, 2).",
        )
