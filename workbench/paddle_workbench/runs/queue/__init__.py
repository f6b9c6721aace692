"""The queue: runs that wait on disk until a process of their own runs them, a few at a time."""

from .slots import run_limit
from .submission import continue_queue, queue_runs, wait_for

__all__ = ["continue_queue", "queue_runs", "run_limit", "wait_for"]
