"""The report of a sweep: one HTML file without scripts, with the command that repeats it."""

from __future__ import annotations

import base64
import html
import io
import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...contract import RunGroupRow, RunGroupTable, RunRecord
from ...errors import RunNotFoundError
from ...storage import write_whole
from ..results.groups import group_table
from ..store.folders import REPORT_FILE
from .description import describe, show_value
from .repetition import repeat_command

__all__ = ["sweep_command", "write_sweep_report"]

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'" />
<title>{title}</title>
<style>
body {{ color: #222; background: white; font-family: system-ui, sans-serif; margin: 0 auto; \
max-width: 72em; padding: 1em 2em; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #ddd; padding: 0.2em 1.5em 0.2em 0; text-align: left; }}
td, pre {{ font-family: monospace; overflow-wrap: anywhere; }}
pre {{ background: #f4f4f4; border: 1px solid #ccc; overflow-x: auto; padding: 0.5em 1em; \
user-select: all; }}
img {{ max-width: 100%; }}
</style></head>
<body><h1>{title}</h1>
{sections}
</body></html>
"""


def write_sweep_report(records: Sequence[RunRecord], parent: Path) -> Path:
    """Write the report of a sweep next to its run folders, and return its path.

    Parameters
    ----------
    records : sequence of RunRecord
        The runs of one sweep.
    parent : Path
        The folder of the run folders.

    Raises
    ------
    RunNotFoundError
        If there are no runs, or they do not belong to a sweep.
    StorageError
        If it cannot be written.
    """
    if not records:
        raise RunNotFoundError("There are no runs to report.", "Run the sweep first.")
    table = group_table(records)
    states = ", ".join(f"{count} {state}" for state, count in table.states.items())
    sections = [
        _section("Asked", f"<p>{_text(table.notebook)}: {_text(', '.join(table.group.axes))}; "
                          f"{table.group.size} runs, {_text(states)}.</p>"),
        _section("How to repeat it", f"<pre>{_text(sweep_command(records))}</pre>"),
        _section("Means over seeds", _table(*_means(table)) + _picture(table)),
        _section("Runs", _table(*_runs(records, table, parent), marked=True)),
    ]  # fmt: skip
    provenance = describe(records[0])["Provenance"]
    sections.append(_section("Where the first run ran", _table([], provenance)))
    path = parent / f"{table.group.id}.html"
    title = f"Sweep {Path(table.notebook).name}"
    write_whole(path, _PAGE.format(title=_text(title), sections="\n".join(sections)))
    return path


def sweep_command(records: Sequence[RunRecord]) -> str:
    """Return the shell command that repeats a sweep over all combinations of its values.

    Of a sweep over some combinations, or over texts that `--sweep` would take apart, one command
    for each of its runs, in lines.

    Raises
    ------
    RunNotFoundError
        If the runs do not belong to a sweep.
    """
    first = records[0] if records else None
    if first is None or first.group is None:
        raise RunNotFoundError("These runs do not belong to a sweep.")
    axes = first.group.axes
    values = {
        name: dict.fromkeys(_word(record.parameters[name]) for record in records) for name in axes
    }
    is_grid = math.prod(map(len, values.values())) == first.group.size
    if not is_grid or any(
        _is_divided(record.parameters[name]) for record in records for name in axes
    ):
        return "\n".join(dict.fromkeys(repeat_command(record) for record in records))
    given = [name for name in first.given or [] if name not in axes]
    words = [repeat_command(first.model_copy(update={"given": given}))]
    for name in axes:
        words += ["--sweep", shlex.quote(f"{name}={','.join(values[name])}")]
    if first.retries:
        words += ["--retries", str(first.retries)]
    return " ".join(words)


def _is_divided(value: Any) -> bool:
    """Return whether `--sweep` takes a text for another one, or for several."""
    return isinstance(value, str) and (
        value != value.strip() or not value or "," in value or ".." in value
    )


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "None" if value is None else json.dumps(value, ensure_ascii=False)


def _means(table: RunGroupTable) -> tuple[list[str], list[list[str]]]:
    heading = [*table.axes, "runs"]
    for metric in table.metrics:
        heading += [metric, "95 % interval", "deviation", "n"]
    return heading, [_mean_row(row, table) for row in table.rows]


def _mean_row(row: RunGroupRow, table: RunGroupTable) -> list[str]:
    cells = [show_value(row.parameters[name]) for name in table.axes] + [str(len(row.runs))]
    for metric in table.metrics:
        one = row.metrics.get(metric)
        if one is None:
            cells += ["–", "–", "–", "0"]
        elif one.deviation is None or one.low is None or one.high is None:
            cells += [f"{one.mean:.4g}", "–", "–", str(one.n)]
        else:
            interval = f"{one.low:.4g} to {one.high:.4g}"
            cells += [f"{one.mean:.4g}", interval, f"{one.deviation:.2g}", str(one.n)]
    return cells


def _runs(
    records: Sequence[RunRecord], table: RunGroupTable, parent: Path
) -> tuple[list[str], list[list[str]]]:
    rows = []
    for record in records:
        values = [show_value(record.parameters.get(name)) for name in table.group.axes]
        metrics = [show_value(record.metrics.get(name)) for name in table.metrics]
        error = record.error.message if record.error is not None else ""
        cells = [_text(each) for each in [*values, record.state, *metrics, error]]
        name = _text(record.id)
        has_report = (parent / record.id / REPORT_FILE).is_file()
        link = f'<a href="{name}/{REPORT_FILE}">{name}</a>' if has_report else name
        rows.append([*cells, link])
    heading = [*table.group.axes, "state", *table.metrics, "error", "run"]
    return [_text(each) for each in heading], rows


def _picture(table: RunGroupTable) -> str:
    """Return the picture of each metric against each parameter, if there are metrics."""
    if not table.metrics:
        return ""
    from ..results.plots import group_figure

    buffer = io.BytesIO()
    group_figure(table).savefig(buffer, format="png", dpi=120)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return f'<p><img alt="metrics against parameters" src="data:image/png;base64,{encoded}" /></p>'


def _section(heading: str, content: str) -> str:
    return f"<h2>{heading}</h2>\n{content}"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]], *, marked: bool = False) -> str:
    """Return a table; `marked` says that its cells are HTML already."""
    shown = (lambda text: text) if marked else _text
    head = "".join(f"<th>{shown(each)}</th>" for each in heading)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{shown(each)}</td>" for each in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _text(value: str) -> str:
    return html.escape(value)
