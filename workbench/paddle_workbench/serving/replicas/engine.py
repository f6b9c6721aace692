"""Serve bundles with Ray: on a cluster of its own until a signal, or on one that is there."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from ...contract import BundleRecord
from ...errors import ServingError, WorkbenchError
from ...export.bundle_folder import BundleFolder
from ...ray_cluster import connection, require_ray
from ...reading import expanded
from ...storage import write_whole
from ..deployment import check_different
from ..listening import address_of, check_host, check_ports, open_listener
from ..server import Addresses, ServerOptions
from ..workers.nursery import check_target
from .application import deployment, offer
from .arguments import APPLICATION, ApplicationArguments, BundleArguments, Replicas
from .cluster import END_S, local_cluster
from .deploy_file import deploy_text
from .edition import Edition, Outcome
from .messages import write_warnings
from .names import GRPC_FUNCTION, MIDDLEWARES
from .proxy import HOST_VARIABLE
from .replica import GRACE_S
from .shelf import find_shelf
from .signals import EngineSignals

__all__ = ["ReplicaOptions", "arguments_of", "serve_replicas", "write_deploy_file"]

_log = logging.getLogger(__name__)

_NO_CLUSTER = "Start one (ray start --head), or leave out --address for a cluster of this machine."
POLL_S = 0.1
MORE_S = 60.0
"""Beyond the longest time of a request, the proxy waits for its replica for so long."""
_VARIABLES = {
    "RAY_SERVE_LOG_TO_STDERR": "0",
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": MIDDLEWARES,
}


@dataclass(frozen=True, slots=True)
class ReplicaOptions:
    """How bundles are served by replicas.

    Parameters
    ----------
    server : ServerOptions
        What is the same as on one machine.
    replicas : Replicas
    address : str, optional
        Of a cluster that runs, such as `auto` or `10.0.0.1:6379`; without it, one is started.
    name : str
        Of the application.
    """

    server: ServerOptions
    replicas: Replicas = field(default_factory=Replicas)
    address: str | None = None
    name: str = APPLICATION


def arguments_of(bundles: Sequence[str | Path], options: ReplicaOptions) -> ApplicationArguments:
    """Return the arguments of an application that serves bundles with options."""
    server = options.server
    return ApplicationArguments(
        name=options.name,
        bundles=tuple(
            BundleArguments(
                path=str(Path(each).absolute()),
                target=server.target,
                threads=server.threads,
                settings=server.settings,
                measures_batch=server.measures_batch,
            )
            for each in bundles
        ),
        replicas=options.replicas,
        largest_bytes=server.limits.largest_bytes,
    )


def write_deploy_file(
    bundles: Sequence[str | Path],
    options: ReplicaOptions,
    path: Path,
    *,
    token_file: Path | None = None,
) -> None:
    """Write a file for `serve deploy` that serves bundles by replicas.

    Parameters
    ----------
    bundles : sequence of str or Path
        Where they are on the head of the cluster.
    options : ReplicaOptions
    path : Path
    token_file : Path, optional
        The same on the head.

    Raises
    ------
    BundleError
        If one is not a whole and unchanged bundle.
    ServingError
        If the address is not allowed without a token.
    StorageError
        If the file cannot be written.
    """
    require_ray("The engine ray")
    for each in bundles:
        BundleFolder(expanded(each))
    server = options.server
    check_host(server.host, None if token_file is None else "in this file")
    arguments = arguments_of(bundles, options)
    if token_file is not None:
        arguments = arguments.model_copy(update={"token_file": str(token_file.absolute())})
    text = deploy_text(
        arguments,
        host=server.host,
        port=server.port,
        grpc_port=server.grpc_port,
        request_timeout_s=arguments.longest_s + MORE_S,
    )
    write_whole(path, text)


def serve_replicas(
    bundles: Sequence[str | Path],
    options: ReplicaOptions,
    *,
    on_ready: Callable[[Addresses, Edition], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> None:
    """Serve bundles by replicas of a server.

    Without an address a cluster is started on this machine, and ended by SIGTERM or SIGINT; what
    was accepted is answered before, unless SIGINT comes again. SIGHUP takes the bundles from
    their paths again. On a cluster that runs, the application stays.

    Parameters
    ----------
    bundles : sequence of str or Path
    options : ReplicaOptions
    on_ready : callable, optional
        Called with the addresses and what is served, once a replica is ready.
    on_step : callable, optional
        Called with a sentence about what begins, since each step takes seconds.

    Raises
    ------
    BundleError
        If one is not a whole and unchanged bundle.
    ClusterError
        If Ray is not installed, or there is no cluster at the address.
    ServingError
        If Ray does not start, an address is taken or not allowed, or a bundle
        does not run in the target.
    KeyboardInterrupt
        If a signal comes during the start, or a second SIGINT during the end.
    """
    require_ray("The engine ray")
    arguments = arguments_of(bundles, options)
    _check(arguments, options)
    tell = on_step or (lambda _: None)
    if options.address is not None:
        with connection(options.address, hint=_NO_CLUSTER, shows_messages=True):
            tell("Sending the bundles to the cluster, and starting the replicas.")
            addresses = _deploy(arguments, options)
            if on_ready is not None:
                on_ready(addresses, _edition(options.name))
        return
    signals = EngineSignals()
    cpus = max(os.cpu_count() or 1, arguments.cpus * arguments.replicas.most)
    variables = _VARIABLES | {HOST_VARIABLE: options.server.host}
    tell("Starting Ray, which takes 10 to 20 seconds, and more on a busy machine.")
    # Ray has a handler of its own after its start.
    with signals.handled(), local_cluster(cpus, variables) as folder, signals.handled():
        tell("Starting the replicas.")
        addresses = _deploy(arguments.model_copy(update={"folder": str(folder / "shelf")}), options)
        signals.collect()
        if on_ready is not None:
            on_ready(addresses, _edition(options.name))
        while signals.wait() == signal.SIGHUP:
            _offer_again(arguments)
        _delete(options.name)


def _delete(name: str) -> None:
    """Let an application end once its replicas have answered what was accepted.

    Serve may count a request as open for ever whose proxy was killed: it is not waited for longer
    than for replicas.
    """
    from ray import serve

    deadline_s = monotonic() + GRACE_S + END_S
    serve.delete(name, _blocking=False)
    while name in serve.status().applications:
        if monotonic() > deadline_s:
            _log.warning("Some replicas have not ended by themselves; they are ended.")
            return
        sleep(POLL_S)


def _check(arguments: ApplicationArguments, options: ReplicaOptions) -> None:
    """Find what is wrong before Ray starts, which takes long."""
    server = options.server
    check_host(server.host, server.token)
    check_ports(server.port, server.grpc_port)
    records: list[BundleRecord] = []
    for each in arguments.bundles:
        check_target(each.target)
        records.append(BundleFolder(expanded(each.path)).record)
        check_different(records)
    if options.address is None:
        _free(server.host, server.port)
        if server.grpc_port is not None:
            _free(server.host, server.grpc_port, option="--grpc-port")


def _deploy(arguments: ApplicationArguments, options: ReplicaOptions) -> Addresses:
    """Deploy the application, wait until it is ready, and return its addresses."""
    from ray import serve
    from ray.exceptions import RayError

    write_warnings()
    server = options.server
    host, port, grpc_port = server.host, server.port, server.grpc_port
    if options.address is None:  # on another machine it may be free, or Serve listens there
        host, port = _free(server.host, port)
        grpc_port = None if grpc_port is None else _free(host, grpc_port)[1]
    functions = [] if grpc_port is None else [GRPC_FUNCTION]
    try:
        serve.start(
            proxy_location="HeadOnly" if options.address is None else "EveryNode",
            http_options={
                "host": host,
                "port": port,
                "request_timeout_s": arguments.longest_s + MORE_S,
            },
            grpc_options={"port": grpc_port or 0, "grpc_servicer_functions": functions},
            logging_config={"log_level": "WARNING", "enable_access_log": False},
        )
        offer(arguments)
        serve.run(deployment(arguments, server.token), name=options.name, route_prefix="/")
    except (RayError, RuntimeError) as error:
        raise _failure(options.name, error) from error
    return _addresses()


def _failure(name: str, error: Exception) -> ServingError:
    """Return what a replica says about its failure, or what Ray does."""
    try:
        failure: Outcome = _asked(name, "failure")
    except Exception:  # there is no shelf yet
        failure = Outcome()
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ServingError(
        failure.error or f"The replicas do not start: {reason}",
        failure.hint or "See the messages above; memory or processor time may be short.",
    )


def _addresses() -> Addresses:
    """Return where Serve listens, which a cluster that runs has decided before."""
    import ray
    from ray.serve.context import _get_global_client

    client: Any = _get_global_client()
    http, grpc = client.http_config, ray.get(client._controller.get_grpc_config.remote())
    host = f"[{http.host}]" if ":" in http.host else http.host
    has_grpc = bool(grpc.port and grpc.grpc_servicer_functions)
    return Addresses(address_of(http.host, http.port), f"{host}:{grpc.port}" if has_grpc else None)


def _free(host: str, port: int, *, option: str = "--port") -> tuple[str, int]:
    """Return an address that is free, which Ray takes later."""
    with open_listener(host, port, option=option) as listener:
        free: tuple[str, int] = listener.getsockname()[:2]
    return free


def _offer_again(arguments: ApplicationArguments) -> None:
    try:
        offer(arguments)
    except WorkbenchError as error:
        _log.error("All bundles still run as before: %s %s", error.message, error.hint)


def _edition(name: str) -> Edition:
    edition: Edition = _asked(name, "edition")
    return edition


def _asked(name: str, method: str) -> Any:
    import ray

    return ray.get(getattr(find_shelf(name), method).remote())
