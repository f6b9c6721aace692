"""`workbench runs`: list, show, compare, report, repeat and cancel runs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .printing import print_json, print_text
from .tables import print_table

if TYPE_CHECKING:
    from ..errors import RunNotFoundError

__all__ = ["command"]

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
# More than this of the parameters or metrics of a run does not fit next to those of others.
SHOWN_CHARACTERS = 60
SHOWN_SWEEPS = 5
_plot = click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Draw the metrics into a file: SVG, PNG or PDF.",
)


@click.group("runs")
def command() -> None:
    """Manage runs. ID is an id, the beginning of an id, or the path of a run folder.

    `show`, `report`, `cancel`, `delete` and `restore` also take the id of a sweep.
    """


@command.command("list")
@_as_json
def list_runs(*, as_json: bool) -> None:
    """List the runs, oldest first, with the parameters that were set, and the latest sweeps."""
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
    rows = [["id", "state", "seconds", "parameters", "metrics"]]
    for record in records:
        seconds = _seconds(record.started_at, record.finished_at)
        given = {name: record.parameters.get(name) for name in record.given or []}
        texts = (
            " ".join(f"{name}={show_value(value)}" for name, value in values.items())
            for values in (given, record.metrics)
        )
        rows.append([record.id, record.state, seconds, *map(_shortened, texts)])
    print_table(rows)
    sweeps = dict.fromkeys(each.group.id for each in records if each.group is not None)
    for name in list(sweeps)[-SHOWN_SWEEPS:]:
        print_text(f"Sweep: workbench runs show {name}")


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


def _show_group(
    group_id: str, no_run: RunNotFoundError, *, plot: Path | None, as_json: bool
) -> None:
    """Show the table of a sweep; if there is none either, raise the error for runs."""
    from ..runs.results.groups import group_table
    from .run_names import sweep_named
    from .run_views import print_group, save_plot

    table = group_table(sweep_named(group_id, no_run))
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
    """Print the path of the report of a run or a sweep; create it if it is missing."""
    from ..errors import RunNotFoundError
    from ..runs.reports.report import write_report
    from ..runs.reports.sweep_report import write_sweep_report
    from ..runs.store.folders import REPORT_FILE, find_run
    from ..settings import settings
    from .run_names import sweep_named

    runs = settings().runs
    try:
        folder = find_run(run_id, runs)
    except RunNotFoundError as no_run:
        path = write_sweep_report(sweep_named(run_id, no_run), runs)
    else:
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
    """Cancel an active run, or those of a sweep; notebooks are kept with their outputs so far."""
    from ..runs.cancellation import cancel_run, cancel_runs
    from ..runs.store.records import read_record
    from .run_names import runs_named

    folders = runs_named(run_id)
    if len(folders) == 1:
        records = [cancel_run(folders[0])]
    else:
        active = [record for record in map(read_record, folders) if record.is_active]
        cancel_runs(folders[0].parent, active)
        records = [read_record(folders[0].parent / record.id) for record in active]
    if as_json:
        documents = [record.model_dump(mode="json") for record in records]
        document = documents[0] if len(folders) == 1 else documents
        print_json(json.dumps(document, indent=2, ensure_ascii=False))
        return
    for record in records:
        print_text(f"{record.id}  {record.state}")
        if record.error is not None:
            print_text(record.error.message)
    if not records:
        print_text(f"All runs of {run_id} have already ended.")


@command.command("delete")
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
def delete(run_ids: tuple[str, ...]) -> None:
    """Delete runs, or those of a sweep; for a week they can be restored."""
    from ..runs.trash import delete_run
    from .run_names import name_of, runs_named

    folders = dict.fromkeys(folder for run_id in run_ids for folder in runs_named(run_id))
    for folder in folders:
        name = name_of(folder)
        delete_run(folder)
        print_text(f"{folder.name} was deleted. To undo: workbench runs restore {name}")


@command.command("restore")
@click.argument("run_ids", metavar="ID...", nargs=-1, required=True)
def restore(run_ids: tuple[str, ...]) -> None:
    """Restore deleted runs, or those of a sweep."""
    from ..runs.trash import restore_run
    from .run_names import deleted_runs_named

    for run_id in dict.fromkeys(run_ids):
        for folder in deleted_runs_named(run_id):
            print_text(restore_run(folder.name, folder.parent))


def _seconds(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "-"
    return f"{(end - start).total_seconds():.1f}"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
