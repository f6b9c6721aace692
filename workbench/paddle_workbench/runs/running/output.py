"""The notebook of a run, parameterised and saved with parts of papermill.

papermill's own `execute_notebook` fails on the error output of a cell that is tagged
`raises-exception`, and lessons have such cells on purpose. So only its loading, parameters and cell
metadata are used, and the cells run in an `Execution`. papermill also saves the notebook twice for
every cell, which dominates the time of a long run; here saving takes at most a tenth of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.v4 import new_output

from ...errors import ParameterError, StorageError
from ...execution import is_python, kernel_of, language_of
from ...storage import write_whole
from ..parameters.declarations import INJECTED_TAG, injected_values, tagged_cells
from ..parameters.given import as_json
from ..parameters.injection import injected_source
from ..parameters.secrets import insert_secrets, reads_secrets
from ..store.metrics import SCRAP_MIME_TYPE


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Let imports of a package fail, unless it has been imported."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment] # as Python documents it
    try:
        yield
    finally:
        del sys.modules[package]


# papermill imports pyarrow, and numpy with it, for files in Hadoop. This takes half of its time.
with _without("pyarrow"):
    from papermill.engines import NotebookExecutionManager
    from papermill.exceptions import PapermillException
    from papermill.execute import prepare_notebook_metadata, remove_error_markers
    from papermill.iorw import LocalHandler, load_notebook_node, papermill_io
    from papermill.parameterize import parameterize_notebook

__all__ = ["RunOutput", "prepare"]

# What papermill warns of, such as a missing parameters cell, runs say themselves.
logging.getLogger("papermill").addHandler(logging.NullHandler())

_LEFT_OUT = "This output was left out, since there was no space for it.\n"
SCHEME = "whole:"
AUTOSAVE_S = 30
# After a save that took one second, the next one waits for nine.
PAUSE_AFTER_SAVE = 9.0


class RunOutput(NotebookExecutionManager):  # type: ignore[misc] # papermill is not typed
    """The notebook of a run, with papermill's metadata, saved while it runs.

    A save that comes too soon after the previous one is postponed, and made by the event loop.

    Parameters
    ----------
    notebook : NotebookNode
        As `prepare` returns it.
    path : Path
        The file to save to.
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
        self._postponed: asyncio.TimerHandle | None = None
        self._failure: StorageError | None = None

    def save(self, **changes: Any) -> None:
        """Save now, or later if the previous save was too recent.

        Raises
        ------
        StorageError
            If this save, or the previous postponed one, fails.
        """
        if self._failure is not None:
            raise self._failure
        pause_s = self._next_save - time.monotonic()
        if pause_s <= 0:
            self._save_now(**changes)
        elif self._postponed is None:
            loop = asyncio.get_running_loop()
            self._postponed = loop.call_later(pause_s, self._save_postponed)

    def notebook_complete(self, **changes: Any) -> None:
        """Save the notebook without waiting, whenever the previous save was.

        Raises
        ------
        StorageError
            If it cannot be written as it is; what fits on a full disk is written.
        """
        self._next_save = 0.0
        self._failure = None  # the disk may have space again
        try:
            super().notebook_complete(**changes)
        except StorageError:
            self._save_what_fits(**changes)
            raise

    def _save_what_fits(self, **changes: Any) -> None:
        """Save without the largest outputs; the last save before may have been a while ago."""
        cells = [cell for cell in self.nb.cells if cell.get("outputs")]
        cells.sort(key=lambda cell: len(json.dumps(cell.outputs)), reverse=True)
        for cell in cells:
            metrics = [each for each in cell.outputs if SCRAP_MIME_TYPE in each.get("data", {})]
            cell.outputs = [new_output("stream", name="stderr", text=_LEFT_OUT), *metrics]
            with suppress(StorageError):
                self._save_now(**changes)
                return

    def _save_postponed(self) -> None:
        try:
            self._save_now()
        except StorageError as error:
            # In the event loop nobody would see it, so the next save raises it.
            self._failure = error

    def _save_now(self, **changes: Any) -> None:
        if self._postponed is not None:
            self._postponed.cancel()
            self._postponed = None
        start = time.monotonic()
        super().save(**changes)
        end = time.monotonic()
        self._next_save = end + PAUSE_AFTER_SAVE * (end - start)

    def abandon_cell(self, index: int) -> None:
        """Mark the cell at which the run ended as failed, so that later cells stay pending."""
        self.cell_exception(self.nb.cells[index])

    @property
    def failed_cell(self) -> nbformat.NotebookNode | None:
        """The cell at which the run ended; None if every cell ran."""
        return next(
            (cell for cell in self.nb.cells if cell.metadata.papermill["status"] == self.FAILED),
            None,
        )


class _AtomicFiles(LocalHandler):  # type: ignore[misc]
    """Writes files for papermill atomically, so that a reader never sees half a notebook."""

    def write(self, buf: str, path: str) -> None:
        write_whole(Path(path.removeprefix(SCHEME)), buf)


def prepare(
    source: Path,
    parameters: dict[str, Any],
    kernel: str | None = None,
    *,
    secrets: Mapping[str, Any] | None = None,
) -> nbformat.NotebookNode:
    """Load a notebook, insert its parameters, and return it ready to execute.

    Parameters
    ----------
    source : Path
    parameters : dict
        In the output of an earlier run, values that are not among them stay as they are there.
    kernel : str, optional
        The kernel to run it in; by default the one that the notebook names.
    secrets : mapping, optional
        The parameters that the notebook reads from the environment of its kernel.

    Raises
    ------
    ParameterError
        If parameters or secrets cannot be set in the language of the notebook.
    """
    notebook = load_notebook_node(str(source))
    if kernel is not None and kernel != kernel_of(notebook):
        notebook.metadata["kernelspec"] = _kernelspec(kernel)
        notebook.metadata.pop("language_info", None)
    # A cell that read the secrets of an earlier run would fail without them.
    read_secrets = any(reads_secrets(cell) for cell in tagged_cells(notebook, INJECTED_TAG))
    if parameters or secrets or read_secrets:
        values = injected_values(notebook) | parameters
        language = language_of(notebook)
        if secrets and not is_python(notebook):
            raise ParameterError(
                f"{source.name} is in {language}, and only notebooks in Python take secrets: "
                f"{', '.join(secrets)}.",
                "Let the notebook read them from a file.",
            )
        try:
            notebook = parameterize_notebook(notebook, values, language=language)
        except PapermillException as error:
            raise ParameterError(
                f"{source.name} is in {language}, in which no parameters can be set.",
                "Run it without parameters.",
            ) from error
        # JSON has neither infinity nor NaN.
        notebook.metadata.papermill["parameters"] = as_json(values)
        for cell in notebook.cells:
            if INJECTED_TAG in cell.metadata.get("tags", []):
                cell.id = INJECTED_TAG
                if is_python(notebook):
                    cell.source = injected_source(values)
                if secrets:
                    insert_secrets(cell, secrets)
    notebook = prepare_notebook_metadata(notebook, source.name, None)
    without_markers: nbformat.NotebookNode = remove_error_markers(notebook)
    return without_markers


def _kernelspec(name: str) -> nbformat.NotebookNode:
    """Return the metadata for an installed kernel."""
    specification = KernelSpecManager().get_kernel_spec(name)
    return nbformat.NotebookNode(
        name=name, display_name=specification.display_name, language=specification.language
    )


def _register() -> None:
    """Register the file handler with papermill, unless it is registered already."""
    if not any(scheme == SCHEME for scheme, _handler in papermill_io._handlers):
        papermill_io.register(SCHEME, _AtomicFiles())
