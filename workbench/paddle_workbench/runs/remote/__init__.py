"""Runs on a Ray cluster: the kernel is on one of its nodes, everything else on this machine.

The process that owns a run writes its folder as always. Instead of an `Execution` it has a
`RemoteExecution`, which sends the notebook, its files and its limits to an actor on a node. There a
`NodeRun` executes them and keeps what happens as numbered messages until this side has them.

Modules import Ray inside functions, since it is not installed everywhere and takes a second.
"""

from .cluster import NO_CLUSTER, default_address, require_cluster
from .execution import RemoteExecution
from .placement import Place

__all__ = ["NO_CLUSTER", "Place", "RemoteExecution", "default_address", "require_cluster"]
