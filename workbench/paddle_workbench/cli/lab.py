"""`workbench lab`: JupyterLab on the course."""

from __future__ import annotations

import click

from ..contract import Language
from ..server.launch import launch_lab

__all__ = ["command"]


@click.command("lab", context_settings={"ignore_unknown_options": True})
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    help="Language of JupyterLab and of new lessons; default: the system's.",
)
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def command(lang: Language | None, jupyter_options: tuple[str, ...]) -> None:
    """Open JupyterLab on the course.

    Every other option goes to JupyterLab: --port 8899, --no-browser, --ip 0.0.0.0.
    """
    launch_lab(jupyter_options, lang)
