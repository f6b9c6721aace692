"""Detects changes of the learner's course by another window, server or terminal."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ..jobs import EventLog
from ..settings import Settings

__all__ = ["CourseWatch"]

INTERVAL_S = 2.0

_State = tuple[object, ...]


class CourseWatch:
    """Publishes an event when progress or working copies change, while a browser is connected.

    Parameters
    ----------
    settings : Settings
    events : EventLog
    """

    def __init__(self, settings: Settings, events: EventLog) -> None:
        self._settings = settings
        self._events = events
        self._listeners = 0
        self._state: _State | None = None
        self._task: asyncio.Task[None] | None = None

    def enter(self) -> None:
        """Register a connected browser; the first one starts the watch."""
        self._listeners += 1
        if self._task is None:
            # Detects changes while no browser was connected, too.
            self._compare(self._fingerprint())
            self._task = asyncio.create_task(self._watch())

    def leave(self) -> None:
        """Remove a browser that has disconnected; the last one ends the watch."""
        self._listeners -= 1
        if self._listeners == 0 and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            self._compare(await asyncio.to_thread(self._fingerprint))

    def _compare(self, state: _State) -> None:
        if self._state is not None and state != self._state:
            self._events.publish("course", "course")
        self._state = state

    def _fingerprint(self) -> _State:
        """Return a value that changes with the catalog: file dates, which are quick to read."""
        dates: list[object] = []
        for path in (self._settings.progress_file, self._settings.course / "course.json"):
            with suppress(OSError):
                status = path.stat()
                dates.append((status.st_mtime_ns, status.st_size, status.st_ino))
        copies: list[str] = []
        with suppress(OSError):
            copies = sorted(str(path) for path in self._settings.lessons.glob("*/*.ipynb"))
        return (*dates, *copies)
