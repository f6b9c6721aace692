"""Turn a fork of the fork server into a kernel.

`environment.kernel` recognises a warm kernel by this module: cold kernels do not import it.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import select
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ipykernel import kernelapp

from .. import processor
from .hidden_modules import HiddenModules
from .messages import receive
from .process_attributes import adopt_attributes, default_signals
from .process_values import renew

__all__ = ["IPKernelApp", "run_kernel"]


class IPKernelApp(kernelapp.IPKernelApp):
    """ipykernel's application, which ends when its client ends instead of its parent.

    The parent is the fork server, whose kernels outlive it. The class has ipykernel's name because
    its configuration and log messages use it.
    """

    def init_poller(self) -> None:
        """Watch the process that would be the parent of a cold kernel."""
        parent = int(os.environ.get("JPY_PARENT_PID") or 0)
        self.parent_handle = parent
        self.poller = _ClientWatch(parent) if parent else None


class _ClientWatch(threading.Thread):
    """Ends this process when another ends, as ipykernel's poller does for the parent."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True, name="client-watch")
        self._pid = pid

    def run(self) -> None:
        """Wait until the other process ends."""
        try:
            descriptor = os.pidfd_open(self._pid)
        except ProcessLookupError:
            os._exit(1)
        except OSError:
            return
        select.select([descriptor], [], [])
        os._exit(1)


def run_kernel(
    connection: socket.socket, hidden: HiddenModules, library_descriptors: Sequence[int]
) -> None:
    """Wait for a request, become what it asks for, and run until the kernel ends.

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
    application: Any = IPKernelApp.instance()
    with _kept_log_handlers():
        application.initialize(request["argv"][3:])
    application.start()
    _end()


@contextlib.contextmanager
def _kept_log_handlers() -> Iterator[None]:
    """Keep the log handlers of imported modules open.

    ipykernel configures logging when it starts, and that closes all handlers. In a cold kernel
    those of imported modules do not exist yet.
    """
    handlers = logging._handlerList[:]  # type: ignore[attr-defined]
    del logging._handlerList[:]  # type: ignore[attr-defined]
    yield
    logging._handlerList[:0] = handlers  # type: ignore[attr-defined]


def _end() -> None:
    """End the process as Python does, but skip destructors of C++.

    Some libraries have thread objects whose threads do not exist in a fork; their destructors would
    abort the process.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def _become(
    request: Mapping[str, Any],
    descriptors: Sequence[int],
    library_descriptors: Sequence[int],
    hidden: HiddenModules,
) -> None:
    """Make this process like the one that the client would have started."""
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    _close_all_but({0, 1, 2, *library_descriptors})
    adopt_attributes(request["attributes"])
    old_environment = dict(os.environ)
    os.environ.clear()
    os.environ.update(request["env"])
    processor.select_mkl_path()
    os.chdir(request["cwd"])
    sys.orig_argv = list(request["argv"])
    sys.argv = [_launcher(), *request["argv"][3:]]
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.reconfigure(line_buffering=stream.isatty())
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    renew(sys.modules)
    _set_threads(old_environment, request["env"], hidden)


def _launcher() -> str:
    from importlib.util import find_spec

    spec = find_spec("ipykernel_launcher")
    return spec.origin if spec is not None and spec.origin else "ipykernel_launcher"


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
