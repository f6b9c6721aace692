"""The start of every child: `python -m paddle_workbench.child_process MEMORY GRACE MODULE ...`."""

from __future__ import annotations

import os
import resource
import runpy
import signal
import sys
import threading
from pathlib import Path

from .parent_watch import end_with_parent

__all__ = ["main"]


def main() -> None:
    """Set the limits, watch the parent, and run a module."""
    memory_bytes, grace_s, module, *arguments = sys.argv[1:]
    sys.argv[1:] = arguments
    # A shell makes processes in the background ignore SIGINT, which children inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parent = os.dup(0)
    with Path(os.devnull).open("rb") as null:
        os.dup2(null.fileno(), 0)
    threading.Thread(target=end_with_parent, args=(parent, float(grace_s)), daemon=True).start()
    if int(memory_bytes):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = int(memory_bytes)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
