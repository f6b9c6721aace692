"""Noticing the end of the process that asked for a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from .readable import readable

__all__ = ["ClientWatch"]


class ClientWatch(threading.Thread):
    """Calls a function when another process ends, as ipykernel's poller does for the parent.

    Parameters
    ----------
    pid : int
    on_end : callable
        Also called if there is no such process.
    """

    def __init__(self, pid: int, on_end: Callable[[], object]) -> None:
        super().__init__(daemon=True, name="client-watch")
        self._pid = pid
        self._on_end = on_end

    def run(self) -> None:
        """Wait until the other process ends."""
        try:
            descriptor = os.pidfd_open(self._pid)
        except ProcessLookupError:
            self._on_end()
            return
        except OSError:
            return
        readable(descriptor)
        os.close(descriptor)
        self._on_end()
