"""Ray, which only those install who need it, and connections to clusters that run.

Modules import Ray inside functions, since it is not installed everywhere and takes a second.
"""

from __future__ import annotations

import importlib.util
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import ClusterError, clause_of

__all__ = ["connection", "require_ray"]

CONNECT_S = 10.0

_log = logging.getLogger(__name__)


def require_ray(subject: str) -> None:
    """Raise an error that says what to install, if Ray is not installed.

    Parameters
    ----------
    subject : str
        What needs it, for the message.

    Raises
    ------
    ClusterError
    """
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(
            f"{subject} needs Ray, which is not installed.",
            'Install it: pip install "paddle-workbench[scale]"',
        )


@contextmanager
def connection(address: str, *, hint: str, shows_messages: bool) -> Iterator[None]:
    """Connect this process to a cluster until the end of the block.

    Parameters
    ----------
    address : str
        Such as `auto`, `10.0.0.1:6379`, or `ray://10.0.0.1:10001` from outside of the cluster.
    hint : str
        What to do if there is none.
    shows_messages : bool
        Whether Ray prints what processes of this one print in the cluster, and what happens there.

    Raises
    ------
    ClusterError
        If there is no cluster at the address, or it cannot be used.
    """
    import ray

    if not address:  # Ray would start one, which would end with this command
        raise ClusterError("The address of the cluster is empty.", "Pass --address auto, or one.")
    host, _, port = address.rpartition(":")
    host = host.removeprefix("ray://")
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        if host and port.isdecimal() and "/" not in host:  # Ray would try it for a minute and more
            socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()
        if not shows_messages:
            _let_ray_be_quiet()
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=shows_messages)
    except Exception as error:  # Ray raises whatever its parts do
        raise ClusterError(
            f"There is no cluster at {address}: {clause_of(error)}.", hint
        ) from error
    finally:
        if is_main and handler is not None:  # Ray's own ends the process
            signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        ray.shutdown()


def _let_ray_be_quiet() -> None:
    """Log what Ray would print to stdout about events in the cluster."""
    from ray._private import worker

    def log(data: dict[str, Any], **_: Any) -> None:
        for line in data.get("lines", []):
            _log.info("%s", line)

    worker.print_to_stdstream = log  # type: ignore[assignment]
    # It warns that it sets no handler for SIGTERM in other threads.
    logging.getLogger("ray").setLevel(logging.ERROR)
