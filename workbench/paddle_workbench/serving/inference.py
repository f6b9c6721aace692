"""What the routes of inference do with a request."""

from __future__ import annotations

import json
import math
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from ..contract.serving import TIMEOUT_HEADER
from .answering import answers_of, check_room, failed, outputs_of
from .bodies import BodyLimits, items_of, read_body
from .deployment import Models
from .json_tensors import HEADER_LENGTH, encode_response, read_request, tensors_of
from .problems import RequestError

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
    answers = await answers_of(
        served,
        [item for _, item in named],
        timeout_s=_timeout(request, served.settings.timeout_s),
        gone=partial(_disconnected, request),
    )
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
    outputs = await outputs_of(
        served,
        arrays,
        timeout_s=_timeout(request, served.settings.timeout_s),
        gone=partial(_disconnected, request),
    )
    content_out, headers = encode_response(outputs, values, served.record)
    return Response(content_out, headers=headers)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _timeout(request: Request, limit_s: float) -> float:
    text = request.headers.get(TIMEOUT_HEADER)
    if text is None:
        return limit_s
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise RequestError(
            422,
            f"{TIMEOUT_HEADER} is {text!r:.80}.",
            "Send seconds, such as 2.5.",
            place=TIMEOUT_HEADER,
        )
    return min(seconds, limit_s)
