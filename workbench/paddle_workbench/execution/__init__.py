"""Running notebooks in kernels of their own: events, limits on time and output, and stopping."""

from .endings import Ending, ExecutedCell, ExecutionListener, StopReason, StopStage
from .execution import Execution, is_executed
from .kernelspec import is_python, kernel_for, kernel_of, language_of, require_kernel
from .probing import CellProbe
from .queue import ExecutionQueue
from .threads import shared_threads, thread_variables

__all__ = [
    "CellProbe",
    "Ending",
    "ExecutedCell",
    "Execution",
    "ExecutionListener",
    "ExecutionQueue",
    "StopReason",
    "StopStage",
    "is_executed",
    "is_python",
    "kernel_for",
    "kernel_of",
    "language_of",
    "require_kernel",
    "shared_threads",
    "thread_variables",
]
