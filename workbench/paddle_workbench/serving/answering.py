"""From the items of a request to their answers, or to what is wrong."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import Request

from ..contract.serving import TIMEOUT_HEADER
from .batching import QueueFullError
from .deployment import Served
from .model import Answer, Item
from .problems import RequestError

__all__ = ["answers_of", "check_room", "described_body", "failed"]

QUICK_S = 0.05


async def answers_of(served: Served, items: Sequence[Item], request: Request) -> list[Answer]:
    """Return the answers to items; nothing is computed for a client that has gone.

    Raises
    ------
    RequestError
    """
    timeout_s = _timeout(request, served.settings.timeout_s)
    try:
        answers = served.pool.put(items, timeout_s)
    except QueueFullError:
        raise _full(served, len(items)) from None
    try:
        # Whether a client has gone is only watched if the answer takes its time.
        quick_s = min(timeout_s, QUICK_S)
        _, late = await asyncio.wait(answers, timeout=quick_s)
        if late:
            late = await _late(request, late, timeout_s - quick_s)
        if late:
            raise RequestError(
                504,
                f"There was no answer within {timeout_s:g} seconds.",
                "Send fewer inputs, or start more workers.",
            )
        return [answer.result() for answer in answers]
    finally:
        for answer in answers:
            answer.cancel()  # nothing, if it is done


def check_room(served: Served) -> None:
    """Reject a request before its body is read, if the queue has no room for it.

    Raises
    ------
    RequestError
    """
    if served.pool.queue.is_full:
        raise _full(served, 1)


def _full(served: Served, count: int) -> RequestError:
    limit = served.settings.queue
    if count > limit:
        return RequestError(
            413,
            f"The request has {count} inputs; the queue takes {limit}.",
            "Send fewer at a time.",
        )
    return RequestError(
        429,
        f"{len(served.pool.queue)} inputs wait, and the queue takes {limit}.",
        "Send it again later.",
        headers={"retry-after": f"{max(1, math.ceil(served.pool.wait_s))}"},
    )


async def _late(
    request: Request, answers: set[asyncio.Future[Answer]], timeout_s: float
) -> set[asyncio.Future[Answer]]:
    """Wait for answers while the client is there, and return those that did not come."""
    gone = asyncio.ensure_future(_disconnected(request))
    everything = asyncio.gather(*answers)
    try:
        either: set[asyncio.Future[Any]] = {gone, everything}
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and not everything.done():
            raise RequestError(400, "The connection was closed.")
        return {answer for answer in answers if not answer.done()}
    finally:
        for task in (gone, everything):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


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
