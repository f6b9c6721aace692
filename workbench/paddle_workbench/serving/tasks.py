"""The routes of tasks, raw inputs in and results out, and of the settings of a model."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..contract.serving import (
    ModelSettings,
    ModelSettingsChange,
    PicturesRequest,
    Predictions,
    TextsRequest,
)
from . import inference
from .bodies import BodyLimits, described_body, read_body
from .deployment import Models
from .problems import read_json
from .protocol import Name

__all__ = ["task_routes"]


def task_routes(models: Models, limits: BodyLimits) -> APIRouter:
    """Return the routes `/predict` and those below `/models`."""
    router = APIRouter()
    predict_body = described_body(TextsRequest, PicturesRequest)

    @router.post(
        "/models/{name}/predict",
        tags=["inference"],
        response_model=Predictions,
        openapi_extra=predict_body,
    )
    async def predict(name: Name, request: Request) -> Response:
        """Run a model on texts or pictures, with its processing before and after."""
        return await inference.predict(models, name, request, limits)

    @router.post(
        "/predict", tags=["inference"], response_model=Predictions, openapi_extra=predict_body
    )
    async def predict_only(request: Request) -> Response:
        """Run the only model on texts or pictures."""
        return await inference.predict(models, None, request, limits)

    @router.get("/models/{name}/settings", tags=["settings"])
    async def settings(name: Name) -> ModelSettings:
        """How is a model served?"""
        return models.find(name).settings

    @router.patch(
        "/models/{name}/settings",
        tags=["settings"],
        openapi_extra=described_body(ModelSettingsChange),
    )
    async def change_settings(name: Name, request: Request) -> ModelSettings:
        """Change how a model is served, while it runs."""
        models.find(name)
        change = read_json(await read_body(request, limits), ModelSettingsChange)
        return await models.change(name, change)

    return router
