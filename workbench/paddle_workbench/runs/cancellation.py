"""Cancelling a run from another process."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from ..contract import ErrorMessage, RunRecord, RunStop
from ..errors import StorageError, WorkbenchError
from .folders import LIVE_FILE, remove_temporary_files
from .ownership import is_owned, owner_of, ownership
from .records import append_event, end_event, read_record, write_record

__all__ = ["cancel_run"]

# Enough for an interrupt, a termination, and for saving the notebook and the report.
PATIENCE_S = 30.0
POLL_S = 0.1


def cancel_run(folder: Path) -> RunRecord:
    """Cancel a run, wait until it has ended, and return its record.

    Its process interrupts the kernel, then terminates and then kills it; if it does not end either,
    it is killed itself. Only the process that holds the lock of the folder gets a signal, whatever
    its record says.

    Raises
    ------
    StorageError
        If the run belongs to another user, or its record cannot be written.
    WorkbenchError
        If the run has already ended.
    """
    record = read_record(folder)
    if not record.is_active:
        raise WorkbenchError(
            f"{record.id} has already ended: {record.state}.",
            f"`workbench runs show {record.id}` has the details.",
        )
    for number, patience_s in ((signal.SIGTERM, PATIENCE_S), (signal.SIGKILL, PATIENCE_S)):
        if not _signal_owner(folder, record, number):
            break
        if _has_ended(folder, patience_s):
            break
    record = read_record(folder)
    if not record.is_active and record.state != "lost":
        return record
    # It waited in the queue, or its process ended before it could write what happened.
    return _end_cancelled(folder)


def _signal_owner(folder: Path, record: RunRecord, number: int) -> bool:
    """Send a signal to the process that runs a run; return False if none does."""
    owner = owner_of(folder, record.process_id)
    if owner is None:
        return False
    try:
        # A descriptor of the process, since its id may be another's in a moment.
        process = os.pidfd_open(owner) if hasattr(os, "pidfd_open") else None
        try:
            if owner_of(folder, record.process_id) != owner:
                return False
            if process is None:
                os.kill(owner, number)
            else:
                signal.pidfd_send_signal(process, number)
        finally:
            if process is not None:
                os.close(process)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise StorageError(
            f"{record.id} runs in process {owner} of another user.",
            "Ask that user, or an administrator.",
        ) from error
    return True


def _has_ended(folder: Path, patience_s: float) -> bool:
    """Wait until no process runs a run; return False if it takes too long."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if not is_owned(folder):
            return True
        time.sleep(POLL_S)
    return False


def _end_cancelled(folder: Path) -> RunRecord:
    """Record that a run without a process was cancelled."""
    with ownership(folder):
        record = read_record(folder)
        # The lock is this process's now, so an active record is one without a process.
        if not record.is_active:
            return record
        was_running = record.state == "running"
        message = "The run was cancelled before it started."
        if was_running:
            message = "The run was cancelled: its process was killed."
        stop: RunStop = "killed" if was_running else "not_started"
        changes = {
            "state": "cancelled",
            "error": ErrorMessage(message=message),
            "stop": stop,
            "finished_at": datetime.now(timezone.utc),
        }
        record = record.model_copy(update=changes)
        write_record(folder, record)
        append_event(folder, end_event("cancelled"))
        remove_temporary_files(folder)
        with suppress(OSError):
            (folder / LIVE_FILE).unlink(missing_ok=True)
    return record
