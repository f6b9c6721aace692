"""The routes of tasks, raw inputs in and results out, and of the settings of a model."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request, Response

from ..contract.serving import (
    ModelSettings,
    ModelSettingsChange,
    PicturesRequest,
    Predictions,
    TextsRequest,
)
from .answering import answers_of, described_body, failed
from .bodies import BodyLimits, items_of, read_body
from .deployment import Models
from .problems import RequestError, read_json
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
        return await _predict(models, name, request, limits)

    @router.post(
        "/predict", tags=["inference"], response_model=Predictions, openapi_extra=predict_body
    )
    async def predict_only(request: Request) -> Response:
        """Run the only model on texts or pictures."""
        if len(models.names) != 1:
            raise RequestError(
                404,
                f"The server has {len(models.names)} models.",
                f"Name one: /models/NAME/predict, with {', '.join(models.names)}.",
            )
        return await _predict(models, models.names[0], request, limits)

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
        return models.find(name).change(change)

    return router


async def _predict(models: Models, name: str, request: Request, limits: BodyLimits) -> Response:
    request.state.served = models.find(name)
    body = await read_body(request, limits)
    # Another version may have taken over meanwhile, and the one before may have ended.
    served = request.state.served = models.find(name)
    record = served.record
    if not record.preprocessing or not record.postprocessing:
        raise RequestError(
            404,
            f"The model {served.name} takes tensors only.",
            f"Use /v2/models/{served.name}/infer.",
        )
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = items_of(body, media_type, record)
    answers = await answers_of(served, [item for _, item in named], request)
    for (place, _), answer in zip(named, answers, strict=True):
        if answer.error:
            raise failed(answer, place)
    try:
        content = json.dumps(
            {
                "model": served.name,
                "version": record.version,
                "results": [answer.result for answer in answers],
            },
            ensure_ascii=False,
            allow_nan=False,
        )
    except ValueError:
        raise RequestError(
            500, f"The model {served.name} returned NaN.", "See /v2/models/…/infer."
        ) from None
    return Response(content, media_type="application/json")
