"""The queue in front of the workers of a model, from which they take batches."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from .model import Answer, Item

__all__ = ["MOST_ATTEMPTS", "BatchQueue", "QueueFullError", "Waiting"]

MOST_ATTEMPTS = 2
FORGET_S = 0.01


class QueueFullError(Exception):
    """The queue has no room for the items of a request."""


@dataclass(eq=False, slots=True)
class Waiting:
    """An item in the queue or in a worker.

    Parameters
    ----------
    item : Item
    arrived_s : float
        As of `time.monotonic`.
    deadline_s : float
    answer : Future of Answer
        It is cancelled when nobody wants the answer any more.
    attempts : int
        How many workers have taken it.
    """

    item: Item
    arrived_s: float
    deadline_s: float
    answer: asyncio.Future[Answer]
    attempts: int = 0

    @property
    def rows(self) -> int:
        """The rows that it adds to a batch."""
        arrays = self.item.arrays
        return max(1, arrays[0].shape[0]) if arrays and arrays[0].ndim else 1


@dataclass(slots=True)
class BatchQueue:
    """Items in the order of their arrival, from which batches are taken.

    A worker that is free takes what is there, up to `batch` rows; with `wait_s`, it waits until the
    oldest item is that old or the batch is full. While all workers are busy, items gather by
    themselves, so batches grow with the load also if `wait_s` is 0.

    Parameters
    ----------
    batch : int
        Most rows of a batch; an item with more is a batch alone.
    wait_s : float
    limit : int
        Most items that wait.
    """

    batch: int
    wait_s: float
    limit: int
    _items: deque[Waiting] = field(default_factory=deque)
    _rows: int = 0
    _forgotten_s: float = -math.inf
    _takers: deque[asyncio.Future[None]] = field(default_factory=deque)

    def __len__(self) -> int:
        # An item in front that nobody wants any more does not wait.
        self._drop_unwanted()
        return len(self._items)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another item."""
        if len(self._items) < self.limit:
            return False
        self._forget_unwanted()
        return len(self._items) >= self.limit

    def put(self, items: list[Waiting]) -> None:
        """Add the items of a request, all or none.

        Raises
        ------
        QueueFullError
            If they do not fit.
        """
        if len(self._items) + len(items) > self.limit:
            self._forget_unwanted()
        if len(self._items) + len(items) > self.limit:
            raise QueueFullError
        self._items.extend(items)
        self._rows += sum(item.rows for item in items)
        self.wake()

    def put_back(self, items: list[Waiting]) -> None:
        """Add items to the front again whose worker ended; each will be a batch alone."""
        self._items.extendleft(reversed(items))
        self._rows += sum(item.rows for item in items)
        self.wake()

    def wake(self) -> None:
        """Let those that wait for a batch look again, since items or settings have changed."""
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                taker.set_result(None)

    async def take(self, unless: asyncio.Future[Any] | None = None) -> list[Waiting]:
        """Return the next batch, of at least one item that is still wanted.

        Parameters
        ----------
        unless : future, optional
            Once it is done, nothing is taken any more: the batch is empty.
        """
        while True:
            if unless is not None and unless.done():
                return []
            self._drop_unwanted()
            remaining_s = 0.0
            if self._items:
                oldest = self._items[0]
                remaining_s = oldest.arrived_s + self.wait_s - monotonic()
                if oldest.attempts or self._rows >= self.batch or remaining_s <= 0:
                    return self._next_batch()
            await self._changed(remaining_s if self._items else None, unless)

    def _next_batch(self) -> list[Waiting]:
        items: list[Waiting] = []
        rows = 0
        while self._items:
            item = self._items[0]
            is_alone = bool(item.attempts)
            if items and (is_alone or rows + item.rows > self.batch):
                break
            self._items.popleft()
            self._rows -= item.rows
            if item.answer.done():
                continue
            items.append(item)
            rows += item.rows
            if is_alone or rows >= self.batch:
                break
        for item in items:
            item.attempts += 1
        return items

    def _drop_unwanted(self) -> None:
        """Remove the items in front that nobody wants any more."""
        while self._items and self._items[0].answer.done():
            self._rows -= self._items.popleft().rows

    def _forget_unwanted(self) -> None:
        """Remove all items that nobody wants any more, so that they take no room."""
        now = monotonic()
        if now < self._forgotten_s + FORGET_S:  # looking at all of them takes time
            return
        self._forgotten_s = now
        self._items = deque(item for item in self._items if not item.answer.done())
        self._rows = sum(item.rows for item in self._items)

    async def _changed(self, timeout_s: float | None, unless: asyncio.Future[Any] | None) -> None:
        taker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._takers.append(taker)
        either = [taker] if unless is None else [taker, unless]
        # Unlike wait_for, it does not cancel the future, and leaves no exception to catch.
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not taker.done():
            self._takers.remove(taker)

    def remaining(self) -> Iterator[Waiting]:
        """Remove and return all items."""
        while self._items:
            yield self._items.popleft()
        self._rows = 0
