"""Runs a notebook by papermill's parts, with events, and can be stopped from outside.

papermill's own `execute_notebook` fails a notebook for an error output in a cell that is tagged
`raises-exception`, and lessons have such cells on purpose. Its loading, parameters, client and
metadata of each cell are used. papermill saves the whole notebook twice for every cell, which is
most of the time of a long run; here saving takes at most a tenth of it.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from pathlib import Path
from typing import Any, Literal, Protocol

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbclient.util import ensure_async
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.iorw import LocalHandler, load_notebook_node, papermill_io
from papermill.parameterize import parameterize_notebook
from papermill.utils import nb_kernel_name

from ..errors import StorageError
from ..storage import write_whole

__all__ = ["CellListener", "RunControl", "RunStopped", "execute", "prepare"]

_log = logging.getLogger(__name__)

SCHEME = "whole:"
INJECTED = "injected-parameters"
START_TIMEOUT_S = 120
GRACE_S = 5.0
AUTOSAVE_S = 30
# After a save that took a second, the next one waits for nine: saving takes a tenth of a run.
PAUSE_AFTER_SAVE = 9.0

StopReason = Literal["cancelled", "timed_out"]


class CellListener(Protocol):
    """Hears of code cells as they run."""

    def cell_started(self, cell: str, index: int) -> None: ...

    def cell_finished(self, cell: str, index: int, duration_s: float) -> None: ...


class RunStopped(Exception):  # noqa: N818 - a run that is told to stop is not in error
    """The run was told to stop and goes no further."""


class RunControl:
    """Stops a run: first by interrupting the kernel, then, after a grace, by killing it.

    Parameters
    ----------
    timeout_s : float, optional
        Seconds that the whole run may take, from before the kernel starts.
    """

    def __init__(self, timeout_s: float | None = None) -> None:
        self.reason: StopReason | None = None
        self._timeout_s = timeout_s
        self._client: _RunClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    def stop(self, reason: StopReason) -> None:
        """Stop the run; the second time without grace. Signal handlers and threads may call it."""
        again = self.reason is not None
        self.reason = self.reason or reason
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin_ending, 0.0 if again else GRACE_S)

    def attach(self, client: _RunClient) -> None:
        """Begin to watch over a client."""
        # The loop in which nbclient runs every call, one after another.
        self._client, self._loop = client, ensure_event_loop()
        if self._timeout_s is not None:
            self._deadline = self._loop.call_later(self._timeout_s, self.stop, "timed_out")
        if self.reason is not None:
            self._begin_ending(GRACE_S)

    def detach(self) -> None:
        """Leave nothing behind in the loop."""
        loop, self._loop = self._loop, None
        if self._deadline is not None:
            self._deadline.cancel()
        if self._ending is not None and loop is not None:
            self._ending.cancel()
            loop.run_until_complete(asyncio.gather(self._ending, return_exceptions=True))

    def _begin_ending(self, grace_s: float) -> None:
        if self._loop is None:
            return
        if self._ending is not None:
            self._ending.cancel()
        self._ending = self._loop.create_task(self._end_kernel(grace_s))

    async def _end_kernel(self, grace_s: float) -> None:
        kernel = self._client.km if self._client is not None else None
        if kernel is None or not kernel.has_kernel:
            return
        if grace_s:
            await ensure_async(kernel.interrupt_kernel())
            await asyncio.sleep(grace_s)
        # nbclient sees within a second that the kernel is gone.
        await ensure_async(kernel.signal_kernel(signal.SIGKILL))


class _RunClient(PapermillNotebookClient):  # type: ignore[misc] # papermill is not typed
    """papermill's client, telling of cells and stopping between them when told to."""

    def __init__(
        self,
        nb_man: NotebookExecutionManager,
        *,
        control: RunControl,
        listener: CellListener,
        **options: Any,
    ) -> None:
        super().__init__(
            nb_man, on_cell_execute=self._before, on_cell_executed=self._after, **options
        )
        self.running: nbformat.NotebookNode | None = None
        self._control = control
        self._listener = listener
        self._started = 0.0

    def _before(self, cell: nbformat.NotebookNode, cell_index: int) -> None:
        self.running = cell
        if self._control.reason is not None:
            raise RunStopped
        self._started = time.monotonic()
        self._listener.cell_started(cell.id, cell_index)

    def _after(
        self, cell: nbformat.NotebookNode, cell_index: int, **_reply: dict[str, Any]
    ) -> None:
        self._listener.cell_finished(cell.id, cell_index, time.monotonic() - self._started)
        self.running = None


