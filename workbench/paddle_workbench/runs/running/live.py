"""What a run does now: written while it runs, from a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import nbformat

from ...contract import RunLive
from ...errors import StorageError
from ...storage import write_model
from ..status.memory import memory_of
from ..store.folders import LIVE_FILE

__all__ = ["LiveState"]

# A line is on screen within 200 ms of its arrival.
_WRITE_S = 0.1
# It takes longer than the rest: the children are found among all processes.
_MEMORY_S = 1.0
_TAIL = 600


class LiveState:
    """Keeps `live.json` up to date until the end of a `with` block, and then removes it.

    Parameters
    ----------
    folder : Path
        The run folder.
    kernel : callable
        Returns the process of the kernel, if it runs on this machine.
    """

    def __init__(self, folder: Path, kernel: Callable[[], int | None]) -> None:
        self._path = folder / LIVE_FILE
        self._kernel = kernel
        self._live = RunLive()
        self._outputs: list[nbformat.NotebookNode] = []
        self._has_output = False
        self._measured_at = float("-inf")
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="live-state", daemon=True)

    def __enter__(self) -> LiveState:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._changed.set()
        self._thread.join()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def begin_cell(self, cell: nbformat.NotebookNode, index: int) -> None:
        """Note that a cell starts."""
        self._outputs = cell.outputs
        self._live = self._live.model_copy(
            update={"cell": cell.id, "index": index, "cell_started_at": _now(), "output": ""}
        )
        self._changed.set()

    def note_output(self, cell: nbformat.NotebookNode) -> None:
        """Note that the current cell has new outputs."""
        self._outputs = cell.outputs
        self._has_output = True
        self._changed.set()

    def note_memory(self, memory_bytes: int | None) -> None:
        """Note the memory of a kernel that runs on another machine."""
        self._live = self._live.model_copy(update={"memory_bytes": memory_bytes})
        self._changed.set()

    def _write(self) -> None:
        while not self._ended.is_set():
            self._changed.wait(_MEMORY_S)
            self._changed.clear()
            self._update()
            # What cannot be written now is old in a moment.
            with suppress(StorageError):
                write_model(self._path, self._live, durable=False)
            self._ended.wait(_WRITE_S)

    def _update(self) -> None:
        if self._has_output:
            self._has_output = False
            output = _last_text(list(self._outputs))
            self._live = self._live.model_copy(update={"output": output})
        process_id = self._kernel()
        now = time.monotonic()
        if process_id is None or now - self._measured_at < _MEMORY_S:
            return
        self._measured_at = now
        memory = memory_of(process_id)
        if memory is not None:
            self._live = self._live.model_copy(update={"memory_bytes": memory})


def _last_text(outputs: list[nbformat.NotebookNode]) -> str:
    """Return the end of the last output with a text."""
    for output in reversed(outputs):
        text: Any = output.get("text", output.get("data", {}).get("text/plain", ""))
        if isinstance(text, str) and text.strip():
            lines = [_as_shown(line) for line in text[-4 * _TAIL :].split("\n")]
            return "\n".join(lines)[-_TAIL:]
    return ""


def _as_shown(line: str) -> str:
    """Return what is left of a line that a progress bar overwrites."""
    parts = [part for part in line.split("\r") if part.strip()]
    return parts[-1] if parts else ""


def _now() -> datetime:
    return datetime.now(timezone.utc)
