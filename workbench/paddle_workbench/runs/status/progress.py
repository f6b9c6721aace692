"""How far a run is: its events, read as they are written."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...contract import RunEvent
from ...errors import StorageError
from ...reading import read_bytes
from ..store.folders import EVENTS_FILE

__all__ = ["Progress", "Series", "recorded_series"]

LONGEST_SERIES = 200


class Series:
    """The values of one metric, thinned while they come.

    The first and the last value are always there; those between are equally far apart.
    """

    def __init__(self) -> None:
        self._points: list[list[float]] = []
        self._last: list[float] | None = None
        self._step = 1
        self._count = 0

    def add(self, seconds: float, value: float) -> None:
        """Add a value at its time in seconds; a clock that was set back does not count."""
        earliest = 0.0 if self._last is None else self._last[0]
        point = [max(round(seconds, 3), earliest), value]
        self._last = point
        if self._count % self._step == 0:
            self._points.append(point)
            if len(self._points) == LONGEST_SERIES:
                del self._points[1::2]
                self._step *= 2
        self._count += 1

    def points(self) -> list[list[float]]:
        """Return at most `LONGEST_SERIES` pairs of seconds and a value, in order."""
        if self._last is None or self._points[-1] is self._last:
            return list(self._points)
        return [*self._points, self._last]


class Progress:
    """What the events of one run say so far; each part of their file is read once.

    Parameters
    ----------
    folder : Path
        The run folder.

    Attributes
    ----------
    durations_s : dict
        The seconds that each finished cell took, by its id.
    cells_done : int
        The number of finished cells.
    running : RunEvent or None
        The start of the cell that runs.
    metrics : dict
        The last value of each metric.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS_FILE
        self._restart()

    def _restart(self) -> None:
        self.durations_s: dict[str, float] = {}
        self.cells_done = 0
        self.running: RunEvent | None = None
        self.metrics: dict[str, Any] = {}
        self._series: dict[str, Series] = {}
        self._started_at: datetime | None = None
        self._inode = 0
        self._end = 0

    def read_on(self) -> None:
        """Read the events that were written since the last call.

        An incomplete last line is left for the next call. Lines that are not events are skipped,
        and so is a file that cannot be read: a run is shown without its progress then.
        """
        try:
            status = self._path.stat()
        except OSError:
            self._restart()
            return
        if status.st_ino != self._inode or status.st_size < self._end:
            self._restart()
            self._inode = status.st_ino
        if status.st_size == self._end:
            return
        try:
            content = read_bytes(self._path, kind="list of events", start=self._end)
        except StorageError:
            return
        complete = content[: content.rfind(b"\n") + 1]
        self._end += len(complete)
        for line in complete.splitlines():
            try:
                event = RunEvent.model_validate_json(line)
            except ValidationError:
                continue
            self._take(event)

    def series(self) -> dict[str, list[list[float]]]:
        """Return the numbers that were recorded, as in `RunStatus`."""
        return {name: series.points() for name, series in self._series.items()}

    def _take(self, event: RunEvent) -> None:
        if event.event == "started" or self._started_at is None:
            self._started_at = event.time
        if event.event == "cell_started":
            self.running = event
        elif event.event == "cell_finished":
            self.running = None
            self.cells_done += 1
            if event.cell is not None and event.duration_s is not None:
                self.durations_s[event.cell] = event.duration_s
        elif event.event == "metric" and event.name is not None:
            self.metrics[event.name] = event.value
            if not _is_number(event.value):
                return
            seconds = (event.time - self._started_at).total_seconds()
            self._series.setdefault(event.name, Series()).add(seconds, float(event.value))


def recorded_series(folder: Path) -> dict[str, list[list[float]]]:
    """Return the numbers that a run recorded for each metric, as in `RunStatus`."""
    progress = Progress(folder)
    progress.read_on()
    return progress.series()


def _is_number(value: Any) -> bool:
    try:
        is_finite = isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False
    return is_finite and not isinstance(value, bool)
