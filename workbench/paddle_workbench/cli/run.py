"""`workbench run`: run a notebook with parameters."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ParameterError, StorageError
from ..terminal_text import one_line
from .printing import print_text
from .run_progress import RunProgress

if TYPE_CHECKING:
    import nbformat

    from ..contract import RunBackend, RunRecord
    from ..runs.running.runner import Plan

__all__ = ["command", "show_end"]


def show_end(folder: Path, record: RunRecord) -> None:
    """Print the final state of a run, and its error if it did not succeed."""
    from ..runs.reports.description import show_value

    seconds = 0.0
    if record.started_at is not None and record.finished_at is not None:
        seconds = (record.finished_at - record.started_at).total_seconds()
    metrics = [f"{name}={show_value(value)}" for name, value in record.metrics.items()]
    line = "  ".join([record.state, f"{seconds:.1f} s", *metrics, str(folder)])
    print_text(one_line(line))
    if record.error is not None:
        print_text(record.error.message, err=True)
        if record.error.hint:
            print_text(record.error.hint, err=True)


@click.command("run")
@click.argument("notebook")
@click.option(
    "-p", "values", nargs=2, multiple=True, metavar="NAME VALUE", help="Set one parameter."
)
@click.option("-f", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.yml",
              help="Set parameters from a YAML file; -p overrides it.")  # fmt: skip
@click.option("-k", "--kernel", metavar="NAME",
              help="Run in this kernel, whatever the notebook asks for.")  # fmt: skip
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=V1,V2",
    help="Run once for each value. Several sweeps run every combination.",
)
@click.option("--samples", type=click.IntRange(min=1), metavar="N",
              help="Run N combinations of the sweeps at random; then NAME=A..B is a range, and "
              "NAME=A..B:log one that is uniform in the logarithm.")  # fmt: skip
@click.option("--seed", type=int, default=0, metavar="N", show_default=True,
              help="The seed of --samples.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="Stop a run after this time, in seconds.")  # fmt: skip
@click.option("--cell-timeout", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="Stop a run if a cell takes longer than this, in seconds.")  # fmt: skip
@click.option("--retries", type=click.IntRange(min=0), default=0, metavar="N", show_default=True,
              help="Retry up to N times if a run fails, times out or is lost.")  # fmt: skip
@click.option("--secret", "secret_names", multiple=True, metavar="NAME",
              help="Set a parameter from the environment variable NAME, or ask for it. "
              "Secrets are never written.")  # fmt: skip
@click.option("--snapshots", is_flag=True,
              help="Let the kernel keep snapshots, so that `workbench runs resume` can continue "
              "at the cell that failed.")  # fmt: skip
@click.option("--queue", "is_queued", is_flag=True,
              help="Only queue it; the queue goes on when the terminal closes.")  # fmt: skip
@click.option("--backend", type=click.Choice(["local", "ray"]), default="local",
              show_default=True, help="Where the kernel runs.")  # fmt: skip
@click.option("--address", metavar="HOST:PORT",
              help="The Ray cluster; by default that in RAY_ADDRESS.")  # fmt: skip
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), metavar="D",
              help="Create the run folder in D instead of in the home.")  # fmt: skip
def command(
    notebook: str,
    values: tuple[tuple[str, str], ...],
    file: Path | None,
    kernel: str | None,
    sweeps: tuple[str, ...],
    samples: int | None,
    seed: int,
    timeout: float | None,
    cell_timeout: float | None,
    retries: int,
    secret_names: tuple[str, ...],
    backend: RunBackend,
    address: str | None,
    output_dir: Path | None,
    *,
    snapshots: bool,
    is_queued: bool,
) -> None:
    """Run NOTEBOOK, a path or the name of a lesson, and keep everything in a run folder.

    A copy runs in `work/` inside the run folder, next to a copy of its `assets/`, so files that it
    writes to a relative path stay there. Ctrl-C cancels the run; a second Ctrl-C kills it at once.
    The runs of a sweep are queued, and run a few at a time. Exits with 1 if a run does not succeed.
    """
    # Imported here so that `workbench --help` is fast.
    from ..course.catalog import find_notebook
    from ..notebooks import read_notebook
    from ..runs.parameters.declarations import read_parameters
    from ..runs.parameters.given import parse_values
    from ..runs.parameters.parameter_file import read_parameter_file
    from ..runs.parameters.secrets import split_secrets
    from ..runs.parameters.sweeps import combinations, parse_axes
    from ..runs.plans import sweep_plans
    from ..runs.remote import require_cluster
    from ..runs.running.runner import Plan
    from ..settings import settings

    logging.getLogger("paddle_workbench").addHandler(logging.NullHandler())
    if backend == "local" and address is not None:
        raise click.UsageError("--address needs --backend ray")
    if backend != "local" and snapshots:
        raise click.UsageError("--snapshots needs --backend local")
    path = find_notebook(notebook)
    source = read_notebook(path)
    parameters = read_parameters(source)
    axes = parse_axes(sweeps)
    _require_unique([*(name for name, _value in values), *secret_names, *axes])
    texts = dict(values) | {name: _secret(name) for name in secret_names}
    from_file = read_parameter_file(file, parameters) if file is not None else {}
    given = from_file | parse_values(parameters, texts, secrets=secret_names)
    declared = [one.name for one in parameters if one.secret]
    common, secrets = split_secrets(given, [*secret_names, *declared])
    swept = combinations(parameters, axes, samples=samples, seed=seed)
    plan = Plan(
        path,
        common,
        output_dir if output_dir is not None else settings().runs,
        timeout_s=timeout,
        cell_timeout_s=cell_timeout,
        retries=retries,
        kernel=kernel,
        secrets=secrets,
        backend=backend,
        address=require_cluster(address) if backend == "ray" else None,
        snapshots=snapshots,
    )
    try:
        if is_queued or axes:
            plans = sweep_plans(plan, list(axes), swept)
            succeeded = _run_queued(plans, source, wait=not is_queued)
        else:
            succeeded = _run_here(plan, source)
    except StorageError as error:
        print_text(f"workbench: {error}", err=True)
        sys.exit(1)
    sys.exit(0 if succeeded else 1)


def _run_here(plan: Plan, source: nbformat.NotebookNode) -> bool:
    """Run a plan in this process, show it, and return whether it succeeded."""
    from ..runs.running.runner import run_attempts

    folder, record = run_attempts(plan, listener=RunProgress())
    for warning in record.warnings:
        print_text(warning, err=True)
    show_end(folder, record)
    _show_metrics_hint(source, record)
    return record.state == "succeeded"


def _run_queued(plans: list[Plan], source: nbformat.NotebookNode, *, wait: bool) -> bool:
    """Queue plans, wait for them unless told not to, and return whether all succeeded."""
    from ..runs.cancellation import cancel_runs
    from ..runs.queue import queue_runs, wait_for
    from ..runs.sweep_progress import SweepProgress

    runs = plans[0].parent
    queued = queue_runs(plans)
    for warning in queued[0].warnings:
        print_text(warning, err=True)
    if not wait:
        for record in queued:
            print_text(f"{record.id}  {record.state}")
        if queued[0].group is not None:
            print_text(f"Its table: workbench runs show {queued[0].group.id}")
        return True

    progress = SweepProgress(len(queued), sys.stderr)
    try:
        records = wait_for(runs, [record.id for record in queued], progress)
    except KeyboardInterrupt:
        cancel_runs(runs, queued)
        print_text("The runs were cancelled.", err=True)
        return False
    finally:
        progress.close()
    for record in records:
        if record.group is not None:
            values = [f"{name}={record.parameters[name]}" for name in record.group.axes]
            print_text(f"{one_line(' '.join(values))}  ", nl=False)
        show_end(runs / record.id, record)
    if records:
        _show_metrics_hint(source, records[-1])
        _show_sweep(runs, records[-1])
    return all(record.state == "succeeded" for record in records)


def _show_sweep(runs: Path, record: RunRecord) -> None:
    """Print the table of the sweep that a run belongs to."""
    from ..runs.results.groups import find_group, group_table
    from ..runs.store.records import list_records
    from .run_views import print_group

    if record.group is not None:
        print_text()
        print_group(group_table(find_group(record.group.id, list_records(runs)[0])))


def _show_metrics_hint(source: nbformat.NotebookNode, record: RunRecord) -> None:
    from ..runs.reports.description import metrics_hint

    if hint := metrics_hint(source, record):
        print_text(hint, err=True)


def _secret(name: str) -> str:
    """Return a secret from the environment, or ask for it."""
    value = os.environ.get(name, os.environ.get(name.upper()))
    return value if value is not None else str(click.prompt(name, hide_input=True))


def _require_unique(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(
                f"{name} is given more than once.", "Give it once: with -p, --secret or --sweep."
            )
