"""What the actor on a node does: it executes a notebook, and keeps what happens as messages."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import nbformat

from ...execution import ExecutedCell, Execution, StopReason, thread_variables
from ...scratch import ScratchFolder
from ..status.memory import memory_of
from .messages import CellBegan, CellEnded, Ended, Failed, Message, NewOutputs, Task
from .work_files import changed_files, stamps_of, unpack

__all__ = ["NodeRun"]

LOG_BYTES = 1_000_000
# After the first message, others may come at once.
_GATHER_S = 0.05
_WORK = "work"
_LOG = "kernel.log"
_METADATA = ("language_info", "widgets")


class NodeRun:
    """The execution of a notebook on this node, in a thread.

    Parameters
    ----------
    task : Task
    files : bytes
        The files of the work folder, as a zip.

    Raises
    ------
    StorageError
        If there is no room for a temporary folder.
    """

    def __init__(self, task: Task, files: bytes) -> None:
        self._task = task
        self._scratch = ScratchFolder("run")
        self._work = self._scratch.path / _WORK
        self._work.mkdir(mode=0o700)
        unpack(files, self._work)
        self._before = stamps_of(self._work)
        self._messages: list[Message] = []
        self._first = 0
        self._handed = 0
        self._changed = threading.Condition()
        notebook = nbformat.reads(task.notebook, as_version=4)
        self._cells = _CellMessages(notebook, self._add)
        self._execution = Execution(
            notebook,
            folder=self._work,
            kernel_log=self._scratch.path / _LOG,
            listener=self._cells,
            cells=task.cells,
            environment={
                **os.environ,
                **thread_variables(task.threads),
                **task.variables,
            },
            **task.options,
        )
        self._thread = threading.Thread(target=self._run, name="run", daemon=True)

    def start(self) -> None:
        """Start the kernel, and run the cells."""
        self._thread.start()

    def stop(self, reason: StopReason) -> None:
        """Stop as `Execution.stop` does."""
        self._execution.stop(reason)

    def messages(self, first: int, wait_s: float) -> tuple[list[Message], int | None]:
        """Return the messages from a number on, and the memory of the kernel in bytes.

        Parameters
        ----------
        first : int
            Those before it are forgotten; asking again is harmless.
        wait_s : float
            How long to wait for one.
        """
        with self._changed:
            forgotten = first - self._first
            if forgotten > 0:
                del self._messages[:forgotten]
                self._first = first
            has_some = self._changed.wait_for(lambda: bool(self._messages), wait_s)
        if has_some:
            time.sleep(_GATHER_S)
        with self._changed:
            messages = list(self._messages)
            self._handed = self._first + len(messages)
        return messages, self._memory_bytes()

    def files(self) -> tuple[bytes, list[str], str]:
        """Return the changed files of the work folder, as `changed_files` does."""
        return changed_files(self._work, self._before, self._task.files_limit_bytes)

    def close(self, wait_s: float) -> None:
        """End the kernel, if it runs, and remove all files."""
        if self._thread.is_alive():
            self.stop("cancelled")
            self.stop("cancelled")
            self._thread.join(wait_s)
        self._scratch.close()

    def _run(self) -> None:
        # Ray blocks it in its processes, and a kernel would inherit that.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        try:
            ending = self._execution.run()
        except BaseException as error:  # the other side must know
            self._add(Failed(f"{type(error).__name__}: {error}"))
            return
        notebook = self._execution.notebook
        metadata = {
            name: notebook.metadata[name] for name in _METADATA if name in notebook.metadata
        }
        self._add(Ended(ending, metadata, self._cells.displays(), self._log()))

    def _add(self, message: Message) -> None:
        with self._changed:
            # What is on its way stays as it is: it may be asked for again.
            is_new = self._first + len(self._messages) > self._handed
            merged = _merged(self._messages[-1], message) if self._messages and is_new else None
            if merged is None:
                self._messages.append(message)
            else:
                self._messages[-1] = merged
            self._changed.notify_all()

    def _log(self) -> str:
        path: Path = self._scratch.path / _LOG
        try:
            return path.read_bytes()[-LOG_BYTES:].decode("utf-8", "replace")
        except OSError:
            return ""

    def _memory_bytes(self) -> int | None:
        process_id = self._execution.kernel_process_id
        return None if process_id is None else memory_of(process_id)


def _merged(last: Message, new: Message) -> NewOutputs | None:
    """Return one message in the place of two; None if both are needed."""
    if not isinstance(last, NewOutputs) or not isinstance(new, NewOutputs):
        return None
    if last.index != new.index:
        return None
    if new.start <= last.start:
        return new
    if new.start == last.start + len(last.outputs):
        return NewOutputs(last.index, last.start, [*last.outputs, *new.outputs])
    return None


class _CellMessages:
    """Listens to an execution."""

    def __init__(self, notebook: nbformat.NotebookNode, add: Any) -> None:
        self._notebook = notebook
        self._add = add
        self._index = 0
        self._sent = 0
        self._with_displays: dict[int, int] = {}

    def cell_started(self, index: int) -> None:
        self._index = index
        self._sent = 0
        self._add(CellBegan(index))

    def output_received(self) -> None:
        outputs = self._notebook.cells[self._index].outputs
        # After `clear_output` there are fewer; after an update of one, as many.
        start = self._sent if len(outputs) > self._sent else 0
        self._add(NewOutputs(self._index, start, list(outputs[start:])))
        self._sent = len(outputs)

    def cell_finished(self, cell: ExecutedCell) -> None:
        node = self._notebook.cells[cell.index]
        metadata = {name: node.metadata[name] for name in ("execution",) if name in node.metadata}
        outputs = list(node.outputs)
        if any(each.output_type in ("display_data", "execute_result") for each in outputs):
            self._with_displays[cell.index] = hash(repr(outputs))
        self._add(
            CellEnded(
                cell.index, cell.duration_s, cell.ending, outputs, node.execution_count, metadata
            )
        )

    def displays(self) -> dict[int, list[dict[str, Any]]]:
        """Return the outputs of cells that a later cell has updated."""
        return {
            index: list(outputs)
            for index in self._with_displays
            for outputs in (self._notebook.cells[index].outputs,)
            if hash(repr(outputs)) != self._with_displays[index]
        }
