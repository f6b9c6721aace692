"""The routes of the Open Inference Protocol, with its extensions for binary tensors and loading."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from ..contract.serving import (
    InferRequest,
    InferResponse,
    ModelIndex,
    ModelIndexEntry,
    ModelList,
    ModelMetadata,
    ServerMetadata,
    ServerState,
    ServingProblem,
)
from . import inference
from .bodies import BodyLimits, described_body
from .deployment import Models, Served
from .descriptions import ServerStatus, describe_model, describe_server

__all__ = ["Name", "protocol_routes"]

Name = Annotated[str, Path(description="The name of a model.")]
Version = Annotated[str, Path(description="A version of the model.")]


def protocol_routes(models: Models, status: ServerStatus, limits: BodyLimits) -> APIRouter:
    """Return the routes below `/v2`."""
    router = APIRouter()

    @router.get("/v2/health/live", tags=["health"])
    async def live() -> ServerState:
        """Is the server alive?"""
        return ServerState(live=True)

    @router.get("/v2/health/ready", tags=["health"], responses={503: {"model": ServerState}})
    async def ready(response: Response) -> ServerState:
        """Do all models have a worker that is ready?"""
        is_ready = status.is_ready_for(models)
        response.status_code = 200 if is_ready else 503
        return ServerState(ready=is_ready)

    @router.get("/v2", tags=["models"])
    async def server() -> ServerMetadata:
        """What is this server?"""
        return describe_server()

    @router.get("/v2/models", tags=["models"])
    async def names() -> ModelList:
        """Which models are there?"""
        return ModelList(models=models.names)

    @router.get("/v2/models/{name}", tags=["models"])
    async def metadata(name: Name) -> ModelMetadata:
        """What does a model take and return?"""
        return describe_model(models, models.find(name))

    @router.get("/v2/models/{name}/versions/{version}", tags=["models"])
    async def metadata_of_version(name: Name, version: Version) -> ModelMetadata:
        """What does a version of a model take and return?"""
        return describe_model(models, models.find(name, version))

    @router.get("/v2/models/{name}/ready", tags=["health"], responses={503: {"model": ServerState}})
    async def model_ready(name: Name, response: Response) -> ServerState:
        """Does a model have a worker that is ready?"""
        return _ready(models.find(name), response)

    @router.get(
        "/v2/models/{name}/versions/{version}/ready",
        tags=["health"],
        responses={503: {"model": ServerState}},
    )
    async def version_ready(name: Name, version: Version, response: Response) -> ServerState:
        """Does a version of a model have a worker that is ready?"""
        return _ready(models.find(name, version), response)

    infer_body = described_body(InferRequest)

    @router.post(
        "/v2/models/{name}/infer",
        tags=["inference"],
        response_model=InferResponse,
        openapi_extra=infer_body,
    )
    async def infer(name: Name, request: Request) -> Response:
        """Run a model on tensors: those that its program takes, after its preprocessing."""
        return await inference.infer(models, name, None, request, limits)

    @router.post(
        "/v2/models/{name}/versions/{version}/infer",
        tags=["inference"],
        response_model=InferResponse,
        openapi_extra=infer_body,
    )
    async def infer_version(name: Name, version: Version, request: Request) -> Response:
        """Run a version of a model on tensors."""
        return await inference.infer(models, name, version, request, limits)

    @router.post("/v2/repository/index", tags=["settings"])
    async def index() -> ModelIndex:
        """Which versions of which models are ready?"""
        return ModelIndex(
            models=tuple(
                ModelIndexEntry(
                    name=served.name,
                    version=served.record.version,
                    state="READY" if served.pool.ready else "UNAVAILABLE",
                )
                for served in models
            )
        )

    @router.post(
        "/v2/repository/models/{name}/load",
        tags=["settings"],
        responses={409: {"model": ServingProblem, "description": "The model before still runs."}},
    )
    async def load(name: Name) -> ModelMetadata:
        """Take a model from its path again, without losing a request."""
        await models.reload(name)
        return describe_model(models, models.find(name))

    return router


def _ready(served: Served, response: Response) -> ServerState:
    is_ready = served.pool.ready > 0
    response.status_code = 200 if is_ready else 503
    return ServerState(name=served.name, ready=is_ready)
