"""`workbench lab`: start JupyterLab with the course."""

from __future__ import annotations

import click

from ..contract import Language
from ..server.launch import launch_lab

__all__ = ["command"]


@click.command("lab", context_settings={"ignore_unknown_options": True})
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    help="Language of JupyterLab and of new lessons; by default the language of the system.",
)
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def command(lang: Language | None, jupyter_options: tuple[str, ...]) -> None:
    """Open JupyterLab with the course.

    All other options are passed to JupyterLab, for example --port 8899 or --no-browser.
    """
    launch_lab(jupyter_options, lang)
