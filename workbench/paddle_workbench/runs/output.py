"""The notebook of a run: parameterised and saved by papermill's parts.

papermill's own `execute_notebook` fails a notebook for an error output in a cell that is tagged
`raises-exception`, and lessons have such cells on purpose. Its loading, parameters and metadata of
each cell are used; the cells run in an `Execution`. papermill saves the whole notebook twice for
every cell, which is most of the time of a long run; here saving takes at most a tenth of it.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import NotebookExecutionManager
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.iorw import LocalHandler, load_notebook_node, papermill_io
from papermill.parameterize import parameterize_notebook

from ..errors import StorageError
from ..storage import write_whole

__all__ = ["RunOutput", "prepare"]

SCHEME = "whole:"
INJECTED = "injected-parameters"
AUTOSAVE_S = 30
# After a save that took a second, the next one waits for nine: saving takes a tenth of a run.
PAUSE_AFTER_SAVE = 9.0


class RunOutput(NotebookExecutionManager):  # type: ignore[misc] # papermill is not typed
    """The notebook of a run with papermill's metadata, saved whole while it runs.

    A save that comes too soon after the last one is made a moment later, by the event loop.

    Parameters
    ----------
    notebook : NotebookNode
        As `prepare` returned it.
    path : Path
        Where it is saved.
    """

    def __init__(self, notebook: nbformat.NotebookNode, path: Path) -> None:
        _register()
        super().__init__(
            notebook,
            output_path=f"{SCHEME}{path}",
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
            self._later = asyncio.get_running_loop().call_later(pause_s, self._save_late)

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

    def abandon_cell(self, index: int) -> None:
        """Mark the cell at which the run ended, so that those after it stay pending."""
        self.cell_exception(self.nb.cells[index])

    @property
    def failed_cell(self) -> nbformat.NotebookNode | None:
        """The cell at which the run ended; None if it went through."""
        return next(
            (cell for cell in self.nb.cells if cell.metadata.papermill["status"] == self.FAILED),
            None,
        )


class _WholeFiles(LocalHandler):  # type: ignore[misc]
    """Lets papermill save so that a reader never finds half a notebook."""

    def write(self, buf: str, path: str) -> None:
        write_whole(Path(path.removeprefix(SCHEME)), buf)


def prepare(source: Path, parameters: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a notebook, loaded and parameterised by papermill, ready to execute."""
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


def _register() -> None:
    """Make the saving known to papermill; repeating it is harmless."""
    if not any(scheme == SCHEME for scheme, _handler in papermill_io._handlers):
        papermill_io.register(SCHEME, _WholeFiles())
