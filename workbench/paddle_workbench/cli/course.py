"""`workbench course`: list, open and reset lessons."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group("course")
def command() -> None:
    """The lessons: list them, open a working copy, start one afresh."""
