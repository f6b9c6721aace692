"""`workbench compress`: make a bundle smaller by a recipe, and print what each step did."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .printing import print_json, print_text

__all__ = ["command"]


@click.command("compress")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.argument("recipe", metavar="RECIPE.yml", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="The bundle to make; by default BUNDLE-RECIPE next to the bundle.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Inputs for training and calibration: a text file with one on each line, a folder of "
    "pictures, or a .npz file. By default that of the recipe.",
)
@click.option(
    "--held-out",
    type=click.Path(path_type=Path),
    help="Inputs to measure with: as --data; in a text file a tab and the right label or text may "
    "follow an input.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for measuring times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the ledger's run as JSON.")
def command(
    path: Path,
    recipe: Path,
    *,
    output: Path | None,
    data: Path | None,
    held_out: Path | None,
    budget: float,
    as_json: bool,
) -> None:
    """Make a bundle smaller by the steps of a recipe, and measure the original and every step.

    The original is not changed. The exit status is 1 if something could not be measured.
    """
    from ..compression.compress import compress
    from ..compression.data import read_labelled
    from ..export.bundle import Bundle
    from ..export.ledger.ledger import Ledger

    bundle = Bundle(path)
    inputs, truth = (None, None) if held_out is None else read_labelled(held_out, bundle.record)
    target = output or bundle.path.with_name(f"{bundle.record.name}-{recipe.stem}")
    made = compress(bundle, recipe, target, data=data, inputs=inputs, truth=truth, budget_s=budget)
    ledger = Ledger(made)
    if as_json:
        print_json(ledger.run.model_dump_json(indent=2))
    else:
        print_text(ledger)
        print_text(f"\n{made.path}")
    run = ledger.run
    sys.exit(not run.is_complete or any(row.problem for row in run.rows))
