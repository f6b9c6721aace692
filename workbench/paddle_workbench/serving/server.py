"""A server: its socket, its models, and its end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop
from prometheus_client import disable_created_metrics

from ..contract import BundleRecord
from ..contract.serving import ModelSettings
from ..errors import ServingError, WorkbenchError
from .application import make_gated
from .bodies import BodyLimits
from .deployment import Models, check_different
from .descriptions import ServerStatus
from .listening import address_of, check_host, check_ports, open_listener
from .metrics import Metrics
from .watching import watch_models

if TYPE_CHECKING:
    from .grpc_server import GrpcServer

__all__ = ["Addresses", "ServerOptions", "serve"]

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 1000
SILENT_S = 60.0
"""After this time a connection that has not sent a whole request is closed."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How bundles are served.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free.
    grpc_port : int, optional
        0 for any that is free; without it there is no gRPC.
    target : str
        Which all bundles were exported to, or `inference`.
    threads : int
        Of each predictor.
    token : str, optional
        What clients send; without it the server listens on the loopback only.
    settings : ModelSettings
    measures_batch : bool
        Whether the batch is what a worker is fastest with, instead of that of the settings.
    limits : BodyLimits
    grace_s : float
        How long what was accepted may take after a signal to end.
    """

    host: str = "127.0.0.1"
    port: int = 9292
    grpc_port: int | None = None
    target: str = "inference"
    threads: int = 1
    token: str | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)
    measures_batch: bool = False
    limits: BodyLimits = field(default_factory=BodyLimits)
    grace_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server listens.

    Parameters
    ----------
    http : str
        Such as `http://127.0.0.1:9292`.
    grpc : str, optional
        Such as `127.0.0.1:9293`.
    """

    http: str
    grpc: str | None


def serve(
    bundles: Sequence[str | Path],
    options: ServerOptions,
    *,
    on_ready: Callable[[Addresses, Models], None] | None = None,
) -> None:
    """Serve bundles until SIGTERM or SIGINT; then answer what was accepted, and return.

    SIGHUP takes the bundles from their paths again.

    Parameters
    ----------
    bundles : sequence of str or Path
    options : ServerOptions
    on_ready : callable, optional
        Called with the addresses and the models, once all have a worker that is ready.

    Raises
    ------
    BundleError
        If one is not a whole and unchanged bundle.
    ServingError
        If an address is taken or not allowed, a bundle does not run in the target, or gRPC is not
        installed.
    """
    work = _serve(bundles, options, on_ready)
    uvloop.run(work)


async def _serve(
    bundles: Sequence[str | Path],
    options: ServerOptions,
    on_ready: Callable[[Addresses, Models], None] | None,
) -> None:
    check_host(options.host, options.token)
    check_ports(options.port, options.grpc_port)
    listener = open_listener(options.host, options.port)
    # Of this process: each series of a counter or histogram would be followed by its time of birth.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = Metrics()
    models = Models(metrics)
    status = ServerStatus()
    watch_models(metrics, models)
    try:
        host, port = listener.getsockname()[:2]
        calls = _grpc_server(host, models, status, metrics, options)
        records: list[BundleRecord] = []
        for path in bundles:
            served = await models.add(
                path,
                target=options.target,
                threads=options.threads,
                settings=options.settings,
                measures_batch=options.measures_batch,
            )
            records.append(served.record)
            check_different(records)
        application = make_gated(models, metrics, status, options.limits, options.token)
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=round(options.grace_s),
        )
        server = _Server(config, status, calls)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, _reload_all, models)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.handle_exit, number, None)
        addresses = Addresses(address_of(host, port), None if calls is None else calls.address)
        # A full collection would look at all that was imported, for some 50 ms, again and again.
        gc.collect()
        gc.freeze()
        status.is_ready = True
        if calls is not None:
            await calls.start()
        if on_ready is not None:
            loop.call_soon(on_ready, addresses, models)
        await server.serve(sockets=[listener])
    finally:
        listener.close()
        await models.close(options.grace_s)


def _grpc_server(
    host: str, models: Models, status: ServerStatus, metrics: Metrics, options: ServerOptions
) -> GrpcServer | None:
    if options.grpc_port is None:
        return None
    try:
        from .grpc_server import GrpcServer
        from .grpc_service import InferenceServicer
    except ImportError as error:
        raise ServingError(
            f"gRPC is not installed: {error}.",
            "Install it: pip install 'paddle-workbench[scale]'. Or leave out --grpc-port.",
        ) from error
    servicer = InferenceServicer(models, status, token=options.token, metrics=metrics)
    return GrpcServer(servicer, host=host, port=options.grpc_port, limits=options.limits)


class _Server(uvicorn.Server):
    """Says that it is not ready any more as soon as it is to end; ends calls of gRPC, too."""

    def __init__(
        self, config: uvicorn.Config, status: ServerStatus, calls: GrpcServer | None
    ) -> None:
        super().__init__(config)
        self._status, self._calls = status, calls
        self._silent_since: dict[Any, float] = {}

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again before the models are closed."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted, over HTTP and gRPC at once; see the class above."""
        grace_s = float(self.config.timeout_graceful_shutdown or 0)
        stopping = [] if self._calls is None else [self._calls.stop(grace_s)]
        await asyncio.gather(super().shutdown(sockets), *stopping)

    async def on_tick(self, counter: int) -> bool:
        """Close connections that send nothing, ten times a second; see the class above."""
        ends = await super().on_tick(counter)
        if counter % 10 == 0:
            self._close_silent()
        self._status.is_ready = not ends
        return ends

    def _close_silent(self) -> None:
        now = asyncio.get_running_loop().time()
        connections: set[Any] = set(self.server_state.connections)
        silent = [each for each in connections if not _is_answering(each)]
        since = {each: self._silent_since.get(each, now) for each in silent}
        for connection, start in since.items():
            if now - start > SILENT_S:
                connection.transport.close()
        self._silent_since = since


def _is_answering(connection: Any) -> bool:
    cycle = getattr(connection, "cycle", None)
    return cycle is not None and not cycle.response_complete


_reloading: set[asyncio.Task[None]] = set()


def _reload_all(models: Models) -> None:
    async def reload() -> None:
        for name in models.names:
            try:
                await models.reload(name)
            except WorkbenchError as error:  # noqa: PERF203 - each model has its own
                _log.error("%s still runs as before: %s %s", name, error.message, error.hint)

    task = asyncio.get_running_loop().create_task(reload())
    _reloading.add(task)
    task.add_done_callback(_reloading.discard)
