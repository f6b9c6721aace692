"""Printing measurements."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of text under their header, in columns of equal width."""
    lines = [header, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
    for line in lines:
        print(
            "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def show(title: str, rows: Sequence[tuple[str, Sequence[float]]], unit: str) -> None:
    """Print minimum, median and maximum of each row, and the ratio of its median to the first."""
    print(f"\n{title}")
    width = max(len(name) for name, _ in rows)
    print(f"  {'':{width}}  {'min':>9} {'median':>9} {'max':>9}  {unit}, ratio of medians")
    first = statistics.median(rows[0][1])
    for name, values in rows:
        median = statistics.median(values)
        print(
            f"  {name:{width}}  {min(values):9.2f} {median:9.2f} {max(values):9.2f}"
            f"  {median / first:.3f}"
        )
