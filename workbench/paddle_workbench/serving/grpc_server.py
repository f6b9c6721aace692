"""A server for the calls of gRPC, next to that of HTTP in the same process."""

from __future__ import annotations

import grpc

from ..errors import ServingError
from .bodies import BodyLimits
from .grpc_service import InferenceServicer
from .grpc_stubs.registration import add_inference_service

__all__ = ["GrpcServer"]

MOST_CALLS = 1000
IDLE_MS = 300_000
"""After this time a connection without a call is closed; clients open another one."""


class GrpcServer:
    """Listens as soon as it is made; answers from `start` to `stop`.

    Parameters
    ----------
    servicer : InferenceServicer
    host : str
        The address of one interface.
    port : int
        0 for any that is free.
    limits : BodyLimits

    Attributes
    ----------
    address : str
        Such as `127.0.0.1:9293`.

    Raises
    ------
    ServingError
        If the port is taken.
    """

    def __init__(
        self, servicer: InferenceServicer, *, host: str, port: int, limits: BodyLimits
    ) -> None:
        self._server = grpc.aio.server(
            options=(
                # Two servers on one port would silently share its clients.
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limits.largest_bytes),
                ("grpc.max_send_message_length", -1),
                ("grpc.max_connection_idle_ms", IDLE_MS),
                ("grpc.max_concurrent_streams", MOST_CALLS),
            ),
            maximum_concurrent_rpcs=MOST_CALLS,
        )
        add_inference_service(servicer, self._server)
        name = f"[{host}]" if ":" in host else host
        try:
            taken = self._server.add_insecure_port(f"{name}:{port}")
        except RuntimeError as error:
            raise ServingError(
                # What else it says is for developers of gRPC.
                f"The server cannot listen on {name}:{port} for gRPC: {str(error).split(';')[0]}.",
                "Choose another port with --grpc-port; 0 takes any that is free.",
            ) from error
        self.address = f"{name}:{taken}"

    async def start(self) -> None:
        """Answer calls."""
        await self._server.start()

    async def stop(self, grace_s: float) -> None:
        """Refuse new calls, and answer those that were accepted for as long as the grace."""
        await self._server.stop(grace_s)
