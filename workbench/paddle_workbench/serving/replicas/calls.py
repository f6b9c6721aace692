"""The calls of gRPC that Ray's proxy hands to a replica."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..bodies import BodyLimits
from ..grpc_service import Failure, InferenceServicer
from ..problems import RequestError

__all__ = ["CallFailedError", "GrpcCalls"]


class CallFailedError(Exception):
    """A call whose code and details Ray sends to the client; see `CallContext.abort`."""


class CallContext:
    """The context of a call, as a server of gRPC would give it.

    Ray's own cannot end a call, and does not say how much time is left: the client ends it then.

    Parameters
    ----------
    context : ray.serve.grpc_util.RayServegRPCContext
    """

    def __init__(self, context: Any) -> None:
        self._context = context

    def invocation_metadata(self) -> Any:
        """Return what the client has sent with its request."""
        return self._context.invocation_metadata()

    def time_remaining(self) -> float | None:
        """Return None: it is not known."""
        return None

    async def abort(self, code: Any, details: str, metadata: Any = ()) -> None:
        """End the call with an error."""
        self._context.set_code(code)
        self._context.set_details(details)
        self._context.set_trailing_metadata(list(metadata))
        raise CallFailedError(details)


def _call(name: str) -> Callable[[GrpcCalls, bytes, Any], Awaitable[Any]]:
    async def call(self: GrpcCalls, content: bytes, grpc_context: Any) -> Any:
        context = CallContext(grpc_context)
        if len(content) > self.limits.largest_bytes:
            problem = RequestError(413, f"It has more than {self.limits.largest_bytes:,} bytes.")
            failure = Failure.of(problem)
            await context.abort(failure.code, failure.details)
        return await getattr(self.servicer, name)(content, context)

    return call


class GrpcCalls:
    """Has a method for each call of the protocol, which Ray calls by its name.

    Attributes
    ----------
    servicer : InferenceServicer
    limits : BodyLimits
    """

    servicer: InferenceServicer
    limits: BodyLimits

    ServerLive = _call("ServerLive")
    ServerReady = _call("ServerReady")
    ModelReady = _call("ModelReady")
    ServerMetadata = _call("ServerMetadata")
    ModelMetadata = _call("ModelMetadata")
    ModelInfer = _call("ModelInfer")
