"""A run of a ledger as a picture: time against worth, with the size of the files as area."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING, Any, cast

from ...contract import Language, LedgerRun, LedgerVariant, Text
from ...environment.fonts import COLOURS, use_chinese_fonts
from .table import MIB, Line, lines_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_TIME = Text(zh="每次调用的时间（毫秒，中位数与 p90）", en="time of a call (ms, median and p90)")
_TITLE = Text(
    zh="{name}：批 {batch}，线程 {threads}；面积为文件大小",
    en="{name}: batch {batch}, threads {threads}; the area is the size of the files",
)
_ACCURACY = Text(zh="准确率", en="accuracy")
_AGREEMENT = Text(zh="与 {reference} 判断相同的比例", en="decisions as of {reference}")
_DIFFERENCE = Text(zh="与动态图的最大相对差", en="largest relative difference from eager")
# In points squared, of the largest file; and of variants without files.
_AREA, _NO_FILES_AREA = 1600.0, 50.0
_LEAST_AREA = 20.0


def draw(
    run: LedgerRun, *, threads: int, batch: int, language: Language, axes: Axes | None = None
) -> Figure:
    """Draw the variants that were measured with a batch and a number of threads.

    The height is the accuracy; without a truth, the share of decisions that are those of the
    reference; without decisions, the largest difference.
    """
    use_chinese_fonts()
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogFormatter

    lines = [
        line
        for line in lines_of(run)
        if (line.row.threads, line.row.batch) == (threads, batch) and line.row.p50_ms is not None
    ]
    label, height = _height(run, [line.variant for line in lines], language)
    figure: Any
    if axes is None:
        figure, place = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    else:
        figure, place = axes.figure, axes
    largest = max((line.variant.size_bytes or 0 for line in lines), default=0) or 1
    colours = dict(zip([each.name for each in run.variants], cycle(COLOURS), strict=False))
    values = [(line, height(line.variant)) for line in lines]
    points = [(line, value) for line, value in values if value is not None]
    points.sort(key=lambda point: point[0].row.p50_ms or 0.0)
    for number, (line, value) in enumerate(points):
        # Neighbours of one height would write over each other.
        side = 1 if number % 2 == 0 else -1
        _point(place, line, value, colours[line.row.variant], largest, side)
    place.set_xscale("log")
    place.xaxis.set_major_formatter("{x:g}")
    # By default `6 × 10⁰`.
    place.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
    place.set_xlabel(_TIME.in_language(language))
    place.set_ylabel(label)
    place.margins(0.25)
    place.grid(visible=True, alpha=0.3)
    title = _TITLE.in_language(language)
    place.set_title(title.format(name=run.bundle, batch=batch, threads=threads), fontsize=10)
    if axes is None:
        plt.close(figure)  # else a notebook would show it twice
    return cast("Figure", figure)


def _point(axes: Axes, line: Line, value: float, colour: str, largest: int, side: int) -> None:
    row, size = line.row, line.variant.size_bytes
    assert row.p50_ms is not None  # noqa: S101 - of the caller
    area = _NO_FILES_AREA if size is None else max(_LEAST_AREA, _AREA * size / largest)
    axes.scatter(
        [row.p50_ms],
        [value],
        s=area,
        color="none" if size is None else colour,
        edgecolors=colour,
        alpha=0.55,
        linewidths=1.5,
    )
    if row.p90_ms is not None:
        axes.plot([row.p50_ms, row.p90_ms], [value, value], color=colour, linewidth=1.5)
    text = row.variant if size is None else f"{row.variant}, {size / MIB:,.3g} MiB"
    axes.annotate(
        text,
        (row.p50_ms, value),
        xytext=(0, side * (4 + area**0.5 / 2)),
        textcoords="offset points",
        ha="center",
        va="bottom" if side > 0 else "top",
        fontsize=9,
    )


def _height(
    run: LedgerRun, variants: list[LedgerVariant], language: Language
) -> tuple[str, Callable[[LedgerVariant], float | None]]:
    if any(each.accuracy is not None for each in variants):
        return _ACCURACY.in_language(language), lambda each: each.accuracy
    if any(each.changed_decisions is not None for each in variants):
        label = _AGREEMENT.in_language(language).format(reference=run.reference)
        return label, _agreement
    return _DIFFERENCE.in_language(language), lambda each: each.largest_difference


def _agreement(variant: LedgerVariant) -> float | None:
    if variant.changed_decisions is None or not variant.inputs:
        return None
    return 1 - variant.changed_decisions / variant.inputs
