"""Stopping Python code that runs for too long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["TimeLimitExceeded", "time_limit"]


class TimeLimitExceeded(BaseException):
    """The block has exceeded its time limit.

    It is not an `Exception`, so that `except Exception` in the block does not catch it.
    """


@contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Raise `TimeLimitExceeded` in the block once it has run for `limit_s` seconds.

    A timer signal interrupts Python code, and calls into C once they return. There is no such timer
    on Windows and in other threads than the main thread; there the block runs without a limit.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimitExceeded

    handler = signal.signal(signal.SIGALRM, stop)
    # Repeated every second, for code that catches all exceptions.
    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
