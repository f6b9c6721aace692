"""Running one notebook in a kernel of its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbclient.util import ensure_async

from ..codes import code_of_error
from ..scratch import KernelFolder
from ..settings import OutputLimits, output_limits
from ..storage import open_private
from .client import LimitedClient
from .endings import Ending, ExecutedCell, ExecutionListener, StopReason, StopStage
from .probing import CellProbe, ask_kernel
from .streams import join_streams

__all__ = ["Execution", "is_executed"]

GRACE_S = 5.0
# How long a kernel that ignores an interrupt may take to end itself.
TERMINATION_S = 2.0
CONNECTION_FILE = ".connection.json"
_LAST_LINES = 20
_TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def is_executed(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell is executed: code without the tag `skip-execution`."""
    is_skipped = "skip-execution" in cell.metadata.get("tags", [])
    return cell.cell_type == "code" and bool(cell.source.strip()) and not is_skipped


class Execution:
    """The execution of one notebook.

    Parameters
    ----------
    notebook : NotebookNode
        It is changed in place: its cells receive the new outputs.
    folder : Path
        The kernel's working folder.
    kernel_log : Path
        The file for the streams of the kernel's process, such as errors of native code.
    listener : ExecutionListener
    cells : iterable of int, optional
        The indices of the cells to run; by default all for which `is_executed` is true. The first
        cell that fails is the last to run.
    time_limit_s : float, optional
        The limit for the whole notebook, including the start of the kernel.
    cell_time_limit_s : float, optional
        The limit for each cell.
    grace_s : float
        How long an interrupted kernel may take to end its cell before it is asked to terminate,
        and then killed.
    environment : mapping, optional
        The environment variables of the kernel; by default those of this process.
    limits : OutputLimits, optional
        How much output is kept; by default as configured for this process.
    stops_at_limit : bool
        Whether output beyond the limit stops the notebook, or is only dropped.
    redact : callable, optional
        Takes secrets out of a text, before an output is kept.
    kernel_options : mapping, optional
        Options for the provisioner of the kernel.
    probe : CellProbe, optional
    """

    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        *,
        folder: Path,
        kernel_log: Path,
        listener: ExecutionListener,
        cells: Iterable[int] | None = None,
        time_limit_s: float | None = None,
        cell_time_limit_s: float | None = None,
        grace_s: float = GRACE_S,
        environment: Mapping[str, str] | None = None,
        limits: OutputLimits | None = None,
        stops_at_limit: bool = False,
        redact: Callable[[str], str] | None = None,
        kernel_options: Mapping[str, Any] | None = None,
        probe: CellProbe | None = None,
    ) -> None:
        self.notebook = notebook
        self._kernel_options = dict(kernel_options or {})
        self._probe = probe
        self._folder = folder
        self._kernel_log = kernel_log
        self._listener = listener
        executed = (index for index, cell in enumerate(notebook.cells) if is_executed(cell))
        self._cells = list(executed if cells is None else cells)
        self._time_limit_s = time_limit_s
        self._cell_time_limit_s = cell_time_limit_s
        self._redact = redact
        self._grace_s = grace_s
        self._environment = environment
        self._client = LimitedClient(
            notebook,
            limits=output_limits() if limits is None else limits,
            on_output=listener.output_received,
            on_cut=self._on_cut if stops_at_limit else lambda: None,
            redact=redact,
        )
        self._stop_reason: StopReason | None = None
        self._stop_stage: StopStage | None = None
        self._is_cell_limit = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending_kernel: asyncio.Task[None] | None = None

    @property
    def widgets(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[Any, dict[str, Any]]]]:
        """The states and the buffers of the widgets so far, by the id of their model."""
        return self._client.widget_state, self._client.widget_buffers

    @property
    def kernel_process_id(self) -> int | None:
        """The process of the kernel, if it runs on this machine."""
        manager: Any = self._client.km
        provisioner = None if manager is None else manager.provisioner
        process_id = getattr(provisioner, "pid", None)
        return process_id if isinstance(process_id, int) else None

    def run(self) -> Ending:
        """Run the cells, and return how the execution ended.

        Raises
        ------
        Exception
            Any exception of the listener, after the kernel has been shut down.
        """
        return asyncio.run(self._run())

    def stop(self, reason: StopReason = "cancelled") -> None:
        """Interrupt the kernel and run no further cells.

        After the grace period the kernel is terminated, and then killed; by a second call it is
        killed at once. Threads and signal handlers may call this at any time, even before `run`.
        """
        is_second_call = self._stop_reason is not None
        self._stop_reason = self._stop_reason or reason
        grace_s = 0.0 if is_second_call else self._grace_s
        loop = self._loop
        if loop is not None:
            # If the loop has been closed, the kernel has ended.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._begin_ending_kernel, grace_s)

    async def _run(self) -> Ending:
        if not self._cells:
            return Ending("completed")
        self._loop = asyncio.get_running_loop()
        deadline = None
        if self._time_limit_s is not None:
            deadline = self._loop.call_later(self._time_limit_s, self.stop, "timed_out")
        try:
            # The kernel is often killed, and then cannot remove its temporary files.
            with (
                open_private(self._kernel_log) as log,
                KernelFolder(self._environment) as temporary,
            ):
                return await self._run_in_kernel(log, temporary)
        finally:
            if deadline is not None:
                deadline.cancel()
            if self._ending_kernel is not None:
                self._ending_kernel.cancel()

    async def _run_in_kernel(self, log: IO[str], temporary: KernelFolder) -> Ending:
        first = self._cells[0]
        if self._is_stopping():
            return self._stopped(first)
        try:
            await self._start_kernel(log, temporary)
        except Exception as error:
            # Kernel provisioners raise exceptions of any type.
            await self._shut_down_kernel()
            if self._is_stopping():
                return self._stopped(first)
            details = f"{error}\n{self._last_log_lines()}".rstrip()
            return Ending("kernel_not_started", first, "the kernel did not start", details)
        async with self._kernel():
            for index in self._cells:
                if self._is_stopping():
                    return self._stopped(index)
                if self._probe is not None:
                    await ask_kernel(self._probe, index, self._client)
                ending = await self._run_cell(index)
                if ending is not None:
                    return ending
        return Ending("completed")

    async def _run_cell(self, index: int) -> Ending | None:
        """Run a cell, and return the ending of the notebook; None if the next cell runs."""
        cell = self.notebook.cells[index]
        self._listener.cell_started(index)
        start = time.monotonic()
        ending: Ending | None = None
        self._client.begin_cell()
        deadline = self._begin_cell_limit()
        try:
            await self._client.async_execute_cell(cell, index)
        except DeadKernelError:
            ending = Ending("kernel_died", index, "the kernel died", self._last_log_lines())
        except CellExecutionError as error:
            ending = self._failed(index, cell, error)
        finally:
            if deadline is not None:
                deadline.cancel()
        cell.outputs = self._kept(cell.outputs)
        was_interrupted = ending is not None and self._is_stopping()
        if was_interrupted or self._stop_reason == "too_much_output":
            ending = self._stopped(index)
        duration_s = time.monotonic() - start
        self._listener.cell_finished(ExecutedCell(index, duration_s, ending))
        return ending

    def _begin_cell_limit(self) -> asyncio.TimerHandle | None:
        if self._cell_time_limit_s is None:
            return None
        return asyncio.get_running_loop().call_later(self._cell_time_limit_s, self._end_cell)

    def _end_cell(self) -> None:
        self._is_cell_limit = not self._is_stopping()
        self.stop("timed_out")

    def _kept(self, outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
        """Return the outputs of a cell as the notebook keeps them."""
        outputs = join_streams(outputs)
        if self._redact is not None:
            # A secret may have arrived in parts.
            for output in outputs:
                if output.output_type == "stream":
                    output.text = self._redact(output.text)
        return outputs

    def _is_stopping(self) -> bool:
        return self._stop_reason is not None

    def _stopped(self, index: int) -> Ending:
        subject = "the cell" if self._is_cell_limit else "the notebook"
        reasons = {
            "cancelled": "it was cancelled",
            "timed_out": f"{subject} reached its time limit",
            "too_much_output": self._client.cut_reason,
        }
        reason = self._stop_reason or "cancelled"
        return Ending(reason, index, reasons[reason], stop=self._stop_stage)

    async def _start_kernel(self, log: IO[str], temporary: KernelFolder) -> None:
        client = self._client
        client.reset_execution_trackers()
        manager: Any = client.create_kernel_manager()
        if temporary.path is not None:
            # By default it would be among the temporary files of this process.
            manager.connection_file = str(temporary.path / CONNECTION_FILE)
        await client.async_start_new_kernel(
            cwd=str(self._folder),
            stdout=log,
            stderr=log,
            env=temporary.environment,
            **self._kernel_options,
        )
        kernel_client = await client.async_start_new_kernel_client()
        reply = await client.async_wait_for_reply(await ensure_async(kernel_client.kernel_info()))
        if reply is not None:
            self.notebook.metadata["language_info"] = reply["content"]["language_info"]

    @asynccontextmanager
    async def _kernel(self) -> AsyncIterator[None]:
        """Shut the kernel down at the end of the block."""
        try:
            yield
        finally:
            self._client.set_widgets_metadata()
            await self._shut_down_kernel()

    async def _shut_down_kernel(self) -> None:
        manager, client = self._client.km, self._client.kc
        if manager is not None:
            try:
                if await ensure_async(manager.is_alive()):
                    await ensure_async(manager.shutdown_kernel(now=self._grace_s == 0))
            finally:
                await ensure_async(manager.cleanup_resources())
                if client is not None:
                    client.stop_channels()

    def _on_cut(self) -> None:
        self.stop("too_much_output")

    def _begin_ending_kernel(self, grace_s: float) -> None:
        if self._ending_kernel is not None:
            self._ending_kernel.cancel()
        self._ending_kernel = asyncio.ensure_future(self._end_kernel(grace_s))

    async def _end_kernel(self, grace_s: float) -> None:
        manager = self._client.km
        if manager is None or not manager.has_kernel:
            return
        # nbclient notices within a second that the kernel has ended.
        if grace_s:
            self._stop_stage = "interrupted"
            await ensure_async(manager.interrupt_kernel())
            await asyncio.sleep(grace_s)
            self._stop_stage = "terminated"
            await ensure_async(manager.signal_kernel(signal.SIGTERM))
            await asyncio.sleep(TERMINATION_S)
        self._stop_stage = "killed"
        await ensure_async(manager.signal_kernel(signal.SIGKILL))

    def _failed(self, index: int, cell: nbformat.NotebookNode, error: CellExecutionError) -> Ending:
        """Return the ending that an exception in a cell means."""
        if error.ename == "SystemExit" and error.evalue in ("", "0"):
            return Ending("exited", index, "it ended the notebook by sys.exit(0)")
        details = _TERMINAL_COLOUR.sub("", _traceback(cell))
        if code := code_of_error(details):
            details = f"{details.rstrip()}\nWhat this means: workbench explain {code}"
        value = error.evalue if self._redact is None else self._redact(error.evalue)
        return Ending("cell_failed", index, f"{error.ename}: {value}", details)

    def _last_log_lines(self) -> str:
        text = self._kernel_log.read_text(encoding="utf-8", errors="replace")
        text = text if self._redact is None else self._redact(text)
        return "\n".join(text.splitlines()[-_LAST_LINES:])


def _traceback(cell: nbformat.NotebookNode) -> str:
    tracebacks = ("\n".join(out.traceback) for out in cell.outputs if out.output_type == "error")
    return next(tracebacks, "")
