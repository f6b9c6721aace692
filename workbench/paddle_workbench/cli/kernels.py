"""`workbench kernels`: the fork server of warm kernels."""

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
from ..terminal_text import one_line
from .printing import print_json, print_text

__all__ = ["command"]

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("kernels")
def command() -> None:
    """Warm kernels start at once: they are forked from a server that has imported Paddle."""


@command.command("status")
@_json_option
def status(*, as_json: bool) -> None:
    """Show whether kernels start warm, what is imported, and how many kernels there are."""
    _print(read_status(), as_json=as_json)


@command.command("start")
@click.option("--preload", metavar="MODULES", default=",".join(DEFAULT_PRELOADS),
              envvar=PRELOAD_VARIABLE, show_envvar=True, show_default=True,
              help="Modules to import, separated by commas.")  # fmt: skip
@click.option("--preload-limit", type=click.FloatRange(min=0, min_open=True), metavar="S",
              default=PRELOAD_LIMIT_S, show_default=True,
              help="Skip an import that takes longer than this, in seconds.")  # fmt: skip
@click.option("--idle-minutes", type=click.FloatRange(min=0, min_open=True), metavar="M",
              default=IDLE_S / 60, show_default=True,
              help="Stop the server after this time without a kernel, in minutes.")  # fmt: skip
@_json_option
def start(*, preload: str, preload_limit: float, idle_minutes: float, as_json: bool) -> None:
    """Start the fork server and wait for its imports, so that the next kernel is warm.

    Does nothing if it is already running. Exits with 1 if kernels cannot be forked here.
    """
    if not are_supported():
        raise EnvironmentBrokenError(
            f"Warm kernels need Linux, and {WARM_VARIABLE} must not be 0; this is {sys.platform}.",
            "You do not need to do anything: kernels start cold.",
        )
    options = ["--preload", preload, "--preload-limit", str(preload_limit)]
    start_server({**os.environ, **kernel_variables()}, [*options, "--idle", str(idle_minutes * 60)])
    with _Progress() as progress:
        server_status = wait_until_started(progress)
    _print(server_status, as_json=as_json)
    is_ready = server_status is not None and server_status["state"] == "ready"
    sys.exit(0 if is_ready else 1)


@command.command("stop")
@_json_option
def stop(*, as_json: bool) -> None:
    """Stop the fork server; running kernels continue."""
    was_running = stop_server()
    if as_json:
        print_json(json.dumps({"stopped": was_running}))
    else:
        print_text("Stopped; kernels start cold." if was_running else "It was not running.")


def _print(fields: dict[str, Any] | None, *, as_json: bool) -> None:
    if as_json:
        print_json(json.dumps(fields, indent=2))
        return
    if fields is None:
        print_text("No fork server has run here yet. The next kernel starts cold and starts one.")
        return
    server = KernelServerStatus.model_validate(fields)
    messages = {
        "preloading": "Importing; until it has finished, kernels start cold.",
        "ready": f"Warm: process {server.pid}, {server.kernels} kernels, {server.spares} spare, "
        f"{server.launched} started so far.",
        "retired": f"Retired, {server.problem or 'idle'}; the next kernel starts cold.",
        "unfit": f"Cold: {server.problem}.",
        "ended": "It has ended. The next kernel starts cold, and starts it again.",
    }
    print_text(messages[server.state])
    for preload in server.preloads:
        sign = "✗" if preload.problem else "✓"
        reason = f"  left out: {preload.problem}" if preload.problem else ""
        line = f"  {sign} {preload.module:<24}{preload.seconds:6.2f} s{reason}"
        print_text(one_line(line))
    for module in server.waiting:
        print_text(one_line(f"  … {module}"))


class _Progress:
    """A progress bar on stderr, counting imports."""

    def __enter__(self) -> _Progress:
        from tqdm import tqdm

        # None: only if stderr is a terminal.
        self._bar = tqdm(unit="import", file=sys.stderr, leave=False, disable=None)
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def __call__(self, status: dict[str, Any]) -> None:
        waiting = status["waiting"]
        self._bar.total = len(status["preloads"]) + len(waiting)
        self._bar.n = len(status["preloads"])
        self._bar.set_postfix_str(one_line(waiting[0]) if waiting else "")
        self._bar.refresh()
