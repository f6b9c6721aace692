"""`workbench runs`: list, show, compare, report, repeat and cancel runs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from ..terminal_text import one_line
from .printing import print_json, print_text

__all__ = ["command"]

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("runs")
def command() -> None:
    """Manage runs. ID is an id, the beginning of an id, or the path of a run folder."""


@command.command("list")
@_as_json
def list_runs(*, as_json: bool) -> None:
    """List the runs, oldest first."""
    from ..runs.description import show_value
    from ..runs.records import list_records
    from ..settings import settings

    records, problems = list_records(settings().runs)
    for problem in problems:
        print_text(f"workbench: {problem.message}\n{problem.hint}", err=True)
    if as_json:
        print_json(json.dumps([record.model_dump(mode="json") for record in records], indent=2))
        return
    if not records:
        print_text("No runs yet: workbench run NOTEBOOK")
        return
    rows = [["id", "state", "seconds", "metrics"]]
    for record in records:
        metrics = [f"{name}={show_value(value)}" for name, value in record.metrics.items()]
        seconds = _seconds(record.started_at, record.finished_at)
        rows.append([record.id, record.state, seconds, " ".join(metrics)])
    _print_table(rows)


@command.command("show")
@click.argument("run_id", metavar="ID")
@_as_json
def show(run_id: str, *, as_json: bool) -> None:
    """Show the record of a run."""
    from ..runs.description import describe
    from ..runs.folders import find_run
    from ..runs.records import read_record
    from ..settings import settings

    folder = find_run(run_id, settings().runs)
    record = read_record(folder)
    if as_json:
        print_json(record.model_dump_json(indent=2))
        return
    print_text(f"{record.id}  {record.state}\n{folder}")
    if record.error is not None:
        print_text(f"{record.error.message}\n{record.error.hint}".rstrip())
    for heading, rows in describe(record).items():
        print_text(f"\n{heading}")
        _print_table([[f"  {name}", value] for name, value in rows] or [["  none"]])


@command.command("compare")
@click.argument("run_ids", metavar="ID ID...", nargs=-1, required=True)
@_as_json
def compare(run_ids: tuple[str, ...], *, as_json: bool) -> None:
    """Show how runs differ."""
    from ..runs.comparison import compare_runs
    from ..runs.description import show_value
    from ..runs.folders import find_run
    from ..runs.records import read_record
    from ..settings import settings

    if len(run_ids) < 2:
        raise click.UsageError("Two or more runs are needed.")
    records = [read_record(find_run(run_id, settings().runs)) for run_id in run_ids]
    differences = compare_runs(records)
    if as_json:
        rows = [
            {"kind": each.kind, "name": each.name, "values": each.values} for each in differences
        ]
        runs = [record.id for record in records]
        print_json(json.dumps({"runs": runs, "differences": rows}, indent=2, ensure_ascii=False))
        return
    if not differences:
        print_text("The records of the runs do not differ.")
        return
    table = [["", "", *(record.id for record in records)]]
    for each in differences:
        values = ["-" if value is None else show_value(value) for value in each.values]
        table.append([each.kind, each.name, *values])
    _print_table(table)


@command.command("report")
@click.argument("run_id", metavar="ID")
@_as_json
def report(run_id: str, *, as_json: bool) -> None:
    """Print the path of a run's report; create it if it is missing."""
    from ..runs.folders import REPORT_FILE, find_run
    from ..runs.report import write_report
    from ..settings import settings

    folder = find_run(run_id, settings().runs)
    path = folder / REPORT_FILE
    if not path.is_file():
        write_report(folder)
    if as_json:
        print_json(json.dumps({"path": str(path)}))
    else:
        print_text(path)


@command.command("rerun")
@click.argument("run_id", metavar="ID")
@click.option("--anyway", is_flag=True, help="Run it even if the notebook has changed since.")
@_as_json
def rerun(run_id: str, *, anyway: bool, as_json: bool) -> None:
    """Run the same notebook again with the same parameters."""
    from ..runs.folders import find_run
    from ..runs.runner import plan_rerun, run_notebook
    from ..settings import settings
    from .run import RunProgress, show_end

    logging.getLogger("paddle_workbench").addHandler(logging.NullHandler())
    runs = settings().runs
    plan = plan_rerun(find_run(run_id, runs), parent=runs, anyway=anyway)
    folder, record = run_notebook(plan, RunProgress())
    if as_json:
        print_json(record.model_dump_json(indent=2))
    else:
        show_end(folder, record)
    sys.exit(0 if record.state == "succeeded" else 1)


@command.command("cancel")
@click.argument("run_id", metavar="ID")
@_as_json
def cancel(run_id: str, *, as_json: bool) -> None:
    """Cancel an active run; its notebook is kept with the outputs so far."""
    from ..runs.cancellation import cancel_run
    from ..runs.folders import find_run
    from ..settings import settings

    record = cancel_run(find_run(run_id, settings().runs))
    if as_json:
        print_json(record.model_dump_json(indent=2))
        return
    print_text(f"{record.id}  {record.state}")
    if record.error is not None:
        print_text(record.error.message)


@command.command("delete")
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
def delete(run_ids: tuple[str, ...]) -> None:
    """Delete runs; for a week they can be restored."""
    from ..runs.folders import find_run
    from ..runs.trash import delete_run
    from ..settings import settings

    for folder in [find_run(run_id, settings().runs) for run_id in run_ids]:
        delete_run(folder)
        print_text(f"{folder.name} was deleted. To undo: workbench runs restore {folder.name}")


@command.command("restore")
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
def restore(run_ids: tuple[str, ...]) -> None:
    """Restore deleted runs."""
    from ..runs.trash import restore_run
    from ..settings import settings

    for run_id in run_ids:
        print_text(restore_run(run_id, settings().runs))


def _seconds(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "-"
    return f"{(end - start).total_seconds():.1f}"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    rows = [[one_line(cell) for cell in row] for row in rows]
    columns = max(len(row) for row in rows)
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(columns)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        print_text("  ".join(cells).rstrip())
