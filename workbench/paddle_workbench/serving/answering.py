"""From the items of a request to their answers, or to what is wrong."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from .deployment import Served
from .problems import RequestError
from .workers.batching import QueueFullError
from .workers.frames import Array
from .workers.model import Answer, Item

__all__ = ["answers_of", "check_room", "failed", "outputs_of"]

QUICK_S = 0.05


Gone = Callable[[], Awaitable[None]]


async def answers_of(
    served: Served, items: Sequence[Item], *, timeout_s: float, gone: Gone | None = None
) -> list[Answer]:
    """Return the answers to items; what waits is dropped if this is cancelled.

    Parameters
    ----------
    served : Served
    items : sequence of Item
    timeout_s : float
    gone : callable, optional
        Returns once the client has gone, for whom nothing is computed any more. Without it, this
        is cancelled then.

    Raises
    ------
    RequestError
    """
    try:
        answers = served.pool.put(items, timeout_s)
    except QueueFullError:
        raise _full(served, len(items)) from None
    try:
        # Whether a client has gone is only watched if the answer takes its time.
        quick_s = min(timeout_s, QUICK_S)
        _, late = await asyncio.wait(answers, timeout=quick_s)
        if late:
            late = await _late(late, timeout_s - quick_s, gone)
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


async def outputs_of(
    served: Served, arrays: tuple[Array, ...], *, timeout_s: float, gone: Gone | None = None
) -> tuple[Array, ...]:
    """Return the outputs of a model for arrays; see `answers_of`.

    Raises
    ------
    RequestError
        Also if the program refuses the arrays.
    """
    (answer,) = await answers_of(served, [Item(arrays=arrays)], timeout_s=timeout_s, gone=gone)
    if answer.error:
        raise failed(answer, "inputs")
    return answer.arrays


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
    answers: set[asyncio.Future[Answer]], timeout_s: float, gone: Gone | None
) -> set[asyncio.Future[Answer]]:
    """Wait for answers while the client is there, and return those that did not come."""
    if gone is None:
        _, late = await asyncio.wait(answers, timeout=timeout_s)
        return late
    leaving = asyncio.ensure_future(gone())
    everything = asyncio.gather(*answers)
    try:
        either: set[asyncio.Future[Any]] = {leaving, everything}
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if leaving.done() and not everything.done():
            raise RequestError(400, "The connection was closed.")
        return {answer for answer in answers if not answer.done()}
    finally:
        for task in (leaving, everything):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def failed(answer: Answer, place: str) -> RequestError:
    return RequestError(
        answer.status, answer.error, answer.hint, place=place if answer.status == 422 else ""
    )
