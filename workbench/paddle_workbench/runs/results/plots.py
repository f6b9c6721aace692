"""Plots of runs: metrics over time and side by side, and the metrics of a sweep."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract import RunComparison, RunGroupTable
from ...environment.fonts import COLOURS, use_chinese_fonts
from ...errors import ParameterError
from ...storage import storage_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["comparison_figure", "group_figure", "save_figure"]

WIDTH_INCHES, HEIGHT_INCHES = 4.6, 3.0
MAX_LABEL = 40
# A parameter that spans more than this, such as a learning rate, gets a logarithmic axis.
LOG_RATIO = 10.0
MAX_LINES = 8
# Of the names at the ends of lines.
LABEL_POINTS = 9.0


def comparison_figure(comparison: RunComparison) -> Figure:
    """Draw the metrics of runs: over time if they were recorded more than once, else the last one.

    Parameters
    ----------
    comparison : RunComparison

    Raises
    ------
    ParameterError
        If no run has recorded a number.
    """
    labels = _run_labels(comparison)
    numbers = {
        name: [_number(run.metrics.get(name)) for run in comparison.runs]
        for name in dict.fromkeys(name for run in comparison.runs for name in run.metrics)
        if name not in comparison.series
    }
    numbers = {
        name: values
        for name, values in numbers.items()
        if any(value is not None for value in values)
    }
    names = [*comparison.series, *numbers]
    _require_metrics(names)
    figure, places = _grid(len(names), 1)
    for name, place in zip(names, places, strict=True):
        if name in comparison.series:
            _draw_series(place, name, comparison.series[name], labels)
        else:
            _draw_values(place, name, numbers[name], labels)
    return figure


def group_figure(table: RunGroupTable) -> Figure:
    """Draw each metric of a sweep against each parameter, with means and 95 % intervals.

    Each run that succeeded is a small point; the mean over seeds is a large one.

    Parameters
    ----------
    table : RunGroupTable

    Raises
    ------
    ParameterError
        If no run has recorded a number.
    """
    _require_metrics(table.metrics)
    axes = table.axes or table.seeds
    figure, places = _grid(len(axes), len(table.metrics))
    pairs = [(metric, axis) for metric in table.metrics for axis in axes]
    for (metric, axis), place in zip(pairs, places, strict=True):
        _draw_against(place, table, metric, axis)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the name of the file ends with: SVG, PNG or PDF.

    Raises
    ------
    ParameterError
        If its name does not end with a known format.
    StorageError
        If it cannot be written.
    """
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        raise ParameterError(
            f"{path} has no known format.", "Let the name end with .svg, .png or .pdf."
        )
    try:
        figure.savefig(path)
    except OSError as error:
        raise storage_error(path, error) from error


def _grid(columns: int, rows: int) -> tuple[Figure, list[Axes]]:
    use_chinese_fonts()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES * columns, HEIGHT_INCHES * rows), layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False)
    for place in places.flat:
        place.grid(visible=True, alpha=0.3)
        place.spines[["top", "right"]].set_visible(False)
    return figure, list(places.flat)


def _require_metrics(names: Sequence[str]) -> None:
    if not names:
        raise ParameterError(
            "There is nothing to draw: the runs have not recorded a number.",
            'Call record("accuracy", accuracy) in a cell of the notebook.',
        )


def _draw_series(
    place: Axes, name: str, columns: Sequence[Sequence[Sequence[float]]], labels: Sequence[str]
) -> None:
    ends = []
    for points, label, colour in zip(columns, labels, cycle(COLOURS), strict=False):
        if not points:
            continue
        seconds, values = zip(*points, strict=True)
        place.plot(seconds, values, color=colour, marker="o" if len(points) < 20 else "")
        ends.append((seconds[-1], values[-1], label, colour))
    place.set_xlabel("time since the start (s)")
    place.set_ylabel(name)
    place.margins(x=0.1)
    _label_ends(place, ends)


