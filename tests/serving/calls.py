"""A client of gRPC for tests: calls of the Open Inference Protocol, and how they fail."""

from __future__ import annotations

from typing import Any

import grpc

from paddle_workbench.serving.grpc_stubs.open_inference_pb2 import ModelInferRequest
from paddle_workbench.serving.grpc_stubs.registration import CALLS, SERVICE, client_call

IDS = ((2, 3, 4, 5), (6, 1, 0, 0))
INT64 = "INT64"


class Calls:
    """Calls over one connection, each by its name."""

    def __init__(self, address: str, token: str = "") -> None:
        self.channel = grpc.insecure_channel(address)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    def __enter__(self) -> Calls:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def __call__(self, name: str, request: Any = None, **options: Any) -> Any:
        kind, _ = CALLS[name]
        options = {"metadata": self._metadata, "timeout": 60, **options}
        return client_call(self.channel, name)(kind() if request is None else request, **options)

    def infer(self, request: ModelInferRequest, **options: Any) -> Any:
        return self("ModelInfer", request, **options)

    def start(self, request: ModelInferRequest) -> Any:
        """Return the future of a request to infer."""
        call: Any = client_call(self.channel, "ModelInfer")
        return call.future(request, metadata=self._metadata, timeout=60)

    def failure(self, name: str, request: Any = None, **options: Any) -> tuple[str, str]:
        """Return the code and the details with which a call fails."""
        try:
            answer = self(name, request, **options)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        raise AssertionError(answer)

    def send(self, content: bytes) -> str:
        """Send bytes as a request to infer, and return the code of the answer."""
        try:
            self.channel.unary_unary(f"/{SERVICE}/ModelInfer")(content, timeout=60)
        except grpc.RpcError as error:
            return str(error.code().name)
        return "OK"


def request(
    *, name: str = "ids", datatype: str = INT64, shape: Any = (2, 4), **changes: Any
) -> ModelInferRequest:
    """Return a request for the classifier of texts, without the numbers."""
    message = ModelInferRequest(**{"model_name": "sentiment", **changes})
    message.inputs.add(name=name, datatype=datatype, shape=shape)
    return message


def typed(field: str = "int64_contents", numbers: Any = IDS, **changes: Any) -> ModelInferRequest:
    """Return a request with its numbers in a field of the contents."""
    message = request(**changes)
    flat = [number for row in numbers for number in row]
    getattr(message.inputs[0].contents, field).extend(flat)
    return message
