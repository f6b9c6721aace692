"""Connections of pages to kernels, with an ear for what the kernels answer."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from ..settings import OutputLimits
from .kernel_outputs import KernelOutputs

__all__ = ["KEEPER_SETTING", "KeepingConnection", "OutputKeeper"]

KEEPER_SETTING = "paddle_workbench_outputs"
"""The setting of the Jupyter server's application that holds the keeper."""

_HEADER_BYTES = 4096

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kernel:
    """A kernel that is listened to."""

    outputs: KernelOutputs
    stream: Any
    port: int
    session: Session


class OutputKeeper:
    """Keeps the outputs of all kernels of a server.

    It belongs to the thread of the server.

    Parameters
    ----------
    manager : MultiKernelManager
        Of the server.
    limits : OutputLimits
        For each cell, and for each kernel.
    """

    def __init__(self, manager: Any, limits: OutputLimits) -> None:
        self._manager = manager
        self._limits = limits
        self._kernels: dict[str, _Kernel] = {}

    def find(self, kernel_id: str) -> KernelOutputs | None:
        """Return the outputs of a kernel, if a page has been connected to it."""
        kernel = self._kernels.get(kernel_id)
        return kernel.outputs if kernel is not None and kernel_id in self._manager else None

    def listen(self, kernel_id: str) -> KernelOutputs:
        """Listen to a kernel from now on, and forget kernels that have ended.

        Raises
        ------
        KeyError
            If there is no such kernel.
        """
        for other_id in [known for known in self._kernels if known not in self._manager]:
            self._kernels.pop(other_id).stream.close()
        manager = self._manager.get_kernel(kernel_id)
        kernel = self._kernels.get(kernel_id)
        if kernel is None:
            outputs = KernelOutputs(self._limits)
            self._manager.add_restart_callback(kernel_id, lambda: outputs.end(died=True))
            self._manager.add_restart_callback(kernel_id, lambda: outputs.end(died=True), "dead")
        elif kernel.port == manager.iopub_port and not kernel.stream.closed():
            return kernel.outputs
        else:
            outputs = kernel.outputs
            kernel.stream.close()
        session = Session(config=manager.session.config, key=manager.session.key)
        stream = manager.connect_iopub()
        kernel = _Kernel(outputs, stream, manager.iopub_port, session)
        self._kernels[kernel_id] = kernel
        stream.on_recv(lambda parts: _receive(kernel, parts))
        return outputs

    def close(self) -> None:
        """Stop listening."""
        for kernel in self._kernels.values():
            kernel.stream.close()
        self._kernels.clear()


def _receive(kernel: _Kernel, parts: list[bytes]) -> None:
    """Apply a message that a kernel broadcasts."""
    session, outputs = kernel.session, kernel.outputs
    try:
        _, fed = session.feed_identities(parts)
        message = session.deserialize(fed, content=False)
        kind = message["header"]["msg_type"]
        parent = message["parent_header"].get("msg_id", "")
        if kind == "shutdown_reply":
            outputs.end(died=False)
        elif outputs.knows(parent):
            outputs.receive(kind, parent, session.unpack(message["content"]))
    except (KeyError, TypeError, ValueError) as error:
        _log.warning("A message of a kernel could not be read: %s", error)


class KeepingConnection(ZMQChannelsWebsocketConnection):
    """A page's connection to a kernel, which notes the cells that the page runs."""

    _kept: KernelOutputs | None = None

    def connect(self) -> Any:
        """Open the connection."""
        keeper: OutputKeeper | None = self.websocket_handler.settings.get(KEEPER_SETTING)
        if keeper is not None and self._kept is None:
            try:
                self._kept = keeper.listen(self.kernel_id)
            # Whatever it is, the page must have its kernel.
            except Exception as error:
                _log.warning("Outputs of kernel %s are not kept: %s", self.kernel_id, error)
            else:
                self._kept.connect(self.session.session)
        return super().connect()

    def disconnect(self) -> Any:
        """Close the connection; it may be closed already."""
        kept, self._kept = self._kept, None
        if kept is not None:
            # A browser that closes a page says so; a connection that is lost has no code.
            left = self.websocket_handler.close_code is not None
            kept.disconnect(self.session.session, left=left)
        return super().disconnect()  # type: ignore[no-untyped-call]

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on to the kernel."""
        if self._kept is not None:
            try:
                self._note(self._kept, incoming_msg)
            except (IndexError, KeyError, TypeError, ValueError) as error:
                _log.warning("A message to a kernel could not be read: %s", error)
        super().handle_incoming_message(incoming_msg)

    def _note(self, kept: KernelOutputs, message: Any) -> None:
        """Note the cell that a message asks to execute, if it does."""
        if self.subprotocol == "v1.kernel.websocket.jupyter.org":
            # The header is near the start; a message with large buffers is not taken apart.
            if b"execute_request" not in message[:_HEADER_BYTES]:
                return
            channel, parts = deserialize_msg_from_ws_v1(message)
            if channel != "shell":
                return
            header = json.loads(parts[0])
            if header["msg_type"] != "execute_request":
                return
            metadata, content = json.loads(parts[2]), json.loads(parts[3])
        elif isinstance(message, str):
            read = json.loads(message)
            header, metadata, content = read["header"], read["metadata"], read["content"]
            if header["msg_type"] != "execute_request":
                return
        else:
            return
        cell = metadata.get("cellId")
        if isinstance(cell, str) and cell and not content.get("silent"):
            kept.request(header["msg_id"], cell, self.session.session, content["code"])
