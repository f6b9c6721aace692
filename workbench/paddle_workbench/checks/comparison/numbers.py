"""Texts as numbers and the gaps between them. A date is one number, without a value."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .options import CheckOptions

__all__ = ["Number", "NumberedText", "describe_deviation", "deviation", "same_number"]

# A number stands alone: `3.2.2`, `float32` and `x1` contain none. Letters are those of ASCII, since
# Chinese text leaves no space around a number.
_NUMBER = re.compile(
    r"""
    (?<![A-Za-z0-9_.])
    (?:
      (?P<date>
        \d{4} (?: -\d\d-\d\d | /\d\d?/\d\d? | 年\d\d?月\d\d?日 )
        (?: [T\ ] \d\d:\d\d (?: :\d\d (?:\.\d+)? )? (?: Z | [-+]\d\d:?\d\d )? )?
      )
    | [-+]?(?:\d+\.\d+|\d+\.(?=[\s\],)]|$)|\.\d+|\d+)(?:[eE][-+]?\d+)?
    | [-+]?(?:nan|NaN|inf|Infinity)
    )
    (?!\.?[A-Za-z0-9_])
    """,
    re.VERBOSE,
)
_ARRAY = re.compile(r"(?=\b(?:Tensor|array)\()")
_DTYPE = re.compile(r"\bdtype(?:=|: ?)(?:paddle\.|np\.|numpy\.)?([a-z]+\d*)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is printed.

    Parameters
    ----------
    text : str
    start : int
        Its position in the text.
    dtype : str
        The element type that the array around it names; empty if it names none.
    is_date : bool
        Whether it is a date, with or without a time of day.
    """

    text: str
    start: int
    dtype: str = ""
    is_date: bool = False

    @property
    def value(self) -> float:
        """The number; NaN for a date, of which no part may be a little off."""
        return math.nan if self.is_date else float(self.text)

    @property
    def whole(self) -> bool:
        """Return whether it is printed without a fraction."""
        return not set(self.text) & set("eE") and "." not in self.text.rstrip(".")

    @property
    def last_place(self) -> float:
        """Return the value of one unit in the last printed digit."""
        mantissa, _, exponent = self.text.lower().partition("e")
        decimals = len(mantissa.partition(".")[2])
        return float(10.0 ** (int(exponent or 0) - decimals))


@dataclass(frozen=True, slots=True)
class NumberedText:
    """A text split at its numbers; there is one more gap than numbers."""

    gaps: list[str]
    numbers: list[Number]

    @classmethod
    def of(cls, text: str) -> NumberedText:
        """Split a text."""
        gaps, numbers, end, start = [], [], 0, 0
        # Each array in the text has its own element type.
        for part in _ARRAY.split(text):
            dtype_match = _DTYPE.search(part)
            dtype = dtype_match.group(1) if dtype_match else ""
            for match in _NUMBER.finditer(text, start, start + len(part)):
                gaps.append(text[end : match.start()])
                is_date = match["date"] is not None
                numbers.append(Number(match.group(), match.start(), dtype, is_date))
                end = match.end()
            start += len(part)
        return cls([*gaps, text[end:]], numbers)

    def same_gaps(self, other: NumberedText) -> bool:
        """Return whether the gaps between the numbers are the same.

        If a number is wider, as -0.01 is than 0.02, columns are padded differently: then the number
        of blanks does not count.
        """
        if self.gaps == other.gaps:
            return True
        if len(self.gaps) != len(other.gaps):
            return False
        widths = [len(number.text) for number in self.numbers]
        if widths == [len(number.text) for number in other.numbers]:
            return False
        return [_squeezed(gap) for gap in self.gaps] == [_squeezed(gap) for gap in other.gaps]


def same_number(expected: Number, actual: Number, options: CheckOptions) -> bool:
    """Return whether a printed number is near enough to its reference.

    Dates and whole numbers are exact. Others may differ by the tolerance, or by one in the last
    digit if that is worth less than a thousandth: what is rounded up here may be rounded down
    elsewhere.
    """
    if expected.text == actual.text:
        return True
    if expected.is_date or actual.is_date:
        return options.numbers == "any" and _form(expected.text) == _form(actual.text)
    if not (math.isfinite(expected.value) and math.isfinite(actual.value)):
        return False
    if options.numbers == "any":
        return True
    if expected.whole and actual.whole and not options.whole_numbers:
        return expected.value == actual.value
    if options.tolerance(expected.dtype).allows(expected.value, actual.value):
        return True
    if options.rtol is not None or options.atol is not None:
        return False
    place = max(expected.last_place, actual.last_place)
    rounded = place <= 1e-3 * abs(expected.value)
    return rounded and abs(actual.value - expected.value) <= 1.001 * place


def deviation(expected: float, actual: float) -> float | None:
    """Return the difference relative to the expected value; None if that is not a number."""
    if expected == 0 or not (math.isfinite(expected) and math.isfinite(actual)):
        return None
    return (actual - expected) / abs(expected)


def describe_deviation(expected: float, actual: float) -> str:
    """Return the deviation in words, for example ` (1.0 % more)`."""
    fraction = deviation(expected, actual)
    if fraction is None:
        return ""
    percent = abs(fraction) * 100
    shown = f"{percent:.0f}" if 10 <= percent < 1e6 else f"{percent:.2g}"
    return f" ({shown} % {'more' if fraction > 0 else 'less'})"


def _form(date: str) -> str:
    """Return a date with each number replaced."""
    return re.sub(r"\d+", "0", date)


def _squeezed(gap: str) -> str:
    return re.sub(r"[ \t]+", " ", gap)
