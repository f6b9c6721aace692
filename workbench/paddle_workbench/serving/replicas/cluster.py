"""A cluster of this machine alone: started for one command, and ended with it."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import psutil

from ...errors import ServingError
from ...scratch import ScratchFolder

__all__ = ["local_cluster"]

_log = logging.getLogger(__name__)

ATTEMPTS = 3
"""On a busy machine Ray gives up its own start: "Timed out waiting for file"."""
END_S = 5.0
_LONGEST_FOLDER = 43
"""A path of a socket has at most 107 bytes, of which Ray needs 64."""
_ENVIRONMENT = {
    # Otherwise Ray replaces 127.0.0.1 by the address of the machine.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    # It would start one Python for each processor before any is needed.
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_metrics_collection": "0",
    # By default workers run at nice 15, so that replicas starve next to any other program.
    "RAY_worker_niceness": "0",
    # A proxy that has ended is replaced after a second, and not after ten.
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    # On a busy machine one needs more than five seconds to start, after which Serve ends it.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
}


@contextmanager
def local_cluster(cpus: int, variables: dict[str, str]) -> Iterator[Path]:
    """Start a cluster whose processes listen on the loopback only, and end it.

    Parameters
    ----------
    cpus : int
        How many Ray may assign, whatever the machine has.
    variables : dict of str to str
        For its processes.

    Yields
    ------
    Path
        A private folder, which is removed at the end.

    Raises
    ------
    ServingError
        If it does not start.
    """
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent)) > _LONGEST_FOLDER - len("/paddle-workbench-ray-abcdefgh.scratch"):
        parent = Path("/tmp")  # noqa: S108 - the folder in it is private
    with ScratchFolder("ray", parent=parent) as folder:
        token = folder / "token"
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(32), encoding="ascii")
        # Ray reads them when it is imported, and hands them on to its processes.
        os.environ.update(_ENVIRONMENT | variables)
        os.environ["RAY_AUTH_TOKEN_PATH"] = str(token)
        try:
            _start(folder, cpus)
            yield folder
        finally:
            _end(psutil.Process().children(recursive=True))


def _start(folder: Path, cpus: int) -> None:
    import ray

    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(
                address="local",
                num_cpus=cpus,
                include_dashboard=False,
                _node_ip_address="127.0.0.1",
                _temp_dir=str(folder),
                logging_level=logging.ERROR,
            )
        except Exception as error:  # noqa: PERF203 - Ray raises whatever its parts do
            _end(psutil.Process().children(recursive=True))
            if attempt == ATTEMPTS:
                raise ServingError(
                    f"Ray does not start on this machine: {error}.",
                    "Free memory and processor time, then try again.",
                ) from error
            _log.warning("Ray did not start; trying again: %s", error)
        else:
            return


def _end(processes: list[psutil.Process]) -> None:
    """End a cluster, of which these processes of this one are part."""
    import ray

    try:
        ray.shutdown()
        deadline_s = monotonic() + END_S
        while any(map(_runs, processes)) and monotonic() < deadline_s:
            sleep(0.05)
    finally:  # also after an interrupt
        for process in filter(_runs, processes):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _runs(process: psutil.Process) -> bool:
    """Return whether a process has not ended; nobody may have asked yet how."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
