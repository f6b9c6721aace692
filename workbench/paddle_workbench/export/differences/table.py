"""The steps of a trace as HTML: a table with the size of each difference on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TypeAlias

__all__ = ["Row", "html_table"]

Row: TypeAlias = tuple[str, float | None, bool, str, str, Sequence[str]]
"""Name, difference, whether it is equal, place, problem, and causes of a step."""

_SMALLEST, _LARGEST = -9, 1
"""Exponents of 10 at the ends of the scale."""
_WIDTH = 160
_HEIGHT = 12


def html_table(verdict: str, rows: Sequence[Row]) -> str:
    """Return a table without scripts, which is right in light and dark."""
    scale = f"10<sup>{_SMALLEST}</sup> … 10<sup>{_LARGEST}</sup>"
    head = f"<tr><th>Step</th><th>Difference</th><th>{scale}</th><th>Where and why</th></tr>"
    body = "".join(map(_row, rows))
    return (
        f"<p><strong>{escape(verdict)}</strong></p>"
        f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    )


def _row(row: Row) -> str:
    name, difference, is_equal, place, problem, causes = row
    mark = "=" if is_equal else "✗"
    if difference is None:
        size, bar = "–", ""
    else:
        size = "∞" if math.isinf(difference) else f"{difference:.2g}"
        bar = _bar(difference, is_equal=is_equal)
    texts = [text for text in (place, problem, *causes) if text]
    why = "<br>".join(map(escape, texts))
    return (
        f"<tr><td>{mark} {escape(name)}</td><td>{size}</td><td>{bar}</td>"
        f'<td style="text-align:left">{why}</td></tr>'
    )


def _bar(difference: float, *, is_equal: bool) -> str:
    exponent = _SMALLEST if difference <= 0 else math.log10(min(difference, 10.0**_LARGEST))
    share = min(1.0, max(0.0, (exponent - _SMALLEST) / (_LARGEST - _SMALLEST)))
    width = max(1, round(share * _WIDTH))
    opacity = 0.35 if is_equal else 1
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{difference:.2g}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="currentColor" '
        f'stroke-opacity="0.3"/><rect width="{width}" height="{_HEIGHT}" fill="currentColor" '
        f'fill-opacity="{opacity}"/></svg>'
    )
