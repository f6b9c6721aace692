"""The options of `workbench serve --engine ray`, and what it does with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from .printing import print_text

__all__ = ["refuse_replica_options", "replica_options", "serve_by_ray"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--replicas", metavar="N or MIN:MAX", help="Servers, each with all bundles.  [default: 1]"
    ),
    click.option("--address", help="Of a cluster that runs, or auto; the bundles stay there."),
    click.option(
        "--write",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write a file for serve deploy instead of serving.",
    ),
)


def replica_options(command: _Command) -> _Command:
    """Add the options that only Ray has."""
    command = click.option(
        "--check",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=check_file,
        help="Check a file for serve deploy, and end.",
    )(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse_replica_options(**options: Any) -> None:
    """Refuse what another engine would ignore.

    Raises
    ------
    click.UsageError
    """
    for name, value in options.items():
        if value is not None:
            raise click.UsageError(f"--{name.replace('_', '-')} needs --engine ray.")


def serve_by_ray(
    bundles: Sequence[Path],
    server: Any,
    *,
    replicas: str | None,
    address: str | None,
    write: Path | None,
    token_file: Path | None,
) -> None:
    """Serve bundles by replicas, or write a file that does.

    Parameters
    ----------
    bundles : sequence of Path
    server : ServerOptions
    replicas : str, optional
        A number, or `MIN:MAX`.
    address : str, optional
    write, token_file : Path, optional
    """
    from ..serving.replicas.engine import ReplicaOptions, serve_replicas, write_deploy_file

    options = ReplicaOptions(server=server, replicas=_replicas(replicas), address=address)
    if write is None:
        serve_replicas(bundles, options, on_ready=_show, on_step=print_text)
        return
    if address is not None:
        raise click.UsageError("--write needs no --address: serve deploy has one.")
    if 0 in (server.port, server.grpc_port):
        raise click.UsageError("A file needs the numbers of its ports: 0 is only for serving.")
    write_deploy_file(bundles, options, write, token_file=token_file)
    print_text(f"{write} is written. Deploy it: serve deploy {write}")


def check_file(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Print what is wrong with a file for `serve deploy`, and end."""
    if path is None:
        return
    from ..serving.replicas.deploy_file import check_deploy_file

    problems = check_deploy_file(path)
    for problem in problems:
        print_text(str(problem))
    if not problems:
        print_text(f"{path} is valid.")
    raise click.exceptions.Exit(1 if problems else 0)


def _replicas(text: str | None) -> Any:
    from ..serving.replicas.arguments import Replicas

    match = re.fullmatch(r"([1-9]\d{0,3})(?::([1-9]\d{0,3}))?", "1" if text is None else text)
    if match is None:
        raise click.BadParameter(
            f"{text!r} is not a number from 1 to 9999; use 2, or 1:4 for more under load.",
            param_hint="--replicas",
        )
    least, most = int(match[1]), int(match[2] or match[1])
    if least > most:
        raise click.BadParameter(
            f"{text!r} has the larger number first; use {most}:{least}.", param_hint="--replicas"
        )
    return Replicas(least=least, most=most)


def _show(addresses: Any, edition: Any) -> None:
    for bundle in edition.bundles:
        name = bundle.name
        print_text(f"{name} {bundle.version} in {bundle.target}: {addresses.http}/models/{name}")
    if addresses.grpc:
        print_text(f"gRPC on {addresses.grpc}")
    print_text(f"Ready on {addresses.http}")
