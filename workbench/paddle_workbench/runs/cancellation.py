"""Cancelling a run from another process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..contract import RunRecord
from ..errors import RunActiveError, StorageError, WorkbenchError
from ..scratch import is_locked
from ..storage import storage_error
from .store.folders import CANCEL_FILE
from .store.ownership import owner_of
from .store.records import end_abandoned_run, list_records, read_record

__all__ = ["cancel_run", "cancel_runs"]

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
    record = _request(folder)
    return _finish(folder, record, is_signalled=_signal_owner(folder, record, signal.SIGTERM))


def cancel_runs(parent: Path, runs: Sequence[RunRecord]) -> None:
    """Cancel those of some queued runs that have not ended, with attempts that were made meanwhile.

    A run that cannot be cancelled does not keep the others. All wishes come before the first
    signal, so that no further run starts, and all signals before the first wait, so that another
    interrupt during it leaves no run behind.
    """
    wanted = {record.id for record in runs}
    active = []
    for record in sorted(list_records(parent)[0], key=lambda each: each.created_at):
        if record.id in wanted or record.previous in wanted:
            wanted.add(record.id)
            active.append(parent / record.id)
    requested: dict[Path, RunRecord] = {}
    for folder in active:
        with suppress(WorkbenchError):
            requested[folder] = _request(folder)
    signalled: dict[Path, bool] = {}
    for folder, record in requested.items():
        with suppress(WorkbenchError):
            signalled[folder] = _signal_owner(folder, record, signal.SIGTERM)
    for folder, is_signalled in signalled.items():
        with suppress(WorkbenchError):
            _finish(folder, requested[folder], is_signalled=is_signalled)


def _request(folder: Path) -> RunRecord:
    """Leave the wish to cancel an active run in its folder, and return its record.

    It is on disk before the first signal: if its process ends before it can say so, or another one
    is about to take it.
    """
    record = read_record(folder)
    if not record.is_active:
        raise WorkbenchError(
            f"{record.id} has already ended: {record.state}.",
            f"`workbench runs show {record.id}` has the details.",
        )
    try:
        (folder / CANCEL_FILE).touch(mode=0o600)
    except OSError as error:
        raise storage_error(folder / CANCEL_FILE, error) from error
    return record


def _finish(folder: Path, record: RunRecord, *, is_signalled: bool) -> RunRecord:
    """Wait for the process that has a signal, kill it if it does not end, and return the record."""
    if is_signalled and not _has_ended(folder) and _signal_owner(folder, record, signal.SIGKILL):
        _has_ended(folder)
    with suppress(RunActiveError):  # a process that has just taken it ends it
        end_abandoned_run(folder)
    return read_record(folder)


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


def _has_ended(folder: Path) -> bool:
    """Wait until no process runs a run; return False if it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if not is_locked(folder):
            return True
        time.sleep(POLL_S)
    return False
