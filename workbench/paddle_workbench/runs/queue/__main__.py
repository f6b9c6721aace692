"""The process that starts queued runs.

    python -m paddle_workbench.runs.queue RUNS LOCK

LOCK is an inherited descriptor, which holds the lock of the dispatcher.
"""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path

# Everything that a run needs, before the first fork.
from .. import warm_up  # noqa: F401
from .dispatcher import Dispatcher
from .slots import run_limit

if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    gc.freeze()
    Dispatcher(Path(sys.argv[1]), run_limit()).run(int(sys.argv[2]))
