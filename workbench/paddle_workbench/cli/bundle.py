"""`workbench bundle`: show, verify and pack bundles."""

from __future__ import annotations

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
    """Show, verify and pack bundles: networks with all that is needed to use them elsewhere."""


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
