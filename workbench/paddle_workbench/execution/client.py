"""nbclient's client with limits on the output that is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from queue import Empty
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.util import ensure_async

from ..settings import MEGABYTE, OutputLimits

__all__ = ["LimitedClient"]

START_TIMEOUT_S = 120
# How long outputs may arrive after the reply to a cell; a busy machine may be slow.
OUTPUT_TIMEOUT_S = 60
# How long to wait for an answer of a kernel that starts, before it is asked again.
REPLY_TIMEOUT_S = 1.0
STATUS_TIMEOUT_S = 0.2

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
    redact : callable, optional
        Takes secrets out of a text, before it is kept.
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
        redact: Callable[[str], str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            notebook,
            startup_timeout=START_TIMEOUT_S,
            iopub_timeout=OUTPUT_TIMEOUT_S,
            **options,
        )
        self.cut_reason = ""
        """Why the outputs of the current cell are cut; empty if they are not."""
        self._limits = limits
        self._on_output = on_output
        self._on_cut = on_cut
        self._redact = redact
        self._cell_bytes = 0
        self._earlier_bytes = 0

    async def async_start_new_kernel_client(self) -> Any:
        """Connect to the kernel, and return the client when it answers on all channels.

        nbclient would then wait until no message has arrived for 0.2 s.

        Raises
        ------
        RuntimeError
            If the kernel dies, or does not answer in time.
        """
        manager: Any = self.km
        client = self.kc = manager.client()
        await ensure_async(client.start_channels())
        end = time.monotonic() + START_TIMEOUT_S
        while not await _answers(client):
            if not await ensure_async(manager.is_alive()):
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {START_TIMEOUT_S} seconds")
        client.allow_stdin = False
        return client

    def begin_cell(self) -> None:
        """Start counting the output of a new cell."""
        self._earlier_bytes += self._cell_bytes
        self._cell_bytes = 0
        self.cut_reason = ""

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Handle a message from the kernel; drop outputs beyond the limit."""
        if self._redact is not None:
            msg["content"] = _redacted(msg["content"], self._redact)
        if msg["msg_type"] == "clear_output":
            # The note is cleared too, and there is room again.
            self._cell_bytes = 0
            self.cut_reason = ""
        elif msg["msg_type"] in _OUTPUTS:
            if self.cut_reason:
                return None
            size = _size(msg["content"])
            room = self._room(size)
            if room is not None:
                self._keep_part(msg, cell, cell_index, room)
                return None
            self._cell_bytes += size
        output: nbformat.NotebookNode | None = super().process_message(msg, cell, cell_index)
        if output is not None:
            self._on_output()
        return output

    def _room(self, size: int) -> int | None:
        """Return how many bytes of an output are within the limits; None if all of it is.

        Sets `cut_reason`.
        """
        rooms = {
            "this cell": (self._limits.cell_bytes, self._cell_bytes),
            "the notebook": (self._limits.notebook_bytes, self._earlier_bytes + self._cell_bytes),
        }
        for subject, (limit_bytes, used_bytes) in rooms.items():
            if used_bytes + size > limit_bytes:
                megabytes = limit_bytes / MEGABYTE
                self.cut_reason = f"{subject} has printed more than {megabytes:g} MB"
                return max(0, limit_bytes - used_bytes)
        return None

    def _keep_part(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int, room: int
    ) -> None:
        """Keep the start of printed text, and end the cell's outputs with a note."""
        if msg["msg_type"] == "stream":
            text = msg["content"]["text"].encode()[:room].decode("utf-8", "ignore")
            msg["content"]["text"] = text
            self._cell_bytes += len(text.encode())
            super().process_message(msg, cell, cell_index)
        variable = "CELL" if self.cut_reason.startswith("this cell") else "NOTEBOOK"
        note = (
            f"\n[Output cut here: {self.cut_reason}. "
            f"To keep more, set PADDLE_WORKBENCH_{variable}_OUTPUT_MB.]\n"
        )
        cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=note))
        self._on_cut()


async def _answers(client: Any) -> bool:
    """Ask a kernel for information, and return whether the reply and a status arrive."""
    client.kernel_info()
    try:
        # It may be the reply to an earlier request.
        reply = await ensure_async(client.get_shell_msg(timeout=REPLY_TIMEOUT_S))
        await ensure_async(client.get_iopub_msg(timeout=STATUS_TIMEOUT_S))
    except Empty:
        return False
    return bool(reply["msg_type"] == "kernel_info_reply")


def _size(content: dict[str, Any]) -> int:
    """Return the approximate size in bytes of an output in a notebook file."""
    data = [content.get("text", ""), *content.get("data", {}).values()]
    texts = (item if isinstance(item, str) else json.dumps(item) for item in data)
    return sum(len(text) if text.isascii() else len(text.encode()) for text in texts)


def _redacted(content: Any, redact: Callable[[str], str]) -> Any:
    """Return the content of a message with every text in it redacted."""
    if isinstance(content, str):
        return redact(content)
    if isinstance(content, dict):
        return {name: _redacted(value, redact) for name, value in content.items()}
    return [_redacted(each, redact) for each in content] if isinstance(content, list) else content
