"""All outputs of a cell against all of its reference, each kind by its comparator.

Outputs are paired as nbval pairs them: by kind, in order. Between outputs of different kinds the
order does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nbformat
from nbval.plugin import coalesce_streams

from ...contract import CheckDifference
from ..rendering import plain
from ..sanitizers import sanitize
from .json_data import compare_json
from .markup import compare_html, compare_svg
from .metrics import SCRAP_MIME_TYPE, compare_metrics
from .options import CheckOptions
from .pictures import compare_pictures
from .text import Place, compare_text
from .widgets import VIEW_MIME_TYPE, compare_widgets

__all__ = ["compare_outputs"]

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")

Clean = Callable[[str], str]


def compare_outputs(
    expected: Sequence[nbformat.NotebookNode],
    found: Sequence[nbformat.NotebookNode],
    options: CheckOptions,
    clean: Clean = sanitize,
) -> list[CheckDifference]:
    """Return how the outputs of a cell differ from their reference.

    Parameters
    ----------
    expected, found : sequence of NotebookNode
        As a notebook holds them.
    options : CheckOptions
        What the cell asks for.
    clean : callable
        Takes the noise out of a text.
    """
    old, new = _by_kind(expected, clean), _by_kind(found, clean)
    differences: list[CheckDifference] = []
    for kind in dict.fromkeys([*old, *new]):
        one, other = old.get(kind, []), new.get(kind, [])
        if kind == SCRAP_MIME_TYPE:
            differences += compare_metrics(
                [value for value, _ in one], [value for value, _ in other], options
            )
        elif len(one) != len(other):
            differences.append(_count_difference(kind, one, other))
        else:
            for number, (left, right) in enumerate(zip(one, other, strict=True), start=1):
                place = Place(kind, name=f"output {number}" if len(one) > 1 else "")
                differences += _compare(left, right, place, options, clean)
    return differences


_Shown = tuple[Any, nbformat.NotebookNode]


def _by_kind(outputs: Sequence[nbformat.NotebookNode], clean: Clean) -> Mapping[str, list[_Shown]]:
    """Return the outputs of a cell by stream, MIME type or `error`; streams without noise."""
    kinds: dict[str, list[_Shown]] = {}
    for output in coalesce_streams([nbformat.from_dict(output) for output in outputs]):
        if output.output_type == "stream":
            text = clean(output.text)
            if text.strip():
                kinds.setdefault(output.name, []).append((text, output))
        elif output.output_type == "error":
            kinds.setdefault("error", []).append((output, output))
        else:
            for mime_type, value in output.data.items():
                kinds.setdefault(mime_type, []).append((value, output))
    return kinds


def _count_difference(kind: str, one: Sequence[_Shown], other: Sequence[_Shown]) -> CheckDifference:
    place = Place(kind)
    expected, found = (_joined(shown) for shown in (one, other))
    if not other:
        return place.difference("missing", "the output is missing.", expected=expected)
    if not one:
        return place.difference("extra", "the reference has no such output.", found=found)
    message = f"{len(other)} outputs instead of {len(one)}."
    return place.difference("structure", message, expected=expected, found=found)


def _joined(shown: Sequence[_Shown]) -> str:
    texts = []
    for value, output in shown:
        if value is output:
            texts.append(f"{output.ename}: {output.evalue}")
        elif isinstance(value, str) and len(value) < 20_000:
            texts.append(value)
        else:
            texts.append(f"{type(value).__name__} of {len(value)} characters or entries")
    return "\n".join(texts)


def _compare(
    one: _Shown, other: _Shown, place: Place, options: CheckOptions, clean: Clean
) -> list[CheckDifference]:
    (expected, old), (found, new) = one, other
    kind = place.output
    if kind == "error":
        return _compare_errors(expected, found, place, options, clean)
    if kind == VIEW_MIME_TYPE:
        return compare_widgets(old, new, place, options)
    if not (isinstance(expected, str) and isinstance(found, str)):
        return compare_json(expected, found, place, options)
    if kind in _PICTURES:
        return compare_pictures(expected, found, place, options)
    if kind == "image/svg+xml":
        return compare_svg(expected, found, place, options)
    if kind == "text/html":
        return compare_html(expected, found, place, options)
    return compare_text(clean(expected), clean(found), place, options)


def _compare_errors(
    expected: nbformat.NotebookNode,
    found: nbformat.NotebookNode,
    place: Place,
    options: CheckOptions,
    clean: Clean,
) -> list[CheckDifference]:
    """Compare type and message; frames and line numbers of libraries are not the lesson's."""
    if expected.ename != found.ename:
        return [
            place.difference(
                "error",
                f"{found.ename} instead of {expected.ename}.",
                expected=f"{expected.ename}: {plain(expected.evalue)}",
                found=f"{found.ename}: {plain(found.evalue)}",
            )
        ]
    old, new = (clean(plain(error.evalue)) for error in (expected, found))
    return compare_text(old, new, place, options)
