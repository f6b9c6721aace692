"""A page of text on the desk: its lines in reading order, and the edits of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from ...desk.page import Change, EditedPage
from ...errors import DeskError
from ..quadrilaterals import Points, check_quadrilateral, join, split, turn
from ..results import PageResult
from .label_files import LabelledLine, LabelledPage

__all__ = ["DeskLine", "DeskPage", "is_doubtful"]

# Maximum number of characters in a line; a whole page in one line is a mistake.
LONGEST_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line of text on the desk.

    Parameters
    ----------
    id : int
        Never changes, and is never used for another line of the page.
    text : str
    points : tuple of (x, y)
        Four corners in pixels of the upright picture, in the order of `quadrilaterals`. Only lines
        from a `Label.txt` may have more corners.
    confidence : float or None
        Confidence of the recognised text, from 0 to 1; None if nothing was recognised.
    recognised : str or None
        The recognised text before any edit.
    checked : bool
        Whether a person has accepted or typed the text.
    difficult : bool
        PPOCRLabel's term for lines that are excluded from training.
    more : mapping
        Other keys of the line in `Label.txt`.
    """

    id: int
    text: str
    points: Points
    confidence: float | None = None
    recognised: str | None = None
    checked: bool = False
    difficult: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


def is_doubtful(line: DeskLine, below: float) -> bool:
    """Whether a line is unchecked and its confidence is below a threshold or unknown."""
    return not line.checked and (line.confidence is None or line.confidence < below)


