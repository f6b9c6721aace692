"""The process that starts queued runs: one for each home, detached from who has started it.

It forks a process for each run, so the runs share what it has imported and start at once. These
processes do not depend on it: if it is killed, they go on, and the next one sees their locks.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from functools import partial
from pathlib import Path

from ...errors import WorkbenchError
from ...scratch import is_locked
from ..store.folders import run_folders
from ..store.ownership import ownership
from ..store.records import end_abandoned_run, read_record, record_failure
from .other_environment import become_other, other_interpreter
from .queued_run import queue_next_attempt, run_queued
from .slots import LOG_FILE, dispatcher_lock, free_slot, queue_folder
from .waiting_records import WaitingRecords

__all__ = ["Dispatcher"]

POLL_S = 0.1
# Runs of other processes, such as lost ones, are looked for this often.
SCAN_S = 2.0
# How long it waits for further runs.
IDLE_S = 60.0

_log = logging.getLogger(__name__)


class Dispatcher:
    """Starts the queued runs of a folder, in the order in which they were queued.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    limit : int
        How many may run at once.
    """

    def __init__(self, runs: Path, limit: int) -> None:
        self._runs = runs
        self._limit = limit
        self._records = WaitingRecords()
        self._ended: set[str] = set()
        self._started: dict[int, str] = {}
        self._modified = -1
        self._scanned_at = float("-inf")
        self._queued: list[Path] = []

    def run(self, lock: int) -> None:
        """Start runs until none has been queued for a while, or the folder is removed.

        Parameters
        ----------
        lock : int
            The descriptor from `dispatcher_lock`.
        """
        next_lock: int | None = lock
        while next_lock is not None:
            self._dispatch(next_lock)
            os.close(next_lock)
            # A run that was queued while this one still held the lock has not started another.
            is_over = not self._runs.is_dir() or not self._scan()
            next_lock = None if is_over else dispatcher_lock(self._runs)

    def _dispatch(self, lock: int) -> None:
        idle_since = time.monotonic()
        while self._runs.is_dir():
            self._reap()
            if self._has_changed():
                self._queued = self._scan()
            if self._queued:
                self._start_next(lock)
            if self._queued or self._started:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > IDLE_S:
                return
            time.sleep(POLL_S)

    def _has_changed(self) -> bool:
        """Return whether to look at the folders again."""
        now = time.monotonic()
        try:
            modified = self._runs.stat().st_mtime_ns
        except OSError:
            return False
        if modified == self._modified and now - self._scanned_at < SCAN_S:
            return False
        self._modified, self._scanned_at = modified, now
        return True

    def _scan(self) -> list[Path]:
        """Return the folders of the queued runs in their order; end the abandoned ones."""
        queued = []
        # One that starts with another interpreter does not own its folder for a second or two.
        known = self._ended.union(self._started.values())
        for folder in run_folders(self._runs):
            if folder.name in known:
                continue
            try:
                record = self._records.read(folder)
                if not record.is_active and record.finished_at is None:
                    end_abandoned_run(folder, partial(queue_next_attempt, folder))
            except WorkbenchError:  # a broken record is shown in lists
                continue
            if record.state == "queued" and record.process_id is None and not is_locked(folder):
                queued.append((record.created_at, record.id, folder))
            elif not record.is_active:
                self._ended.add(folder.name)
        return [folder for _created, _name, folder in sorted(queued)]

    def _start_next(self, lock: int) -> None:
        slot = free_slot(self._runs, self._limit)
        if slot is None:
            return
        folder = self._queued.pop(0)
        try:
            process_id = os.fork()
        except OSError as error:
            _log.warning("No process for %s: %s", folder.name, error)
            process_id = None
        if process_id == 0:
            os.close(lock)
            _run_child(folder, slot)
        os.close(slot)
        if process_id is not None:
            self._started[process_id] = folder.name

    def _reap(self) -> None:
        """Take note of the processes that have ended."""
        for process_id in list(self._started):
            status = 0
            with contextlib.suppress(ChildProcessError):
                ended, status = os.waitpid(process_id, os.WNOHANG)
                if ended == 0:
                    continue
            name = self._started.pop(process_id)
            if status != 0:
                _end_unless_begun(self._runs / name)
            self._scanned_at = float("-inf")


def _end_unless_begun(folder: Path) -> None:
    """End a run whose own environment cannot run it, so that it is not started for ever."""
    with contextlib.suppress(WorkbenchError), ownership(folder):
        record = read_record(folder)
        interpreter = other_interpreter(record)
        if record.state == "queued" and record.process_id is None and interpreter is not None:
            error = WorkbenchError(
                f"The Python environment from which it was queued, {interpreter.parent.parent}, "
                "cannot run it.",
                f"See {queue_folder(folder.parent) / LOG_FILE}. Repair the environment, or repeat "
                f"the run from another one: workbench runs rerun {record.id}",
            )
            record_failure(folder, error)


def _run_child(folder: Path, slot: int) -> None:
    """Run a run in this fork, and end the process."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        interpreter = other_interpreter(read_record(folder))
        if interpreter is not None:
            become_other(interpreter, folder, slot)
        run_queued(folder)
        status = 0
    except WorkbenchError as error:
        _log.warning("%s: %s %s", folder.name, error.message, error.hint)
    except BaseException:
        _log.exception("%s", folder.name)
    finally:
        with contextlib.suppress(Exception):
            logging.shutdown()
        os._exit(status)
