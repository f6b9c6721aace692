"""The parts of the static version of a compression lens: pictures as SVG, tables, and units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ..compression.estimates import Cost, cost_of, front, worth_of
from ..contract import CompressionTry, IntegerGrid, ValueHistogram

__all__ = ["front_picture", "html_table", "small_histogram", "unit_of"]

UNITS: Final = (("MiB", 1024**2), ("KiB", 1024), ("B", 1))
_SMALL: Final = (104, 26)
_SIZE: Final = (460, 260)
# Left, right, above and below the plot.
_MARGINS: Final = (52, 90, 14, 36)
LONGEST_NAME: Final = 16
# Dark enough on white, light enough on black.
_BLUE, _RED, _GREY = "#2f7fb8", "#c8552f", "#858585"


def small_histogram(histogram: ValueHistogram, grid: IntegerGrid | None, label: str) -> str:
    """Return a histogram, logarithmic, with what lies beyond the grid shaded."""
    width, height = _SMALL
    edges = histogram.edges
    span = edges[-1] - edges[0]
    densities = [
        count / (high - low)
        for count, low, high in zip(histogram.counts, edges, edges[1:], strict=False)
    ]
    least = min((each for each in densities if each > 0), default=1.0)
    tallest = math.log1p(2 * max(densities, default=0.0) / least) or 1.0
    path = [f"M0 {height}"]
    for density, high in zip(densities, edges[1:], strict=True):
        top = height * (1 - math.log1p(2 * density / least) / tallest)
        path.append(f"V{top:.1f}H{width * (high - edges[0]) / span:.1f}")
    cuts = ""
    if grid is not None:
        scale = max(grid.scales)
        zero = grid.zero_points[grid.scales.index(scale)]
        ends = [(whole - zero) * scale for whole in (grid.lowest, grid.highest)]
        # What is less than half a step beyond is only rounded.
        ends = [ends[0] - scale / 2, ends[1] + scale / 2]
        left, right = (width * (min(max(x, edges[0]), edges[-1]) - edges[0]) / span for x in ends)
        cuts = "".join(
            f"<rect x='{x:.1f}' width='{wide:.1f}' height='{height}' fill='{_RED}' opacity='.3'/>"
            for x, wide in ((0.0, left), (right, width - right))
            if wide >= 0.05
        )
    return (
        f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}' role='img' "
        f"aria-label='{escape(label, quote=True)}'>"
        f"<path d='{''.join(path)}V{height}Z' fill='{_GREY}'/>{cuts}</svg>"
    )


def front_picture(
    tries: Sequence[CompressionTry],
    *,
    cost: Cost,
    unit: float,
    has_truth: bool,
    labels: tuple[str, str, str],
) -> str:
    """Return the tries by cost and worth, hollow if they are estimated, with the front.

    Parameters
    ----------
    tries : sequence of CompressionTry
    cost : {"size", "latency"}
    unit : float
        What costs are divided by.
    has_truth : bool
    labels : (str, str, str)
        What the picture shows, and of both axes.

    Returns
    -------
    str
        Empty if no try has both.
    """
    points = {
        each.name: (paid / unit, worth)
        for each in tries
        if (paid := cost_of(each, cost)) is not None
        and (worth := worth_of(each, has_truth=has_truth)) is not None
    }
    if not points:
        return ""
    (width, height), (left, right, above, below) = _SIZE, _MARGINS
    most = 1.08 * max(paid for paid, _ in points.values()) or 1.0
    best, worst = (choose(worth for _, worth in points.values()) for choose in (max, min))
    margin = max(0.08 * (best - worst), 0.005)
    low, high = worst - margin, min(best + margin, 1 + margin)
    bottom = height - below

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = left + (width - left - right) * point[0] / most
        return x, bottom - (bottom - above) * (point[1] - low) / (high - low)

    steps = [place(points[each.name]) for each in front(tries, cost=cost, has_truth=has_truth)]
    line = f"M{steps[0][0]:.1f} {bottom}V{steps[0][1]:.1f}" + "".join(
        f"H{x:.1f}V{y:.1f}" for x, y in steps[1:]
    )
    shown = [each for each in tries if each.name in points]
    marks = [_mark(entry, *place(points[entry.name])) for entry in shown]
    marks += _names({each.name: place(points[each.name]) for each in shown})
    middle = (above + bottom) / 2
    ticks = "".join(
        f"<text x='{left - 4}' y='{place((0, worth))[1] + 4:.1f}' text-anchor='end'>{worth:.1%}"
        "</text>"
        for worth in sorted({worst, best})
    )
    # So that a check of a notebook takes any time there.
    measured = " data-measured" if cost == "latency" else ""
    ticks += "".join(
        f"<text x='{place((paid, low))[0]:.1f}' y='{bottom + 14}' text-anchor='middle'{measured}>"
        f"{paid:.3g}</text>"
        for paid in sorted({0.0, most / 1.08})
    )
    return (
        f"<svg viewBox='0 0 {width} {height}' style='width:100%;max-width:{width}px' role='img' "
        f"aria-label='{escape(labels[0], quote=True)}' font-size='11' font-family='sans-serif' "
        f"fill='currentColor'><path d='M{left} {above}V{bottom}H{width - right}' fill='none' "
        f"stroke='{_GREY}'/><path d='{line}H{width - right}' fill='none' stroke='{_GREY}' "
        f"stroke-dasharray='4 3'/>{''.join(marks)}{ticks}"
        f"<text x='{(left + width - right) / 2}' y='{height - 5}' text-anchor='middle'>"
        f"{escape(labels[1])}</text><text x='10' y='{middle}' text-anchor='middle' "
        f"transform='rotate(-90 10 {middle})'>{escape(labels[2])}</text></svg>"
    )


def _mark(entry: CompressionTry, x: float, y: float) -> str:
    fill = _BLUE if entry.is_measured else "none"
    return (
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='5' fill='{fill}' stroke='{_BLUE}' stroke-width='2'/>"
    )


def _names(places: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return names next to their points, where they cover neither points nor other names."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places.values()]
    texts = []
    for name, (x, y) in places.items():
        short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        width = sum(12 if letter > "\u2e7f" else 6 for letter in short)
        for left, top, start, anchor in (
            (x + 9, y + 4, x + 9, "start"),
            (x - 9 - width, y + 4, x - 9, "end"),
            (x - width / 2, y - 9, x, "middle"),
            (x - width / 2, y + 18, x, "middle"),
        ):
            box = (left, top - 10, left + width, top + 2)
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                texts.append(
                    f"<text x='{start:.1f}' y='{top:.1f}' text-anchor='{anchor}'>{escape(short)}"
                    "</text>"
                )
                break
    return texts


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; cells are HTML, heads are texts."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    lines = "".join(
        f"<tr><th scope='row' style='text-align:left'>{first}</th>"
        f"{''.join(f'<td>{each}</td>' for each in cells)}</tr>"
        for first, *cells in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"


def unit_of(size_bytes: int) -> tuple[str, int]:
    """Return the largest unit that a size is at least one of, and its bytes."""
    return next((each for each in UNITS if size_bytes >= each[1]), UNITS[-1])