def _draw_values(
    place: Axes, name: str, values: Sequence[float | None], labels: Sequence[str]
) -> None:
    rows = range(len(values))
    colours = [colour for _, colour in zip(values, cycle(COLOURS), strict=False)]
    for row, value, colour in zip(rows, values, colours, strict=True):
        if value is not None:
            place.plot([value], [row], "o", color=colour)
            _label(place, value, row, f"{value:.4g}", colour)
    place.set_yticks(list(rows), labels)
    place.set_ylim(len(values) - 0.5, -0.5)
    place.set_xlabel(name)
    place.margins(x=0.25)


def _draw_against(place: Axes, table: RunGroupTable, metric: str, axis: str) -> None:
    """Draw a metric against a parameter; other parameters make a line each."""
    position = _scale(place, axis, [point.parameters[axis] for point in table.points])
    others = [name for name in table.axes if name != axis]
    lines: dict[str, str] = {}
    for point in table.points:
        text = _described({name: point.parameters[name] for name in others})
        lines.setdefault(text, COLOURS[len(lines) % len(COLOURS)])
        value = _number(point.metrics.get(metric))
        if value is not None and point.state == "succeeded":
            x = position(point.parameters[axis])
            place.plot([x], [value], ".", color=lines[text], alpha=0.5)
    place.set_ylabel(metric)
    if axis not in table.axes:
        return
    ends = []
    for text, colour in lines.items():
        rows = [
            (position(row.parameters[axis]), row.metrics[metric])
            for row in table.rows
            if metric in row.metrics
            and _described({name: row.parameters[name] for name in others}) == text
        ]
        rows.sort(key=lambda row: row[0])
        if not rows:
            continue
        xs = [x for x, _summary in rows]
        means = [summary.mean for _x, summary in rows]
        halves = [
            0.0 if summary.high is None else summary.high - summary.mean for _x, summary in rows
        ]
        place.errorbar(xs, means, yerr=halves, fmt="o-", color=colour, capsize=3)
        if text and len(lines) <= MAX_LINES:
            ends.append((xs[-1], means[-1], text, colour))
    _label_ends(place, ends)


def _scale(place: Axes, axis: str, values: Sequence[Any]) -> Callable[[Any], Any]:
    """Set the axis up for the values of a parameter, and return what gives their places."""
    place.set_xlabel(axis)
    numbers = [number for number in map(_number, values) if number is not None]
    if len(numbers) == len(values):
        distinct = sorted(set(numbers))
        if distinct[0] > 0 and distinct[-1] / distinct[0] >= LOG_RATIO:
            place.set_xscale("log")
        if len(distinct) <= 6:
            place.set_xticks(distinct, [f"{number:g}" for number in distinct])
            place.minorticks_off()
        place.margins(x=0.15)
        return _number
    places = {text: float(i) for i, text in enumerate(dict.fromkeys(map(_text, values)))}
    place.set_xticks(list(places.values()), list(places))
    place.margins(x=0.15)
    return lambda value: places[_text(value)]


def _label_ends(place: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names at the right ends of lines, one above the other where these are close.

    Parameters
    ----------
    place : Axes
        With all its lines.
    ends : sequence of (x, y, text, colour)
    """
    points_per_pixel = 72 / place.figure.dpi
    occupied = -float("inf")
    for x, y, text, colour in sorted(ends, key=lambda end: end[1]):
        height = place.transData.transform((x, y))[1] * points_per_pixel
        occupied = max(height, occupied + LABEL_POINTS)
        _label(place, x, y, text, colour, above_points=occupied - height)


def _label(
    place: Axes, x: float, y: float, text: str, colour: str, *, above_points: float = 0.0
) -> None:
    place.annotate(
        text,
        (x, y),
        xytext=(5, 3 + above_points),
        textcoords="offset points",
        color=colour,
        fontsize=8,
        annotation_clip=False,
    )


def _run_labels(comparison: RunComparison) -> list[str]:
    """Return a short name for each run: the parameters that differ, or its id."""
    differing = [each for each in comparison.differences if each.kind == "parameter"]
    labels = [
        _described({each.name: each.values[column] for each in differing})
        for column in range(len(comparison.runs))
    ]
    if len(set(labels)) == len(labels):
        return labels
    return [run.id for run in comparison.runs]


def _described(values: dict[str, Any]) -> str:
    text = ", ".join(f"{name}={_text(value)}" for name, value in values.items())
    return text if len(text) <= MAX_LABEL else f"{text[:MAX_LABEL]}…"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
