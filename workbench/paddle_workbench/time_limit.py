"""Stop Python code that runs for too long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["TimeLimitExceeded", "time_limit"]


class TimeLimitExceeded(BaseException):
    """The block ran past its limit.

    Not an `Exception`, so that `except Exception` in the code being limited does not swallow it.
    """


@contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Raise `TimeLimitExceeded` in the block once it has run for `limit_s` seconds.

    A timer signal interrupts Python code, and calls into C when they return. Outside the main
    thread, and on Windows, there is no such timer and the block runs unlimited.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimitExceeded

    before = signal.signal(signal.SIGALRM, stop)
    # Once more every second, for code that catches everything.
    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
