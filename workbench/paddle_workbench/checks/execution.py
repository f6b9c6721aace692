"""Execute notebooks in parallel, each in its own thread with its own kernel."""

from __future__ import annotations

import asyncio
import copy
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async

from ..processor import THREAD_VARIABLES
from .comparison.widgets import digest_widgets
from .rendering import plain

__all__ = ["ExecutedCell", "Execution", "ExecutionQueue", "shared_threads", "thread_variables"]

START_TIMEOUT_S = 120
LIMIT_BYTES = 50_000_000
_LAST_LINES = 20


def shared_threads(jobs: int) -> int:
    """Return how many threads each of `jobs` notebooks gets."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) // jobs)


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment variables that limit a kernel to `threads` threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


@dataclass(frozen=True, slots=True)
class ExecutedCell:
    """The result of one cell.

    Parameters
    ----------
    outputs : list of NotebookNode
    duration_s : float
    stopped : str
        Why the notebook goes no further; empty if it does.
    words : str
        A traceback, or the last that the kernel said.
    """

    outputs: list[nbformat.NotebookNode]
    duration_s: float
    stopped: str = ""
    words: str = ""


class Execution:
    """One notebook that is executed, will be, or has been.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place: its cells get the new outputs.
    folder : Path
        Where it runs.
    cells : sequence of int
        Which of its cells are run, by their place; after one that fails none is.
    limit_s : float
        Seconds for all of it.
    environment : mapping
        Of the kernel.
    log : Path
        Where the kernel writes what it says outside of cells.
    listener : callable
        Told of every cell that is through.
    limit_bytes : int
        So much output a cell may give.
    """

    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        *,
        folder: Path,
        cells: Sequence[int],
        limit_s: float,
        environment: Mapping[str, str],
        log: Path,
        listener: Callable[[], None] = lambda: None,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self.notebook = notebook
        self._folder = folder
        self._futures: dict[int, Future[ExecutedCell]] = {index: Future() for index in cells}
        self._limit_s = limit_s
        self._environment = dict(environment)
        self._log = log
        self._listener = listener
        self._limit_bytes = limit_bytes
        self._client: _Client | None = None
        self._stopping = threading.Event()

    def result(self, index: int) -> ExecutedCell | None:
        """Wait for a cell, and return its result; None if it was not run."""
        try:
            return self._futures[index].result()
        except asyncio.CancelledError:
            return None

    def run(self) -> None:
        """Execute the cells; the results report what goes wrong."""
        try:
            asyncio.run(self._run())
        except BaseException as error:
            # Whoever waits for a cell hears of it; nobody else would.
            for future in self._futures.values():
                if not future.done():
                    future.set_exception(error)
            raise
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Wake up everyone waiting for a cell that will not run."""
        for future in self._futures.values():
            if not future.done():
                future.set_exception(asyncio.CancelledError())

    def stop(self) -> None:
        """Kill the kernel and go no further."""
        self._stopping.set()
        if self._client is not None:
            self._client.kill()

    async def _run(self) -> None:
        if not self._futures or self._stopping.is_set():
            return
        started = time.monotonic()
        with self._log.open("w", encoding="utf-8") as log:
            client = self._client = _Client(
                self.notebook,
                startup_timeout=START_TIMEOUT_S,
                coalesce_streams=True,
                shutdown_kernel="immediate",
                limit_bytes=self._limit_bytes,
            )
            client.timeout_func = lambda _cell: max(
                1, math.ceil(self._limit_s - (time.monotonic() - started))
            )
            options: dict[str, Any] = {"stdout": log, "stderr": log, "env": self._environment}
            running = False
            try:
                async with client.async_setup_kernel(cwd=str(self._folder), **options):
                    running = True
                    await self._run_cells(client)
            except Exception as error:
                # Each way of starting a kernel fails in its own way.
                if running:
                    raise
                first = next(iter(self._futures.values()))
                said = f"{error}\n{self._last_words()}"
                self._listener()
                first.set_result(ExecutedCell([], 0.0, "the kernel did not start", said))

    async def _run_cells(self, client: _Client) -> None:
        for index, future in self._futures.items():
            if self._stopping.is_set():
                return
            executed = await self._run_cell(client, index)
            # Before the result, with which the process may already end.
            self._listener()
            future.set_result(executed)
            if executed.stopped:
                return

    async def _run_cell(self, client: _Client, index: int) -> ExecutedCell:
        cell = self.notebook.cells[index]
        started = time.monotonic()
        stopped, words = "", ""
        try:
            client.begin_cell()
            await client.async_execute_cell(cell, index)
        except CellTimeoutError:
            stopped = "the notebook reached its time limit"
        except DeadKernelError:
            stopped, words = "the kernel died", self._last_words()
        except CellExecutionError as error:
            stopped = f"{error.ename}: {error.evalue}"
            raised = next(out for out in cell.outputs if out.output_type == "error")
            words = plain("\n".join(raised.traceback))
        if client.flooded:
            size = self._limit_bytes // 1_000_000
            stopped, words = f"it gave more than {size} MB of output", ""
            cell.outputs = []
        digest_widgets(cell.outputs, client.widget_state, client.widget_buffers)
        duration_s = time.monotonic() - started
        return ExecutedCell(copy.deepcopy(cell.outputs), duration_s, stopped, words)

    def _last_words(self) -> str:
        said = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(said[-_LAST_LINES:])


class _Client(NotebookClient):
    """nbclient's, ending a kernel that floods it with output."""

    def __init__(
        self, notebook: nbformat.NotebookNode, *, limit_bytes: int, **options: Any
    ) -> None:
        super().__init__(notebook, **options)
        self.flooded = False
        self._limit_bytes = limit_bytes
        self._cell_bytes = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._killing: asyncio.Task[None] | None = None

    def begin_cell(self) -> None:
        """Count the output of a cell from nothing."""
        self._cell_bytes = 0
        self._loop = asyncio.get_running_loop()

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Take a message of the kernel, unless there have been too many."""
        content = msg["content"]
        texts = [content.get("text"), *content.get("data", {}).values()]
        self._cell_bytes += sum(len(text) for text in texts if isinstance(text, str))
        if self._cell_bytes > self._limit_bytes and msg["msg_type"] != "status":
            if not self.flooded:
                self.flooded = True
                self.kill()
            return None
        output: nbformat.NotebookNode | None = super().process_message(msg, cell, cell_index)
        return output

    def kill(self) -> None:
        """End the kernel; nbclient sees within a second that it is gone."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin_killing)

    def _begin_killing(self) -> None:
        self._killing = asyncio.ensure_future(self._kill())

    async def _kill(self) -> None:
        if self.km is not None and self.km.has_kernel:
            await ensure_async(self.km.signal_kernel(signal.SIGKILL))


class ExecutionQueue:
    """Executes notebooks in the order they are added, a limited number at a time."""

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="notebook")
        self._executions: list[Execution] = []

    def put(self, execution: Execution) -> None:
        """Execute a notebook as soon as a place is free."""
        self._executions.append(execution)
        self._pool.submit(execution.run)

    def close(self) -> None:
        """Stop what is still running, and wait for it."""
        for execution in self._executions:
            execution.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for execution in self._executions:
            execution.abandon()
