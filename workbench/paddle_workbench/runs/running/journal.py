"""The journal of a run: its record and events on disk, kept while the notebook executes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from ...contract import RunEvent, RunRecord
from ...errors import StorageError
from ..store.folders import EVENTS_FILE
from ..store.records import append_event, write_record

__all__ = ["Journal", "RunListener"]

RunListener = Callable[[RunEvent, RunRecord], None]

# A loop that records a metric many thousand times would fill the disk with events.
_MAX_METRIC_EVENTS = 20_000


class Journal:
    """Writes the record and the events of one run, and reports them to a listener.

    Parameters
    ----------
    folder : Path
        The run folder, which this process owns.
    record : RunRecord
        The record in it.
    listener : callable
        Called with each event and the record.
    """

    def __init__(self, folder: Path, record: RunRecord, listener: RunListener) -> None:
        self.folder = folder
        self.record = record
        self._listener = listener
        self._start = time.monotonic()
        self._metric_events = 0

    @property
    def elapsed_s(self) -> float:
        """The seconds since the run started."""
        return time.monotonic() - self._start

    def begin(self, cells: int, **changes: Any) -> None:
        """Record that the run starts in this process, and where."""
        self._start = time.monotonic()
        changes |= {"started_at": _now(), "cells_total": cells, "process_id": os.getpid()}
        self.note("started", state="running", **changes)

    def end(self, **changes: Any) -> None:
        """Record that the run has ended, with its state and results."""
        duration_s = self.elapsed_s
        self.record = self.record.model_copy(update={"duration_s": duration_s})
        self.note("finished", duration_s=duration_s, finished_at=_now(), **changes)

    def warn(self, *warnings: str) -> None:
        """Record what the user should know; it is written with the next change."""
        known = [*self.record.warnings, *warnings]
        self.record = self.record.model_copy(update={"warnings": list(dict.fromkeys(known))})

    def save_warnings(self, warnings: list[str]) -> None:
        """Write warnings into the record of a run that has ended.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        if warnings:
            self.warn(*warnings)
            write_record(self.folder, self.record)

    def note(
        self,
        event: Literal["queued", "started", "cell_started", "cell_finished", "metric", "finished"],
        *,
        cell: str | None = None,
        index: int | None = None,
        duration_s: float | None = None,
        metric: tuple[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Write a change of the record and an event to disk, and call the listener.

        Raises
        ------
        StorageError
            If the record or the event cannot be written.
        """
        if event != "finished" and not (self.folder / EVENTS_FILE).exists():
            raise StorageError(
                f"{self.folder} was deleted while the notebook ran.",
                "Run it again, and leave its folder.",
            )
        self.record = self.record.model_copy(update=changes)
        run_event = RunEvent(
            time=_now(),
            event=event,
            cell=cell,
            index=index,
            duration_s=duration_s,
            name=None if metric is None else metric[0],
            value=None if metric is None else metric[1],
            state=changes.get("state"),
        )
        if changes:
            write_record(self.folder, self.record)
        append_event(self.folder, run_event)
        self._listener(run_event, self.record)

    def cell_started(self, cell: str, index: int) -> None:
        """Record that a cell starts, by its id and its place in the notebook."""
        self.note("cell_started", cell=cell, index=index)

    def cell_finished(self, cell: str, index: int, duration_s: float) -> None:
        """Record that a cell has run, whether or not it failed."""
        # The record is not written for every cell: readers count the events of an active run.
        done = self.record.cells_done + 1
        self.record = self.record.model_copy(update={"cells_done": done})
        self.note("cell_finished", cell=cell, index=index, duration_s=duration_s)

    def metric_recorded(self, name: str, value: Any) -> None:
        """Record a metric as soon as the notebook records it."""
        metrics = self.record.metrics | {name: value}
        self.record = self.record.model_copy(update={"metrics": metrics})
        self._metric_events += 1
        if self._metric_events <= _MAX_METRIC_EVENTS:
            self.note("metric", metric=(name, value))


def _now() -> datetime:
    return datetime.now(timezone.utc)
