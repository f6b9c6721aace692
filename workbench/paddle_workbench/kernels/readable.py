"""Waiting for file descriptors, of any number."""

from __future__ import annotations

import math
import select

__all__ = ["readable"]


def readable(*descriptors: int, timeout_s: float | None = None) -> list[int]:
    """Wait until one of some descriptors can be read, has an error or was closed at its other end.

    Unlike `select.select`, it takes numbers from 1024 on, which the server of a class reaches.

    Parameters
    ----------
    *descriptors : int
    timeout_s : float, optional
        By default it waits for ever.

    Returns
    -------
    list of int
        Those that are ready; empty if the time has passed.
    """
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    timeout_ms = None if timeout_s is None else math.ceil(1000 * max(0.0, timeout_s))
    return [descriptor for descriptor, _ in poll.poll(timeout_ms)]
