"""`/paddle-workbench/events`: the one stream of events to a browser, over a WebSocket.

Each message is a `ServerEvent`. A client that connects again passes the id of its last event as
`after`, and is sent what has changed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .services import Services

__all__ = ["EventsHandler"]


class EventsHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Sends events as they happen; a slow client is sent fewer, never older ones."""

    services: Services

    def initialize(self, services: Services) -> None:
        self.services = services
        self._wake = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @ws_authenticated
    async def get(self, *arguments: Any, **options: Any) -> None:
        await super().get(*arguments, **options)

    def open(self, *arguments: Any, **options: Any) -> None:
        super().open(*arguments, **options)
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # A server that stops has closed its loop.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake.set)

        self._unsubscribe = self.services.events.subscribe(wake)
        self._sending = asyncio.create_task(self._send(self.get_query_argument("after", "")))
        self.services.course_watch.enter()

    def on_close(self) -> None:
        if self._sending is not None:
            self._unsubscribe()
            self._sending.cancel()
            self.services.course_watch.leave()

    async def _send(self, last_id: str) -> None:
        with suppress(WebSocketClosedError):
            while True:
                self._wake.clear()
                for event in self.services.events.after(last_id):
                    await self.write_message(event.model_dump_json())
                    last_id = event.id
                await self._wake.wait()
