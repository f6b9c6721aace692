"""The pictures of the static version of a serving bench, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

__all__ = ["brief", "curves_picture"]

_SIZE: Final = (280, 150)
# Left, right, above and below the plot.
_MARGINS: Final = (40, 22, 20, 28)
_BLUE, _GREY = "#2f7fb8", "#858585"


def curves_picture(
    curves: Mapping[int, Sequence[tuple[float, float | None]]],
    *,
    title: str,
    seconds: float,
    x_label: str,
) -> str:
    """Return one value of several runs over time; the last run is the thick line.

    Parameters
    ----------
    curves : mapping
        By the number of the run, instants in seconds and values.
    title : str
    seconds : float
        The end of the axis.
    x_label : str
    """
    (width, height), (left, right, above, below) = _SIZE, _MARGINS
    known = {
        number: [(at_s, value) for at_s, value in points if value is not None]
        for number, points in curves.items()
    }
    most = max((value for points in known.values() for _, value in points), default=0.0) or 1.0
    bottom = height - below

    def place(at_s: float, value: float) -> tuple[float, float]:
        return (
            left + (width - left - right) * at_s / (seconds or 1.0),
            bottom - (bottom - above) * value / most,
        )

    lines, last = [], max(known, default=0)
    for number, points in known.items():
        places = [place(*each) for each in points] or [place(0.0, 0.0)]
        steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        colour, thickness = (_BLUE, 2) if number == last else (_GREY, 1)
        x, y = places[-1]
        lines.append(
            f"<polyline points='{steps}' fill='none' stroke='{colour}' stroke-width='{thickness}'/>"
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='2' fill='{colour}'/>"
            f"<text x='{x + 4:.1f}' y='{y + 4:.1f}'>{number}</text>"
        )
    return (
        f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}' role='img' "
        f"aria-label='{escape(title, quote=True)}' font-size='11' font-family='sans-serif' "
        f"fill='currentColor' data-measured><text x='2' y='12'>{escape(title)}</text>"
        f"<path d='M{left} {above}V{bottom}H{width - right}' fill='none' stroke='{_GREY}'/>"
        f"<text x='{left - 4}' y='{above + 4}' text-anchor='end'>{brief(most)}</text>"
        f"<text x='{left - 4}' y='{bottom + 4}' text-anchor='end'>0</text>"
        f"<text x='{width - right}' y='{height - 14}' text-anchor='middle'>{seconds:.0f}</text>"
        f"<text x='{(left + width - right) / 2}' y='{height - 4}' text-anchor='middle'>"
        f"{escape(x_label)}</text>{''.join(lines)}</svg>"
    )


def brief(value: float) -> str:
    """Return a number with three digits that count, and no fraction from a hundred on."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
