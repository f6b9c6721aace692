"""The part of the contract about serving: the Open Inference Protocol, and routes of tasks.

The protocol is version 2 of that of KServe and Triton:
https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .bundle import LabelledBox, Task
from .model import Model

__all__ = [
    "TIMEOUT_HEADER",
    "BenchLoad",
    "BenchRun",
    "BenchSettings",
    "BoxesResult",
    "InferRequest",
    "InferResponse",
    "LabelResult",
    "LatencySummary",
    "LoadClient",
    "LoadMoment",
    "LoadPlan",
    "LoadRun",
    "LoadSecond",
    "LoadServer",
    "ModelIndex",
    "ModelIndexEntry",
    "ModelList",
    "ModelMetadata",
    "ModelSettings",
    "ModelSettingsChange",
    "PicturesRequest",
    "Predictions",
    "RequestedOutput",
    "ServerMetadata",
    "ServerState",
    "ServingProblem",
    "TensorMetadata",
    "TensorType",
    "TensorValues",
    "TextResult",
    "TextsRequest",
]

TIMEOUT_HEADER = "x-request-timeout"
"""With the seconds after which a client does not want the answer any more."""
TensorType = Literal[
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
]
"""The protocol's names of dtypes that a program may have."""


class _Received(BaseModel):
    """The base of what clients send: the protocol tells servers to ignore unknown fields."""

    model_config = ConfigDict(frozen=True)


class ServingProblem(Model):
    """The body of every failed request."""

    error: str
    """What is wrong, as a sentence. The protocol has this field alone."""
    hint: str = ""
    place: str = ""
    """Where in the request, such as `inputs[0].shape`."""


class ServerState(Model):
    """Whether a server is alive, or it or a model is ready."""

    live: bool | None = None
    ready: bool | None = None
    name: str | None = None


class ServerMetadata(Model):
    """What a server is."""

    name: str
    version: str
    extensions: tuple[str, ...]


class ModelList(Model):
    """The names of the models of a server."""

    models: tuple[str, ...]


class TensorMetadata(Model):
    """An input or output of a model."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    """-1 for a size that may change."""


class ModelMetadata(Model):
    """What a model is."""

    name: str
    versions: tuple[str, ...]
    platform: str
    """The target of the bundle that runs, such as `paddle_inference` or `onnx`."""
    inputs: tuple[TensorMetadata, ...]
    outputs: tuple[TensorMetadata, ...]
    task: Task
    labels: tuple[str, ...] = ()


class ModelIndexEntry(Model):
    """A version of a model, and whether it is ready."""

    name: str
    version: str
    state: Literal["READY", "UNAVAILABLE"]
    reason: str = ""


class ModelIndex(Model):
    """The versions of all models."""

    models: tuple[ModelIndexEntry, ...]


class TensorValues(_Received):
    """A tensor in a request or response; without data it follows as bytes."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = None
    """Numbers in row-major order, flat or nested."""


class RequestedOutput(_Received):
    """An output that a client wants, and how."""

    name: str
    parameters: dict[str, Any] | None = None


class InferRequest(_Received):
    """Tensors for the inputs of a program."""

    id: str | None = None
    parameters: dict[str, Any] | None = None
    inputs: tuple[TensorValues, ...]
    outputs: tuple[RequestedOutput, ...] | None = None


class InferResponse(Model):
    """Tensors of the outputs of a program."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: tuple[TensorValues, ...]


class TextsRequest(Model):
    """One text, or several."""

    text: str | None = None
    texts: tuple[str, ...] | None = Field(None, min_length=1)


class PicturesRequest(Model):
    """One picture, or several, each a PNG, JPEG or other file in base64."""

    picture: str | None = None
    pictures: tuple[str, ...] | None = Field(None, min_length=1)


class LabelResult(Model):
    """The class of a text or picture."""

    label: str
    score: float
    """Its probability."""
    scores: dict[str, float]
    """The best labels with their probabilities."""


class TextResult(Model):
    """The text in a picture of a line."""

    text: str
    score: float
    """The mean probability of its characters."""


class BoxesResult(Model):
    """The things in a picture, the one with the highest score first."""

    boxes: tuple[LabelledBox, ...]


class Predictions(Model):
    """The results for the inputs of a request, in their order."""

    model: str
    version: str
    results: tuple[LabelResult | TextResult | BoxesResult, ...]


class _Knobs(Model):
    """What a bench turns while a server runs."""

    batch: int = Field(8, ge=1, le=1024)
    """Most inputs that one call of the predictor takes."""
    wait_ms: float = Field(0.0, ge=0, le=10_000)
    """How long an input waits for others while a worker is free."""
    workers: int = Field(1, ge=1, le=256)
    """Processes, each with a predictor of its own."""
    queue: int = Field(64, ge=1, le=100_000)
    """Most inputs that wait; beyond it the answer is 429."""


class ModelSettings(_Knobs):
    """How a model is served; each can be changed while it runs."""

    timeout_s: float = Field(30.0, gt=0, le=3600)
    """After this time a request is answered with 504, and its work is dropped."""


class ModelSettingsChange(Model):
    """The settings to change; the others stay."""

    batch: int | None = Field(None, ge=1, le=1024)
    wait_ms: float | None = Field(None, ge=0, le=10_000)
    workers: int | None = Field(None, ge=1, le=256)
    queue: int | None = Field(None, ge=1, le=100_000)
    timeout_s: float | None = Field(None, gt=0, le=3600)


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


class BenchSettings(_Knobs):
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
