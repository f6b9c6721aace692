"""`workbench kernels`: the process that warm kernels are forked from."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from ..contract import KernelServerStatus
from ..errors import EnvironmentBrokenError
from ..kernels.client import (
    IDLE_S,
    PRELOAD_LIMIT_S,
    PRELOAD_VARIABLE,
    are_supported,
    kernel_variables,
    read_status,
    start_server,
    stop_server,
    wait_until_started,
)
from ..kernels.preloading import DEFAULT_PRELOADS
from ..settings import WARM_VARIABLE

__all__ = ["command"]

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("kernels")
def command() -> None:
    """Kernels that are ready at once: forked from a process that has imported Paddle."""


@command.command("status")
@_json_option
def status(*, as_json: bool) -> None:
    """Return whether kernels start warm, what is imported, and how many there are."""
    _print(read_status(), as_json=as_json)


@command.command("start")
@click.option("--preload", metavar="MODULES", default=",".join(DEFAULT_PRELOADS),
              envvar=PRELOAD_VARIABLE, show_envvar=True, show_default=True,
              help="What to import, separated by commas.")  # fmt: skip
@click.option("--preload-limit", type=click.FloatRange(min=0, min_open=True), metavar="S",
              default=PRELOAD_LIMIT_S, show_default=True,
              help="Leave out an import that takes more than this many seconds.")  # fmt: skip
@click.option("--idle-minutes", type=click.FloatRange(min=0, min_open=True), metavar="M",
              default=IDLE_S / 60, show_default=True,
              help="End after this many minutes without a kernel.")  # fmt: skip
@_json_option
def start(*, preload: str, preload_limit: float, idle_minutes: float, as_json: bool) -> None:
    """Import the stack now, so that the next kernel is warm; wait until it is done.

    Does nothing if that is running already. Exits with 1 if kernels cannot be forked here.
    """
    if not are_supported():
        raise EnvironmentBrokenError(
            f"Warm kernels need Linux and {WARM_VARIABLE} other than 0; this is {sys.platform}.",
            "Nothing to do: kernels start cold.",
        )
    options = ["--preload", preload, "--preload-limit", str(preload_limit)]
    start_server({**os.environ, **kernel_variables()}, [*options, "--idle", str(idle_minutes * 60)])
    with _Progress() as progress:
        found = wait_until_started(progress)
    _print(found, as_json=as_json)
    sys.exit(0 if found is not None and found["state"] == "ready" else 1)


@command.command("stop")
@_json_option
def stop(*, as_json: bool) -> None:
    """End the process that kernels are forked from; running kernels go on."""
    stopped = stop_server()
    if as_json:
        click.echo(json.dumps({"stopped": stopped}))
    else:
        click.echo("Stopped; kernels start cold." if stopped else "It was not running.")


def _print(found: dict[str, Any] | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if found is None:
        click.echo("No fork server has run here yet: the next kernel starts cold and starts one.")
        return
    known = KernelServerStatus.model_validate(found)
    says = {
        "preloading": "Importing; until it is done kernels start cold.",
        "ready": f"Warm: process {known.pid}, {known.kernels} kernels, {known.spares} spare, "
        f"{known.launched} started so far.",
        "retired": f"Retired, {known.problem or 'idle'}; the next kernel starts cold.",
        "unfit": f"Cold: {known.problem}.",
        "ended": "It has ended: the next kernel starts cold, and starts it again.",
    }
    click.echo(says[known.state])
    for preload in known.preloads:
        sign = "✗" if preload.problem else "✓"
        reason = f"  left out: {preload.problem}" if preload.problem else ""
        click.echo(f"  {sign} {preload.module:<24}{preload.seconds:6.2f} s{reason}")
    for module in known.waiting:
        click.echo(f"  … {module}")


class _Progress:
    """A bar by import on stderr."""

    def __enter__(self) -> _Progress:
        from tqdm import tqdm

        # None: only where stderr is a terminal.
        self._bar = tqdm(unit="import", file=sys.stderr, leave=False, disable=None)
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def __call__(self, found: dict[str, Any]) -> None:
        self._bar.total = len(found["preloads"]) + len(found["waiting"])
        self._bar.n = len(found["preloads"])
        waiting = found["waiting"]
        self._bar.set_postfix_str(waiting[0] if waiting else "")
        self._bar.refresh()
