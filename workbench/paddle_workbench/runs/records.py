"""Run folders, and reading and writing their records and events.

A run is a folder `<id>/` with

* `run.json`, a `contract.RunRecord`, replaced at every step;
* `events.jsonl`, one `contract.RunEvent` per line;
* `output.ipynb`, the notebook with the outputs so far;
* `report.html`, the report;
* `kernel.log`, output of the kernel outside of cells, for example while it crashes;
* `work/`, the working folder: the source notebook, its assets, and the files that it wrote.
"""

from __future__ import annotations

import re
import secrets
import shlex
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from ..child_process import process_start
from ..contract import ErrorMessage, RunEvent, RunRecord, invalid_field
from ..errors import (
    FileBrokenError,
    FileMissingError,
    RunNotFoundError,
    SchemaVersionError,
    StorageError,
)
from ..reading import is_file, read_text
from ..storage import make_folder, read_model, storage_error, write_model

__all__ = [
    "KERNEL_LOG",
    "OUTPUT_FILE",
    "REPORT_FILE",
    "WORK_FOLDER",
    "append_event",
    "create_run_folder",
    "find_run",
    "list_records",
    "read_events",
    "read_record",
    "write_record",
]

RECORD_FILE = "run.json"
EVENTS_FILE = "events.jsonl"
KERNEL_LOG = "kernel.log"
OUTPUT_FILE = "output.ipynb"
REPORT_FILE = "report.html"
WORK_FOLDER = "work"

# How far the system's clock may have been set while a run was active.
CLOCK_TOLERANCE = timedelta(seconds=10)


def create_run_folder(parent: Path, notebook: Path, now: datetime) -> Path:
    """Create a run folder and return it; its name is the id of the run.

    Ids sort by time and contain the notebook's name: `20261123-091530-text-classifier-3f2a`.

    Raises
    ------
    StorageError
        If it cannot be created.
    """
    make_folder(parent)
    stem = re.sub(r"^[0-9]+[_-]", "", notebook.stem).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40] or "notebook"
    while True:
        folder = parent / f"{now:%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(2)}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise storage_error(folder, error) from error
        return folder


def write_record(folder: Path, record: RunRecord) -> None:
    """Write `run.json` atomically.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    write_model(folder / RECORD_FILE, record)


def read_record(folder: Path) -> RunRecord:
    """Return the record of a run; its state is `lost` if its process ended before the run did.

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
    if record.state not in ("queued", "running"):
        return record
    if _has_process(record):
        return _with_progress(record, folder)
    # Read it again: the run may have ended between reading the record and checking the process.
    record = _read(folder)
    if record.state not in ("queued", "running"):
        return record
    message = ErrorMessage(
        message=f"The process of this run ({record.process_id}) ended without finishing it.",
        hint=f"See {OUTPUT_FILE} for its outputs, or repeat it: workbench runs rerun {record.id}",
    )
    lost = record.model_copy(update={"state": "lost", "error": message})
    return _with_progress(lost, folder)


def list_records(parent: Path) -> tuple[list[RunRecord], list[ErrorMessage]]:
    """Return the records of the runs in a folder, oldest first, and errors for unreadable ones."""
    records: list[RunRecord] = []
    problems: list[ErrorMessage] = []
    for path in sorted(parent.glob(f"*/{RECORD_FILE}")):
        try:
            records.append(read_record(path.parent))
        except (SchemaVersionError, StorageError) as error:  # noqa: PERF203 - one broken record does not affect the others
            problems.append(ErrorMessage(message=error.message, hint=error.hint))
    return sorted(records, key=lambda record: (record.created_at, record.id)), problems


def find_run(name: str, parent: Path) -> Path:
    """Return the folder of a run, given its id, the beginning of its id, or its path.

    Parameters
    ----------
    name : str
    parent : Path
        The folder of all runs.

    Raises
    ------
    RunNotFoundError
        If there is no such run, or the beginning of the id is ambiguous.
    """
    for folder in (parent / name, Path(name)):
        if is_file(folder / RECORD_FILE):
            return folder.resolve()
    folders = [path.parent for path in sorted(parent.glob(f"*/{RECORD_FILE}"))]
    matches = [folder for folder in folders if folder.name.startswith(name)]
    if name and len(matches) == 1:
        return matches[0]
    if len(matches) > 1:
        raise RunNotFoundError(
            f"{len(matches)} runs start with {name!r}.",
            "Use a longer part of the id: " + ", ".join(folder.name for folder in matches[-5:]),
        )
    raise RunNotFoundError(
        f"There is no run {name!r} in {parent}.",
        "`workbench runs list` shows all runs. For a run elsewhere, give the path of its folder.",
    )


def append_event(folder: Path, event: RunEvent) -> None:
    """Append one line to `events.jsonl`.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    path = folder / EVENTS_FILE
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(event.model_dump_json(exclude_none=True) + "\n")
    except OSError as error:
        raise storage_error(path, error) from error


def read_events(folder: Path) -> list[RunEvent]:
    """Return the events of a run; an incomplete last line is ignored.

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


def _read(folder: Path) -> RunRecord:
    try:
        return read_model(
            folder / RECORD_FILE,
            RunRecord,
            kind="run record",
            hint=f"The file was left unchanged. The notebook is in {folder / OUTPUT_FILE}. "
            f"Run it again, or delete the run: rm -r {shlex.quote(str(folder))}",
        )
    except FileMissingError as error:
        raise RunNotFoundError(
            f"{folder} contains no run.", "`workbench runs list` shows all runs."
        ) from error


def _has_process(record: RunRecord) -> bool:
    """Return whether the process of a run is still running, and is not another with its id."""
    if record.process_id is None or record.process_started_at is None:
        return False
    start = process_start(record.process_id)
    return start is not None and abs(start - record.process_started_at) <= CLOCK_TOLERANCE


def _with_progress(record: RunRecord, folder: Path) -> RunRecord:
    """Return the record of an unfinished run with the number of cells that its events report."""
    try:
        events = read_events(folder)
    except StorageError:
        return record
    done = sum(event.event == "cell_finished" for event in events)
    return record.model_copy(update={"cells_done": done})
