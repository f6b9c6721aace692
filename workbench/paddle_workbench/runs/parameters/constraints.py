"""The ranges and choices that the comment of a parameter states.

A comment is prose, so only a clause that is nothing but a range counts: `passes, 1 to 10`, but not
`1 to 10 minutes on a laptop`. What excludes the default is prose, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...contract import ParameterType

__all__ = ["Range", "choices_in", "range_in"]

_NUMBER = r"[+-]?(?:inf|(?:\d{1,3}(?:,\d{3})+|\d[\d_]*)?(?:\.\d+)?(?:(?<=[\d.])[eE][+-]?\d+)?)"
_CLAUSE_END = re.compile(r"[;()，；：。（）]|[,:](?:\s|$)|(?<!\.)\.(?:\s|$)|\s[-–—]\s")
_AND = re.compile(r"\s+and\s+|\s*且\s*")
_BETWEEN = re.compile(
    rf"(?:from\s+|between\s+|从\s*)?({_NUMBER})\s*"
    rf"(?:\.\.|…|\bto\b|(?<=\s)and\b|到|至)\s*({_NUMBER})(?:\s*之间)?"
)
_BOUNDS: tuple[tuple[str, str], ...] = (
    ("at least|至少|不小于|不少于", ">="),
    ("at most|至多|最多|不大于|不超过", "<="),
    ("more than|greater than|above|大于", ">"),
    ("less than|below|小于", "<"),
)
_BOUND = tuple((re.compile(rf"(?:{words})\s*({_NUMBER})", re.I), sign) for words, sign in _BOUNDS)
_COMPARISON = re.compile(
    rf"(?:({_NUMBER})\s*([<>]=?)\s*)?(?:([^\W\d]\w*)\s*)?(?:([<>]=?)\s*({_NUMBER}))?"
)
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CHOICES = re.compile(
    r"(?:^|[,;:.(，；：。（-]\s*)(?:one\s+of\b|可选(?:值|项)?(?=[\s:：为]))\s*[:：为]?\s*", re.I
)
_CHOICES_END = re.compile(r"[;)；。）]|\.(?:\s|$)|\s\(|（")
_CHOICE_SEPARATOR = re.compile(r"\s*[,，、|]\s*(?:or\s+|或\s*)?|\s+or\s+|\s*或\s*")
_QUOTED = re.compile(r"""(["'`])(.*)\1|[“「](.*)[”」]""")


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that a parameter may have.

    Parameters
    ----------
    minimum, maximum : float or None
        None if there is no bound.
    exclusive, exclusive_maximum : bool
        Whether the minimum and the maximum themselves are excluded.
    """

    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False
    exclusive_maximum: bool = False

    def contains(self, value: float) -> bool:
        """Return whether a number is in the range; NaN is in none."""
        if math.isnan(value):
            return self == Range()
        if self.minimum is not None and (
            value < self.minimum or (self.exclusive and value == self.minimum)
        ):
            return False
        return self.maximum is None or (
            value < self.maximum or (value == self.maximum and not self.exclusive_maximum)
        )

    def _with(self, sign: str, bound: float) -> Range:
        """Return the part of the range that is beyond a bound, for example `>= 3`."""
        is_exclusive = len(sign) == 1
        if sign.startswith(">"):
            if self.minimum is not None and self.minimum > bound:
                return self
            return Range(bound, self.maximum, is_exclusive, self.exclusive_maximum)
        if self.maximum is not None and self.maximum < bound:
            return self
        return Range(self.minimum, bound, self.exclusive, is_exclusive)


def range_in(comment: str, *, name: str, default: object) -> Range:
    """Return the range that a comment states; one without bounds if it states none.

    Parameters
    ----------
    comment : str
        Its clauses such as `1 to 10`, `1..10`, `at least 1`, `> 0`, `0 < lr <= 1` and `1 到 10`
        count.
    name : str
        The name of the parameter, for comparisons with it.
    default : object
        A range that excludes it, if it is a number, does not count.
    """
    result = Range()
    for clause in _CLAUSE_END.split(comment.replace("≤", "<=").replace("≥", ">=")):
        for sign, bound in _bounds(clause.strip(), name):
            result = result._with(sign, bound)
    low, high = result.minimum, result.maximum
    if low is not None and high is not None and low >= high:
        return Range()
    if isinstance(default, int | float) and not result.contains(default):
        return Range()
    return result


def choices_in(comment: str, *, kind: ParameterType, default: object) -> list[Any] | None:
    """Return the choices that a comment states: `one of a, b, c` or `可选 a、b`; None if none.

    Parameters
    ----------
    comment : str
    kind : str
        The type of the parameter. Only numbers and texts have choices.
    default : object
        Choices without it, if it is not None, do not count.
    """
    start = _CHOICES.search(comment)
    parse = _CHOICE_PARSERS.get(kind)
    if start is None or parse is None:
        return None
    words = _CHOICE_SEPARATOR.split(_CHOICES_END.split(comment[start.end() :])[0].strip())
    try:
        choices = [parse(word.strip()) for word in words]
    except ValueError:
        return None
    is_complete = default is None or default in choices
    return choices if len(choices) > 1 and is_complete else None


def _bounds(clause: str, name: str) -> Iterator[tuple[str, float]]:
    """Yield the bounds that a clause states, as a sign and a number."""
    between = _BETWEEN.fullmatch(clause)
    if between is not None:
        low, high = (_number(text) for text in between.groups())
        if low is not None and high is not None:
            yield from ((">=", low), ("<=", high))
        return
    for part in _AND.split(clause):
        yield from _bound(part, name)


def _bound(clause: str, name: str) -> Iterator[tuple[str, float]]:
    for pattern, sign in _BOUND:
        match = pattern.fullmatch(clause)
        if match is not None and (bound := _number(match[1])) is not None:
            yield sign, bound
            return
    match = _COMPARISON.fullmatch(clause)
    if match is None:
        return
    left, first, subject, second, right = match.groups()
    low, high = _number(left), _number(right)
    if subject not in (None, name) or (subject is None and left is not None):
        return
    if low is not None:
        yield _MIRRORED[first], low
    if high is not None:
        yield second, high


def _number(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _word(text: str) -> str:
    """Return a choice without its quotes, which is one word if it has none."""
    match = _QUOTED.fullmatch(text)
    if match is not None:
        return match[2] if match[1] else match[3]
    if not text or re.search(r"\s", text):
        raise ValueError(text)
    return text


_CHOICE_PARSERS: dict[ParameterType, Callable[[str], Any]] = {
    "int": lambda text: int(_word(text)),
    "float": lambda text: float(_word(text)),
    "str": _word,
}
