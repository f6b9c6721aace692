"""Connections to a server that cost a client little: a request is written as bytes made before.

httpx takes about a millisecond of the processor for a request, which is more than a small model
takes to answer it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol, cast

import httptools
import httpx

from ..encoding import Body

__all__ = ["Connections", "Exchange", "request_bytes"]

LONGEST_IDLE_S = 3.0
"""An older connection may be closed at any moment: uvicorn does so after five seconds."""


def request_bytes(url: httpx.URL, path: str, body: Body, headers: Mapping[str, str]) -> bytes:
    """Return a POST request as it is written to a connection.

    Parameters
    ----------
    url : httpx.URL
        Of the server, without the path.
    path : str
    body : Body
    headers : mapping of str to str
    """
    lines = [f"POST {path} HTTP/1.1", f"host: {url.netloc.decode()}"]
    lines += [f"content-length: {len(body.content)}"]
    lines += [f"{name}: {value}" for name, value in {**headers, **body.headers}.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body.content


class Exchange(Protocol):
    """A request that a connection sends, and is to report on."""

    content: bytes

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or nobody wants its answer any more."""

    def sent(self) -> None:
        """Note that it is written."""

    def ended(self, code: str, content: bytes) -> None:
        """Note how it has ended: a status of HTTP, or `connection`."""


class Connections:
    """Sends requests over as many connections as they need at once, up to a limit.

    Beyond the limit requests wait, and then are sent in their order.

    Parameters
    ----------
    url : httpx.URL
    limit : int
    """

    def __init__(self, url: httpx.URL, limit: int) -> None:
        is_secure = url.scheme == "https"
        self._host, self._port = url.host, url.port or (443 if is_secure else 80)
        self._ssl = ssl.create_default_context() if is_secure else None
        self._limit = limit
        self._idle: deque[_Connection] = deque()
        self._open: set[_Connection] = set()
        self._opening: set[asyncio.Task[None] | None] = set()
        self._waiting: deque[Exchange] = deque()
        self._loop = asyncio.get_running_loop()
        self.most = 0
        """Most connections that were open at once."""
        self.has_waited = False
        """Whether a request has waited since all were in use."""

    def send(self, exchange: Exchange) -> None:
        """Send a request over an idle connection, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if self._loop.time() - connection.idle_since_s < LONGEST_IDLE_S:
                connection.send(exchange)
                return
            connection.close()
        if len(self._open) + len(self._opening) >= self._limit:
            self.has_waited = True
            self._waiting.append(exchange)
            return
        task = self._loop.create_task(self._send_over_new(exchange))
        self._opening.add(task)

    def abandon(self, exchange: Exchange) -> None:
        """Close the connection of a request that is over without an answer."""
        for connection in self._open:
            if connection.exchange is exchange:
                connection.exchange = None
                connection.close()
                return

    def close(self) -> None:
        """Close all connections, without a report on what they have sent."""
        self._waiting.clear()
        for task in filter(None, self._opening):
            task.cancel()
        for connection in list(self._open):
            connection.exchange = None
            connection.close()

    async def _send_over_new(self, exchange: Exchange) -> None:
        try:
            _, connection = await self._loop.create_connection(
                lambda: _Connection(self._released, self._lost),
                self._host,
                self._port,
                ssl=self._ssl,
            )
        except OSError:
            exchange.ended("connection", b"")
            self._send_waiting()
            return
        finally:
            self._opening.discard(asyncio.current_task())
        self._open.add(connection)
        self.most = max(self.most, len(self._open))
        if exchange.is_over:
            self._released(connection)
        else:
            connection.send(exchange)

    def _released(self, connection: _Connection) -> None:
        exchange = self._next_waiting()
        if exchange is not None:
            connection.send(exchange)
        else:
            connection.idle_since_s = self._loop.time()
            self._idle.append(connection)

    def _lost(self, connection: _Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._send_waiting()

    def _send_waiting(self) -> None:
        exchange = self._next_waiting()
        if exchange is not None:
            self.send(exchange)

    def _next_waiting(self) -> Exchange | None:
        while self._waiting:
            exchange = self._waiting.popleft()
            if not exchange.is_over:
                return exchange
        return None


class _Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(
        self,
        on_released: Callable[[_Connection], None],
        on_lost: Callable[[_Connection], None],
    ) -> None:
        self._on_released, self._on_lost = on_released, on_lost
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self.exchange: Exchange | None = None
        self.idle_since_s = 0.0

    def send(self, exchange: Exchange) -> None:
        """Write a request; the connection must be idle."""
        self.exchange = exchange
        self._parts = []
        self._parser = httptools.HttpResponseParser(self)
        if self._transport is not None:
            self._transport.write(exchange.content)
        exchange.sent()

    def close(self) -> None:
        """Close the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio calls it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Parse a part of an answer; asyncio calls it."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._end("connection")
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Report on a request without an answer; asyncio calls it."""
        self._end("connection")
        self._on_lost(self)

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body; the parser calls it."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Report on an answer; the parser calls it."""
        is_kept = self._parser.should_keep_alive()
        self._end(str(self._parser.get_status_code()))
        if is_kept:
            self._on_released(self)
        else:
            self.close()

    def _end(self, code: str) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.ended(code, b"".join(self._parts))
