"""What the routes of inference do with a request."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from .answering import answers_of, check_room, failed
from .bodies import BodyLimits, items_of, read_body
from .deployment import Models
from .model import Item
from .problems import RequestError
from .tensors import HEADER_LENGTH, encode_response, read_request, tensors_of

__all__ = ["infer", "predict"]


async def predict(
    models: Models, name: str | None, request: Request, limits: BodyLimits
) -> Response:
    """Answer raw inputs with results; without a name, by the only model.

    Raises
    ------
    RequestError
    UnknownModelError
    """
    if name is None:
        if len(models.names) != 1:
            raise RequestError(
                404,
                f"The server has {len(models.names)} models.",
                f"Name one: /models/NAME/predict, with {', '.join(models.names)}.",
            )
        name = models.names[0]
    request.state.served = models.find(name)
    check_room(request.state.served)
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


async def infer(
    models: Models, name: str, version: str | None, request: Request, limits: BodyLimits
) -> Response:
    """Answer tensors with tensors.

    Raises
    ------
    RequestError
    UnknownModelError
    """
    request.state.served = models.find(name, version)
    check_room(request.state.served)
    body = await read_body(request, limits)
    # Another version may have taken over meanwhile, and the one before may have ended.
    served = request.state.served = models.find(name, version)
    values, content = read_request(body, request.headers.get(HEADER_LENGTH))
    arrays = tensors_of(values, content, served.record)
    (answer,) = await answers_of(served, [Item(arrays=arrays)], request)
    if answer.error:
        raise failed(answer, "inputs")
    content_out, headers = encode_response(answer.arrays, values, served.record)
    return Response(content_out, headers=headers)
