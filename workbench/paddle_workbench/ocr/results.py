"""The results of the stages of text recognition, from the picture to the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError

__all__ = ["CtcSteps", "DetectedBox", "PageResult", "Reading", "TextLine"]


@dataclass(frozen=True, slots=True, eq=False)
class DetectedBox:
    """The place of a line of text, from the detector.

    Parameters
    ----------
    points : ndarray of float32, (4, 2)
        Corners in pixels of the upright picture, x before y: where the text begins above, where
        it ends above, where it ends below, where it begins below.
    score : float
        Mean of the probability map inside the box before it was widened, from 0 to 1.
    """

    points: NDArray[np.float32]
    score: float

    def __post_init__(self) -> None:
        _check_corners(self.points)


@dataclass(frozen=True, slots=True, eq=False)
class CtcSteps:
    """The best candidates of a CTC recogniser at each step, from left to right.

    Parameters
    ----------
    candidates : tuple of tuple of str, (steps, k)
        Characters of each step, the likeliest first; the empty string is the blank.
    probabilities : ndarray of float32, (steps, k)
        Of the candidates.
    """

    candidates: tuple[tuple[str, ...], ...]
    probabilities: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.probabilities.shape[:1] != (len(self.candidates),):
            raise ShapeError(
                f"{len(self.candidates)} steps of candidates and probabilities of shape "
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
        Empty where it reads nothing.
    confidence : float
        Mean probability of the characters kept, from 0 to 1; 0 where there are none.
    steps : CtcSteps or None
        None unless they were asked for.
    """

    text: str
    confidence: float
    steps: CtcSteps | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """One line of text of a page.

    Parameters
    ----------
    box : ndarray of float32, (4, 2)
        Corners in pixels of the upright picture, as in `DetectedBox`.
    text : str
    confidence : float
        Of the reading, from 0 to 1.
    score : float
        Of the detection, from 0 to 1; 1 for a box that a person drew.
    steps : CtcSteps or None
        None unless they were asked for.
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
    """Everything that was read on one page.

    Parameters
    ----------
    size : tuple of int
        Width and height of the upright picture, in pixels.
    lines : tuple of TextLine
        In reading order.
    models : tuple of str
        The official names of what detected and what read.
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
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def boxes(self) -> NDArray[np.float32]:
        """The lines' corners, (lines, 4, 2)."""
        return np.array([line.box for line in self.lines], dtype=np.float32).reshape(-1, 4, 2)


def _check_corners(points: NDArray[np.float32]) -> None:
    if np.shape(points) != (4, 2):
        raise ShapeError(
            f"A box has the shape {np.shape(points)}.",
            "Give four corners, x before y: an array of shape (4, 2).",
        )
