"""`workbench bundle`: show, verify, compare and pack bundles."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .printing import print_json, print_text

if TYPE_CHECKING:
    from ..contract import Language

__all__ = ["command"]

_PATH = click.argument("path", type=click.Path(path_type=Path))


@click.group("bundle")
def command() -> None:
    """Show, verify, compare and pack bundles: networks with all that others need to use them."""


@command.command("show")
@_PATH
@click.option("--json", "as_json", is_flag=True, help="Print the whole record as JSON.")
def show(path: Path, *, as_json: bool) -> None:
    """Show what is in a bundle, a folder or a zip file, after verifying it."""
    from ..export.bundle import Bundle
    from ..export.description import describe

    bundle = Bundle(path)
    if as_json:
        print_json(bundle.record.model_dump_json(indent=2))
    else:
        print_text(describe(bundle.record))


@command.command("verify")
@_PATH
def verify(path: Path) -> None:
    """Compare every file of a bundle with its SHA-256."""
    from ..export.bundle import Bundle

    record = Bundle(path).record
    size = sum(file.bytes for file in record.files.values())
    print_text(f"{path} is unchanged: {len(record.files)} files, {size:,} bytes.")


@command.command("diff")
@_PATH
@click.argument("others", nargs=-1, required=True, metavar="OTHER_BUNDLE | TARGET TARGET")
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
def diff(path: Path, others: tuple[str, ...], *, as_json: bool) -> None:
    """Compare the programs of two bundles, or of two targets of one bundle.

    Ops, shapes, attributes and weights are compared. The exit status is 1 if anything differs.
    """
    from ..export.bundle import Bundle
    from ..export.target_programs import program_of
    from ..program.difference import difference

    if len(others) > 2:
        raise click.UsageError(f"Expected one other bundle or two targets, got {len(others)}.")
    one = Bundle(path)
    other = one if len(others) == 2 else Bundle(others[0])
    before, after = others if len(others) == 2 else ("inference", "inference")
    result = difference(program_of(one, before), program_of(other, after))
    if as_json:
        print_json(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        print_text(result)
    sys.exit(not result.is_same)


@command.command("pack")
@_PATH
@click.argument("zip_path", metavar="ZIP", type=click.Path(path_type=Path))
def pack(path: Path, zip_path: Path) -> None:
    """Write a bundle as one zip file, which other commands read as well."""
    from ..export.bundle import Bundle

    print_text(Bundle(path).pack(zip_path))


@command.command("page")
@_PATH
@click.argument("html_path", metavar="HTML", type=click.Path(path_type=Path))
@click.option("--limit-mb", type=float, default=64.0, help="Largest size of the file.")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="By default the browser's.")
def page(path: Path, html_path: Path, *, limit_mb: float, lang: Language | None) -> None:
    """Write one HTML file that runs the bundle in a browser, without kernel and network."""
    from ..export.bundle import Bundle

    print_text(Bundle(path).to_html(html_path, limit_mb=limit_mb, lang=lang))
