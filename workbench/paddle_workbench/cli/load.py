"""`workbench load`: measure how a server answers under load."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ..serving.token import TOKEN_VARIABLE, read_token
from .printing import print_json, print_text, rewrite_line

if TYPE_CHECKING:
    from ..serving.load import LoadProgress

__all__ = ["command"]


@click.command("load")
@click.argument("url")
@click.option("--model", help="Not needed if the server has one.")
@click.option(
    "--rate",
    type=click.FloatRange(0, 100_000, min_open=True),
    help="Requests per second, whatever the server does.",
)
@click.option(
    "--clients",
    type=click.IntRange(1, 256),
    help="Instead of a rate: each sends when its last answer has come. Finds the throughput.",
)
@click.option(
    "--arrivals",
    type=click.Choice(["poisson", "constant"]),
    default="poisson",
    show_default=True,
    help="Instants at a rate: as of many users, or at equal distances.",
)
@click.option("--seed", default=0, show_default=True, help="Of the arrivals.")
@click.option(
    "--duration",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, 86_400, min_open=True),
    help="Seconds in which requests are sent.",
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 3600, min_open=True),
    help="Seconds after which a request has failed.",
)
@click.option(
    "--size",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1024),
    help="Inputs of a request.",
)
@click.option(
    "--texts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with one text a line.",
)
@click.option(
    "--pictures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with PNG and JPEG files.",
)
@click.option(
    "--samples",
    type=click.Path(exists=True, path_type=Path),
    metavar="BUNDLE",
    help="Bundle whose samples are sent, as tensors.",
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"What the server wants; or set {TOKEN_VARIABLE}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def command(
    url: str,
    *,
    model: str | None,
    rate: float | None,
    clients: int | None,
    arrivals: Literal["poisson", "constant"],
    seed: int,
    duration: float,
    timeout: float,
    size: int,
    texts: Path | None,
    pictures: Path | None,
    samples: Path | None,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Load a server, and print its latency, throughput and errors.

    At a rate, latency counts from the instant for which a request was planned, so that it contains
    what a slow server makes others wait. Ctrl-C prints what was measured so far. The exit status is
    1 then, or if nothing was answered.
    """
    from ..serving.load import describe, run_load
    from ..serving.load.inputs import inputs_from

    inputs: list[Any] = inputs_from(texts=texts, pictures=pictures, samples=samples)
    run = run_load(
        url,
        inputs,
        model=model,
        rate=rate,
        clients=clients,
        kind=arrivals,
        duration_s=duration,
        timeout_s=timeout,
        seed=seed,
        size=size,
        token=read_token(token_file),
        on_progress=_show,
    )
    rewrite_line("")
    if as_json:
        print_json(run.model_dump_json(indent=2))
    else:
        print_text(describe(run))
    sys.exit(not run.is_complete or not run.answered)


def _show(progress: LoadProgress) -> None:
    rewrite_line(
        f"{progress.elapsed_s:.0f} s: {progress.scheduled} sent, {progress.answered} answered, "
        f"{progress.failed} failed"
    )
