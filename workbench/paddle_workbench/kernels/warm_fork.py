"""Turn a fork of the fork server into the process that a client asked for."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .. import processor, telemetry
from .hidden_modules import HiddenModules
from .messages import receive
from .process_attributes import adopt_attributes, default_signals
from .process_values import renew
from .warm_command import COMMAND_MODULE, run_command
from .warm_kernel import run_kernel

__all__ = ["end_process", "report_to_client", "run_fork"]


def run_fork(
    connection: socket.socket, hidden: HiddenModules, library_descriptors: Sequence[int]
) -> None:
    """Wait for a request, become what it asks for, and run until that ends.

    Parameters
    ----------
    connection : socket
        The connection to the fork server; if it closes before a request, this process ends.
    hidden : HiddenModules
    library_descriptors : sequence of int
        File descriptors that libraries have opened.
    """
    default_signals()
    try:
        message = receive(connection)
    except (OSError, ValueError):
        message = None
    if message is None:
        os._exit(0)
    request, descriptors = message
    _become(request, descriptors, library_descriptors, hidden)
    *_standard_streams, report = descriptors
    fcntl.fcntl(report, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    if request["argv"][2] == COMMAND_MODULE:
        end_process(run_command(request), report)
    end_process(run_kernel(request["argv"][3:], lambda: report_to_client(report, b"ready")))


def end_process(status: int, report: int | None = None) -> NoReturn:
    """End the process as Python does, by a signal if negative, but skip destructors of C++.

    The status is written to the descriptor `report`.

    Some libraries have thread objects whose threads do not exist in a fork; their destructors would
    abort the process.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if report is not None:
        report_to_client(report, str(status).encode())
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def report_to_client(descriptor: int, data: bytes) -> None:
    """Write a report for the client, which may have been killed, and close the descriptor."""
    with contextlib.suppress(BrokenPipeError):
        os.write(descriptor, data)
    os.close(descriptor)


def _become(
    request: Mapping[str, Any],
    descriptors: Sequence[int],
    library_descriptors: Sequence[int],
    hidden: HiddenModules,
) -> None:
    """Make this process like the one that the client would have started."""
    os.setsid()
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
    _close_all_but({0, 1, 2, *library_descriptors, *descriptors[3:]})
    adopt_attributes(request["attributes"])
    old_environment = dict(os.environ)
    os.environ.clear()
    os.environ.update(request["env"])
    processor.set_defaults()
    telemetry.refuse_telemetry()
    os.chdir(request["cwd"])
    sys.orig_argv = list(request["argv"])
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.reconfigure(line_buffering=stream.isatty())
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    renew(sys.modules)
    _set_threads(old_environment, request["env"], hidden)


def _close_all_but(exceptions: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - the names are numbers
        if int(name) not in exceptions:
            with contextlib.suppress(OSError):
                os.close(int(name))


def _set_threads(old: Mapping[str, str], new: Mapping[str, str], hidden: HiddenModules) -> None:
    """Set the thread pools of the loaded libraries to the sizes in the kernel's variables.

    `OMP_NUM_THREADS` is for all libraries and each other variable for one library. If they
    disagree, all get the smallest size.
    """
    if all(old.get(name) == new.get(name) for name in processor.THREAD_VARIABLES):
        return
    counts = [int(new[name]) for name in processor.THREAD_VARIABLES if new.get(name, "").isdigit()]
    limits = hidden.borrow("threadpoolctl").threadpool_limits
    limits(limits=min(counts) if counts else len(os.sched_getaffinity(0)))
