"""The event log: the newest event of each subject, from which clients resume."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable
from typing import Literal

from ..contract import Job, RunStatus, ServerEvent

__all__ = ["EventLog"]


class EventLog:
    """The events of one server; thread-safe.

    It keeps only the newest event of each subject. So a client that was disconnected for an hour,
    or is slow, is up to date after a few messages, and the log does not grow without limit.
    """

    def __init__(self) -> None:
        # Distinguishes ids of this server from those of others, and from those before a restart.
        self._epoch = secrets.token_hex(4)
        self._count = 0
        self._events: dict[str, ServerEvent] = {}
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def publish(
        self,
        subject: str,
        topic: Literal["job", "course", "run"],
        *,
        job: Job | None = None,
        run: RunStatus | None = None,
        removed_run: str | None = None,
    ) -> None:
        """Replace the event of a subject, and call all listeners.

        Parameters
        ----------
        subject : str
            What has changed, for a job or a run its id.
        topic, job, run, removed_run
            As in `ServerEvent`.
        """
        with self._lock:
            self._count += 1
            # Removed first, so that the new event is the last: events are ordered by id.
            self._events.pop(subject, None)
            event = ServerEvent(
                id=f"{self._epoch}-{self._count}",
                topic=topic,
                job=job,
                run=run,
                removed_run=removed_run,
            )
            self._events[subject] = event
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def forget(self, subject: str) -> None:
        """Remove the event of a subject."""
        with self._lock:
            self._events.pop(subject, None)

    def after(self, event_id: str) -> list[ServerEvent]:
        """Return the events after the one with this id; all if the id is not from this server."""
        epoch, _, number = event_id.partition("-")
        last = int(number) if epoch == self._epoch and re.fullmatch("[0-9]{1,18}", number) else 0
        with self._lock:
            return [
                event for event in self._events.values() if int(event.id.partition("-")[2]) > last
            ]

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener after each event, in any thread; return a function that ends this."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe
