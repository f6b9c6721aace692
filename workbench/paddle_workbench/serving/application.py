"""The HTTP application: the Open Inference Protocol, a route for each task, and the settings."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ..contract.serving import ServingProblem
from ..errors import WorkbenchError
from .bodies import BodyLimits
from .deployment import Models
from .descriptions import ServerStatus
from .direct import Direct
from .gate import Gate
from .metrics import Metrics
from .problems import RequestError, response_to
from .protocol import protocol_routes
from .reference import reference_routes
from .tasks import task_routes

__all__ = ["make_application", "make_gated"]


def make_application(
    models: Models, metrics: Metrics, status: ServerStatus, limits: BodyLimits
) -> FastAPI:
    """Return the application that answers with models."""
    problems: dict[int | str, dict[str, Any]] = {
        code: {"model": ServingProblem, "description": about}
        for code, about in {
            401: "The token is missing or wrong.",
            404: "There is no such model.",
            408: "The body did not arrive in time.",
            413: "The body is too large.",
            422: "The body is not what the model takes.",
            429: "Too many inputs wait; see Retry-After.",
            500: "The model failed.",
            503: "The worker ended.",
            504: "It took too long.",
        }.items()
    }
    application = FastAPI(
        title="Paddle Workbench",
        version=version_of("paddle-workbench"),
        docs_url=None,
        redoc_url=None,
        responses=problems,
    )

    @application.exception_handler(RequestError)
    @application.exception_handler(WorkbenchError)
    async def _answer_error(_: Request, error: Exception) -> Response:
        return response_to(error)

    @application.exception_handler(HTTPException)
    async def _answer_http(request: Request, error: HTTPException) -> Response:
        text = f"{request.method} {request.url.path}: {error.detail}."
        return response_to(
            RequestError(error.status_code, text, "See /docs.", headers=error.headers)
        )

    @application.exception_handler(RequestValidationError)
    async def _answer_invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return response_to(RequestError(422, f"{first['msg']}.", place=place))

    application.include_router(task_routes(models, limits))
    application.include_router(protocol_routes(models, status, limits))
    application.include_router(reference_routes())

    @application.get("/metrics", tags=["health"], response_class=Response)
    async def measured() -> Response:
        """What the server has counted, in the format of Prometheus."""
        return Response(await metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return application


def make_gated(
    models: Models,
    metrics: Metrics,
    status: ServerStatus,
    limits: BodyLimits,
    token: str | None,
) -> ASGIApp:
    """Return the application behind its gate, with the short way to the routes of inference."""
    application = make_application(models, metrics, status, limits)
    return Gate(Direct(application, models, limits), token=token, metrics=metrics)
