"""The cluster on which runs are executed."""

from __future__ import annotations

import os

from ...errors import ClusterError
from ...ray_cluster import require_ray

__all__ = ["NO_CLUSTER", "default_address", "require_cluster"]

_START = (
    "ray start --head on one machine, and ray start --address=HOST:6379 on each other. "
    "`ray status` shows the cluster of this machine."
)
NO_CLUSTER = f"To start one: {_START}"


def default_address() -> str:
    """Return the address of the cluster for runs that name none; empty if there is none."""
    return os.environ.get("RAY_ADDRESS") or ""


def require_cluster(address: str | None) -> str:
    """Return the address of the cluster for runs, without connecting to it.

    Parameters
    ----------
    address : str or None
        By default that in RAY_ADDRESS.

    Raises
    ------
    ClusterError
        If Ray is not installed, or there is no address.
    """
    require_ray("--backend ray")
    address = address or default_address()
    if not address:
        raise ClusterError(
            "--backend ray needs the address of a cluster.",
            f"Pass --address HOST:6379, or set RAY_ADDRESS. To start a cluster: {_START}",
        )
    return address
