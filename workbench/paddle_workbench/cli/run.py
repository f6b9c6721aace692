"""`workbench run`: run a notebook with parameters."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ..errors import ParameterError, StorageError

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..contract import RunEvent, RunRecord

__all__ = ["RunProgress", "command", "show_end"]


class RunProgress:
    """A bar by cell on stderr, with the id of the cell that runs."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None

    def __call__(self, event: RunEvent, record: RunRecord) -> None:
        """Show one event."""
        if event.event == "started":
            from tqdm import tqdm

            self._bar = tqdm(total=record.cells_total, unit="cell", file=sys.stderr)
        if self._bar is None:
            return
        if event.event == "cell_started":
            self._bar.set_description(event.cell)
        elif event.event == "cell_finished":
            self._bar.update()
        elif event.event == "finished":
            self._bar.close()
            self._bar = None


def show_end(folder: Path, record: RunRecord) -> None:
    """Print how a run ended, and why if it did not succeed."""
    from ..runs.description import show_value

    seconds = 0.0
    if record.started_at is not None and record.finished_at is not None:
        seconds = (record.finished_at - record.started_at).total_seconds()
    metrics = [f"{name}={show_value(value)}" for name, value in record.metrics.items()]
    click.echo("  ".join([record.state, f"{seconds:.1f} s", *metrics, str(folder)]))
    if record.error is not None:
        click.echo(record.error.message, err=True)
        if record.error.hint:
            click.echo(record.error.hint, err=True)


@click.command("run")
@click.argument("notebook")
@click.option(
    "-p", "values", nargs=2, multiple=True, metavar="NAME VALUE", help="Set one parameter."
)
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=V1,V2",
    help="Run once for each value, one after another; several sweeps: for each combination.",
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="Stop a run after this many seconds.")  # fmt: skip
@click.option("--retries", type=click.IntRange(min=0), default=0, metavar="N", show_default=True,
              help="Retry this many times when a run fails or times out.")  # fmt: skip
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), metavar="D",
              help="Put the run folder under D instead of in the runs of the home.")  # fmt: skip
def command(
    notebook: str,
    values: tuple[tuple[str, str], ...],
    sweeps: tuple[str, ...],
    timeout: float | None,
    retries: int,
    output_dir: Path | None,
) -> None:
    """Run NOTEBOOK, a path or the name of a lesson, and keep everything in a run folder.

    It runs on a copy, in `work/` inside the run folder, with a copy of the `assets/` next to it;
    files that it writes by a relative path stay there. Ctrl-C cancels, a second time at once.
    Exit code 1 if a run does not succeed.
    """
    # Here, not above: `workbench --help` need not wait for them.
    from ..course.catalog import find_notebook
    from ..notebooks import read_notebook
    from ..runs.parameters import parse_sweep, parse_values, read_parameters
    from ..runs.runner import Plan, run_attempts
    from ..settings import settings

    logging.getLogger("paddle_workbench").addHandler(logging.NullHandler())
    path = find_notebook(notebook)
    declared = read_parameters(read_notebook(path))
    given = parse_values(declared, _once(list(values)))
    swept = parse_sweep(declared, _once([_axis(sweep) for sweep in sweeps]))
    parent = output_dir if output_dir is not None else settings().runs
    succeeded = True
    for combination in swept:
        plan = Plan(path, given | combination, parent, timeout_s=timeout)
        try:
            folder, record = run_attempts(plan, retries=retries, listener=RunProgress())
        except StorageError as error:
            click.echo(f"workbench: {error}", err=True)
            sys.exit(1)
        if combination:
            click.echo(" ".join(f"{name}={value}" for name, value in combination.items()), nl=False)
            click.echo("  ", nl=False)
        show_end(folder, record)
        succeeded = succeeded and record.state == "succeeded"
        if record.state == "cancelled":
            break
    sys.exit(0 if succeeded else 1)


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    names = [name for name, _value in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(f"{name} is given twice.", "Give it once, or use --sweep.")
    return dict(pairs)


def _axis(sweep: str) -> tuple[str, str]:
    name, equals, texts = sweep.partition("=")
    if not equals:
        raise ParameterError(
            f"--sweep {sweep!r} has no values.", "Write --sweep NAME=V1,V2, for example lr=0.1,0.01"
        )
    return name, texts
