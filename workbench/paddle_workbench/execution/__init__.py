"""Running notebooks: one kernel, its cells in order, events, limits, and a way to stop."""

from .execution import Ending, ExecutedCell, Execution, ExecutionListener, StopReason, is_executed
from .kernelspec import require_kernel
from .queue import ExecutionQueue
from .threads import shared_threads, thread_variables

__all__ = [
    "Ending",
    "ExecutedCell",
    "Execution",
    "ExecutionListener",
    "ExecutionQueue",
    "StopReason",
    "is_executed",
    "require_kernel",
    "shared_threads",
    "thread_variables",
]
