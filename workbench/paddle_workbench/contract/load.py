"""The part of the contract about loads of a server, and a bench that keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from .model import Model
from .serving import Knobs, ModelSettings

__all__ = [
    "BenchLoad",
    "BenchRun",
    "BenchSettings",
    "LatencySummary",
    "LoadClient",
    "LoadMoment",
    "LoadPlan",
    "LoadRun",
    "LoadSecond",
    "LoadServer",
]


class LoadPlan(Model):
    """How a server is loaded: at a rate that it cannot slow down, or by clients that wait."""

    arrivals: Literal["poisson", "constant", "closed"]
    """`closed` for clients, each of which sends when its last answer has come."""
    rate: float | None = None
    """Requests per second; None if clients wait."""
    clients: int | None = None
    """None at a rate."""
    duration_s: float
    timeout_s: float
    """Of a request, from the instant for which it is scheduled."""
    seed: int = 0
    size: int = 1
    """Inputs of a request."""


class LatencySummary(Model):
    """The time from the scheduled instant to the answer, of what was answered with 200."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    mean_ms: float
    largest_ms: float


class LoadSecond(Model):
    """What was scheduled in a second of a run."""

    start_s: int
    scheduled: int
    answered: int
    failed: int
    p50_ms: float | None = None
    """Of those that were answered; None if none was."""
    p99_ms: float | None = None


class LoadMoment(Model):
    """What a run has shown since the moment before, about a second ago."""

    at_s: float
    """Since the start of the run."""
    per_second: float
    """Answers with 200."""
    failed: int
    p50_ms: float | None = None
    """Of the answers that came in this time; None if none did."""
    p95_ms: float | None = None
    p99_ms: float | None = None
    queue: int | None = None
    """Inputs that waited in the server at this instant; None if the metrics cannot be read."""
    batch_mean: float | None = None
    """Rows of the batches that were begun in this time; None if none was."""
    memory_bytes: int | None = None
    """Of all processes of the server; pages that they share count in each."""


class LoadClient(Model):
    """How the client of a run has kept to the plan."""

    late_p99_ms: float
    """From the scheduled instant to the sending."""
    cpu: float
    """Share of one core."""
    connections: int
    has_waited: bool = False
    """Whether all connections were in use, so that requests waited for one."""


class LoadServer(Model):
    """What a server has counted during a run, for all its clients."""

    inputs: int
    batches: int
    batch_rows: dict[str, int]
    """Batches by their rows: up to 1, 2, 4, … or `+Inf`."""
    queue_mean: float
    """Inputs that waited at an average instant."""
    wait_mean_ms: float
    """Of an input, in the queue."""
    predict_mean_ms: float
    """Of a batch, in the predictor."""
    restarts: int
    cpu: dict[str, float]
    """Share of one core, by process."""
    memory_bytes: dict[str, int] = Field(default_factory=dict)
    """At the end, by process; pages that they share count in each."""


class LoadRun(Model):
    """What a load of requests has shown of a server."""

    plan: LoadPlan
    url: str
    model: str
    elapsed_s: float
    """Until the last answer."""
    scheduled: int
    answered: int
    """With 200."""
    errors: dict[str, int]
    """Others by status, or `timeout`, or `connection`."""
    unanswered: int = 0
    """Still open when the run was interrupted."""
    per_second: float
    """Answers with 200."""
    latency: LatencySummary | None
    """None if nothing was answered."""
    seconds: tuple[LoadSecond, ...]
    """By the instants for which requests were scheduled."""
    moments: tuple[LoadMoment, ...] = ()
    """By the instants at which answers came, as it was seen during the run."""
    client: LoadClient
    server: LoadServer | None
    """None if the metrics cannot be read."""
    notes: tuple[str, ...] = ()
    """What to know before believing the numbers."""
    is_complete: bool = True
    """False if the run was interrupted."""


class BenchLoad(Model):
    """The load of a bench, all of it: what the arrivals do not need is kept for others."""

    arrivals: Literal["poisson", "constant", "closed"] = "poisson"
    rate: float = Field(20.0, ge=0.1, le=10_000)
    """Requests per second, unless clients wait."""
    clients: int = Field(4, ge=1, le=256)
    """Of a closed load."""
    duration_s: float = Field(10.0, ge=1, le=600)
    size: int = Field(1, ge=1, le=1024)
    """Inputs of a request."""
    timeout_s: float = Field(30.0, ge=0.1, le=600)
    """Of a request."""
    seed: int = Field(0, ge=0, le=2**31 - 1)
    """Of Poisson arrivals."""


class BenchSettings(Knobs):
    """How a bench wants a model served."""

    threads: int | None = Field(None, ge=1, le=64)
    """Of each predictor; None if the bench has not started the server."""


class BenchRun(Model):
    """A run of a bench: how the model was served, and what a load has shown of it."""

    number: int
    """Counts from 1 and is never used again."""
    started_at: datetime
    settings: ModelSettings
    threads: int | None
    """Of each predictor; None if the bench has not started the server."""
    result: LoadRun
