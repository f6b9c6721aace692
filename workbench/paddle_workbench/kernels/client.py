"""Start, query and stop the fork server of this user and environment."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import WorkbenchError
from ..settings import WARM_VARIABLE
from .messages import connect, receive, send
from .readable import readable
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
    "try_to_start_server",
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
    """Return whether this system can fork kernels and warm kernels are switched on."""
    return (
        sys.platform == "linux"
        and hasattr(os, "pidfd_open")
        and os.environ.get(WARM_VARIABLE, "1") != "0"
    )


def kernel_variables() -> dict[str, str]:
    """Return the environment variables in the kernel's specification."""
    spec = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "paddle" / "kernel.json"
    try:
        variables: dict[str, str] = json.loads(spec.read_text(encoding="utf-8")).get("env", {})
    except (OSError, ValueError):
        return {}
    return variables


def start_server(environment: Mapping[str, str], options: Sequence[str] | None = None) -> None:
    """Start the fork server unless it is running; do not wait for its imports.

    Parameters
    ----------
    environment : mapping
        The environment variables of its kernels.
    options : sequence of str, optional
        Its command line, by default from the variables in `environment`.

    Raises
    ------
    StorageError
        If the directory for its socket is not private or cannot be created.
    OSError
        If no process can be started.
    ValueError
        If a variable for its command line is not a number.
    """
    import subprocess

    from ..scratch import with_shared_folder

    paths = runtime_paths()
    paths.make()
    command = [
        sys.executable,
        "-m",
        MODULE,
        *(_options(environment) if options is None else options),
    ]
    variables = with_shared_folder(environment)
    variables = {name: value for name, value in variables.items() if not name.startswith("JPY_")}
    # This process ends as soon as the server has detached from it.
    subprocess.run(
        command,
        check=False,
        cwd=paths.directory,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # The process group may be ended before the server has left it.
        start_new_session=True,
    )


def try_to_start_server(environment: Mapping[str, str]) -> None:
    """Start the fork server as `start_server` does; a failure is only logged.

    Warm kernels are optional: nothing that works with cold kernels may fail because of them.
    """
    try:
        start_server(environment)
    except (OSError, ValueError, WorkbenchError) as error:
        import logging

        log = logging.getLogger(__name__)
        log.warning("Kernels start cold: %s", str(error).replace("\n", " "))


def read_status() -> dict[str, Any] | None:
    """Return the current or last status of the fork server; None if there is none.

    `state` is `ended` if the process has ended.
    """
    paths = runtime_paths()
    try:
        return _ask(paths, {"do": "status"})
    except (OSError, ValueError):
        pass
    # Twice: while it imports, it moves to a child, which writes its pid before the parent ends.
    for _ in range(2):
        try:
            # Not with `storage`, whose imports would be visible in the kernels.
            status: dict[str, Any] = json.loads(paths.status.read_text(encoding="utf-8"))
            pid = int(status["pid"])
        except (KeyError, OSError, RecursionError, TypeError, ValueError):
            return None
        # An unfit server has ended, but its verdict still holds.
        if status.get("state") == "unfit" or _is_fork_server(pid):
            return status
    status["state"] = "ended"
    return status


def stop_server() -> bool:
    """Stop the fork server, also while it imports, and return whether it was running.

    Its kernels keep running.
    """
    was_running = False
    while True:
        try:
            return "stopped" in _ask(runtime_paths(), {"do": "stop"}) or was_running
        except (OSError, ValueError):
            pass
        status = read_status()
        if status is None or status["state"] != "preloading":
            return was_running
        # While it imports, it does not answer. It may also have moved to a child since.
        if _end_process(int(status["pid"])):
            was_running = True
        elif _is_fork_server(int(status["pid"])):
            return False


def wait_until_started(
    listener: Callable[[dict[str, Any]], None] = lambda _status: None,
) -> dict[str, Any] | None:
    """Wait until the fork server accepts requests or has ended; return its status.

    Parameters
    ----------
    listener : callable
        Called with the status every `POLL_S` seconds.
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


def _end_process(pid: int) -> bool:
    """End a fork server that is importing; return whether it was running and has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not _is_fork_server(pid):
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        return bool(readable(descriptor, timeout_s=ANSWER_LIMIT_S))
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _is_fork_server(pid: int) -> bool:
    """Return whether a process is a running fork server, rather than a later one with its pid."""
    try:
        # Empty if the process has ended and waits for its parent.
        return MODULE.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
