"""The service of the Open Inference Protocol: its calls, for a server and for clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from .open_inference_pb2 import DESCRIPTOR

__all__ = ["CALLS", "SERVICE", "add_inference_service", "client_call"]

_SERVICE = DESCRIPTOR.services_by_name["GRPCInferenceService"]
SERVICE: str = _SERVICE.full_name
CALLS: Mapping[str, tuple[type[Message], type[Message]]] = MappingProxyType(
    {
        method.name: (GetMessageClass(method.input_type), GetMessageClass(method.output_type))
        for method in _SERVICE.methods
    }
)
"""The classes of the request and the response of each call."""


def add_inference_service(servicer: Any, server: Any) -> None:
    """Let a server answer the calls of the protocol.

    Parameters
    ----------
    servicer : object
        Has a method for each call, with its name. It gets the bytes of the request, since the
        server would answer those that are not valid with an internal error, and the context. It
        returns a message.
    server : grpc.Server or grpc.aio.Server
    """
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            getattr(servicer, name), response_serializer=response.SerializeToString
        )
        for name, (_, response) in CALLS.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


def client_call(channel: Any, name: str) -> Callable[..., Any]:
    """Return a call of the protocol over a channel, to which a request is passed."""
    request, response = CALLS[name]
    call: Callable[..., Any] = channel.unary_unary(
        f"/{SERVICE}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    return call
