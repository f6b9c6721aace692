"""The part of the contract about serving: the Open Inference Protocol, and routes of tasks.

The protocol is version 2 of that of KServe and Triton:
https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .bundle import LabelledBox, Task
from .model import Model

__all__ = [
    "TIMEOUT_HEADER",
    "BoxesResult",
    "InferRequest",
    "InferResponse",
    "Knobs",
    "LabelResult",
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


class Knobs(Model):
    """What a bench turns while a server runs."""

    batch: int = Field(8, ge=1, le=1024)
    """Most inputs that one call of the predictor takes."""
    wait_ms: float = Field(0.0, ge=0, le=10_000)
    """How long an input waits for others while a worker is free."""
    workers: int = Field(1, ge=1, le=256)
    """Processes, each with a predictor of its own."""
    queue: int = Field(64, ge=1, le=100_000)
    """Most inputs that wait; beyond it the answer is 429."""


class ModelSettings(Knobs):
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
