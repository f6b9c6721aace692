"""A run with secrets, which wait in the memory of this process for a free slot.

    python -m paddle_workbench.runs.queue.waiting_run FOLDER LOCK

It inherits the descriptor LOCK, which holds the lock of the folder, and reads the secrets as JSON
from stdin.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from ..parameters.secrets import read_secrets
from ..running.runner import plan_retry, run_notebook
from ..store.ownership import take_over
from ..store.records import read_record
from .queued_run import ignore, run_owned
from .slots import free_slot, run_limit

__all__ = ["main"]

POLL_S = 0.2


def main() -> None:
    """Wait for a slot, and run the run of the folder that is given as an argument."""
    folder = Path(sys.argv[1])
    take_over(int(sys.argv[2]))
    secrets = read_secrets(sys.stdin.buffer.read())
    limit = run_limit()
    while free_slot(folder.parent, limit) is None:
        time.sleep(POLL_S)
    record = read_record(folder)
    record = run_owned(folder, record, secrets)
    while record.state in ("failed", "timed_out") and record.attempt <= record.retries:
        plan = replace(plan_retry(folder, record), secrets=secrets)
        folder, record = run_notebook(plan, ignore)


if __name__ == "__main__":
    main()
