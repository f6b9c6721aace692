"""Threads take turns where they trace a network, or change the mode of one.

Paddle has one program under construction for the whole process: two threads that trace at once
build into each other's, and the process ends with SIGABRT. A network has one mode, too.
"""

from __future__ import annotations

import threading

__all__ = ["turn"]

turn = threading.RLock()
"""Taken for a whole trace with the saving of its program. Forks do not take it: it may be held by
a thread that they do not have."""
