"""What has changed since a client last heard: a log that keeps the newest event of each subject."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Literal

from ..contract import Job, ServerEvent

__all__ = ["EventLog"]


class EventLog:
    """The events of one server, by their ids; any thread may use it.

    Since it keeps only the newest event of each subject, a client that was away for an hour and
    one that is slow are brought up to date by a few messages, and nothing grows without end.
    """

    def __init__(self) -> None:
        # Ids of another server, or of this one before a restart, mean nothing here.
        self._epoch = secrets.token_hex(4)
        self._count = 0
        self._events: dict[str, ServerEvent] = {}
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def publish(
        self, subject: str, topic: Literal["job", "course"], *, job: Job | None = None
    ) -> None:
        """Replace the event of a subject, and call every listener.

        Parameters
        ----------
        subject : str
            What has changed: for jobs their id.
        topic, job
            As in `ServerEvent`.
        """
        with self._lock:
            self._count += 1
            # At the end, since the order is that of the ids.
            self._events.pop(subject, None)
            event = ServerEvent(id=f"{self._epoch}-{self._count}", topic=topic, job=job)
            self._events[subject] = event
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def forget(self, subject: str) -> None:
        """Report a subject no more."""
        with self._lock:
            self._events.pop(subject, None)

    def after(self, event_id: str) -> list[ServerEvent]:
        """Return the events after the one with this id; all, if the id is not of this server."""
        epoch, _, number = event_id.partition("-")
        seen = int(number) if epoch == self._epoch and number.isdecimal() else 0
        with self._lock:
            return [
                event for event in self._events.values() if int(event.id.partition("-")[2]) > seen
            ]

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener, in any thread, after each event; return what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end
