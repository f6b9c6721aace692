"""Runs as lists show them: their records, progress and expected times, read only when they change.

Thousands of ended runs are read once. Of an active run, each look reads what is new.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...contract import ErrorMessage, RunLive, RunRecord, RunStatus
from ...errors import RunNotFoundError, SchemaVersionError, StorageError
from ...reading import is_folder
from ...scratch import is_locked
from ..store.folders import EVENTS_FILE, LIVE_FILE, RECORD_FILE, REPORT_FILE, run_folders
from ..store.records import read_live, read_record, unreadable_record
from .expected_times import ExpectedTimes
from .progress import Progress, recorded_series

__all__ = ["RunStatuses", "StatusListener"]

StatusListener = Callable[[str, RunStatus | None], None]

# A run is lost when its process ends, which changes no file.
LIVENESS_S = 1.0
# The report of a run follows its end.
AFTERMATH_S = 30.0
# How often ended runs are looked at.
THOROUGH_S = 5.0

_FILES = (RECORD_FILE, EVENTS_FILE, LIVE_FILE, REPORT_FILE)
_CHANGING = {"running": _FILES, "queued": (RECORD_FILE,)}
_Mark = tuple[int, int, int] | None
_Points = dict[str, list[list[float]]]


@dataclass(slots=True)
class _Entry:
    """What is known of one run folder."""

    folder: Path
    files: dict[str, Path] = field(init=False)
    marks: dict[str, _Mark] = field(default_factory=dict)
    record: RunRecord | None = None
    sha256: str | None = None
    problem: ErrorMessage | None = None
    status: RunStatus | None = None
    progress: Progress | None = None
    series: _Points | None = None
    owned_at: float = 0.0
    settled_at: float = 0.0
    references: int = 0

    def __post_init__(self) -> None:
        self.files = {name: self.folder / name for name in _FILES}

    @property
    def is_active(self) -> bool:
        return self.record is not None and self.record.is_active

    @property
    def is_running(self) -> bool:
        return self.record is not None and self.record.state == "running"

    @property
    def lacks_expected_times(self) -> bool:
        return self.is_active and (self.status is None or self.status.expected_s is None)

    def current_marks(self) -> dict[str, _Mark]:
        """Return what changes with the files that may change."""
        state = None if self.record is None else self.record.state
        names = _CHANGING.get(state or "", (RECORD_FILE, REPORT_FILE))
        return {name: _mark_of(self.files[name]) for name in names}


class RunStatuses:
    """The runs in a folder; thread-safe.

    Parameters
    ----------
    parent : Path
        The folder of the run folders. It need not exist.
    listener : callable
        Called for each change that is found, in any thread, with the id of the run and its status,
        or None if it was removed. What is there when the folder is read for the first time is not
        a change. It must not call this object.
    """

    def __init__(self, parent: Path, listener: StatusListener) -> None:
        self.parent = parent
        self._listener = listener
        self._entries: dict[str, _Entry] = {}
        # The runs that are looked at each time.
        self._changing: set[str] = set()
        self._expected_times: dict[tuple[str, str | None], ExpectedTimes | None] = {}
        # Counts the runs from which expected times may follow.
        self._references = 0
        self._lock = threading.Lock()
        self._is_first = True
        self._parent_mark: _Mark = None
        self._is_parent_settled = False
        self._thorough_at = 0.0

    def all(self) -> tuple[list[RunStatus], list[ErrorMessage]]:
        """Return the status of every run, newest first, and errors for unreadable ones."""
        with self._lock:
            self._refresh(is_thorough=True)
            entries = list(self._entries.values())
        statuses = [entry.status for entry in entries if entry.status is not None]
        statuses.sort(key=lambda status: (status.run.created_at, status.run.id), reverse=True)
        return statuses, [entry.problem for entry in entries if entry.problem is not None]

    def select(self, ids: Sequence[str]) -> list[RunStatus]:
        """Return the status of some runs, in this order; without those that do not exist."""
        with self._lock:
            self._refresh(is_thorough=False, also=frozenset(ids))
            entries = [self._entries[run_id] for run_id in ids if run_id in self._entries]
        return [entry.status for entry in entries if entry.status is not None]

    def folders(self, ids: Sequence[str]) -> list[Path]:
        """Return the folders of runs, given their whole ids; paths are not accepted.

        Raises
        ------
        RunNotFoundError
            If one does not exist.
        """
        with self._lock:
            self._look_for_folders(is_thorough=True)
            entries = {run_id: self._entries.get(run_id) for run_id in ids}
        for run_id, entry in entries.items():
            if entry is None:
                raise RunNotFoundError(
                    f"There is no run {run_id!r:.200}.", "It may have been deleted meanwhile."
                )
        return [entry.folder for entry in entries.values() if entry is not None]

    def refresh(self) -> None:
        """Look for changes; what can hardly change is not looked at each time."""
        with self._lock:
            self._refresh(is_thorough=time.monotonic() - self._thorough_at > THOROUGH_S)

    def expected_s(self, notebook: str, sha256: str | None = None) -> float | None:
        """Return how long the newest successful run of a notebook took, in seconds.

        Parameters
        ----------
        notebook : str
            As in records.
        sha256 : str, optional
            A run of this version of the notebook is preferred.
        """
        with self._lock:
            self._refresh(is_thorough=False)
            expected = self._expected(notebook, sha256)
        return None if expected is None else expected.run_s

    def _refresh(self, *, is_thorough: bool, also: frozenset[str] = frozenset()) -> None:
        now = time.monotonic()
        self._look_for_folders(is_thorough=is_thorough)
        if is_thorough:
            self._thorough_at = now
        selected = self._entries if is_thorough else self._changing | also
        changed = [run_id for run_id in [*selected] if self._look_at(run_id, now)]
        # Expected times follow from the records of other runs, so all of these are read by now.
        for run_id in changed:
            self._update(run_id)
        self._is_first = False

    def _look_for_folders(self, *, is_thorough: bool) -> None:
        mark = _mark_of(self.parent)
        is_changed = mark != self._parent_mark
        # The date of a folder is coarse: a change right after a look may not move it.
        if not (is_changed or is_thorough or not self._is_parent_settled):
            return
        self._is_parent_settled = not is_changed
        self._parent_mark = mark
        folders = {folder.name: folder for folder in run_folders(self.parent)}
        for name in self._entries.keys() - folders.keys():
            entry = self._entries.pop(name)
            self._changing.discard(name)
            self._forget_expected_times()
            if entry.status is not None:
                self._listener(name, None)
        for name in [name for name in folders if name not in self._entries]:
            self._entries[name] = _Entry(folders[name])
            self._changing.add(name)

    def _look_at(self, run_id: str, now: float) -> bool:
        """Read what is new of a run, and return whether its status may have changed."""
        entry = self._entries.get(run_id)
        if entry is None:
            return False
        marks = entry.current_marks()
        if marks[RECORD_FILE] != entry.marks.get(RECORD_FILE) or _seems_lost(entry, now):
            self._read_record(entry)
        elif marks == entry.marks:
            if not entry.is_active and entry.record is not None and now > entry.settled_at:
                self._changing.discard(run_id)
            return entry.lacks_expected_times and entry.references != self._references
        if entry.is_running:
            entry.progress = entry.progress or Progress(entry.folder)
            entry.progress.read_on()
        entry.marks = marks
        self._changing.add(run_id)
        return True

    def _update(self, run_id: str) -> None:
        entry = self._entries[run_id]
        entry.references = self._references
        status = self._status(entry)
        if status != entry.status:
            entry.status = status
            if not self._is_first:
                self._listener(run_id, status)

    def _read_record(self, entry: _Entry) -> None:
        was_active = entry.is_active
        entry.record = entry.problem = None
        try:
            record = read_record(entry.folder)
        except (RunNotFoundError, SchemaVersionError, StorageError) as error:
            if not is_folder(entry.folder):  # it is being deleted
                return
            entry.problem = ErrorMessage(message=error.message, hint=error.hint)
            record = unreadable_record(entry.folder, entry.problem)
        entry.sha256 = record.provenance.notebook_sha256 if record.provenance else None
        entry.record = record.model_copy(update={"provenance": None})
        if not record.is_active:
            # What it recorded last.
            if entry.progress is not None:
                entry.progress.read_on()
                entry.series, entry.progress = entry.progress.series(), None
            if was_active:
                entry.settled_at = time.monotonic() + AFTERMATH_S
            if record.state == "succeeded":
                self._forget_expected_times()

    def _status(self, entry: _Entry) -> RunStatus | None:
        record = entry.record
        if record is None:
            return None
        has_report = entry.marks.get(REPORT_FILE) is not None
        if not record.is_active:
            if entry.series is None:
                entry.series = recorded_series(entry.folder) if record.metrics else {}
            return RunStatus(run=record, series=entry.series, has_report=has_report)
        expected = self._expected(record.notebook, entry.sha256)
        run_s = None if expected is None else expected.run_s
        progress = entry.progress
        if record.state == "queued" or progress is None:
            return RunStatus(run=record, expected_s=run_s, has_report=has_report)
        live = _live(entry, progress)
        cell = None if live is None else live.cell
        return RunStatus(
            run=record.model_copy(
                update={"cells_done": progress.cells_done, "metrics": progress.metrics.copy()}
            ),
            live=live,
            expected_s=run_s,
            remaining_s=None if expected is None else expected.remaining_s(progress),
            cell_expected_s=None if expected is None else expected.cells_s.get(cell or ""),
            series=progress.series(),
            has_report=has_report,
        )

    def _forget_expected_times(self) -> None:
        self._references += 1
        self._expected_times.clear()

    def _expected(self, notebook: str, sha256: str | None) -> ExpectedTimes | None:
        key = (notebook, sha256)
        if key not in self._expected_times:
            candidates = [
                entry for entry in self._entries.values() if _is_reference(entry, notebook)
            ]
            best = max(candidates, key=lambda entry: _fitness(entry, sha256), default=None)
            self._expected_times[key] = (
                None
                if best is None or best.record is None
                else ExpectedTimes.of(best.record, best.folder)
            )
        return self._expected_times[key]


def _seems_lost(entry: _Entry, now: float) -> bool:
    """Return whether nobody runs a run that somebody should run; asked once in a while."""
    record = entry.record
    if record is None or not (entry.is_running or (entry.is_active and record.process_id)):
        return False
    if now - entry.owned_at > LIVENESS_S:
        entry.owned_at = now
        return not is_locked(entry.folder)
    return False


def _is_reference(entry: _Entry, notebook: str) -> bool:
    """Return whether a run ran all cells of a notebook."""
    record = entry.record
    if record is None or record.state != "succeeded" or record.notebook != notebook:
        return False
    return record.resumed_from is None or record.resumed_from.state == "start"


def _fitness(entry: _Entry, sha256: str | None) -> tuple[bool, float]:
    """Return a value that is larger for the same version of the notebook, and for newer runs."""
    created_at = 0.0 if entry.record is None else entry.record.created_at.timestamp()
    return entry.sha256 == sha256, created_at


def _live(entry: _Entry, progress: Progress) -> RunLive | None:
    """Return what is written while a cell runs, with the cell that the events name."""
    live = read_live(entry.folder)
    start = progress.running
    if start is None or (live is not None and live.cell == start.cell):
        return live
    # The cell has just started: what is written is of the one before.
    memory_bytes = None if live is None else live.memory_bytes
    return RunLive(
        cell=start.cell,
        index=start.index,
        cell_started_at=start.time,
        memory_bytes=memory_bytes,
    )


def _mark_of(path: Path) -> _Mark:
    """Return a value that changes with a file; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
