"""From the items of a request to their answers, or to what is wrong."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from fastapi import Request

from ..contract.serving import TIMEOUT_HEADER
from .batching import QueueFullError
from .deployment import Served
from .model import Answer, Item
from .problems import RequestError

__all__ = ["answers_of", "described_body", "failed"]


async def answers_of(served: Served, items: Sequence[Item], request: Request) -> list[Answer]:
    """Return the answers to items; nothing is computed for a client that has gone."""
    timeout_s = _timeout(request, served.settings.timeout_s)
    work = asyncio.ensure_future(served.pool.answer(items, timeout_s))
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestError(400, "The connection was closed.")
        return work.result()
    except QueueFullError:
        if len(items) > served.settings.queue:
            raise RequestError(
                413,
                f"The request has {len(items)} inputs; the queue takes {served.settings.queue}.",
                "Send fewer at a time.",
            ) from None
        raise RequestError(
            429,
            f"{len(served.pool.queue)} inputs wait, and the queue takes {served.settings.queue}.",
            "Send it again later.",
            headers={"retry-after": f"{max(1, math.ceil(served.pool.wait_s))}"},
        ) from None
    except (asyncio.TimeoutError, TimeoutError):
        raise RequestError(
            504,
            f"There was no answer within {timeout_s:g} seconds.",
            "Send fewer inputs, or start more workers.",
        ) from None
    finally:
        work.cancel()
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


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


def failed(answer: Answer, place: str) -> RequestError:
    return RequestError(
        answer.status, answer.error, answer.hint, place=place if answer.status == 422 else ""
    )


def described_body(*models: Any) -> dict[str, Any]:
    """Return the description of a body that the route reads itself."""
    schemas = [model.model_json_schema() for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
