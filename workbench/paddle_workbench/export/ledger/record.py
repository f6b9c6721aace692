"""The file `ledger.json`: the runs of a ledger, in a bundle or elsewhere."""

from __future__ import annotations

from pathlib import Path

from ...contract import LedgerRecord, LedgerRun
from ...errors import FileMissingError
from ...storage import locked, read_model, write_model
from ..bundle_files import LEDGER, MAX_LEDGER_BYTES

__all__ = ["add_run", "ledger_path", "read_runs"]

MOST_RUNS = 50
"""Runs that are kept; the oldest are dropped."""
_HINT = "Remove the file, and measure again."


def ledger_path(path: Path) -> Path:
    """Return the file itself, or that in a folder such as a bundle."""
    return path / LEDGER if path.is_dir() else path


def read_runs(path: Path) -> tuple[LedgerRun, ...]:
    """Return the runs in a file, oldest first; without the file there are none.

    Raises
    ------
    FileBrokenError
        If it is not a ledger.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    """
    try:
        record = read_model(
            path, LedgerRecord, kind="ledger", limit_bytes=MAX_LEDGER_BYTES, hint=_HINT
        )
    except FileMissingError:
        return ()
    return record.runs


def add_run(path: Path, run: LedgerRun) -> tuple[LedgerRun, ...]:
    """Add a run to a file, and return all that are in it now.

    Raises
    ------
    StorageError
        If the file cannot be read or written; it is then unchanged.
    """
    with locked(path):
        runs = (*read_runs(path), run)[-MOST_RUNS:]
        write_model(path, LedgerRecord(runs=runs), exclude_defaults=False)
    return runs
