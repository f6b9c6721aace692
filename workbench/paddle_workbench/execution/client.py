"""nbclient's client with limits on the output that is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
from nbclient import NotebookClient

from ..settings import MEGABYTE, OutputLimits

__all__ = ["LimitedClient"]

START_TIMEOUT_S = 120
# How long outputs may arrive after the reply to a cell; a busy machine may be slow.
OUTPUT_TIMEOUT_S = 60

_OUTPUTS = frozenset(("stream", "display_data", "execute_result"))


class LimitedClient(NotebookClient):
    """Keeps outputs up to a limit, and puts a note in the place of those beyond it.

    Parameters
    ----------
    notebook : NotebookNode
        Its cells receive the outputs.
    limits : OutputLimits
    on_output : callable
        Called after each output of the current cell.
    on_cut : callable
        Called when a cell reaches a limit, once for each cell.
    **options
        Options of `nbclient.NotebookClient`.
    """

    def __init__(
        self,
        notebook: nbformat.NotebookNode,
        *,
        limits: OutputLimits,
        on_output: Callable[[], None],
        on_cut: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(
            notebook,
            startup_timeout=START_TIMEOUT_S,
            iopub_timeout=OUTPUT_TIMEOUT_S,
            **options,
        )
        self.is_cut = False
        self._limits = limits
        self._on_output = on_output
        self._on_cut = on_cut
        self._cell_bytes = 0
        self._earlier_bytes = 0

    def begin_cell(self) -> None:
        """Start counting the output of a new cell."""
        self._earlier_bytes += self._cell_bytes
        self._cell_bytes = 0
        self.is_cut = False

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Handle a message from the kernel; drop outputs beyond the limit."""
        if msg["msg_type"] == "clear_output":
            self._cell_bytes = 0
        elif msg["msg_type"] in _OUTPUTS:
            if self.is_cut:
                return None
            size = _size(msg["content"])
            note = self._note(size)
            if note:
                self.is_cut = True
                cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=note))
                self._on_cut()
                return None
            self._cell_bytes += size
        output: nbformat.NotebookNode | None = super().process_message(msg, cell, cell_index)
        if output is not None:
            self._on_output()
        return output

    def _note(self, size: int) -> str:
        """Return the note to put in the place of an output of this size; empty if it is kept."""
        limits, cell_bytes = self._limits, self._cell_bytes + size
        if cell_bytes > limits.cell_bytes:
            subject, limit_bytes, variable = "this cell", limits.cell_bytes, "CELL"
        elif self._earlier_bytes + cell_bytes > limits.notebook_bytes:
            subject, limit_bytes, variable = "the notebook", limits.notebook_bytes, "NOTEBOOK"
        else:
            return ""
        return (
            f"\n[Output cut here: {subject} has printed more than {limit_bytes / MEGABYTE:g} MB. "
            f"To keep more, set PADDLE_WORKBENCH_{variable}_OUTPUT_MB.]\n"
        )


def _size(content: dict[str, Any]) -> int:
    """Return the approximate size in bytes of an output in a notebook file."""
    data = [content.get("text", ""), *content.get("data", {}).values()]
    texts = (item if isinstance(item, str) else json.dumps(item) for item in data)
    return sum(len(text) if text.isascii() else len(text.encode()) for text in texts)
