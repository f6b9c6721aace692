"""What is added to Ray's HTTP proxy: a second attempt for requests whose replica has ended.

Ray gives such a request no answer at all. A request that only asks a model for an answer can be
sent again, so it goes to another replica instead; if that ends too, or Ray cannot answer for
another reason, the answer has the form of all other problems.
"""

from __future__ import annotations

import os
import re

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..problems import RequestError, response_to
from .listening import listen_only_on

__all__ = ["HOST_VARIABLE", "SecondAttempt", "middlewares"]

HOST_VARIABLE = "PADDLE_WORKBENCH_PROXY_HOST"
"""Where the proxy of gRPC listens."""
_REPEATABLE = re.compile(r"/predict|/models/[^/]+/predict|/v2/models/[^/]+(/versions/[^/]+)?/infer")
_JSON = b"application/json"


def middlewares() -> list[Middleware]:
    """Return what Ray puts around its proxy; it calls this in the proxy's process."""
    if host := os.environ.get(HOST_VARIABLE):
        listen_only_on(host)
    return [Middleware(SecondAttempt)]


class SecondAttempt:
    """An ASGI application around Ray's proxy.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self._application = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        copy = dict(scope)
        attempt = _Attempt(receive, send)
        await self._application(scope, attempt.receive, attempt.send)
        if attempt.is_lost and _is_repeatable(copy):
            attempt = _Attempt(attempt.again, send)
            await self._application(copy, attempt.receive, attempt.send)
        if attempt.is_lost or attempt.refusal:
            await response_to(_problem(attempt.refusal))(scope, receive, send)


class _Attempt:
    """A request that is sent to a replica, and may be sent again.

    Attributes
    ----------
    refusal : int
        The status of an answer that Ray gave instead of a replica, which is held back; otherwise 0.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._received: list[Message] = []
        self._is_open = True
        self.refusal = 0

    @property
    def is_lost(self) -> bool:
        """Whether a client waits for an answer that nobody has begun."""
        has_left = any(message["type"] == "http.disconnect" for message in self._received)
        return self._is_open and not has_left

    async def receive(self) -> Message:
        """Return the next part of the request."""
        message = await self._receive()
        self._received.append(message)
        return message

    async def again(self) -> Message:
        """Return the next part of the request, from its start."""
        return self._received.pop(0) if self._received else await self._receive()

    async def send(self, message: Message) -> None:
        """Send a part of the answer, unless it is Ray's own."""
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if message["status"] >= 404 and not kind.startswith(_JSON):
                self.refusal = message["status"]
            self._is_open = False
        if not self.refusal:
            await self._send(message)


def _is_repeatable(scope: Scope) -> bool:
    return scope["method"] == "GET" or (
        scope["method"] == "POST" and _REPEATABLE.fullmatch(scope["path"]) is not None
    )


def _problem(status: int) -> RequestError:
    if status == 404:  # its application has every path
        return RequestError(
            503,
            "The server starts, or ends.",
            "Try again later.",
            headers={"retry-after": "1"},
        )
    if status == 408:
        return RequestError(504, "The replica does not answer.", "Try again later.")
    if status == 429:
        return RequestError(
            429, "Too many requests wait.", "Try again later.", headers={"retry-after": "1"}
        )
    return RequestError(
        503,
        "The replica that held this request ended.",
        "Send it again; if it ends again, this input ends it: see the server's messages.",
        headers={"retry-after": "1"},
    )
