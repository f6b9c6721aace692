"""The files of an installed distribution, as its installer has recorded them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

__all__ = ["installation_folder", "recorded_files"]


def recorded_files(distribution: Distribution) -> Iterator[tuple[str, int | None]]:
    """Yield the paths of the files of a distribution, and their sizes in bytes where known.

    The paths are relative to `installation_folder`. `distribution.files` does the same, but makes
    several objects for each file, and there are 70,000 here.
    """
    record = distribution.read_text("RECORD")
    if record is None:
        for path in distribution.files or ():
            yield path.as_posix(), path.size
        return
    for row in csv.reader(record.splitlines()):
        if row:
            yield row[0], int(row[2]) if len(row) > 2 and row[2].isdigit() else None


def installation_folder(distribution: Distribution) -> Path:
    """Return the folder in which a distribution is installed."""
    return Path(str(distribution.locate_file("")))
