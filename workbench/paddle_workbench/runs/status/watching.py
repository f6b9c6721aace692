"""Detects changes of runs by any process: the queue, another server or window, a terminal."""

from __future__ import annotations

import logging
import threading

from .statuses import RunStatuses

__all__ = ["RunsWatch"]

# A change is on screen within 200 ms, on a busy machine too.
INTERVAL_S = 0.05
PAUSE_AFTER_ERROR_S = 5.0

_log = logging.getLogger(__name__)


class RunsWatch:
    """Looks for changes of runs in a thread, while a browser is connected.

    Parameters
    ----------
    statuses : RunStatuses
        Calls its listener for each change.
    """

    def __init__(self, statuses: RunStatuses) -> None:
        self._statuses = statuses
        self._browsers = 0
        self._end: threading.Event | None = None
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Register a connected browser; the first one starts the watch."""
        with self._lock:
            self._browsers += 1
            if self._end is None:
                self._end = threading.Event()
                threading.Thread(
                    target=self._watch, args=(self._end,), name="runs-watch", daemon=True
                ).start()

    def leave(self) -> None:
        """Remove a browser that has disconnected; the last one ends the watch."""
        with self._lock:
            self._browsers -= 1
            if self._browsers == 0 and self._end is not None:
                self._end.set()
                self._end = None

    def close(self) -> None:
        """End the watch, though browsers may still be connected."""
        with self._lock:
            if self._end is not None:
                self._end.set()

    def _watch(self, end: threading.Event) -> None:
        pause_s = 0.0
        while not end.wait(pause_s):
            pause_s = INTERVAL_S
            try:
                self._statuses.refresh()
            except Exception:  # one strange folder must not end the watch
                _log.exception("The runs could not be read.")
                pause_s = PAUSE_AFTER_ERROR_S
