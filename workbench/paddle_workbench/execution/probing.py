"""Asking a kernel something before each cell."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any, Protocol

from nbclient import NotebookClient
from nbclient.util import ensure_async

__all__ = ["CellProbe", "ask_kernel"]

# How long a kernel may take to answer, unless it dies.
ANSWER_LIMIT_S = 60.0
TICK_S = 1.0


class CellProbe(Protocol):
    """What is asked, and who receives the answers, in the thread of the execution."""

    def expression(self, index: int) -> str:
        """Return what the kernel evaluates before a cell; empty for nothing."""

    def evaluated(self, index: int, value: str, error: str) -> None:
        """Receive the value as Python prints it, or the error."""


async def ask_kernel(probe: CellProbe, index: int, client: NotebookClient) -> None:
    """Let the kernel of a client evaluate what is asked before a cell."""
    expression = probe.expression(index)
    if not expression:
        return
    kernel_client: Any = client.kc
    request_id = kernel_client.execute(
        "", silent=True, store_history=False, user_expressions={"value": expression}
    )
    reply = await _reply(request_id, client)
    if reply is None:
        probe.evaluated(index, "", "the kernel did not answer")
        return
    value = reply["content"].get("user_expressions", {}).get("value", {})
    error = f"{value['ename']}: {value.get('evalue')}" if "ename" in value else ""
    probe.evaluated(index, value.get("data", {}).get("text/plain", ""), error)


async def _reply(request_id: str, client: NotebookClient) -> dict[str, Any] | None:
    """Return the reply to a request; None if the kernel dies or takes too long."""
    manager: Any = client.km
    kernel_client: Any = client.kc
    end = time.monotonic() + ANSWER_LIMIT_S
    while time.monotonic() < end:
        try:
            reply: dict[str, Any] = await ensure_async(kernel_client.get_shell_msg(timeout=TICK_S))
        except Empty:
            if not await ensure_async(manager.is_alive()):
                return None
            continue
        if reply["parent_header"].get("msg_id") == request_id:
            return reply
    return None
