"""What the process of a queued run does."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ...contract import ErrorMessage, RunEvent, RunRecord
from ...errors import RunActiveError, StorageError, WorkbenchError
from ...execution import shared_threads, thread_variables
from ..ownership import ownership
from ..records import append_event, end_event, read_record, write_record
from ..runner import execute_run, new_run, plan_retry, recorded_values, source_of
from .slots import run_limit

__all__ = ["queue_next_attempt", "run_owned", "run_queued"]

_RETRIED = ("failed", "timed_out", "lost")
_log = logging.getLogger(__name__)


def run_queued(folder: Path) -> None:
    """Run a queued run, unless another process has taken it or it was cancelled.

    Raises
    ------
    StorageError
        If the folder cannot be read or written.
    """
    try:
        with ownership(folder):
            record = read_record(folder)
            if record.state != "queued":
                return
            values = recorded_values_or_failure(folder, record)
            if values is None:
                return
            queue_next_attempt(folder, run_owned(folder, record, values, {}))
    except RunActiveError:
        return


def run_owned(
    folder: Path, record: RunRecord, values: Mapping[str, Any], secrets: Mapping[str, str]
) -> RunRecord:
    """Run a run whose folder this process owns, and return its final record."""
    limit = run_limit()
    if limit > 1:
        # Each gets its share of the cores, unless the user has said how many threads there are.
        for name, value in thread_variables(shared_threads(limit)).items():
            os.environ.setdefault(name, value)
    try:
        return execute_run(folder, record, _ignore, values, secrets)
    except WorkbenchError as error:
        return _fail(folder, error)


def queue_next_attempt(folder: Path, record: RunRecord) -> None:
    """Queue the next attempt of a run that has failed, if one was asked for."""
    if record.state not in _RETRIED or record.attempt > record.retries:
        return
    if record.attached:  # its process retries
        return
    try:
        with new_run(plan_retry(folder, record), attached=False):
            pass
    except WorkbenchError as error:
        _log.warning("%s is not tried again: %s %s", record.id, error.message, error.hint)


def recorded_values_or_failure(folder: Path, record: RunRecord) -> dict[str, Any] | None:
    """Return the values of a queued run; None if they cannot be read, and the run has failed."""
    try:
        return recorded_values(source_of(folder, record), record)
    except WorkbenchError as error:
        _fail(folder, error)
        return None


def _fail(folder: Path, error: WorkbenchError) -> RunRecord:
    """Record that a run has failed before or after its cells."""
    record = read_record(folder)
    if not record.is_active:
        return record  # only the report is missing
    now = datetime.now(timezone.utc)
    message = ErrorMessage(message=error.message, hint=error.hint)
    changes = {"state": "failed", "error": message, "finished_at": now}
    record = record.model_copy(update=changes)
    try:
        write_record(folder, record)
        append_event(folder, end_event("failed"))
    except StorageError as failure:
        _log.warning("%s %s", failure.message, failure.hint)
    return record


def _ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Nobody listens: what happens is on disk."""
