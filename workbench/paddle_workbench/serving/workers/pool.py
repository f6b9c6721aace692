"""The workers of one version of a model: started, supervised, and given what waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import monotonic

from ...errors import ServingError
from ..metrics import ModelMetrics
from .batching import MOST_ATTEMPTS, BatchQueue, Waiting
from .model import Answer, Item
from .processes import Nursery, WorkerEndedError, WorkerProcess

__all__ = ["WorkerPool"]

_log = logging.getLogger(__name__)

ENDED = Answer(
    status=503,
    error="The worker that held this input ended, twice.",
    hint="Send it again; if it ends again, this input ends it: see the server's messages.",
)
CLOSED = Answer(status=503, error="The server is closing.", hint="Send the request to another one.")
GRACE_S = 5.0
"""For how long a batch may run after nobody waits for it any more; then its worker is replaced."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 30.0


class WorkerPool:
    """Keeps a number of workers running, and lets them answer items.

    A worker that ends is replaced at once. The items that it held go to another one, each alone,
    and fail if that ends, too: so one input that ends its workers fails only itself.

    Parameters
    ----------
    name : str
        Of the model, for messages.
    folder : Path
        The bundle, which must not change.
    target : str
    threads : int
        Of each worker's predictor.
    queue : BatchQueue
    metrics : ModelMetrics
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        target: str,
        threads: int,
        *,
        queue: BatchQueue,
        metrics: ModelMetrics,
    ) -> None:
        self.name = name
        self.folder, self.target, self.threads = folder, target, threads
        self.queue = queue
        self._metrics = metrics
        self._nursery = Nursery(target)
        self._slots: list[asyncio.Task[None]] = []
        self._workers: dict[int, int] = {}  # the number of each that is ready, by its process
        self._busy: set[int] = set()
        self._input_s = 0.01

    @property
    def ready(self) -> int:
        """How many workers have opened their predictors."""
        return len(self._workers)

    @property
    def wait_s(self) -> float:
        """The seconds in which what waits will probably be answered."""
        return len(self.queue) * self._input_s / max(1, self.ready)

    @property
    def processes(self) -> dict[str, int]:
        """The process of the nursery and of each worker that is ready, by a name.

        A worker has the lowest number that is free, so what replaces it takes over its name.
        """
        nursery = self._nursery.pid
        workers = {f"worker-{number}": pid for pid, number in self._workers.items()}
        return workers if nursery is None else {"nursery": nursery, **workers}

    async def start(self, workers: int, *, measures_batch: bool = False) -> None:
        """Start workers, and wait until each is ready.

        Parameters
        ----------
        workers : int
        measures_batch : bool
            Whether the first one finds the batch of the queue.

        Raises
        ------
        ServingError
            If one cannot open the bundle; none is left then.
        """
        started: list[WorkerProcess] = []
        try:
            if measures_batch:  # alone, so that others do not disturb it
                first = await self._nursery.fork(self.folder, self.threads, measures_batch=True)
                started.append(first)
                self._metrics.ready_in(await first.ready())
                self.queue.batch = first.batch or self.queue.batch
            while len(started) < workers:
                started.append(await self._nursery.fork(self.folder, self.threads))
            for worker in started[int(measures_batch) :]:
                self._metrics.ready_in(await worker.ready())
        except (ServingError, WorkerEndedError) as error:
            for worker in started:
                worker.kill()
            await self._nursery.close()
            if isinstance(error, ServingError):
                raise
            raise ServingError(
                "A worker ended before it was ready.", "See its messages above."
            ) from error
        for worker in started:
            self._slots.append(asyncio.create_task(self._fill(worker)))

    def resize(self, workers: int) -> None:
        """Add workers, or let some end once they have answered what they hold."""
        while len(self._slots) > workers:
            self._slots.pop().cancel()
        while len(self._slots) < workers:
            self._slots.append(asyncio.create_task(self._fill(None)))

    def put(self, items: Sequence[Item], timeout_s: float) -> list[asyncio.Future[Answer]]:
        """Return what will be the answers to items; one that is cancelled is not computed.

        Raises
        ------
        QueueFullError
            If they do not fit into the queue.
        """
        loop = asyncio.get_running_loop()
        now = monotonic()
        waiting = [Waiting(item, now, now + timeout_s, loop.create_future()) for item in items]
        self.queue.put(waiting)
        return [each.answer for each in waiting]

    async def close(self, grace_s: float) -> None:
        """Answer what waits, for as long as the grace, and end the workers."""
        deadline_s = monotonic() + grace_s
        while (len(self.queue) or self._busy) and self._slots and monotonic() < deadline_s:
            await asyncio.sleep(0.01)
        for waiting in self.queue.remaining():
            _settle(waiting, CLOSED)
        for slot in self._slots:
            slot.cancel()
        await asyncio.gather(*self._slots, return_exceptions=True)
        await self._nursery.close()

    async def _fill(self, worker: WorkerProcess | None) -> None:
        """Keep one place of the pool filled: let a worker work, and replace it when it ends."""
        pause_s = FIRST_PAUSE_S
        while True:
            is_ready = worker is not None
            try:
                if worker is None:
                    worker = await self._nursery.fork(self.folder, self.threads)
                    self._metrics.ready_in(await worker.ready())
                    is_ready = True
                await self._serve(worker)
            except WorkerEndedError:
                if worker is not None:
                    worker.kill()
                    how = await self._nursery.end_of(worker)
                    _log.warning("A worker of %s %s; another one starts.", self.name, how)
            except ServingError as error:
                _log.error("%s: %s %s", self.name, error.message, error.hint)
            finally:
                if worker is not None:
                    self._workers.pop(worker.pid, None)
                    self._busy.discard(worker.pid)
                    worker.close()
            worker = None
            self._metrics.restarted()
            if is_ready:
                pause_s = FIRST_PAUSE_S
            else:  # it may never be able to start
                await asyncio.sleep(pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    async def _serve(self, worker: WorkerProcess) -> None:
        taken = self._workers.values()
        self._workers[worker.pid] = next(each for each in count() if each not in taken)
        while True:
            batch = await self.queue.take(unless=worker.ended)
            if not batch:
                raise WorkerEndedError
            self._busy.add(worker.pid)
            rows = sum(each.rows for each in batch)
            self._metrics.taken(rows, (each.arrived_s for each in batch))
            # A worker is not interrupted: what it has begun, it answers.
            work = asyncio.ensure_future(self._answer(worker, batch))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])
                raise
            self._busy.discard(worker.pid)

    async def _answer(self, worker: WorkerProcess, batch: list[Waiting]) -> None:
        latest_s = max(each.deadline_s for each in batch) + GRACE_S
        try:
            answers, predict_s = await asyncio.wait_for(
                worker.answer([each.item for each in batch]), latest_s - monotonic()
            )
        except asyncio.TimeoutError:
            worker.kill()
            raise WorkerEndedError from None
        except WorkerEndedError:
            again = [
                each for each in batch if each.attempts < MOST_ATTEMPTS and not each.answer.done()
            ]
            self.queue.put_back(again)
            for each in batch:
                if each not in again:
                    _settle(each, ENDED)
            raise
        self._input_s += 0.1 * (predict_s / len(batch) - self._input_s)
        self._metrics.answered(len(batch), predict_s)
        for waiting, answer in zip(batch, answers, strict=True):
            _settle(waiting, answer)


def _settle(waiting: Waiting, answer: Answer) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(answer)
