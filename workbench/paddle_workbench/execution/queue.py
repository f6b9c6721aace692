"""Running several notebooks, a limited number at a time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from .endings import Ending
from .execution import Execution

__all__ = ["ExecutionQueue"]


class ExecutionQueue:
    """Runs executions in threads, in the order in which they were added.

    Parameters
    ----------
    jobs : int
        The number of notebooks that run at the same time.
    """

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="notebook")
        self._executions: list[Execution] = []

    def put(self, execution: Execution) -> Future[Ending]:
        """Run a notebook as soon as a thread is free; the future is its ending."""
        self._executions.append(execution)
        return self._pool.submit(execution.run)

    def close(self) -> None:
        """Stop all notebooks, and wait until they have ended."""
        for execution in self._executions:
            execution.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
