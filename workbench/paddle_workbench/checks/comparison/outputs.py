"""All outputs of a cell against all of its reference, each kind by its comparator.

Outputs are paired as nbval pairs them: by kind, in order. Between outputs of different kinds the
order does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nbformat
from nbval.plugin import coalesce_streams

from ...contract import BUNDLE_MIME_TYPE, CheckDifference, IgnoredNoise
from ..carried_bundles import bundle_digest
from ..rendering import plain
from ..sanitizers import Cleaner
from .json_data import compare_json
from .markup import compare_html, compare_svg
from .metrics import SCRAP_MIME_TYPE, compare_metrics
from .options import CheckOptions
from .pictures import compare_pictures
from .text import Place, compare_text
from .widgets import MEASURED, VIEW_MIME_TYPE, compare_widgets, widget_digest

__all__ = ["Comparison", "compare_outputs"]

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")
_MARKUP = ("text/html", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the outputs of a cell differ from their reference, and which noise was ignored."""

    differences: list[CheckDifference]
    ignored: list[IgnoredNoise]


def compare_outputs(
    expected: Sequence[nbformat.NotebookNode],
    actual: Sequence[nbformat.NotebookNode],
    options: CheckOptions,
    custom: Callable[[str], str] | None = None,
) -> Comparison:
    """Compare the outputs of a cell with their reference.

    Parameters
    ----------
    expected, actual : sequence of NotebookNode
        As in a notebook.
    options : CheckOptions
        Those of the cell.
    custom : callable, optional
        Removes the user's own noise from printed texts.
    """
    cleaners = [Cleaner(held=options.noise == "held", custom=custom) for _ in range(2)]
    old, new = _by_kind(expected, cleaners[0]), _by_kind(actual, cleaners[1])
    differences: list[CheckDifference] = []
    for kind in dict.fromkeys([*old, *new]):
        one, other = old.get(kind, []), new.get(kind, [])
        if kind == SCRAP_MIME_TYPE:
            differences += compare_metrics(one, other, options)
        elif len(one) != len(other):
            differences.append(_count_difference(kind, one, other))
        else:
            for number, (left, right) in enumerate(zip(one, other, strict=True), start=1):
                place = Place(kind, name=f"output {number}" if len(one) > 1 else "")
                differences += _compare(left, right, place, options)
    counts = cleaners[0].counts | cleaners[1].counts
    ignored = [IgnoredNoise(kind=kind, count=count) for kind, count in sorted(counts.items())]
    return Comparison(differences, ignored)


def _by_kind(outputs: Sequence[nbformat.NotebookNode], cleaner: Cleaner) -> Mapping[str, list[Any]]:
    """Return the outputs of a cell by stream, MIME type or `error`, without noise."""
    kinds: dict[str, list[Any]] = {}
    for output in coalesce_streams([nbformat.from_dict(output) for output in outputs]):
        if output.output_type == "stream":
            text = cleaner.printed(output.text)
            if text.strip():
                kinds.setdefault(output.name, []).append(text)
        elif output.output_type == "error":
            message = cleaner.printed(plain(output.evalue))
            kinds.setdefault("error", []).append(_Error(output.ename, message))
        else:
            for mime_type, value in output.data.items():
                shown = value
                if mime_type == VIEW_MIME_TYPE:
                    shown = widget_digest(output)
                elif mime_type == BUNDLE_MIME_TYPE:
                    shown = bundle_digest(value)
                cleaned = _cleaned(mime_type, shown, cleaner)
                kinds.setdefault(mime_type, []).append(cleaned)
    return kinds


@dataclass(frozen=True, slots=True)
class _Error:
    """An error by its type and message; frames and line numbers of libraries are not compared."""

    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


def _cleaned(mime_type: str, value: Any, cleaner: Cleaner) -> Any:
    """Return a value that a cell displays, without the noise in its texts."""
    if mime_type in _PICTURES:
        return value
    if isinstance(value, str) and mime_type not in _MARKUP:
        return cleaner.printed(value)
    return _cleaned_data(value, cleaner)


def _cleaned_data(value: Any, cleaner: Cleaner) -> Any:
    if isinstance(value, str):
        return cleaner.data(value)
    if isinstance(value, Mapping):
        cleaner.counts["duration"] += _measured_times(value)
        return {key: _cleaned_data(inner, cleaner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned_data(inner, cleaner) for inner in value]
    return value


def _measured_times(digest: Mapping[str, Any]) -> int:
    """Return how many times the digest of a widget leaves out."""
    count = digest.get(MEASURED)
    return count if isinstance(count, int) and "sha256" in digest else 0


def _count_difference(kind: str, one: Sequence[Any], other: Sequence[Any]) -> CheckDifference:
    place = Place(kind)
    expected, actual = (_joined(shown) for shown in (one, other))
    if not other:
        return place.difference("missing", "the output is missing.", expected=expected)
    if not one:
        return place.difference("extra", "the reference has no such output.", found=actual)
    message = f"{len(other)} outputs instead of {len(one)}."
    return place.difference("structure", message, expected=expected, found=actual)


def _joined(shown: Sequence[Any]) -> str:
    texts = []
    for value in shown:
        if isinstance(value, _Error) or (isinstance(value, str) and len(value) < 20_000):
            texts.append(str(value))
        elif isinstance(value, (str, list, dict)):
            texts.append(f"{type(value).__name__} of {len(value)} characters or entries")
        else:
            texts.append(repr(value))
    return "\n".join(texts)


def _compare(
    expected: Any, actual: Any, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    kind = place.output
    if kind == "error":
        return _compare_errors(expected, actual, place, options)
    if kind == VIEW_MIME_TYPE:
        return compare_widgets(expected, actual, place, options)
    if not (isinstance(expected, str) and isinstance(actual, str)):
        return compare_json(expected, actual, place, options)
    if kind in _PICTURES:
        return compare_pictures(expected, actual, place, options)
    if kind == "image/svg+xml":
        return compare_svg(expected, actual, place, options)
    if kind == "text/html":
        return compare_html(expected, actual, place, options)
    return compare_text(expected, actual, place, options)


def _compare_errors(
    expected: _Error, actual: _Error, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    if expected.name != actual.name:
        return [
            place.difference(
                "error",
                f"{actual.name} instead of {expected.name}.",
                expected=str(expected),
                found=str(actual),
            )
        ]
    return compare_text(expected.message, actual.message, place, options)
