"""`workbench runs`: list, show, compare, report, repeat and cancel runs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime
from pathlib import Path

import click

from .printing import print_json, print_text
from .tables import print_table

__all__ = ["command"]

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_plot = click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Draw the metrics into a file: SVG, PNG or PDF.",
)


@click.group("runs")
def command() -> None:
    """Manage runs. ID is an id, the beginning of an id, or the path of a run folder."""


@command.command("list")
@_as_json
def list_runs(*, as_json: bool) -> None:
    """List the runs, oldest first."""
    from ..runs.reports.description import show_value
    from ..runs.store.records import list_records
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
    print_table(rows)


@command.command("show")
@click.argument("run_id", metavar="ID")
@_plot
@_as_json
def show(run_id: str, *, plot: Path | None, as_json: bool) -> None:
    """Show the record of a run, or the table of a sweep."""
    from ..errors import RunNotFoundError
    from ..runs.reports.description import describe
    from ..runs.running.snapshots import cell_of, kept_snapshots
    from ..runs.store.folders import find_run
    from ..runs.store.records import read_record
    from ..settings import settings

    try:
        folder = find_run(run_id, settings().runs)
    except RunNotFoundError as error:
        _show_group(run_id, error, plot=plot, as_json=as_json)
        return
    if plot is not None:
        raise click.UsageError("--plot is for sweeps; compare runs to draw their metrics.")
    record = read_record(folder)
    if as_json:
        print_json(record.model_dump_json(indent=2))
        return
    print_text(f"{record.id}  {record.state}\n{folder}")
    if record.error is not None:
        print_text(f"{record.error.message}\n{record.error.hint}".rstrip())
    for heading, rows in describe(record).items():
        print_text(f"\n{heading}")
        print_table([[f"  {name}", value] for name, value in rows] or [["  none"]])
    snapshots = kept_snapshots(folder)
    if snapshots:
        print_text("\nSnapshots")
        print_table(
            [
                [
                    f"  before {cell_of(each)}",
                    f"{each.memory_bytes / 1e6:.0f} MB",
                    f"pid {each.pid}",
                ]
                for each in snapshots
            ]
        )


def _show_group(group_id: str, no_run: Exception, *, plot: Path | None, as_json: bool) -> None:
    """Show the table of a sweep; if there is none either, raise the error for runs."""
    from ..errors import RunNotFoundError
    from ..runs.results.groups import find_group, group_table
    from ..runs.store.records import list_records
    from ..settings import settings
    from .run_views import print_group, save_plot

    records, _problems = list_records(settings().runs)
    try:
        table = group_table(find_group(group_id, records))
    except RunNotFoundError:
        raise no_run from None
    if as_json:
        print_json(table.model_dump_json(indent=2))
    else:
        print_group(table)
    if plot is not None:
        save_plot(table, plot)


@command.command("compare")
@click.argument("run_ids", metavar="ID ID...", nargs=-1, required=True)
@_plot
@_as_json
def compare(run_ids: tuple[str, ...], *, plot: Path | None, as_json: bool) -> None:
    """Show how runs differ: parameters, metrics, outputs of cells, and provenance."""
    from ..runs.results.comparison import compare_runs
    from ..runs.store.folders import find_run
    from ..settings import settings
    from .run_views import print_comparison, save_plot

    if len(run_ids) < 2:
        raise click.UsageError("Two or more runs are needed.")
    comparison = compare_runs([find_run(run_id, settings().runs) for run_id in run_ids])
    if as_json:
        print_json(comparison.model_dump_json(indent=2))
    else:
        print_comparison(comparison)
    if plot is not None:
        save_plot(comparison, plot)


@command.command("report")
@click.argument("run_id", metavar="ID")
@_as_json
def report(run_id: str, *, as_json: bool) -> None:
    """Print the path of a run's report; create it if it is missing."""
    from ..runs.reports.report import write_report
    from ..runs.store.folders import REPORT_FILE, find_run
    from ..settings import settings

    folder = find_run(run_id, settings().runs)
    path = folder / REPORT_FILE
    if not path.is_file():
        write_report(folder)
    if as_json:
        print_json(json.dumps({"path": str(path)}))
    else:
        print_text(path)


