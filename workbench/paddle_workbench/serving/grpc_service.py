"""The calls of the Open Inference Protocol over gRPC, answered by the models of a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from time import perf_counter
from typing import Any

import grpc
from google.protobuf.message import Message

from .answering import check_room, outputs_of
from .deployment import Models, Served
from .descriptions import ServerStatus, describe_model, describe_server
from .gate import check_token
from .grpc_messages import inputs_of, model_metadata, read_message, response_of, server_metadata
from .grpc_stubs.open_inference_pb2 import (
    ModelInferRequest,
    ModelMetadataRequest,
    ModelReadyRequest,
    ModelReadyResponse,
    ServerLiveResponse,
    ServerReadyResponse,
)
from .grpc_stubs.registration import CALLS, SERVICE
from .metrics import Metrics
from .problems import RequestError, as_request_error

__all__ = ["Failure", "InferenceServicer"]

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""What statuses of HTTP are in gRPC; others are internal errors."""
OPEN = frozenset({"ServerLive", "ServerReady"})
"""Calls that need no token."""
LONGEST_DETAILS = 800
"""Characters: one that is not ASCII takes up to twelve of the 8 KiB that clients accept."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How gRPC says what is wrong with a request.

    Parameters
    ----------
    code : grpc.StatusCode
    details : str
        The place, the error and the hint.
    metadata : tuple of pairs of str
        After how many milliseconds to try again, where that is known.
    """

    code: grpc.StatusCode
    details: str
    metadata: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, error: RequestError) -> Failure:
        """Return the failure for what is wrong with a request."""
        problem = error.problem
        place = f"{problem.place}: " if problem.place else ""
        details = f"{place}{problem.error} {problem.hint}".strip()
        code = CODES.get(error.status, grpc.StatusCode.INTERNAL)
        seconds = error.headers.get("retry-after")
        metadata = (("grpc-retry-pushback-ms", f"{seconds}000"),) if seconds else ()
        return cls(code, details[:LONGEST_DETAILS], metadata)


class _Call:
    """A call that is answered: how long it may take, and the model that it is for."""

    def __init__(self, context: Any) -> None:
        self._remaining_s: float | None = context.time_remaining()
        self.served: Served | None = None

    def timeout_s(self, served: Served) -> float:
        """Return the seconds that are left, which the model limits, too."""
        limit_s = served.settings.timeout_s
        return limit_s if self._remaining_s is None else min(self._remaining_s, limit_s)


def _answering(
    method: Callable[[InferenceServicer, Any, _Call], Awaitable[Message]],
) -> Callable[[InferenceServicer, bytes, Any], Awaitable[Message]]:
    """Return what answers a call from its bytes, with an error of gRPC if it fails."""
    name = method.__name__
    kind, _ = CALLS[name]

    @wraps(method)
    async def answer(servicer: InferenceServicer, content: bytes, context: Any) -> Message:
        start = perf_counter()
        call = _Call(context)
        status = 499  # the client has gone, unless the call ends otherwise
        try:
            if name not in OPEN:
                check_token(_authorization(context), servicer.token)
            response = await method(servicer, read_message(content, kind), call)
            status = 200
            return response
        except Exception as error:
            problem = as_request_error(error)
            status = problem.status
            failure = Failure.of(problem)
            await context.abort(failure.code, failure.details, failure.metadata)
            raise  # not reached: abort raises
        finally:
            seconds = perf_counter() - start
            route = f"/{SERVICE}/{name}"
            served = call.served
            model = (served.name, served.record.version) if served is not None else None
            servicer.metrics.count_request(model, route, status, seconds)

    return answer


class InferenceServicer:
    """Answers the calls of `inference.GRPCInferenceService`; each method is one of them.

    A call that is cancelled, or whose deadline is over, gives up its place in the queue.

    Parameters
    ----------
    models : Models
    status : ServerStatus
    token : str, optional
        What clients send as the metadata `authorization: Bearer …`.
    metrics : Metrics
        Count calls as requests with the statuses of HTTP, so that one rule is for both.
    """

    def __init__(
        self, models: Models, status: ServerStatus, *, token: str | None, metrics: Metrics
    ) -> None:
        self._models, self._status = models, status
        self.token, self.metrics = token, metrics

    # The names are those of the protocol.

    @_answering
    async def ServerLive(self, _request: Message, _call: _Call) -> Message:  # noqa: N802
        """Is the server alive?"""
        return ServerLiveResponse(live=True)

    @_answering
    async def ServerReady(self, _request: Message, _call: _Call) -> Message:  # noqa: N802
        """Do all models have a worker that is ready?"""
        return ServerReadyResponse(ready=self._status.is_ready_for(self._models))

    @_answering
    async def ModelReady(self, request: ModelReadyRequest, call: _Call) -> Message:  # noqa: N802
        """Does a model have a worker that is ready?"""
        served = self._find(call, request.name, request.version)
        return ModelReadyResponse(ready=served.pool.ready > 0)

    @_answering
    async def ServerMetadata(self, _request: Message, _call: _Call) -> Message:  # noqa: N802
        """What is this server?"""
        return server_metadata(describe_server())

    @_answering
    async def ModelMetadata(  # noqa: N802
        self, request: ModelMetadataRequest, call: _Call
    ) -> Message:
        """What does a model take and return?"""
        served = self._find(call, request.name, request.version)
        return model_metadata(describe_model(self._models, served))

    @_answering
    async def ModelInfer(self, request: ModelInferRequest, call: _Call) -> Message:  # noqa: N802
        """Run a model on tensors."""
        served = self._find(call, request.model_name, request.model_version)
        check_room(served)
        arrays = inputs_of(request, served.record)
        outputs = await outputs_of(served, arrays, timeout_s=call.timeout_s(served))
        return response_of(outputs, request, served.record)

    def _find(self, call: _Call, name: str, version: str) -> Served:
        call.served = self._models.find(name, version or None)
        return call.served


def _authorization(context: Any) -> bytes:
    values = dict(context.invocation_metadata() or ())
    value = values.get("authorization", b"")
    return value.encode() if isinstance(value, str) else bytes(value)
