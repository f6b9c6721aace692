"""The execution of a notebook whose kernel is on a node of a Ray cluster."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import nbformat

from ...errors import ClusterError, clause_of
from ...execution import Ending, ExecutedCell, ExecutionListener, StopReason, StopStage, is_executed
from .limits import files_bytes
from .messages import CellBegan, CellEnded, Ended, Failed, Message, NewOutputs, Task
from .placement import Place, find_place
from .work_files import pack, unpack

__all__ = ["RemoteExecution"]

WAIT_S = 10.0
# Beyond the steps that it takes to stop a kernel, the node has this long to answer.
PATIENCE_S = 15.0
CLOSE_S = 10.0
# How long a node may be out of reach until Ray says that it is lost.
UNAVAILABLE_S = 120.0
RETRY_S = 0.5


class RemoteExecution:
    """The execution of one notebook on a cluster, to be used as an `Execution`.

    Parameters
    ----------
    notebook : NotebookNode
        It is changed in place: its cells receive the new outputs.
    address : str
        Of the cluster.
    folder : Path
        The work folder: its files are sent to the node, and those that change come back.
    kernel_log : Path
        The file for the streams of the kernel's process, written at the end.
    listener : ExecutionListener
    on_memory : callable
        Called with the memory of the kernel in bytes.
    on_warning : callable
        Called with a sentence for the user.
    cells : iterable of int, optional
        The indices of the cells to run; by default all for which `is_executed` is true.
    variables : mapping, optional
        Environment variables of the kernel in addition to those of the node. They are only kept in
        memory.
    **options
        Further keywords of `Execution`, such as limits.
    """

    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        *,
        address: str,
        folder: Path,
        kernel_log: Path,
        listener: ExecutionListener,
        on_memory: Callable[[int | None], None],
        on_warning: Callable[[str], None],
        cells: Iterable[int] | None = None,
        variables: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.notebook = notebook
        self._address = address
        self._folder = folder
        self._kernel_log = kernel_log
        self._listener = listener
        self._on_memory = on_memory
        self._on_warning = on_warning
        executed = (index for index, cell in enumerate(notebook.cells) if is_executed(cell))
        self._cells = list(executed if cells is None else cells)
        self._variables = dict(variables or {})
        self._options = options
        self._stack = ExitStack()
        self._place: Place | None = None
        self._running: int | None = None
        self._stops: list[StopReason] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def widgets(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[Any, dict[str, Any]]]]:
        """Nothing: the states of widgets arrive at the end, in the metadata of the notebook."""
        return {}, {}

    @property
    def kernel_process_id(self) -> None:
        """Nothing, since the process is on another machine."""
        return

    def place(self) -> Place | None:
        """Wait until a node of the cluster has room, and return it; None if it is stopped before.

        Raises
        ------
        ClusterError
            If the cluster cannot be reached, the node does not fit, or the files are too large.
        """
        limit = files_bytes()
        pack(self._folder, limit)
        self._place = find_place(self._address, self._stack, lambda: bool(self._stops))
        return self._place

    def run(self) -> Ending:
        """Run the cells, and return how the execution ended. Call `place` before.

        Raises
        ------
        Exception
            Any exception of the listener, after the kernel has been shut down.
        """
        try:
            return asyncio.run(self._run())
        finally:
            self.close()

    def stop(self, reason: StopReason = "cancelled") -> None:
        """Stop as `Execution.stop` does. If the node does not answer, its process is killed."""
        self._stops.append(reason)
        loop = self._loop
        if loop is not None:
            # If the loop has been closed, the kernel has ended.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._send_stop, reason)

    def close(self) -> None:
        """End the process on the node, and disconnect."""
        self._stack.close()

    async def _run(self) -> Ending:
        from ray.exceptions import RayError

        if self._stops or self._place is None:
            return self._stopped()
        if not self._cells:
            return Ending("completed")
        self._loop = asyncio.get_running_loop()
        actor = self._place.actor
        try:
            await _call(actor.start, self._task(), pack(self._folder, files_bytes()))
            for reason in list(self._stops):
                self._send_stop(reason)
            ended = await self._follow(actor)
            self._take_end(ended)
            self._take_files(*await _call(actor.files))
            return ended.ending
        except RayError as error:
            return self._stopped("killed") if self._stops else self._lost(error)
        finally:
            self._loop = None
            with contextlib.suppress(RayError, TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(_call(actor.close, CLOSE_S), 2 * CLOSE_S)

    def _task(self) -> Task:
        assert self._place is not None  # noqa: S101 - `_run` has returned otherwise
        return Task(
            notebook=nbformat.writes(self.notebook),
            cells=self._cells,
            options=self._options,
            variables=self._variables,
            threads=self._place.threads,
            files_limit_bytes=files_bytes(),
        )

    async def _follow(self, actor: Any) -> Ended:
        """Take messages from the node until the kernel has ended."""
        from ray.exceptions import ActorUnavailableError

        first = 0
        failures = 0
        while True:
            try:
                messages, memory_bytes = await _call(actor.messages, first, WAIT_S)
            except ActorUnavailableError:
                # They are asked for again: either they come, or Ray finds that the node is lost.
                failures += 1
                if failures * RETRY_S > UNAVAILABLE_S:
                    raise
                await asyncio.sleep(RETRY_S)
                continue
            failures = 0
            first += len(messages)
            self._on_memory(memory_bytes)
            for message in messages:
                self._take(message)
                if isinstance(message, Ended):
                    return message

    def _take(self, message: Message) -> None:
        if isinstance(message, CellBegan):
            self._running = message.index
            self._listener.cell_started(message.index)
        elif isinstance(message, NewOutputs):
            outputs = self.notebook.cells[message.index].outputs
            outputs[message.start :] = _nodes(message.outputs)
            self._listener.output_received()
        elif isinstance(message, CellEnded):
            cell = self.notebook.cells[message.index]
            cell.outputs = _nodes(message.outputs)
            cell.execution_count = message.execution_count
            cell.metadata.update(message.metadata)
            self._listener.cell_finished(
                ExecutedCell(message.index, message.duration_s, message.ending)
            )
            self._running = None
        elif isinstance(message, Failed):
            raise ClusterError(
                f"{self._node()} could not run the notebook: {message.reason}.",
                "Free space there, or see the logs of Ray on that node.",
            )

    def _take_end(self, ended: Ended) -> None:
        self.notebook.metadata.update(nbformat.from_dict(ended.metadata))
        for index, outputs in ended.displays.items():
            self.notebook.cells[index].outputs = _nodes(outputs)
        self._kernel_log.touch(mode=0o600)
        self._kernel_log.write_text(ended.log, encoding="utf-8")

    def _take_files(self, files: bytes, removed: list[str], warning: str) -> None:
        try:
            unpack(files, self._folder, removed)
        except (OSError, ClusterError) as error:
            warning = f"Not all files of the run could be written here: {clause_of(error)}."
        if warning:
            self._on_warning(warning)

    def _send_stop(self, reason: StopReason) -> None:
        if self._place is None or self._loop is None:
            return
        self._place.actor.stop.remote(reason)
        self._loop.call_later(PATIENCE_S, self._kill)

    def _kill(self) -> None:
        """End the process of a node that does not answer, so that waiting for it ends."""
        import ray

        if self._place is not None and self._loop is not None:
            ray.kill(self._place.actor)

    def _stopped(self, stage: StopStage | None = None) -> Ending:
        reason = self._stops[0] if self._stops else "cancelled"
        cell = self._running if self._running is not None else next(iter(self._cells), 0)
        clauses = {"timed_out": "the notebook reached its time limit"}
        clause = clauses.get(reason, "it was cancelled")
        details = f"{self._node()} did not answer; its process was killed." if stage else ""
        return Ending(reason, cell, clause, details, stop=stage)

    def _lost(self, error: Exception) -> Ending:
        cell = self._running if self._running is not None else next(iter(self._cells), 0)
        return Ending("node_lost", cell, f"{self._node()} was lost", _cause(error))

    def _node(self) -> str:
        return "The node" if self._place is None else f"The node {self._place.node}"


def _nodes(outputs: Iterable[Mapping[str, Any]]) -> list[nbformat.NotebookNode]:
    nodes: list[nbformat.NotebookNode] = [nbformat.from_dict(output) for output in outputs]
    return nodes


async def _call(method: Any, *arguments: Any) -> Any:
    """Call a method of the actor, and wait for its result without blocking this thread."""
    return await asyncio.wrap_future(method.remote(*arguments).future())


def _cause(error: Exception) -> str:
    """Return the sentence in which Ray says why an actor has ended."""
    lines = [line.strip() for line in str(error).splitlines()]
    reasons = [line for line in lines if line.startswith("The actor is dead because")]
    return next(iter(reasons), clause_of(error))[:300]