@command.command("export")
@click.argument("run_id", metavar="ID")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip",
              help="The file to write, by default ID.zip in the current folder.")  # fmt: skip
@click.option("--author", metavar="NAME", help="Who started the run; it is not recorded otherwise.")
@click.option("--license", "licence", metavar="URL", help="The licence of the content.")
@_as_json
def export(
    run_id: str, *, output: Path | None, author: str | None, licence: str | None, as_json: bool
) -> None:
    """Pack a run into a ZIP file: a Workflow Run RO-Crate, which other tools read."""
    from ..runs.results.crate import export_crate
    from ..runs.store.folders import find_run
    from ..settings import settings

    folder = find_run(run_id, settings().runs)
    target = output if output is not None else Path(f"{folder.name}.zip")
    path = export_crate(folder, target, author=author, licence=licence)
    if as_json:
        print_json(json.dumps({"path": str(path.absolute())}))
    else:
        print_text(path)


@command.command("rerun")
@click.argument("run_id", metavar="ID")
@click.option("--anyway", is_flag=True, help="Run it even if the notebook has changed since.")
@click.option("--tolerance", type=click.FloatRange(min=0), default=1e-6, metavar="R",
              show_default=True,
              help="The relative difference up to which metrics agree.")  # fmt: skip
@_as_json
def rerun(run_id: str, *, anyway: bool, tolerance: float, as_json: bool) -> None:
    """Run the same notebook again with the same parameters, and say which metrics agree."""
    from ..runs.results.agreement import agreement_lines, agreement_of
    from ..runs.running.runner import plan_rerun, run_notebook
    from ..runs.store.folders import find_run
    from ..runs.store.records import read_record
    from ..settings import settings
    from .run import show_end
    from .run_progress import RunProgress

    logging.getLogger("paddle_workbench").addHandler(logging.NullHandler())
    runs = settings().runs
    earlier = find_run(run_id, runs)
    plan = plan_rerun(earlier, parent=runs, anyway=anyway)
    folder, record = run_notebook(plan, RunProgress())
    agreement = agreement_of(record, read_record(earlier), tolerance=tolerance)
    if as_json:
        document = record.model_dump(mode="json") | {"agreement": agreement.model_dump(mode="json")}
        print_json(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        show_end(folder, record)
        for line in agreement_lines(agreement):
            print_text(line)
    sys.exit(0 if record.state == "succeeded" else 1)


@command.command("resume")
@click.argument("run_id", metavar="ID")
@click.option("--from", "cell", metavar="CELL",
              help="The first cell to run; by default the one at which the run ended.")  # fmt: skip
@_as_json
def resume(run_id: str, *, cell: str | None, as_json: bool) -> None:
    """Continue a run whose notebook has been repaired, as a new run.

    Earlier cells do not run again if the run was started with --snapshots and a snapshot is kept;
    otherwise all cells run.
    """
    from ..runs.running.resuming import plan_resume
    from ..runs.running.runner import run_attempts
    from ..runs.store.folders import find_run
    from ..settings import settings
    from .run import show_end
    from .run_progress import RunProgress

    logging.getLogger("paddle_workbench").addHandler(logging.NullHandler())
    plan, reason = plan_resume(find_run(run_id, settings().runs), cell=cell)
    first = plan.resumed_from.cell if plan.resumed_from is not None else ""
    line = f"From the start: {reason}." if reason else f"From the snapshot before cell `{first}`."
    print_text(line, err=True)
    folder, record = run_attempts(plan, listener=RunProgress())
    if as_json:
        print_json(record.model_dump_json(indent=2))
    else:
        for warning in record.warnings:
            print_text(warning, err=True)
        show_end(folder, record)
    sys.exit(0 if record.state == "succeeded" else 1)


@command.command("cancel")
@click.argument("run_id", metavar="ID")
@_as_json
def cancel(run_id: str, *, as_json: bool) -> None:
    """Cancel an active run; its notebook is kept with the outputs so far."""
    from ..runs.cancellation import cancel_run
    from ..runs.store.folders import find_run
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
    from ..runs.store.folders import find_run
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
