"""Finding a node for a run, and starting the actor there."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ...errors import ClusterError, clause_of
from ...ray_cluster import connection
from .actor import actor_class
from .cluster import NO_CLUSTER
from .limits import cpus, gpus

__all__ = ["Place", "check_node", "find_place"]

POLL_S = 0.1
# Calls that wait for messages, and others at the same time.
_CONCURRENT_CALLS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is executed.

    Parameters
    ----------
    actor : handle of Ray
    address : str
        Of the cluster.
    node_id : str
        As Ray names the node.
    node : str
        As people read it.
    threads : int
        The cores that the run may use.
    machine : dict
        Fields of `contract.Provenance` that differ between machines.
    """

    actor: Any
    address: str
    node_id: str
    node: str
    threads: int
    machine: dict[str, Any]


def find_place(address: str, stack: ExitStack, is_stopped: Callable[[], bool]) -> Place | None:
    """Connect to a cluster, wait until a node has room, and return where.

    Parameters
    ----------
    address : str
    stack : ExitStack
        Its end gives the place back, and disconnects.
    is_stopped : callable
        While it returns true, there is no place for it: the result is None.

    Raises
    ------
    ClusterError
        If the cluster cannot be reached, or the node that has room does not fit.
    """
    import ray

    if not _connect(address, stack, is_stopped):
        return None
    all_nodes: Any = ray.nodes
    nodes = [node for node in all_nodes() if node["Alive"]]
    largest = max((node["Resources"].get("CPU", 0) for node in nodes), default=0)
    threads = cpus(largest)
    options = {
        "num_cpus": threads,
        "num_gpus": gpus(),
        "max_restarts": 0,
        "max_concurrency": _CONCURRENT_CALLS,
    }
    remote: Any = ray.remote(actor_class())
    actor = remote.options(**options).remote()
    stack.callback(ray.kill, actor)
    facts = _result(actor.node.remote(), is_stopped)
    if facts is None:
        return None
    node = f"{facts['host']} ({facts['address']}, {facts['id'][:8]})"
    check_node(node, facts)
    machine = _result(actor.machine.remote(), is_stopped)
    if machine is None:
        return None
    if "://" not in address:  # `auto` is another cluster elsewhere, or tomorrow
        address = ray.get_runtime_context().gcs_address
    return Place(actor, address, facts["id"], node, threads, machine | {"threads": threads})


def _connect(address: str, stack: ExitStack, is_stopped: Callable[[], bool]) -> bool:
    """Connect in a thread, so that a signal is noticed meanwhile; return whether it did."""
    failures: list[ClusterError] = []

    def connect() -> None:
        try:
            stack.enter_context(connection(address, hint=NO_CLUSTER, shows_messages=False))
        except ClusterError as error:
            failures.append(error)

    thread = threading.Thread(target=connect, name="ray-connection", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_S)
        if is_stopped():
            return False
    if failures:
        raise failures[0]
    return True


def _result(reference: Any, is_stopped: Callable[[], bool]) -> Any:
    """Wait for the result of a call; None if it is stopped before."""
    import ray
    from ray.exceptions import RayError

    while not is_stopped():
        ready, _ = ray.wait([reference], timeout=POLL_S)
        if ready:
            try:
                return ray.get(reference)
            except RayError as error:
                raise ClusterError(
                    f"The process of the run does not start on a node: {clause_of(error)}.",
                    "See the logs of Ray on the nodes, and try again.",
                ) from error
    return None


def check_node(node: str, facts: Mapping[str, str]) -> None:
    """Raise an error if a node has a different Python or workbench than this machine.

    Raises
    ------
    ClusterError
    """
    version = metadata.version("paddle-workbench")
    install = f'On that node: pip install "paddle-workbench[scale]=={version}"'
    if not facts["version"]:
        raise ClusterError(f"The node {node} has no paddle-workbench.", install)
    if facts["version"] != version:
        raise ClusterError(
            f"The node {node} has paddle-workbench {facts['version']}, and this machine {version}.",
            install,
        )
    own = platform.python_version()
    if _minor(facts["python"]) != _minor(own):
        raise ClusterError(
            f"The node {node} has Python {facts['python']}, and this machine {own}.",
            f"Start Ray there with a Python {'.'.join(_minor(own))}.",
        )


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
