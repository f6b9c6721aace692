"""The status of the fork server, in a file and on request.

It is plain JSON instead of a model, since everything imported here is visible in every kernel. A
test compares the file with `contract.KernelServerStatus`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from .preloading import Preload

__all__ = ["ServerState", "ServerStatus"]

ServerState = Literal["preloading", "ready", "retired", "unfit"]
SCHEMA_VERSION = 1


@dataclass(slots=True)
class ServerStatus:
    """The state of one fork server.

    Parameters
    ----------
    path : Path
        The file of the status.
    preloads : list of Preload
        The preloads that have ended.
    waiting : list of str
        The modules that have not been imported yet.
    problem : str
        Why the server starts no kernels: the environment changed, or forking is not safe.
    environment : str
        A digest of the environment, so that an unfit one is not tried twice.
    kernels, spares, launched : int
        Running kernels, spares, and all kernels that were started.
    started_at : float
        Seconds since the epoch.
    """

    path: Path
    state: ServerState = "preloading"
    preloads: list[Preload] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    problem: str = ""
    environment: str = ""
    kernels: int = 0
    spares: int = 0
    launched: int = 0
    started_at: float = field(default_factory=time.time)

    def advance(self, preloads: Sequence[Preload], modules: Sequence[str]) -> None:
        """Set the preloads that have ended, and write the file."""
        self.preloads = list(preloads)
        self.waiting = list(modules[len(preloads) :])
        self.write()

    def as_json(self) -> dict[str, Any]:
        """Return the fields of `contract.KernelServerStatus`."""
        return {
            "schema_version": SCHEMA_VERSION,
            "state": self.state,
            "pid": os.getpid(),
            "started_at": self.started_at,
            "preloads": [asdict(preload) for preload in self.preloads],
            "waiting": self.waiting,
            "problem": self.problem,
            "environment": self.environment,
            "kernels": self.kernels,
            "spares": self.spares,
            "launched": self.launched,
        }

    def write(self) -> None:
        """Write the file atomically."""
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        part.replace(self.path)
