"""Comparisons of runs and tables of sweeps on the terminal."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .printing import print_text
from .tables import print_table

if TYPE_CHECKING:
    from ..contract import MetricSummary, OutputDifference, RunComparison, RunGroupTable

__all__ = ["print_comparison", "print_group", "save_plot"]


def print_comparison(comparison: RunComparison) -> None:
    """Print what differs between runs, and their metrics side by side."""
    from ..runs.reports.description import show_value

    runs = [run.id for run in comparison.runs]
    rows = [
        [each.kind, each.name, *(_shown(value, show_value) for value in each.values)]
        for each in comparison.differences
    ]
    differing = {each.name for each in comparison.differences if each.kind == "metric"}
    for name in dict.fromkeys(name for run in comparison.runs for name in run.metrics):
        if name not in differing:
            values = (_shown(run.metrics.get(name), show_value) for run in comparison.runs)
            rows.append(["same metric", name, *values])
    if not comparison.differences:
        print_text("The records of the runs do not differ.")
    if rows:
        print_table([["", "", *runs], *rows])
    for difference in comparison.outputs:
        print_text()
        print_text(_heading(difference, runs[0]))
        for line in _lines(difference):
            print_text(f"  {line}")
    if not comparison.outputs and not comparison.problems:
        print_text("The outputs of the cells do not differ.")
    for problem in comparison.problems:
        print_text(f"workbench: {problem.message}\n{problem.hint}".rstrip(), err=True)


def print_group(table: RunGroupTable) -> None:
    """Print the table of a sweep."""
    from ..runs.reports.description import show_value

    states = [f"{count} {state.replace('_', ' ')}" for state, count in table.states.items()]
    if table.missing:
        states.append(f"{table.missing} missing")
    print_text(f"{table.group.id}  {table.group.size} runs: {', '.join(states)}")
    print_text(f"{table.notebook}\n")
    heading = [*table.axes, "runs"]
    for name in table.metrics:
        heading += [name, "95 % interval"]
    rows = [heading]
    for row in table.rows:
        succeeded = row.states.get("succeeded", 0)
        cells = [show_value(value) for value in row.parameters.values()]
        cells.append(f"{succeeded} of {len(row.runs)}")
        for name in table.metrics:
            cells += _summary_cells(row.metrics.get(name))
        rows.append(cells)
    print_table(rows)
    if table.metrics:
        over = " and ".join(table.seeds) or "runs with the same parameters"
        print_text(
            f"\nMean ± standard deviation over {over}, of the runs that succeeded. The interval of "
            "Student's t is for the mean of all seeds."
        )
    else:
        print_text('\nNo metrics: call record("accuracy", accuracy) in a cell of the notebook.')


def save_plot(drawn: RunComparison | RunGroupTable, path: Path) -> None:
    """Draw a comparison or the table of a sweep into a file, and print its path.

    Raises
    ------
    ParameterError
        If there is nothing to draw, or the name of the file has no known format.
    StorageError
        If the file cannot be written.
    """
    from ..contract import RunComparison
    from ..runs.results.plots import comparison_figure, group_figure, save_figure

    figure = comparison_figure(drawn) if isinstance(drawn, RunComparison) else group_figure(drawn)
    save_figure(figure, path)
    print_text(f"The plot is in {path}", err=True)


def _shown(value: Any, show_value: Any) -> str:
    return "-" if value is None else str(show_value(value))


def _heading(difference: OutputDifference, first: str) -> str:
    if difference.kind == "changed":
        code = ", and so does its code" if difference.source_changed else ""
        return (
            f"The output of cell {difference.cell} differs between {first} and "
            f"{difference.run}{code}:"
        )
    run = difference.run if difference.kind == "added" else first
    return f"Only {run} has cell {difference.cell}:"


def _lines(difference: OutputDifference) -> Iterator[str]:
    """Return the lines that differ, as `diff` writes them."""
    before, after = difference.before.split("\n"), difference.after.split("\n")
    lines = difflib.unified_diff(
        before if difference.before else [], after if difference.after else [], lineterm="", n=1
    )
    for line in lines:
        if not line.startswith(("---", "+++", "@@")):
            yield line


def _summary_cells(summary: MetricSummary | None) -> list[str]:
    if summary is None:
        return ["-", "-"]
    if summary.deviation is None:
        return [f"{summary.mean:.4g}", "-"]
    return [
        f"{summary.mean:.4g} ± {summary.deviation:.2g}",
        f"{summary.low:.4g} … {summary.high:.4g}",
    ]
