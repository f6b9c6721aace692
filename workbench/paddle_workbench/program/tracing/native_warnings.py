"""Warnings of Paddle's C++ code, which prints them to the process's stderr.

They are about Paddle itself: whatever `softmax` or `mean` is traced first in a process, Paddle 3.2
says that it does "not support input out tensor", because its own Python code passes `out=None`.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_native_warnings"]

_LEVEL = "_ZN3fLI17FLAGS_minloglevelE"
"""The level of glog inside Paddle's library, which Paddle sets from a variable when it loads."""
_ERROR = 2
_LOCK = threading.Lock()
_LEVELS: list[int] = []
"""What the level was before each of those that are inside; the first one's comes back last."""


@contextmanager
def without_native_warnings() -> Iterator[None]:
    """Have Paddle's C++ code print errors only."""
    level = _level()
    if level is None:
        yield
        return
    with _LOCK:
        _LEVELS.append(level.value)
        level.value = max(level.value, _ERROR)
    try:
        yield
    finally:
        with _LOCK:
            # Threads leave in any order.
            if len(_LEVELS) > 1:
                _LEVELS.pop()
            else:
                level.value = _LEVELS.pop()


def _level() -> ctypes.c_int | None:
    from paddle.base import libpaddle

    try:
        return ctypes.c_int.in_dll(ctypes.CDLL(libpaddle.__file__), _LEVEL)
    except (OSError, ValueError):  # a build with another glog
        return None
