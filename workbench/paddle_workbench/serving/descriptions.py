"""What a server and its models are, as the Open Inference Protocol describes them."""

from __future__ import annotations

from importlib.metadata import version as version_of

from ..contract.serving import ModelMetadata, ServerMetadata
from .deployment import Models, Served
from .tensors import metadata_of

__all__ = ["ServerStatus", "describe_model", "describe_server"]

NAME = "paddle-workbench"
EXTENSIONS = ("binary_tensor_data", "model_repository")
_PLATFORMS = {
    "inference": "paddle_inference",
    "onednn": "paddle_inference_onednn",
    "onnx": "onnx_onnxruntime",
    "mnn": "mnn",
}
_MOST_LABELS = 1000
"""The characters of a recogniser are not shown."""


class ServerStatus:
    """Whether a server takes requests; not while it starts or ends."""

    def __init__(self) -> None:
        self.is_ready = False

    def is_ready_for(self, models: Models) -> bool:
        """Return whether it takes requests, and all models have a worker that is ready."""
        return self.is_ready and all(served.pool.ready for served in models)


def describe_server() -> ServerMetadata:
    """Return what this server is."""
    return ServerMetadata(name=NAME, version=version_of("paddle-workbench"), extensions=EXTENSIONS)


def describe_model(models: Models, served: Served) -> ModelMetadata:
    """Return what a version of a model takes and returns."""
    inputs, outputs = metadata_of(served.record)
    return ModelMetadata(
        name=served.name,
        versions=models.versions(served.name),
        platform=_PLATFORMS[served.target],
        inputs=inputs,
        outputs=outputs,
        task=served.record.task,
        labels=served.record.labels if len(served.record.labels) <= _MOST_LABELS else (),
    )
