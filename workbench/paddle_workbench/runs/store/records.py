"""Reading and writing the records and events of runs."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from pydantic import ValidationError

from ...contract import ErrorMessage, RunEvent, RunLive, RunRecord, RunState, invalid_field
from ...errors import (
    FileBrokenError,
    FileMissingError,
    RunNotFoundError,
    SchemaVersionError,
    StorageError,
    WorkbenchError,
)
from ...reading import read_text
from ...scratch import is_locked
from ...storage import open_private, read_model, storage_error, write_model
from .folders import (
    CANCEL_FILE,
    EVENTS_FILE,
    LIVE_FILE,
    OUTPUT_FILE,
    RECORD_FILE,
    creation_of,
    remove_temporary_files,
    run_folders,
)
from .ownership import ownership

__all__ = [
    "append_event",
    "end_abandoned_run",
    "end_event",
    "list_records",
    "read_events",
    "read_live",
    "read_record",
    "record_failure",
    "unreadable_record",
    "write_record",
]


def write_record(folder: Path, record: RunRecord) -> None:
    """Write `run.json` atomically.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    write_model(folder / RECORD_FILE, record)


def read_record(folder: Path) -> RunRecord:
    """Return the record of a run; it is `lost` if its process ended before the run did.

    If somebody has cancelled it before that, it is `cancelled`.

    Raises
    ------
    RunNotFoundError
        If the folder contains no run.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    StorageError
        If the record is broken; the file is left unchanged.
    """
    record = _read(folder)
    if not record.is_active:
        return record
    if is_locked(folder):
        return _with_progress(record, folder)
    # Read it again: the run may have ended, or begun, between reading the record and the lock.
    record = _read(folder)
    if not record.is_active or _is_waiting(record, folder):
        return record
    return _with_progress(_abandoned(record, folder), folder)


def list_records(parent: Path) -> tuple[list[RunRecord], list[ErrorMessage]]:
    """Return the records of the runs in a folder, oldest first, and errors for unreadable ones.

    A run whose record is missing or broken is listed as lost, so that it can be deleted.
    """
    records: list[RunRecord] = []
    problems: list[ErrorMessage] = []
    for folder in run_folders(parent):
        try:
            records.append(read_record(folder))
        except (RunNotFoundError, SchemaVersionError, StorageError) as error:  # noqa: PERF203 - one broken record does not affect the others
            message = ErrorMessage(message=error.message, hint=error.hint)
            problems.append(message)
            if not isinstance(error, SchemaVersionError):  # a newer workbench can read it
                records.append(unreadable_record(folder, message))
    return sorted(records, key=lambda record: (record.created_at, record.id)), problems


def unreadable_record(folder: Path, error: ErrorMessage) -> RunRecord:
    """Return what stands for a record that is missing or broken: a lost run with the error."""
    return RunRecord(
        id=folder.name,
        notebook="",
        state="lost",
        parameters={},
        created_at=creation_of(folder),
        error=error,
    )


def end_abandoned_run(
    folder: Path, then: Callable[[RunRecord], None] = lambda _record: None
) -> RunRecord | None:
    """Write that a run without a process is lost or cancelled, and remove what that has left.

    Parameters
    ----------
    folder : Path
    then : callable
        Called with the record before others may own the folder.

    Returns
    -------
    RunRecord or None
        None if the run has ended, or waits in the queue.

    Raises
    ------
    RunActiveError
        If a process owns it.
    StorageError
        If it cannot be read or written.
    """
    with ownership(folder):
        record = _read(folder)
        if not record.is_active or _is_waiting(record, folder):
            return None
        record = _with_progress(_abandoned(record, folder), folder).model_copy(
            update={"finished_at": datetime.now(timezone.utc)}
        )
        write_record(folder, record)
        remove_temporary_files(folder)
        (folder / LIVE_FILE).unlink(missing_ok=True)
        append_event(folder, end_event(record.state))
        then(record)
    return record


