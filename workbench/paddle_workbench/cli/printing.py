"""Print text and JSON on the terminal. Other modules of the command line do not print themselves.

What they print comes from files, records and names, which may contain control characters.
"""

from __future__ import annotations

import codecs
import json
import sys

import click

from ..errors import StorageError
from ..terminal_text import one_line, printable, printable_json

__all__ = ["print_json", "print_styled", "print_text", "rewrite_line"]


def print_text(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, with its control characters visible."""
    _print(printable(str(text)), err=err, nl=nl)


def print_json(text: str, *, err: bool = False) -> None:
    """Print a JSON document, with the control characters in its strings escaped."""
    document = printable_json(text)
    if not _can_be_printed(document, err=err):
        document = json.dumps(json.loads(document), indent=2)
    _print(document, err=err)


def print_styled(text: str, colour: str) -> None:
    """Print a text in a colour; the line continues."""
    _print(click.style(one_line(text), fg=colour), nl=False)


def rewrite_line(text: str) -> None:
    """Replace the current line on stderr."""
    # Back to the start of the line, and clear the rest of it.
    _print(f"\r\x1b[K{one_line(text)}", nl=False, err=True)


def _print(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text; characters that the terminal's encoding lacks as Python writes them.

    Raises
    ------
    StorageError
        If it is redirected to a file that cannot be written.
    """
    if not _can_be_printed(text, err=err):
        encoding = _encoding(err=err)
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        click.echo(text, err=err, nl=nl)
    except BrokenPipeError:  # click ends quietly, as for `| head`
        raise
    except OSError as error:
        raise StorageError(
            f"The output cannot be written: {error.strerror}.", "Redirect it to another file."
        ) from error


def _can_be_printed(text: str, *, err: bool) -> bool:
    try:
        text.encode(_encoding(err=err))
    except UnicodeEncodeError:
        return False
    return True


def _encoding(*, err: bool) -> str:
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    # click prints UTF-8 where the locale says no more than ASCII.
    return "utf-8" if codecs.lookup(encoding).name == "ascii" else encoding
