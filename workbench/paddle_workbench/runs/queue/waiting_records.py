"""The records of runs that wait: thousands of them, which hardly ever change."""

from __future__ import annotations

from pathlib import Path

from ...contract import RunRecord
from ..store.folders import CANCEL_FILE, RECORD_FILE
from ..store.records import read_record

__all__ = ["WaitingRecords"]

_Mark = tuple[int, int, int]


class WaitingRecords:
    """Reads records, those of waiting runs only if they have changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Mark, RunRecord]] = {}

    def read(self, folder: Path) -> RunRecord:
        """Return the record of a run, as `read_record` does, which lists the errors."""
        # Before reading: what changes meanwhile is seen the next time.
        mark = _mark_of(folder)
        known = self._known.get(folder)
        if known is not None and known[0] == mark:
            return known[1]
        self._known.pop(folder, None)
        record = read_record(folder)
        if mark is not None and record.state == "queued" and record.process_id is None:
            self._known[folder] = (mark, record)
        return record


def _mark_of(folder: Path) -> _Mark | None:
    """Return a value that changes with the record; None if the run is cancelled or deleted."""
    if (folder / CANCEL_FILE).exists():
        return None
    try:
        status = (folder / RECORD_FILE).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
