"""What every request passes: the token, and the count of its answer."""

from __future__ import annotations

import hmac
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics
from .problems import RequestError, response_to
from .reference import FILES

__all__ = ["Gate"]

OPEN = frozenset({"/v2/health/live", "/v2/health/ready", *FILES})
"""Paths that need no token: what watches a server, and the page that asks for the token."""


class Gate:
    """An ASGI application around another one.

    Parameters
    ----------
    application : ASGI application
    token : str, optional
        Without it, everyone is let in.
    metrics : Metrics
    """

    def __init__(self, application: ASGIApp, *, token: str | None, metrics: Metrics) -> None:
        self._application = application
        self._expected = f"Bearer {token}".encode() if token else None
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        start = perf_counter()
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if self._is_let_in(scope):
                await self._application(scope, receive, counted)
            else:
                await response_to(_no_token())(scope, receive, counted)
        finally:
            self._count(scope, status, perf_counter() - start)

    def _is_let_in(self, scope: Scope) -> bool:
        if self._expected is None or scope["path"] in OPEN:
            return True
        received = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(received, self._expected)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        served = scope.get("state", {}).get("served")
        route = getattr(scope.get("route"), "path", "")
        model, version = (served.name, served.record.version) if served is not None else ("", "")
        self._metrics.requests.labels(model, version, route, status or 499).inc()
        if served is not None:
            self._metrics.request_seconds.labels(model, version, route).observe(seconds)


def _no_token() -> RequestError:
    return RequestError(
        401,
        "The token is missing or wrong.",
        "Send it: curl -H 'Authorization: Bearer TOKEN' …",
        headers={"www-authenticate": "Bearer"},
    )
