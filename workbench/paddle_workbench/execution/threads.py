"""Dividing the processor cores between notebooks that run at the same time."""

from __future__ import annotations

import os

from ..processor import THREAD_VARIABLES

__all__ = ["shared_threads", "thread_variables"]


def shared_threads(jobs: int) -> int:
    """Return the number of threads for each of `jobs` notebooks: an equal share, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // jobs)


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment variables that limit a kernel to `threads` threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))
