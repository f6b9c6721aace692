"""Run a kernel in a fork of the fork server.

`environment.kernel` recognises a warm kernel by this module: cold kernels do not import it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from ipykernel import kernelapp

from .client_watch import ClientWatch

__all__ = ["IPKernelApp", "kept_log_handlers", "run_kernel"]


class IPKernelApp(kernelapp.IPKernelApp):
    """ipykernel's application, which ends when its client ends instead of its parent.

    The parent is the fork server, whose kernels outlive it. The class has ipykernel's name because
    its configuration and log messages use it.
    """

    def init_poller(self) -> None:
        """Watch the process that would be the parent of a cold kernel."""
        parent = int(os.environ.get("JPY_PARENT_PID") or 0)
        self.parent_handle = parent
        self.poller = ClientWatch(parent, lambda: os._exit(1)) if parent else None


def run_kernel(arguments: Sequence[str], on_ready: Callable[[], None]) -> int:
    """Run a kernel until it ends, and return its exit status.

    Parameters
    ----------
    arguments : sequence of str
        The command line of `ipykernel_launcher`.
    on_ready : callable
        Called when the ports of the kernel are open.
    """
    spec = find_spec("ipykernel_launcher")
    launcher = spec.origin if spec is not None and spec.origin else "ipykernel_launcher"
    sys.argv = [launcher, *arguments]
    application: Any = IPKernelApp.instance()
    with kept_log_handlers():
        application.initialize(list(arguments))
    on_ready()
    application.start()
    return 0


@contextlib.contextmanager
def kept_log_handlers() -> Iterator[None]:
    """Keep the log handlers of imported modules open.

    ipykernel configures logging when it starts, and that closes all handlers. In a cold kernel
    those of imported modules do not exist yet.
    """
    handlers = logging._handlerList[:]  # type: ignore[attr-defined]
    del logging._handlerList[:]  # type: ignore[attr-defined]
    yield
    logging._handlerList[:0] = handlers  # type: ignore[attr-defined]
