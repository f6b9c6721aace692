"""The end of a child when its parent ends."""

from __future__ import annotations

import os
import signal
from time import sleep

__all__ = ["end_with_parent"]


def end_with_parent(parent: int, grace_s: float) -> None:
    """Wait until the parent closes this pipe or ends, then end this process and its group."""
    os.read(parent, 1)
    if grace_s:
        os.kill(os.getpid(), signal.SIGINT)
        sleep(grace_s)
    os.killpg(os.getpid(), signal.SIGKILL)
