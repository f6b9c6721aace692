"""Starting, asking and stopping the fork server of this user and this environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..settings import WARM_VARIABLE
from .messages import connect, receive, send
from .runtime_paths import RuntimePaths, runtime_paths

__all__ = [
    "IDLE_S",
    "MODULE",
    "PRELOAD_LIMIT_S",
    "PRELOAD_VARIABLE",
    "are_supported",
    "kernel_variables",
    "read_status",
    "start_server",
    "stop_server",
    "wait_until_started",
]

MODULE = "paddle_workbench.kernels.fork_server"
PRELOAD_VARIABLE = "PADDLE_WORKBENCH_PRELOAD"
IDLE_VARIABLE = "PADDLE_WORKBENCH_KERNELS_IDLE_MINUTES"
IDLE_S = 15 * 60.0
PRELOAD_LIMIT_S = 120.0
ANSWER_LIMIT_S = 5.0
POLL_S = 0.1


def are_supported() -> bool:
    """Return whether this system can fork kernels and the user has not switched them off."""
    return (
        sys.platform == "linux"
        and hasattr(os, "pidfd_open")
        and os.environ.get(WARM_VARIABLE, "1") != "0"
    )


def kernel_variables() -> dict[str, str]:
    """Return the environment variables that the kernel's specification adds."""
    spec = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "paddle" / "kernel.json"
    try:
        variables: dict[str, str] = json.loads(spec.read_text(encoding="utf-8")).get("env", {})
    except (OSError, ValueError):
        return {}
    return variables


def start_server(environment: Mapping[str, str], options: Sequence[str] | None = None) -> None:
    """Start the fork server unless it is there, and return at once.

    Parameters
    ----------
    environment : mapping
        What the kernels will have.
    options : sequence of str, optional
        Of its command line; else those that the environment variables name.

    Raises
    ------
    StorageError
        If there is no private place for its socket.
    """
    paths = runtime_paths()
    paths.make()
    command = [
        sys.executable,
        "-m",
        MODULE,
        *(_options(environment) if options is None else options),
    ]
    variables = {name: value for name, value in environment.items() if not name.startswith("JPY_")}
    # It becomes a child of nobody, and this one ends as soon as it has.
    subprocess.run(
        command,
        check=False,
        cwd=paths.directory,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # The group of this process may end before the server has left it.
        start_new_session=True,
    )


def read_status() -> dict[str, Any] | None:
    """Return what the fork server says, or said last; None if there is no word of it.

    `state` is `ended` where the process is gone.
    """
    paths = runtime_paths()
    try:
        return _ask(paths, {"do": "status"})
    except (OSError, ValueError):
        pass
    # Twice: while it imports it goes on in a child, which is named there before the parent ends.
    for _ in range(2):
        try:
            # Not through `storage`: the kernels of the fork server must not have its imports.
            status: dict[str, Any] = json.loads(paths.status.read_text(encoding="utf-8"))
            pid = int(status["pid"])
        except (KeyError, OSError, RecursionError, TypeError, ValueError):
            return None
        # An unfit one has ended, and its verdict holds.
        if status.get("state") == "unfit" or _is_alive(pid):
            return status
    status["state"] = "ended"
    return status


def stop_server() -> bool:
    """Stop the fork server, and return whether there was one; its kernels keep running."""
    try:
        return "stopped" in _ask(runtime_paths(), {"do": "stop"})
    except (OSError, ValueError):
        return False


def wait_until_started(
    listener: Callable[[dict[str, Any]], None] = lambda _status: None,
) -> dict[str, Any] | None:
    """Wait until the fork server takes requests, or has given up; return its status.

    Parameters
    ----------
    listener : callable
        Told the status again and again.
    """
    while True:
        status = read_status()
        if status is None or status["state"] != "preloading":
            return status
        listener(status)
        time.sleep(POLL_S)


def _ask(paths: RuntimePaths, message: dict[str, Any]) -> dict[str, Any]:
    with connect(paths.socket, timeout_s=ANSWER_LIMIT_S) as connection:
        send(connection, message)
        answer = receive(connection)
    if answer is None:
        raise ConnectionError("The fork server did not answer.")
    return answer[0]


def _options(environment: Mapping[str, str]) -> list[str]:
    options = []
    if PRELOAD_VARIABLE in environment:
        options += ["--preload", environment[PRELOAD_VARIABLE]]
    if IDLE_VARIABLE in environment:
        options += ["--idle", str(float(environment[IDLE_VARIABLE]) * 60)]
    return options


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    # Behind the name, which may hold anything; a zombie has ended and waits for its parent.
    return stat.rpartition(")")[2].split()[0] != "Z"
