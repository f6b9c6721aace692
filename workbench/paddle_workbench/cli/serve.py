"""`workbench serve`: answer with bundles over HTTP."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click

from ..serving.token import TOKEN_VARIABLE, read_token
from .printing import print_text
from .serve_replicas import refuse_replica_options, replica_options, serve_by_ray

__all__ = ["command"]


@click.command("serve")
@click.argument(
    "bundles", metavar="BUNDLE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=9292, show_default=True, type=click.IntRange(0, 65535), help="0 for any."
)
@click.option("--grpc-port", type=click.IntRange(0, 65535), help="For gRPC, too; 0 for any.")
@click.option(
    "--target",
    default="inference",
    show_default=True,
    help="Runtime: inference, onednn, onnx, mnn.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Of each bundle."
)
@click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1, 256), help="Of each worker."
)
@click.option(
    "--batch",
    type=click.IntRange(1, 1024),
    help="Most inputs of a call; by default what a worker is fastest with, at its start.",
)
@click.option(
    "--wait-ms",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 10_000),
    help="How long an input waits for others while a worker is free.",
)
@click.option(
    "--queue",
    default=64,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Most inputs that wait; beyond it the answer is 429.",
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 3600, min_open=True),
    help="Seconds after which the answer is 504.",
)
@click.option(
    "--body-mb",
    default=16.0,
    show_default=True,
    type=click.FloatRange(0, 4096, min_open=True),
    help="Largest body in megabytes; beyond it the answer is 413.",
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"What clients must send; or set {TOKEN_VARIABLE}. Without it: loopback only.",
)
@click.option(
    "--engine",
    default="workers",
    show_default=True,
    type=click.Choice(["workers", "ray"]),
    help="Processes of this machine, or replicas of a server by Ray.",
)
@replica_options
def command(
    bundles: tuple[Path, ...],
    *,
    host: str,
    port: int,
    grpc_port: int | None,
    target: str,
    workers: int,
    threads: int,
    batch: int | None,
    wait_ms: float,
    queue: int,
    timeout: float,
    body_mb: float,
    token_file: Path | None,
    engine: str,
    **replicas: Any,
) -> None:
    """Serve bundles over HTTP, each by workers of its own, until Ctrl-C.

    What was accepted is answered before it ends. SIGHUP takes the bundles from their paths again.
    """
    from ..contract.serving import ModelSettings
    from ..serving.bodies import BodyLimits
    from ..serving.server import ServerOptions, serve

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    settings = ModelSettings(
        batch=batch or 1, wait_ms=wait_ms, workers=workers, queue=queue, timeout_s=timeout
    )
    options = ServerOptions(
        host=host,
        port=port,
        grpc_port=grpc_port,
        target=target,
        threads=threads,
        token=read_token(token_file),
        settings=settings,
        measures_batch=batch is None,
        limits=BodyLimits(largest_bytes=round(body_mb * 1_000_000)),
    )
    if engine == "ray":
        serve_by_ray(bundles, options, token_file=token_file, **replicas)
    else:
        refuse_replica_options(**replicas)
        serve(bundles, options, on_ready=_show)


def _show(addresses: Any, models: Any) -> None:
    for served in models:
        name, version = served.name, served.record.version
        batch = served.settings.batch
        calls = f"batches of up to {batch}" if batch > 1 else "one input a call"
        path = f"{addresses.http}/models/{name}"
        print_text(f"{name} {version} in {served.target}, {calls}: {path}")
    if addresses.grpc:
        print_text(f"gRPC on {addresses.grpc}")
    print_text(f"Ready on {addresses.http}")
