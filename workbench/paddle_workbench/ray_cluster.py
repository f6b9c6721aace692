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

__all__ = ["connection", "is_ray_installed", "require_listening", "require_ray"]

CONNECT_S = 10.0

_log = logging.getLogger(__name__)


def is_ray_installed() -> bool:
    """Return whether Ray is installed."""
    return importlib.util.find_spec("ray") is not None


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
    if not is_ray_installed():
        raise ClusterError(
            f"{subject} needs Ray, which is not installed.",
            'Install it: pip install "paddle-workbench[scale]"',
        )


def require_listening(address: str, *, hint: str, limit_s: float = CONNECT_S) -> None:
    """Raise an error if nothing listens at the address of a cluster, without using Ray.

    Parameters
    ----------
    address, hint : str
        As for `connection`. An address without a host and a port, such as `auto`, is not tried.
    limit_s : float
        How long to wait for an answer.

    Raises
    ------
    ClusterError
    """
    host, _, port = address.rpartition(":")
    host = host.removeprefix("ray://")
    if not host or not port.isdecimal() or "/" in host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=limit_s).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise _no_cluster(address, error, hint) from error


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
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    require_listening(address, hint=hint)  # Ray would try it for a minute and more
    try:
        if not shows_messages:
            _let_ray_be_quiet()
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=shows_messages)
    except Exception as error:  # Ray raises whatever its parts do
        raise _no_cluster(address, error, hint) from error
    finally:
        if is_main and handler is not None:  # Ray's own ends the process
            signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        ray.shutdown()


def _no_cluster(address: str, error: Exception, hint: str) -> ClusterError:
    return ClusterError(f"There is no cluster at {address}: {clause_of(error)}.", hint)


def _let_ray_be_quiet() -> None:
    """Log what Ray would print to stdout about events in the cluster."""
    from ray._private import worker

    def log(data: dict[str, Any], **_: Any) -> None:
        for line in data.get("lines", []):
            _log.info("%s", line)

    worker.print_to_stdstream = log  # type: ignore[assignment]
    # It warns that it sets no handler for SIGTERM in other threads.
    logging.getLogger("ray").setLevel(logging.ERROR)
