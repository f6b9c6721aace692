"""Compare texts: numbers within their tolerance, everything else exactly."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from ...contract import CheckDifference
from .matching import unmatched
from .numbers import NumberedText, describe_deviation, deviation, same_number
from .options import CheckOptions

__all__ = ["Place", "compare_text"]

# A time in whatever unit it was long enough for: `980 ms`, `1.2 s`, `2min 3s`.
_TIME_UNITS = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)(?: ?(?:h|min) ?\d+(?:\.\d+)?)*"
    r" ?(?:ns|[uµμ]s|ms|s|sec|seconds?|min|h|毫秒|秒|分钟|小时)(?![\w/])"
)
# Characters of a line that a message quotes; the complete text is shown next to it.
_QUOTED = 60
# Differences listed one by one; a text that is completely wrong is one difference.
_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a text in a cell's output."""

    output: str
    row: int | None = None
    column: int | None = None
    name: str = ""

    def __str__(self) -> str:
        if self.row is not None:
            return f"{self.output}, row {self.row}, column {self.column}"
        return f"{self.output}, {self.name}" if self.name else self.output

    def difference(self, kind: str, message: str, **details: object) -> CheckDifference:
        """Return a difference at this place."""
        return CheckDifference.model_validate(
            {
                "kind": kind,
                "output": self.output,
                "row": self.row,
                "column": self.column,
                "name": self.name,
                "message": f"{self}: {message}",
                **details,
            }
        )


def compare_text(
    expected: str, actual: str, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    """Return how a text differs from its reference.

    Parameters
    ----------
    expected, actual : str
        Without noise.
    place : Place
    options : CheckOptions
    """
    if expected == actual:
        return []
    if options.texts == "any" and _contains_words(expected) and _contains_words(actual):
        return []
    if options.unordered:
        return _compare_unordered(expected, actual, place, options)
    if options.numbers == "any":
        expected, actual = (_TIME_UNITS.sub(r"\1 <unit>", text) for text in (expected, actual))
    one, other = NumberedText.of(expected), NumberedText.of(actual)
    if not one.same_gaps(other):
        return [_text_difference(expected, actual, place)]
    differences = []
    for left, right in zip(one.numbers, other.numbers, strict=True):
        if same_number(left, right, options):
            continue
        line = actual.count("\n", 0, right.start) + 1
        where = f"line {line}: " if "\n" in actual.strip() else ""
        off = describe_deviation(left.value, right.value)
        differences.append(
            place.difference(
                "number",
                f"{where}{right.text} instead of {left.text}{off}.",
                line=line,
                expected=left.text,
                found=right.text,
                deviation=deviation(left.value, right.value),
            )
        )
    if len(differences) > _LIMIT:
        message = f"{len(differences)} of {len(one.numbers)} numbers differ."
        whole = place.difference("text", message, expected=expected, found=actual)
        return [*differences[:_LIMIT], whole]
    return differences


def _contains_words(text: str) -> bool:
    """Return whether a text is neither empty nor a number alone."""
    parts = NumberedText.of(text)
    # `2024年1月2日` is written in words too.
    words = [number.text for number in parts.numbers if not number.text.isascii()]
    return bool(words) or any(gap.strip() for gap in parts.gaps)


def _compare_unordered(
    expected: str, actual: str, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    ordered = options.model_copy(update={"unordered": False})
    missing, extra = unmatched(
        expected.splitlines(),
        actual.splitlines(),
        lambda one, other: not compare_text(one, other, place, ordered),
    )
    if not missing and not extra:
        return []
    message = f"in any order, {len(missing)} lines are missing and {len(extra)} are new."
    return [place.difference("text", message, expected="\n".join(missing), found="\n".join(extra))]


def _text_difference(expected: str, actual: str, place: Place) -> CheckDifference:
    old, new = expected.splitlines(), actual.splitlines()
    for tag, i, i_end, j, j_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        if tag == "delete":
            message = f"{_lines(i, i_end)} missing: {_quoted(old[i])}."
        elif tag == "insert":
            message = f"{_lines(j, j_end)} new: {_quoted(new[j])}."
        elif len(new) == 1:
            message = f"{_quoted(new[j])} instead of {_quoted(old[i])}."
        else:
            message = f"line {j + 1} is {_quoted(new[j])} instead of {_quoted(old[i])}."
        return place.difference("text", message, line=j + 1, expected=expected, found=actual)
    return place.difference(
        "text", "line ends or trailing blanks differ.", expected=expected, found=actual
    )


def _lines(start: int, end: int) -> str:
    return f"line {start + 1} is" if end == start + 1 else f"lines {start + 1} to {end} are"


def _quoted(line: str) -> str:
    return repr(line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…")
