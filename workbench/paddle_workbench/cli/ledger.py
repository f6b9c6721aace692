"""`workbench ledger`: measure the variants of a bundle, or show what was measured."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .printing import print_json, print_text

__all__ = ["command"]


def _counts(
    _context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Return one or several positive numbers with commas between them."""
    if value is None:
        return None
    try:
        counts = tuple(int(part) for part in value.split(","))
    except ValueError:
        counts = ()
    if not counts or min(counts) < 1:
        message = f"{value!r} is not a list of positive numbers such as 1,8."
        raise click.BadParameter(message, param=parameter)
    return counts


@click.command("ledger")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option("--batch", callback=_counts, help="Rows of a call, such as 1,8.")
@click.option("--threads", callback=_counts, default="1,2", show_default=True, help="Threads.")
@click.option("--variant", "variants", multiple=True, help="Only this one; may be repeated.")
@click.option("--baseline", default="", help="The variant that ratios are to.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Seconds for the rounds of all batches and threads.",
)
@click.option("--show", is_flag=True, help="Measure nothing; show the last run.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def command(
    path: Path,
    *,
    batch: tuple[int, ...] | None,
    threads: tuple[int, ...],
    variants: tuple[str, ...],
    baseline: str,
    budget: float,
    show: bool,
    as_json: bool,
) -> None:
    """Measure accuracy, parity, time, memory and size of every target of a bundle.

    The run is kept in the bundle; Ctrl-C ends it and keeps what is measured. The exit status is 1
    if it was interrupted or a variant could not be measured.
    """
    from ..export.ledger.ledger import Ledger

    ledger = Ledger(path)
    if not show:
        ledger.measure(
            batch=batch, threads=threads, variants=variants, baseline=baseline, budget_s=budget
        )
    run = ledger.run
    if as_json:
        print_json(run.model_dump_json(indent=2))
    else:
        print_text(ledger)
    is_whole = run.is_complete and not any(row.problem for row in run.rows)
    sys.exit(not is_whole)
