"""What the process of a queued run does.

    python -m paddle_workbench.runs.queue.queued_run FOLDER

A run from another environment has a process like this; for others it is a fork of the dispatcher.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...contract import RunEvent, RunRecord
from ...errors import RunActiveError, WorkbenchError
from ...execution import shared_threads, thread_variables
from ..running.runner import execute_run, new_run, plan_retry, recorded_values, source_of
from ..running.source import Source
from ..store.folders import CANCEL_FILE
from ..store.ownership import ownership
from ..store.provenance import machine_facts
from ..store.records import read_record, record_failure, write_record
from ..store.variables import apply_variables
from .other_environment import other_interpreter
from .slots import run_limit

__all__ = ["ignore", "queue_next_attempt", "run_owned", "run_queued"]

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
            # From here on it is lost, and not started again, if this process ends.
            record = record.model_copy(update={"process_id": os.getpid()})
            write_record(folder, record)
            if (folder / CANCEL_FILE).exists():
                return  # whoever cancels it ends it now
            _use_recorded_variables(record)
            queue_next_attempt(folder, run_owned(folder, record, {}))
    except RunActiveError:
        return


def run_owned(folder: Path, record: RunRecord, secrets: Mapping[str, Any]) -> RunRecord:
    """Run a run whose folder this process owns, and return its final record."""
    limit = run_limit()
    if limit > 1:
        # Each gets its share of the cores, unless the user has said how many threads there are.
        for name, value in thread_variables(shared_threads(limit)).items():
            os.environ.setdefault(name, value)
    record = _with_facts(record)
    try:
        values = recorded_values(source_of(folder, record), record)
        return execute_run(folder, record, ignore, values, secrets)
    except Exception as error:  # whatever it is, the run has failed and must not stay queued
        if not isinstance(error, WorkbenchError):
            _log.exception("%s", folder.name)
        return record_failure(folder, error)


def queue_next_attempt(folder: Path, record: RunRecord) -> None:
    """Queue the next attempt of a run that has failed, if one was asked for."""
    if record.state not in _RETRIED or record.attempt > record.retries:
        return
    if record.attached:  # its process retries
        return
    try:
        plan = plan_retry(folder, record)
        source = Source.read(plan.notebook, kernel=plan.kernel, content=plan.content)
        if record.provenance is not None and record.backend == "local":
            # Of a lost run, this is the process that starts the queue.
            fields = record.provenance.model_dump(
                include={"interpreter", "thread_variables", "variables"}
            )
            source = replace(source, provenance=source.provenance | fields)
        with new_run(plan, attached=False, source=source):
            pass
    except WorkbenchError as error:
        _log.warning("%s is not tried again: %s %s", record.id, error.message, error.hint)


def _use_recorded_variables(record: RunRecord) -> None:
    """Give this process the variables of the one that queued the run."""
    provenance = record.provenance
    if provenance is not None and provenance.variables is not None:
        apply_variables(provenance.variables, provenance.thread_variables)


def _with_facts(record: RunRecord) -> RunRecord:
    """Return a record with what runs it: the share of the cores, and this interpreter."""
    provenance = record.provenance
    if provenance is None:
        return record
    facts = machine_facts()
    warnings = [*record.warnings]
    if other_interpreter(record) is not None:
        warnings.append(
            f"The Python from which it was queued, {provenance.interpreter}, no longer starts, so "
            f"it ran with {facts['interpreter']}."
        )
    provenance = provenance.model_copy(update=facts)
    return record.model_copy(update={"provenance": provenance, "warnings": warnings})


def ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Nobody listens: what happens is on disk."""


if __name__ == "__main__":
    run_queued(Path(sys.argv[1]))
