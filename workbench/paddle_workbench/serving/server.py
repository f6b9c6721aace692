"""A server: its socket, its models, and its end."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import uvicorn
import uvloop
from prometheus_client import disable_created_metrics

from ..contract.serving import ModelSettings
from ..errors import ServingError, WorkbenchError
from .application import make_application
from .bodies import BodyLimits
from .cards import watch_cards
from .deployment import Models
from .descriptions import ServerStatus
from .direct import Direct
from .gate import Gate
from .metrics import Metrics
from .token import TOKEN_VARIABLE

__all__ = ["ServerOptions", "serve"]

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
    target: str = "inference"
    threads: int = 1
    token: str | None = None
    settings: ModelSettings = field(default_factory=ModelSettings)
    measures_batch: bool = False
    limits: BodyLimits = field(default_factory=BodyLimits)
    grace_s: float = 30.0


def serve(
    bundles: Sequence[str | Path],
    options: ServerOptions,
    *,
    on_ready: Callable[[str, Models], None] | None = None,
) -> None:
    """Serve bundles until SIGTERM or SIGINT; then answer what was accepted, and return.

    SIGHUP takes the bundles from their paths again.

    Parameters
    ----------
    bundles : sequence of str or Path
    options : ServerOptions
    on_ready : callable, optional
        Called with the address and the models, once all have a worker that is ready.

    Raises
    ------
    BundleError
        If one is not a whole and unchanged bundle.
    ServingError
        If the address is taken or not allowed, or a bundle does not run in the target.
    """
    work = _serve(bundles, options, on_ready)
    uvloop.run(work)


async def _serve(
    bundles: Sequence[str | Path],
    options: ServerOptions,
    on_ready: Callable[[str, Models], None] | None,
) -> None:
    listener = _listener(options)
    # Of this process: each series of a counter or histogram would be followed by its time of birth.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = Metrics()
    models = Models(metrics)
    status = ServerStatus()
    _watch(metrics, models)
    try:
        for path in bundles:
            await models.add(
                path,
                target=options.target,
                threads=options.threads,
                settings=options.settings,
                measures_batch=options.measures_batch,
            )
        application = make_application(models, metrics, status, options.limits)
        config = uvicorn.Config(
            Gate(Direct(application, models, options.limits), token=options.token, metrics=metrics),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=round(options.grace_s),
        )
        server = _Server(config, status)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, _reload_all, models)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.handle_exit, number, None)
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        # A full collection would look at all that was imported, for some 50 ms, again and again.
        gc.collect()
        gc.freeze()
        status.is_ready = True
        if on_ready is not None:
            loop.call_soon(on_ready, address, models)
        await server.serve(sockets=[listener])
    finally:
        listener.close()
        await models.close(options.grace_s)


class _Server(uvicorn.Server):
    """Says that it is not ready any more as soon as it is to end."""

    def __init__(self, config: uvicorn.Config, status: ServerStatus) -> None:
        super().__init__(config)
        self._status = status
        self._silent_since: dict[Any, float] = {}

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again before the models are closed."""
        yield

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


def _listener(options: ServerOptions) -> socket.socket:
    if options.token is None and not _is_loopback(options.host):
        raise ServingError(
            f"Without a token, the server listens on the loopback only, and not on {options.host}.",
            f"Pass --token-file FILE, or set {TOKEN_VARIABLE}.",
        )
    try:
        family, _, _, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol, without which asyncio leaves Nagle's algorithm on: 40 ms a request.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # A port that the system chooses must be free: with the option, it may be one that another
        # process has reserved, such as a kernel that has not opened it yet.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(options.port != 0))
        listener.bind(address)
    except OSError as error:
        raise ServingError(
            f"The server cannot listen on {options.host}:{options.port}: {error.strerror}.",
            "Choose another address with --host and --port; --port 0 takes any that is free.",
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


def _watch(metrics: Metrics, models: Models) -> None:
    """Add what is read when the metrics are."""
    labels = ("model", "version")

    def of_models(value: Callable[..., float]) -> Callable[[], Iterator[tuple[list[str], float]]]:
        return lambda: (([each.name, each.record.version], value(each)) for each in models)

    metrics.watch(
        "queue_inputs", "Inputs that wait.", labels, of_models(lambda each: len(each.pool.queue))
    )
    metrics.watch(
        "queue_limit_inputs",
        "Most inputs that wait; beyond it the answer is 429.",
        labels,
        of_models(lambda each: each.settings.queue),
    )
    metrics.watch(
        "workers", "Workers that are ready.", labels, of_models(lambda each: each.pool.ready)
    )
    metrics.watch(
        "workers_wanted",
        "Workers that there should be.",
        labels,
        of_models(lambda each: each.settings.workers),
    )
    metrics.watch(
        "model_info",
        "What is served; always 1.",
        (*labels, "target"),
        lambda: (([each.name, each.record.version, each.target], 1.0) for each in models),
    )
    metrics.watch(
        "process_resident_memory_bytes",
        "Memory of a process; pages that it shares with others count in each.",
        (*labels, "process"),
        lambda: _of_processes(models, lambda process: process.memory_info().rss),
    )
    metrics.watch(
        "process_cpu_seconds_total",
        "Time of the processor that a process has used.",
        (*labels, "process"),
        lambda: _of_processes(models, lambda process: sum(process.cpu_times()[:2])),
    )
    metrics.watch(
        "process_start_time_seconds",
        "When a process started, in seconds since 1970.",
        (*labels, "process"),
        lambda: _of_processes(models, lambda process: process.create_time()),
    )
    watch_cards(metrics)


def _of_processes(
    models: Models, value: Callable[[psutil.Process], float]
) -> Iterator[tuple[list[str], float]]:
    yield ["", "", "server"], value(psutil.Process())
    for served in models:
        for name, pid in served.pool.processes.items():
            try:
                yield [served.name, served.record.version, name], value(psutil.Process(pid))
            except psutil.Error:  # noqa: PERF203 - it has ended
                continue
