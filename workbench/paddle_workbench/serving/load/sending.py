"""Requests at the instants of a plan, whether or not the server has answered those before."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, process_time, sleep

import httpx
import numpy as np
from numpy.typing import NDArray

from ...contract.load import LoadMoment, LoadPlan
from .connections import Connections
from .counts import ServerCounts
from .moments import Moments
from .notes import MOST_CONNECTIONS

__all__ = ["LoadProgress", "Sender", "SentRequest"]

PROGRESS_S = 1.0
LONGEST_SLEEP_S = 0.1
SHORTEST_MOMENT_S = 0.5
"""At the end of a run; of less time there are too few answers."""
REFUSED_PAUSE_S = 0.05
"""Of a client that cannot connect, which else would try thousands of times a second."""


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a run is.

    Parameters
    ----------
    elapsed_s : float
    scheduled, answered, failed : int
        Since the start.
    moment : LoadMoment
        What the last second has shown.
    """

    elapsed_s: float
    scheduled: int
    answered: int
    failed: int
    moment: LoadMoment


@dataclass(eq=False, slots=True)
class SentRequest:
    """A request of a run; times are in seconds since its start.

    Parameters
    ----------
    content : bytes
    scheduled_s : float
        The instant of the plan, from which latency counts: a server that is slow, or a client that
        is late, cannot hide it by making requests wait before they are sent.
    """

    content: bytes
    scheduled_s: float
    _sender: Sender
    sent_s: float | None = None
    ended_s: float | None = None
    code: str = ""
    timer: asyncio.TimerHandle | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return bool(self.code)

    @property
    def latency_ms(self) -> float:
        """From the instant of the plan to the end; infinite if it has not ended."""
        return math.inf if self.ended_s is None else 1000 * (self.ended_s - self.scheduled_s)

    def sent(self) -> None:
        """Note that it is written; its connection calls it."""
        self.sent_s = self._sender.now()

    def ended(self, code: str, _content: bytes) -> None:
        """Note how it has ended; its connection calls it."""
        if self.is_over:
            return
        self.ended_s, self.code = self._sender.now(), code
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self._sender.note_end(self)


@dataclass(eq=False)
class Sender:
    """Sends the requests of a plan.

    Parameters
    ----------
    url : httpx.URL
    plan : LoadPlan
    instants : array of float64
        In seconds since the start, ascending; empty if clients wait.
    contents : sequence of bytes
        Whole requests, which are sent in turn.
    on_progress : callable, optional
        Called once a second, in another thread.
    read_server : callable, optional
        Returns what the server has counted, for the moments of the run; called once a second, in
        another thread.
    moments : Moments
    """

    url: httpx.URL
    plan: LoadPlan
    instants: NDArray[np.float64]
    contents: Sequence[bytes]
    on_progress: Callable[[LoadProgress], None] | None = None
    read_server: Callable[[], ServerCounts | None] | None = None
    moments: Moments = field(default_factory=Moments)
    requests: list[SentRequest] = field(default_factory=list)
    elapsed_s: float = 0.0
    cpu_s: float = 0.0
    most_connections: int = 0
    has_waited: bool = False
    _start_s: float = 0.0
    _open: int = 0
    _answered: int = 0
    _is_sending: bool = True
    _is_running: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    async def send(self) -> None:
        """Send all requests, and wait for their ends."""
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._connections = Connections(self.url, MOST_CONNECTIONS)
        self._is_running = True
        progress = asyncio.create_task(self._report())
        cpu_s = process_time()
        self._start_s = monotonic()
        try:
            if self.plan.clients is None:
                # A thread, since the timers of event loops are late by up to a millisecond.
                await asyncio.to_thread(self._keep_time)
            else:
                await self._keep_clients_busy(self.plan.clients)
            self._is_sending = False
            if self._open and not self._stop.is_set():
                await self._ended.wait()
        finally:
            self._is_running = False
            self.elapsed_s, self.cpu_s = self.now(), process_time() - cpu_s
            progress.cancel()
            await asyncio.wait([progress])
            if self.elapsed_s - self.moments.last_s >= SHORTEST_MOMENT_S or not self.moments.all:
                await self._add_moment()
            self.most_connections = self._connections.most
            self.has_waited = self._connections.has_waited
            self._connections.close()

    def stop(self) -> None:
        """Send nothing more, and wait for nothing; any thread may call it."""
        self._stop.set()
        if self._is_running:
            self._loop.call_soon_threadsafe(self._ended.set)

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped before its plan ended."""
        return self._stop.is_set()

    def now(self) -> float:
        """Return the seconds since the start."""
        return monotonic() - self._start_s

    def note_end(self, request: SentRequest) -> None:
        """Count a request that has ended, and let a client that waited for it go on."""
        self._open -= 1
        is_answered = request.code == "200"
        self._answered += is_answered
        self.moments.note(request.latency_ms if is_answered else None)
        if self.plan.clients is not None and self._is_sending:
            pause_s = REFUSED_PAUSE_S if request.code == "connection" else 0.0
            self._loop.call_later(pause_s, self._send_next)
        if not self._open and not self._is_sending:
            self._ended.set()

    def _keep_time(self) -> None:
        number = 0
        while number < len(self.instants) and not self._stop.is_set():
            wait_s = self.instants[number] - self.now()
            if wait_s > 0:
                sleep(min(wait_s, LONGEST_SLEEP_S))
                continue
            end = int(np.searchsorted(self.instants, self.now(), side="right"))
            self._loop.call_soon_threadsafe(self._send_due, number, end)
            number = end

    def _send_due(self, start: int, end: int) -> None:
        for instant in self.instants[start:end].tolist():
            self._send(instant)

    async def _keep_clients_busy(self, clients: int) -> None:
        for _ in range(clients):
            self._send_next()
        while (left_s := self.plan.duration_s - self.now()) > 0 and not self._stop.is_set():
            await asyncio.sleep(min(left_s, LONGEST_SLEEP_S))

    def _send_next(self) -> None:
        if self._is_sending:
            self._send(self.now())

    def _send(self, scheduled_s: float) -> None:
        content = self.contents[len(self.requests) % len(self.contents)]
        request = SentRequest(content, scheduled_s, self)
        self.requests.append(request)
        self._open += 1
        left_s = scheduled_s + self.plan.timeout_s - self.now()
        request.timer = self._loop.call_later(max(0.0, left_s), self._give_up, request)
        self._connections.send(request)

    def _give_up(self, request: SentRequest) -> None:
        request.ended("timeout", b"")
        self._connections.abandon(request)

    async def _report(self) -> None:
        number = 1
        while True:
            await asyncio.sleep(max(0.0, number * PROGRESS_S - self.now()))
            number = max(number, int(self.now() / PROGRESS_S)) + 1
            moment = await self._add_moment()
            if self.on_progress is not None:
                count = len(self.requests)
                failed = count - self._open - self._answered
                self.on_progress(LoadProgress(self.now(), count, self._answered, failed, moment))

    async def _add_moment(self) -> LoadMoment:
        counts = None
        if self.read_server is not None:
            counts = await asyncio.to_thread(self.read_server)
        return self.moments.add(self.now(), counts)
