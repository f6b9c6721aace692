"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ..terminal_text import one_line
from .printing import print_text

__all__ = ["print_table"]


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows with aligned columns; a row may be shorter than others."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    columns = max(len(row) for row in rows)
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(columns)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        print_text("  ".join(cells).rstrip())