class _SavedNotebook(NotebookExecutionManager):  # type: ignore[misc]
    """A notebook as it runs, saved whole, as often as saving is cheap compared to running.

    A save that comes too soon after the last one is made a moment later, while the cell runs.
    """

    def __init__(self, notebook: nbformat.NotebookNode, output: Path) -> None:
        super().__init__(
            notebook,
            output_path=f"{SCHEME}{output}",
            progress_bar=False,
            autosave_cell_every=AUTOSAVE_S,
        )
        self._next_save = 0.0
        self._later: asyncio.TimerHandle | None = None
        self._failure: StorageError | None = None

    def save(self, **changes: Any) -> None:
        """Save now, or as soon as the last save is long enough ago."""
        if self._failure is not None:
            raise self._failure
        pause_s = self._next_save - time.monotonic()
        if pause_s <= 0:
            self._save_now(**changes)
        elif self._later is None:
            self._later = ensure_event_loop().call_later(pause_s, self._save_late)

    def notebook_complete(self, **changes: Any) -> None:
        """Save what is there, however soon after the last save."""
        self._next_save = 0.0
        self._failure = None  # there may be space again
        super().notebook_complete(**changes)

    def _save_late(self) -> None:
        try:
            self._save_now()
        except StorageError as error:
            # Nobody hears of it in the loop; the next cell does.
            self._failure = error

    def _save_now(self, **changes: Any) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        started = time.monotonic()
        super().save(**changes)
        finished = time.monotonic()
        self._next_save = finished + PAUSE_AFTER_SAVE * (finished - started)


class _WholeFiles(LocalHandler):  # type: ignore[misc]
    """Lets papermill save so that a reader never finds half a notebook."""

    def write(self, buf: str, path: str) -> None:
        write_whole(Path(path.removeprefix(SCHEME)), buf)


def prepare(source: Path, parameters: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a notebook, loaded and parameterised by papermill, ready to execute."""
    _register()
    notebook = load_notebook_node(str(source))
    if parameters:
        language = notebook.metadata.get("language_info", {}).get("name", "python")
        notebook = parameterize_notebook(notebook, parameters, language=language)
        for cell in notebook.cells:
            if INJECTED in cell.metadata.get("tags", []):
                cell.id = INJECTED
    notebook = prepare_notebook_metadata(notebook, source.name, None)
    prepared: nbformat.NotebookNode = remove_error_markers(notebook)
    return prepared


def execute(
    notebook: nbformat.NotebookNode,
    *,
    output: Path,
    work: Path,
    kernel_log: Path,
    control: RunControl,
    listener: CellListener,
) -> None:
    """Execute a prepared notebook in `work`, saving it to `output` after every cell.

    It changes in place; what the kernel says on its own streams goes to `kernel_log`. A cell that
    fails ends the run without an exception; papermill's metadata of that cell then says `failed`.

    Raises
    ------
    RunStopped
        If `control` stopped it between two cells.
    nbclient.exceptions.DeadKernelError
        If the kernel died, or `control` had to kill it.
    RuntimeError
        If the kernel did not start.
    StorageError
        If the notebook cannot be saved.
    """
    _register()
    saved = _SavedNotebook(notebook, output)
    client = _RunClient(
        saved,
        control=control,
        listener=listener,
        kernel_name=nb_kernel_name(notebook),
        startup_timeout=START_TIMEOUT_S,
        log=_log,
    )
    saved.notebook_start()
    control.attach(client)
    try:
        # What native code says while it crashes is heard nowhere else.
        with kernel_log.open("w", encoding="utf-8") as log:
            client.execute(cwd=str(work), stdout=log, stderr=log)
    except Exception:
        # Otherwise papermill would mark this cell, and all after it, as completed.
        if client.running is not None:
            saved.cell_exception(client.running)
        raise
    finally:
        control.detach()
        saved.notebook_complete()


def _register() -> None:
    """Make the saving known to papermill; repeating it is harmless."""
    if not any(scheme == SCHEME for scheme, _handler in papermill_io._handlers):
        papermill_io.register(SCHEME, _WholeFiles())
