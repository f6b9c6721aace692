"""The status of the fork server, in a file and on request.

Plain JSON, and no model: what is imported here would be visible in every kernel. A test holds the
file and `contract.KernelServerStatus` equal.
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
        The file that it is written to.
    preloads : list of Preload
        Those that are done.
    waiting : list of str
        Those that are not.
    problem : str
        Why it starts no kernels: the environment changed, or a fork is not safe here.
    environment : str
        What the environment was, so that a verdict on it need not be reached twice.
    kernels, spares, launched : int
        Children that are kernels, those that wait, and kernels ever started.
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
        """Note which preloads are done, and write it down."""
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
        """Write the file, whole or not at all."""
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        part.replace(self.path)
