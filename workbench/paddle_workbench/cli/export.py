"""`workbench export`: export a bundle to another runtime, or only see whether it would work."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

import click

from ..errors import ExportError
from .printing import print_json, print_text

__all__ = ["command"]


@click.command("export")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    required=True,
    help="inference, onednn, paddlex, onnx, browser, mnn, legacy or lite.",
)
@click.option(
    "--without-pass",
    "without",
    multiple=True,
    metavar="PASS",
    help="Leave out a pass of Paddle Inference, such as inplace_pass; may be repeated.",
)
@click.option(
    "--weights",
    type=click.Choice(["fp32", "fp16", "int8"]),
    default="fp32",
    show_default=True,
    help="How the target stores the weights; mnn has all three.",
)
@click.option("--check-only", is_flag=True, help="Change nothing; report what would happen.")
@click.option("--no-run", is_flag=True, help="Only look at the program: what may fail is likely.")
@click.option("--json", "as_json", is_flag=True, help="Print findings and parity as JSON.")
def command(
    path: Path,
    *,
    target: str,
    without: tuple[str, ...],
    weights: Literal["fp32", "fp16", "int8"],
    check_only: bool,
    no_run: bool,
    as_json: bool,
) -> None:
    """Export a bundle to a target, run it there, and compare it with the eager network.

    The exit status is 1 if the target does not accept the program or is not equal; the bundle is
    then unchanged. With --no-run it is 1 if something may fail.
    """
    from ..export.bundle import Bundle

    bundle = Bundle(path)
    try:
        if check_only or no_run:
            result = bundle.preflight(target, weights=weights, without=without, run=not no_run)
        else:
            result = bundle.export(target, weights=weights, without=without)
    except ExportError as error:
        result = error.preflight
    if as_json:
        print_json(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        print_text(result)
    sys.exit(bool(result.findings) if no_run else not result.is_accepted)
