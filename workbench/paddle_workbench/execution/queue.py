"""Notebooks that run in the order they are added, a limited number at a time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from .execution import Ending, Execution

__all__ = ["ExecutionQueue"]


class ExecutionQueue:
    """Runs each execution in a thread of its own, `jobs` at the same time."""

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="notebook")
        self._executions: list[Execution] = []

    def put(self, execution: Execution) -> Future[Ending]:
        """Run a notebook as soon as a thread is free, and return its ending once it has ended."""
        self._executions.append(execution)
        return self._pool.submit(execution.run)

    def close(self) -> None:
        """Stop every notebook that still runs, and wait until it has ended."""
        for execution in self._executions:
            execution.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
