"""Print text and JSON on the terminal. Other modules of the command line do not print themselves.

What they print comes from files, records and names, which may contain control characters.
"""

from __future__ import annotations

import click

from ..terminal_text import one_line, printable, printable_json

__all__ = ["print_json", "print_styled", "print_text", "rewrite_line"]


def print_text(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, with its control characters visible."""
    click.echo(printable(str(text)), err=err, nl=nl)


def print_json(text: str, *, err: bool = False) -> None:
    """Print a JSON document, with the control characters in its strings escaped."""
    click.echo(printable_json(text), err=err)


def print_styled(text: str, colour: str) -> None:
    """Print a text in a colour; the line continues."""
    click.echo(click.style(one_line(text), fg=colour), nl=False)


def rewrite_line(text: str) -> None:
    """Replace the current line on stderr."""
    # Back to the start of the line, and clear the rest of it.
    click.echo(f"\r\x1b[K{one_line(text)}", nl=False, err=True)
