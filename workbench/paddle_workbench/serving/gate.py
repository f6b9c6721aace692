"""What every request passes: the token, and the count of its answer."""

from __future__ import annotations

import hmac
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics
from .problems import RequestError, response_to
from .reference import FILES

__all__ = ["Gate", "check_token"]

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
        self._token = token
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
            if scope["path"] not in OPEN:
                check_token(dict(scope["headers"]).get(b"authorization", b""), self._token)
            await self._application(scope, receive, counted)
        except RequestError as error:
            await response_to(error)(scope, receive, counted)
        finally:
            self._count(scope, status, perf_counter() - start)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        served = scope.get("state", {}).get("served")
        route = getattr(scope.get("route"), "path", "")
        model = served and (served.name, served.record.version)
        self._metrics.count_request(model, route, status or 499, seconds)


def check_token(authorization: bytes, token: str | None) -> None:
    """Reject a request without the token of the server; without one, everyone is let in.

    Parameters
    ----------
    authorization : bytes
        What the client has sent under this name.
    token : str, optional

    Raises
    ------
    RequestError
    """
    if token and not hmac.compare_digest(authorization, f"Bearer {token}".encode()):
        raise RequestError(
            401,
            "The token is missing or wrong.",
            "Send it as the header or metadata `authorization: Bearer TOKEN`.",
            headers={"www-authenticate": "Bearer"},
        )