@dataclass(frozen=True, slots=True)
class DeskPage(EditedPage[DeskLine]):
    """The lines of a page, in reading order, and their history."""

    NOUN: ClassVar[str] = "Line"

    @property
    def lines(self) -> tuple[DeskLine, ...]:
        """The lines in reading order."""
        return self.items

    @classmethod
    def from_result(cls, result: PageResult) -> DeskPage:
        """Return a page with the recognised lines and an empty history.

        Raises
        ------
        DeskError
            If a confidence is not between 0 and 1, or if a text is too long.
        """
        lines = tuple(
            DeskLine(
                id=number,
                text=text,
                points=tuple((round(float(x), 2), round(float(y), 2)) for x, y in line.box),
                confidence=_check_confidence(line.confidence),
                recognised=text,
            )
            for number, line in enumerate(result.lines, 1)
            for text in [_to_one_line(line.text)]
        )
        return cls(result.size, lines, next_id=len(lines) + 1)

    @property
    def is_done(self) -> bool:
        """Whether a person has checked every line, or has confirmed that there are none."""
        return all(line.checked for line in self.lines) and bool(self.lines or self.done)

    def accept(self, id: int) -> DeskPage:  # noqa: A002 - it is the line's id
        """Accept the text of a line."""
        return self._change("accept", id, lambda line: replace(line, checked=True))

    def accept_all(self) -> DeskPage:
        """Accept every line of the page, or confirm that it has none."""
        if not self.lines and not self.done:
            return replace(self, done=(Change("accept", 0, (), ()),), undone=())
        return self._splice("accept", 0, self.lines, [replace(x, checked=True) for x in self.lines])

    def edit(self, id: int, text: str) -> DeskPage:  # noqa: A002
        """Set the text of a line and mark the line as checked."""
        text = _to_one_line(text)
        return self._change("edit", id, lambda line: replace(line, text=text, checked=True))

    def mark(self, id: int, *, difficult: bool) -> DeskPage:  # noqa: A002
        """Set whether a line is excluded from training."""
        return self._change("mark", id, lambda line: replace(line, difficult=difficult))

    def rotate(self, id: int) -> DeskPage:  # noqa: A002
        """Turn the reading direction of a line 90 degrees clockwise."""
        return self._change("rotate", id, lambda line: replace(line, points=turn(line.points)))

    def redraw(self, id: int, points: Sequence[Sequence[float]]) -> DeskPage:  # noqa: A002
        """Move the four corners of a line."""
        corners = check_quadrilateral(points, self.size)
        return self._change("redraw", id, lambda line: replace(line, points=corners))

    def reread(self, id: int, text: str, confidence: float) -> DeskPage:  # noqa: A002
        """Replace the text of a line with a new recognition result."""
        text = _to_one_line(text)
        confidence = _check_confidence(confidence)
        return self._change(
            "reread",
            id,
            lambda line: replace(
                line, text=text, recognised=text, confidence=confidence, checked=False
            ),
        )

    def add(self, points: Sequence[Sequence[float]], text: str = "") -> DeskPage:
        """Insert a new line in reading order."""
        corners = check_quadrilateral(points, self.size)
        middle = sum(y for _, y in corners) / 4
        left = min(x for x, _ in corners)
        line = DeskLine(self.next_id, _to_one_line(text), corners, checked=bool(text.strip()))
        at = next(
            (at for at, each in enumerate(self.lines) if _comes_after(each, middle, left)),
            len(self.lines),
        )
        return self._splice("add", at, (), [line])

    def split(self, id: int, at: int | None = None) -> DeskPage:  # noqa: A002
        """Split a line in two before a character of its text.

        Parameters
        ----------
        id : int
        at : int, optional
            Index of the character that begins the second line, by default the middle one. The box
            is split at the estimated position of the character: Chinese characters count as twice
            as wide as Latin ones.
        """
        place = self._index_of(id)
        line = self.lines[place]
        if len(line.text) < 2:
            share, cut = 0.5, len(line.text)
        else:
            cut = len(line.text) // 2 if at is None else at
            if not 0 < cut < len(line.text):
                raise DeskError(
                    f"{line.text!r} cannot be split before character {cut}.",
                    f"Place the cursor between two characters, 1 to {len(line.text) - 1}.",
                )
            share = _width(line.text[:cut]) / _width(line.text)
        first, second = split(line.points, share)
        halves = [
            replace(line, text=line.text[:cut].rstrip(), points=first, checked=False),
            replace(
                line, id=self.next_id, text=line.text[cut:].lstrip(), points=second, checked=False
            ),
        ]
        return self._splice("split", place, (line,), halves)

    def merge(self, id: int) -> DeskPage:  # noqa: A002
        """Merge a line with the next one."""
        at = self._index_of(id)
        if at + 1 == len(self.lines):
            raise DeskError(
                "This is the last line; there is no line after it to merge with.",
                "Select the line before it.",
            )
        first, second = self.lines[at : at + 2]
        confidences = [each for each in (first.confidence, second.confidence) if each is not None]
        merged = replace(
            first,
            text=_join_texts(first.text, second.text),
            points=join(first.points, second.points),
            confidence=min(confidences) if len(confidences) == 2 else None,
            recognised=_join_texts(first.recognised or "", second.recognised or "") or None,
            checked=first.checked and second.checked,
            difficult=first.difficult or second.difficult,
        )
        return self._splice("merge", at, (first, second), [merged])

    def replace_all(self, lines: Iterable[LabelledLine], *, checked: bool) -> DeskPage:
        """Replace all lines with those of a `Label.txt`."""
        new = [
            DeskLine(
                id=number,
                text=line.transcription,
                points=line.points,
                checked=checked,
                difficult=line.difficult,
                more=line.more,
            )
            for number, line in enumerate(lines, self.next_id)
        ]
        return self._splice("load", 0, self.lines, new)

    def has_been(self, lines: LabelledPage) -> bool:
        """Whether the page has these lines, or had them before an edit that can be undone."""
        page = self
        while page.labelled() != lines:
            if not page.done:
                return False
            page = page.undo()
        return True

    def labelled(self) -> LabelledPage:
        """Return the lines in the form of `Label.txt`."""
        return tuple(
            LabelledLine(line.text, line.points, line.difficult, line.more) for line in self.lines
        )


def _to_one_line(text: str) -> str:
    """Replace line breaks, tabs and lone surrogates in a text."""
    if len(text) > LONGEST_TEXT:
        raise DeskError(
            f"The text has {len(text):,} characters; a line takes at most {LONGEST_TEXT:,}.",
            "Split it into several lines.",
        )
    plain = "".join(
        " " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text
    )
    return plain.encode("utf-8", "replace").decode()


def _check_confidence(value: float) -> float:
    rounded = round(float(value), 4)
    if not 0 <= rounded <= 1:
        raise DeskError(
            f"A line was recognised with the confidence {value:g}.",
            "The recogniser must return numbers between 0 and 1.",
        )
    return rounded


def _comes_after(line: DeskLine, middle: float, left: float) -> bool:
    """Whether a line comes after a box, whose vertical middle and left edge are given."""
    above = min(y for _, y in line.points)
    below = max(y for _, y in line.points)
    if above <= middle <= below:
        return min(x for x, _ in line.points) > left
    return above > middle


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _join_texts(first: str, second: str) -> str:
    """Join two texts, with a space only between Latin words."""
    latin = first[-1:].isascii() and second[:1].isascii()
    ends = first[-1:].isalnum() and second[:1].isalnum()
    return f"{first} {second}" if first and second and latin and ends else first + second
