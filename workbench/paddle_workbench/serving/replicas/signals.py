"""The signals to a command that serves by replicas."""

from __future__ import annotations

import queue
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["EngineSignals"]

WAKE_S = 0.5


class EngineSignals:
    """What others want of the command: to end, or to take its bundles again.

    A signal to end is collected while the command serves. Before, it is raised as a
    KeyboardInterrupt, since there is nothing to answer; and so is a second SIGINT, from somebody
    who does not want to wait for what is answered.
    """

    def __init__(self) -> None:
        self._received: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._collects = False
        self._was_interrupted = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle SIGTERM, SIGINT and SIGHUP."""
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, self._handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def collect(self) -> None:
        """Collect signals from now on, since requests may have been accepted."""
        self._collects = True

    def wait(self) -> int:
        """Return the next signal."""
        while True:
            # A thread of Ray may receive the signal; this one, which has to run the handler, is not
            # woken then.
            with suppress(queue.Empty):
                return self._received.get(timeout=WAKE_S)

    def _handle(self, number: int, _frame: object) -> None:
        if number != signal.SIGHUP:
            if not self._collects or (self._was_interrupted and number == signal.SIGINT):
                raise KeyboardInterrupt
            self._was_interrupted |= number == signal.SIGINT
        self._received.put(number)
