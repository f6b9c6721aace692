"""The routes of inference without the layers that FastAPI puts around a route.

FastAPI routes and describes them like all others; here they are only answered earlier, since for a
network of a tenth of a millisecond those layers take more time than all the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from .bodies import BodyLimits
from .deployment import Models
from .inference import infer, predict
from .problems import response_to

__all__ = ["Direct"]

_PREDICT = re.compile(r"(?:/models/(?P<name>[^/]+))?/predict")
_INFER = re.compile(r"/v2/models/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+))?/infer")


@dataclass(frozen=True, slots=True)
class _Route:
    """What metrics call the route."""

    path: str


_PREDICT_ONLY, _PREDICT_NAMED = _Route("/predict"), _Route("/models/{name}/predict")
_INFER_NAMED = _Route("/v2/models/{name}/infer")
_INFER_VERSION = _Route("/v2/models/{name}/versions/{version}/infer")


class Direct:
    """An ASGI application that answers the routes of inference, and leaves others to another one.

    Parameters
    ----------
    application : ASGI application
    models : Models
    limits : BodyLimits
    """

    def __init__(self, application: ASGIApp, models: Models, limits: BodyLimits) -> None:
        self._application, self._models, self._limits = application, models, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._application(scope, receive, send)
            return
        path = scope["path"]
        request = Request(scope, receive)
        try:
            if match := _PREDICT.fullmatch(path):
                name = match["name"]
                scope["route"] = _PREDICT_ONLY if name is None else _PREDICT_NAMED
                response = await predict(self._models, name, request, self._limits)
            elif match := _INFER.fullmatch(path):
                version = match["version"]
                scope["route"] = _INFER_NAMED if version is None else _INFER_VERSION
                response = await infer(self._models, match["name"], version, request, self._limits)
            else:
                await self._application(scope, receive, send)
                return
        except Exception as error:
            response = response_to(error)
        await response(scope, receive, send)
