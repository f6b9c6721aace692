"""The queue from which workers take batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import numpy as np
import pytest

from paddle_workbench.serving.workers import batching
from paddle_workbench.serving.workers.batching import BatchQueue, QueueFullError, Waiting
from paddle_workbench.serving.workers.model import Answer, Item

_Value = TypeVar("_Value")
LONG_S = 600.0


def run(work: Callable[[], Awaitable[_Value]]) -> _Value:
    async def main() -> _Value:
        return await work()

    return asyncio.run(main())


def waiting(text: str = "", *, rows: int = 0) -> Waiting:
    now = monotonic()
    item = Item(arrays=(np.zeros((rows, 1)),)) if rows else Item(text=text)
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    return Waiting(item, now, now + LONG_S, answer)


def texts(batch: list[Waiting]) -> list[str | None]:
    return [each.item.text for each in batch]


def test_takes_what_is_there_in_order_up_to_a_batch() -> None:
    async def work() -> list[list[str | None]]:
        queue = BatchQueue(batch=2, wait_s=0, limit=10)
        queue.put([waiting(each) for each in "abc"])
        return [texts(await queue.take()) for _ in range(2)]

    assert run(work) == [["a", "b"], ["c"]]


def test_waits_until_a_batch_is_full() -> None:
    async def work() -> list[str | None]:
        queue = BatchQueue(batch=2, wait_s=LONG_S, limit=10)
        queue.put([waiting("a")])
        taken = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        assert not taken.done()
        queue.put([waiting("b")])
        return texts(await taken)

    assert run(work) == ["a", "b"]


def test_waits_no_longer_than_it_should() -> None:
    async def work() -> list[str | None]:
        queue = BatchQueue(batch=2, wait_s=0.01, limit=10)
        queue.put([waiting("a")])
        return texts(await queue.take())

    assert run(work) == ["a"]


def test_a_changed_wait_holds_for_what_waits_already() -> None:
    async def work() -> list[str | None]:
        queue = BatchQueue(batch=2, wait_s=LONG_S, limit=10)
        queue.put([waiting("a")])
        taken = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        queue.wait_s = 0
        queue.wake()
        return texts(await taken)

    assert run(work) == ["a"]


def test_counts_rows_of_arrays() -> None:
    async def work() -> list[list[int]]:
        queue = BatchQueue(batch=4, wait_s=0, limit=10)
        queue.put([waiting(rows=3), waiting(rows=2), waiting(rows=2), waiting(rows=9)])
        return [[each.rows for each in await queue.take()] for _ in range(3)]

    assert run(work) == [[3], [2, 2], [9]]


def test_drops_what_nobody_wants_any_more() -> None:
    async def work() -> list[str | None]:
        queue = BatchQueue(batch=8, wait_s=0, limit=10)
        items = [waiting(each) for each in "abcd"]
        queue.put(items)
        for item in items[:1] + items[2:3]:
            item.answer.cancel()
        return texts(await queue.take())

    assert run(work) == ["b", "d"]


def test_does_not_count_what_nobody_wants_any_more() -> None:
    async def work() -> list[int]:
        queue = BatchQueue(batch=2, wait_s=LONG_S, limit=10)
        late = waiting("late")
        queue.put([late, waiting("a")])
        before = len(queue)
        late.answer.cancel()
        return [before, len(queue)]

    assert run(work) == [2, 1]


def test_takes_all_items_of_a_request_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "FORGET_S", 0)

    async def work() -> int:
        queue = BatchQueue(batch=8, wait_s=0, limit=3)
        items = [waiting("a"), waiting("b")]
        queue.put(items)
        with pytest.raises(QueueFullError):
            queue.put([waiting("c"), waiting("d")])
        items[1].answer.cancel()  # what nobody wants takes no room
        queue.put([waiting("c"), waiting("d")])
        return len(queue)

    assert run(work) == 3


def test_items_whose_worker_ended_are_alone_and_first() -> None:
    async def work() -> list[list[str | None]]:
        queue = BatchQueue(batch=8, wait_s=LONG_S, limit=10)
        queue.put([waiting(each) for each in "abcdefgh"])
        batch = await queue.take()
        queue.put([waiting("i")])
        queue.put_back(batch[:2])
        return [texts(await queue.take()) for _ in range(2)]

    assert run(work) == [["a"], ["b"]]


def test_each_item_goes_to_one_of_several_takers() -> None:
    async def work() -> list[str | None]:
        queue = BatchQueue(batch=1, wait_s=0, limit=10)
        takers = [asyncio.create_task(queue.take()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.put([waiting(each) for each in "abc"])
        batches = await asyncio.gather(*takers)
        return sorted(text or "" for batch in batches for text in texts(batch))

    assert run(work) == ["a", "b", "c"]
