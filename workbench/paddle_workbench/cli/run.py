"""`workbench run`: run a notebook with parameters."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ..errors import ParameterError, StorageError
from ..terminal_text import one_line
from .printing import print_text

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..contract import RunEvent, RunRecord

__all__ = ["RunProgress", "command", "show_end"]


class RunProgress:
    """A progress bar on stderr, counting cells, with the id of the current cell."""

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
            self._bar.set_description(one_line(event.cell or ""))
        elif event.event == "cell_finished":
            self._bar.update()
        elif event.event == "finished":
            self._bar.close()
            self._bar = None


def show_end(folder: Path, record: RunRecord) -> None:
    """Print the final state of a run, and its error if it did not succeed."""
    from ..runs.description import show_value

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
@click.option("-k", "--kernel", metavar="NAME",
              help="Run in this kernel, whatever the notebook asks for.")  # fmt: skip
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=V1,V2",
    help="Run once for each value, one after another. Several sweeps run every combination.",
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="Stop a run after this time, in seconds.")  # fmt: skip
@click.option("--retries", type=click.IntRange(min=0), default=0, metavar="N", show_default=True,
              help="Retry up to N times if a run fails or times out.")  # fmt: skip
@click.option("--output-dir", type=click.Path(file_okay=False, path_type=Path), metavar="D",
              help="Create the run folder in D instead of in the home.")  # fmt: skip
def command(
    notebook: str,
    values: tuple[tuple[str, str], ...],
    kernel: str | None,
    sweeps: tuple[str, ...],
    timeout: float | None,
    retries: int,
    output_dir: Path | None,
) -> None:
    """Run NOTEBOOK, a path or the name of a lesson, and keep everything in a run folder.

    A copy runs in `work/` inside the run folder, next to a copy of its `assets/`, so files that it
    writes to a relative path stay there. Ctrl-C cancels the run; a second Ctrl-C kills it at once.
    Exits with 1 if a run does not succeed.
    """
    # Imported here so that `workbench --help` is fast.
    from ..course.catalog import find_notebook
    from ..notebooks import read_notebook
    from ..runs.declarations import computed_from, read_parameters
    from ..runs.parameters import parse_sweep, parse_values
    from ..runs.runner import Plan, run_attempts
    from ..settings import settings

    logging.getLogger("paddle_workbench").addHandler(logging.NullHandler())
    path = find_notebook(notebook)
    source = read_notebook(path)
    parameters = read_parameters(source)
    common = parse_values(parameters, _require_unique(list(values)))
    axes = _require_unique([_axis(sweep) for sweep in sweeps])
    for name, parameter in computed_from(source, [*common, *axes]).items():
        print_text(
            f"{name} keeps its default value: the parameters cell computes it from "
            f"{parameter}, before {parameter} is set.\nMove the line with {name} to the next cell.",
            err=True,
        )
    parent = output_dir if output_dir is not None else settings().runs
    succeeded = True
    for combination in parse_sweep(parameters, axes):
        plan = Plan(path, common | combination, parent, timeout_s=timeout, kernel=kernel)
        try:
            folder, record = run_attempts(plan, retries=retries, listener=RunProgress())
        except StorageError as error:
            print_text(f"workbench: {error}", err=True)
            sys.exit(1)
        if combination:
            values_of_run = " ".join(f"{name}={value}" for name, value in combination.items())
            print_text(f"{one_line(values_of_run)}  ", nl=False)
        show_end(folder, record)
        succeeded = succeeded and record.state == "succeeded"
        if record.state == "cancelled":
            break
    sys.exit(0 if succeeded else 1)


def _require_unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    names = [name for name, _value in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(
                f"{name} is given more than once.", "Give it once, or use --sweep."
            )
    return dict(pairs)


def _axis(sweep: str) -> tuple[str, str]:
    name, equals, texts = sweep.partition("=")
    if not equals:
        raise ParameterError(
            f"--sweep {sweep!r} has no values.", "Write --sweep NAME=V1,V2, for example lr=0.1,0.01"
        )
    return name, texts
