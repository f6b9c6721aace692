"""Cancelling a run from another process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from ..contract import RunRecord
from ..errors import StorageError, WorkbenchError
from .records import read_record

__all__ = ["cancel_run"]

# Enough for the grace period of the kernel, and for saving the notebook and the report.
PATIENCE_S = 30.0
POLL_S = 0.1


def cancel_run(folder: Path) -> RunRecord:
    """Cancel a run, wait until it has ended, and return its record.

    Raises
    ------
    StorageError
        If the run belongs to another user.
    WorkbenchError
        If the run has already ended, or does not end in time.
    """
    record = read_record(folder)
    if record.state not in ("queued", "running") or record.process_id is None:
        raise WorkbenchError(
            f"{record.id} has already ended: {record.state}.",
            f"`workbench runs show {record.id}` has the details.",
        )
    try:
        os.kill(record.process_id, signal.SIGTERM)
    except ProcessLookupError:
        return read_record(folder)
    except PermissionError as error:
        raise StorageError(
            f"{record.id} runs in process {record.process_id} of another user.",
            "Ask that user, or an administrator.",
        ) from error
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        record = read_record(folder)
        if record.state not in ("queued", "running"):
            return record
        time.sleep(POLL_S)
    raise WorkbenchError(
        f"{record.id} has not ended after {PATIENCE_S:g} s.",
        f"Kill its process: kill -9 {record.process_id}. The run is then shown as lost.",
    )
