"""`/paddle-workbench/events`: the event stream to the browser, over a WebSocket.

Each message is a `ServerEvent`. A client that reconnects passes the id of its last event as
`after`, and receives what has changed since.
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
    """Sends events as they are published; a slow client receives fewer, but never outdated ones."""

    services: Services

    def initialize(self, services: Services) -> None:
        """Keep the services; tornado calls it for each connection."""
        self.services = services
        self._wake = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @ws_authenticated
    async def get(self, *arguments: Any, **options: Any) -> None:
        """Accept the connection if the request is authenticated."""
        await super().get(*arguments, **options)

    def open(self, *arguments: Any, **options: Any) -> None:
        """Send the events after `after`, then new ones as they are published."""
        super().open(*arguments, **options)
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # The loop is closed once the server has stopped.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake.set)

        self._unsubscribe = self.services.events.subscribe(wake)
        self._sending = asyncio.create_task(self._send(self.get_query_argument("after", "")))
        self.services.course_watch.enter()
        self.services.runs_watch.enter()

    def on_close(self) -> None:
        """Stop sending."""
        if self._sending is not None:
            self._unsubscribe()
            self._sending.cancel()
            self.services.course_watch.leave()
            self.services.runs_watch.leave()

    async def _send(self, last_id: str) -> None:
        with suppress(WebSocketClosedError):
            while True:
                self._wake.clear()
                for event in self.services.events.after(last_id):
                    await self.write_message(event.model_dump_json())
                    last_id = event.id
                await self._wake.wait()
