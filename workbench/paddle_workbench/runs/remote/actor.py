"""The actor that Ray starts on a node."""

from __future__ import annotations

from typing import Any

__all__ = ["actor_class"]


def actor_class() -> type:
    """Return the class of the actor.

    Since it is made in a function, Ray sends its code: so it also runs on a node without this
    package, and can say so. All else it imports there.
    """

    class NotebookRun:
        def __init__(self) -> None:
            self._run: Any = None

        def node(self) -> dict[str, Any]:
            """Return what is needed to name this node, and to judge whether it fits."""
            import platform
            import socket
            from importlib import metadata

            import ray.util

            address: Any = ray.util.get_node_ip_address
            try:
                version = metadata.version("paddle-workbench")
            except metadata.PackageNotFoundError:
                version = ""
            return {
                "id": ray.get_runtime_context().get_node_id(),
                "address": address(),
                "host": socket.gethostname(),
                "python": platform.python_version(),
                "version": version,
            }

        def machine(self) -> dict[str, Any]:
            from paddle_workbench.runs.store.provenance import machine_facts

            return machine_facts()

        def start(self, task: Any, files: bytes) -> None:
            from paddle_workbench.runs.remote.node_run import NodeRun

            self._run = NodeRun(task, files)
            self._run.start()

        def stop(self, reason: str) -> None:
            if self._run is not None:
                self._run.stop(reason)

        def messages(self, first: int, wait_s: float) -> Any:
            return self._run.messages(first, wait_s)

        def files(self) -> Any:
            return self._run.files()

        def close(self, wait_s: float) -> None:
            if self._run is not None:
                self._run.close(wait_s)

    return NotebookRun