def record_failure(folder: Path, error: Exception) -> RunRecord:
    """Write that a run which this process owns has failed outside of its cells.

    A run that has ended, and lacks only its report, stays as it is.

    Raises
    ------
    StorageError
        If the record cannot be read or written.
    """
    record = _read(folder)
    if not record.is_active:
        return record
    if isinstance(error, WorkbenchError):
        message = ErrorMessage(message=error.message, hint=error.hint)
    else:
        message = ErrorMessage(
            message=f"An unexpected error ended the run: {type(error).__name__}: {error}",
            hint="Run the notebook in JupyterLab. If that works, report this error.",
        )
    changes = {
        "state": "failed",
        "error": message,
        "finished_at": datetime.now(timezone.utc),
    }
    record = record.model_copy(update=changes)
    write_record(folder, record)
    append_event(folder, end_event("failed"))
    return record


def end_event(state: RunState) -> RunEvent:
    """Return the event for the end of a run, now."""
    return RunEvent(time=datetime.now(timezone.utc), event="finished", state=state)


def append_event(folder: Path, event: RunEvent) -> None:
    """Append one line to `events.jsonl`.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    path = folder / EVENTS_FILE
    try:
        with open_private(path, append=True) as file:
            file.write(event.model_dump_json(exclude_none=True) + "\n")
    except OSError as error:
        raise storage_error(path, error) from error


def read_events(folder: Path) -> list[RunEvent]:
    """Return the events of a run; an incomplete line, which a killed process left, is ignored.

    Raises
    ------
    StorageError
        If the file cannot be read, or a line is not an event.
    """
    path = folder / EVENTS_FILE
    try:
        lines = read_text(path, kind="list of events").splitlines(keepends=True)
    except FileMissingError:
        return []
    complete = [line for line in lines if line.endswith("\n")]
    try:
        return [RunEvent.model_validate_json(line) for line in complete]
    except ValidationError as error:
        raise FileBrokenError(
            f"{path} is not a list of events: {invalid_field(error)}.", "Restore the file."
        ) from error


def read_live(folder: Path) -> RunLive | None:
    """Return what a run does now; None if it is not known."""
    try:
        return read_model(folder / LIVE_FILE, RunLive, kind="state of a run")
    except (FileMissingError, SchemaVersionError, StorageError):
        return None


def _read(folder: Path) -> RunRecord:
    try:
        return read_model(
            folder / RECORD_FILE,
            RunRecord,
            kind="run record",
            hint=f"The file was left unchanged. The notebook is in {folder / OUTPUT_FILE}. "
            f"Run it again, or delete the run: workbench runs delete {shlex.quote(folder.name)}",
        )
    except FileMissingError as error:
        raise RunNotFoundError(
            f"{folder} contains no run.", "`workbench runs list` shows all runs."
        ) from error


def _is_waiting(record: RunRecord, folder: Path) -> bool:
    """Return whether a run without a process waits in the queue for its first one."""
    has_begun = record.process_id is not None or record.state != "queued"
    return not has_begun and not (folder / CANCEL_FILE).exists()


def _abandoned(record: RunRecord, folder: Path) -> RunRecord:
    """Return the record of an active run without a process."""
    if (folder / CANCEL_FILE).exists():
        was_running = record.state == "running"
        detail = ": its process was killed" if was_running else " before it started"
        changes = {
            "state": "cancelled",
            "error": ErrorMessage(message=f"The run was cancelled{detail}."),
            "stop": "killed" if was_running else "not_started",
        }
        return record.model_copy(update=changes)
    process = "" if record.process_id is None else f" ({record.process_id})"
    message = ErrorMessage(
        message=f"The process of this run{process} ended without finishing it.",
        hint=f"See {OUTPUT_FILE} for its outputs, or repeat it: workbench runs rerun {record.id}",
    )
    return record.model_copy(update={"state": "lost", "error": message})


def _with_progress(record: RunRecord, folder: Path) -> RunRecord:
    """Return the record of an unfinished run with what its events report: cells and metrics."""
    try:
        events = read_events(folder)
    except StorageError:
        return record
    done = sum(event.event == "cell_finished" for event in events)
    metrics = {str(event.name): event.value for event in events if event.event == "metric"}
    return record.model_copy(update={"cells_done": done, "metrics": record.metrics | metrics})
