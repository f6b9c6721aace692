"""Putting runs into the queue, and waiting for them."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ...child_process import module_command, with_absolute_paths
from ...contract import RunRecord
from ...errors import RunNotFoundError, StorageError
from ...scratch import is_locked, with_shared_folder
from ...storage import open_private, storage_error
from ..parameters.secrets import write_secrets
from ..running.runner import Plan, new_run
from ..running.source import Source
from ..store.folders import run_folders
from ..store.records import list_records, read_record
from .slots import LOG_FILE, dispatcher_lock, queue_folder
from .waiting_records import WaitingRecords

__all__ = ["continue_queue", "queue_runs", "wait_for"]

POLL_S = 0.2
_DISPATCHER = "paddle_workbench.runs.queue"
_WAITING = "paddle_workbench.runs.queue.waiting_run"


def queue_runs(plans: Sequence[Plan]) -> list[RunRecord]:
    """Put runs into the queue, and return their records.

    The queue is on disk: it goes on if this process ends, and after a restart of the machine with
    the next start of JupyterLab or of `workbench run`. Runs with secrets wait in a process of their
    own, since secrets are never written; they do not survive a restart.

    Raises
    ------
    NotebookError
        If a notebook cannot be read, or its kernel is not installed. The plans before it are
        queued.
    StorageError
        If a folder cannot be written.
    """
    records = []
    # A sweep of a thousand runs reads its notebook, and asks git for its commit, once.
    sources: dict[tuple[Path, str | None, int], Source] = {}
    try:
        for plan in plans:
            if plan.secrets:
                records.append(_start_waiting(plan))
                continue
            key = (plan.notebook, plan.kernel, id(plan.content))
            if key not in sources:
                sources[key] = Source.read(plan.notebook, kernel=plan.kernel, content=plan.content)
            with new_run(plan, attached=False, source=sources[key]) as (folder, _lock):
                records.append(read_record(folder))
    finally:
        for parent in {plan.parent for plan in plans}:
            continue_queue(parent)
    return records


def continue_queue(runs: Path) -> None:
    """Start the dispatcher of a folder of runs, if a run waits and no dispatcher is at work.

    Raises
    ------
    StorageError
        If it cannot be started.
    """
    if not runs.is_dir():
        return
    lock = dispatcher_lock(runs)
    if lock is None:
        return  # it is at work
    try:
        if _has_work(runs):
            _start([_DISPATCHER, str(runs.absolute()), str(lock)], runs, inherited=[lock])
    finally:
        os.close(lock)


def wait_for(
    runs: Path,
    ids: Sequence[str],
    listener: Callable[[RunRecord], None],
) -> list[RunRecord]:
    """Wait until queued runs and their further attempts have ended, and return the last attempts.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    ids : sequence of str
    listener : callable
        Called with the record of each run that has begun, advanced or ended.
    """
    latest = {name: name for name in ids}
    ended: dict[str, RunRecord | None] = {}
    reported: dict[str, tuple[str, int]] = {}
    records = WaitingRecords()
    while True:
        for first in [name for name in latest if name not in ended]:
            folder = runs / latest[first]
            is_at_work = is_locked(folder)
            try:
                record = records.read(folder)
            except (RunNotFoundError, StorageError):
                ended[first] = None  # it was deleted
                continue
            change = (record.state, record.cells_done)
            if reported.get(record.id) != change:
                reported[record.id] = change
                listener(record)
            is_settled = record.attached or record.finished_at is not None
            if record.is_active or is_at_work or not is_settled:
                continue
            successor = _successor(runs, record)
            if successor is None:
                ended[first] = record
            else:
                latest[first] = successor
        if len(ended) == len(latest):
            return [each for name in latest if (each := ended[name]) is not None]
        continue_queue(runs)
        time.sleep(POLL_S)


def _successor(runs: Path, record: RunRecord) -> str | None:
    """Return the next attempt of a run that has ended, if there is one."""
    if record.state in ("succeeded", "cancelled") or record.attempt > record.retries:
        return None
    records, _problems = list_records(runs)
    return next((each.id for each in records if each.previous == record.id), None)


def _start_waiting(plan: Plan) -> RunRecord:
    """Start a process that waits for a slot with the secrets of a run in its memory."""
    with new_run(plan, attached=True) as (folder, lock):
        record = read_record(folder)
        arguments = [_WAITING, str(folder), str(lock)]
        process = _start(arguments, folder.parent, stdin=subprocess.PIPE, inherited=[lock])
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(write_secrets(plan.secrets))
    return record


def _has_work(runs: Path) -> bool:
    for folder in run_folders(runs):
        with suppress(RunNotFoundError, StorageError):
            record = read_record(folder)
            is_waiting = record.state == "queued" and record.process_id is None
            if is_waiting or (not record.is_active and record.finished_at is None):
                return True
    return False


def _start(
    module: list[str],
    runs: Path,
    *,
    stdin: int = subprocess.DEVNULL,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a module in a process of its own, which goes on when this one ends."""
    log = queue_folder(runs) / LOG_FILE
    try:
        with open_private(log, append=True) as file:
            process = subprocess.Popen(
                module_command(*module),
                stdin=stdin,
                stdout=file,
                stderr=file,
                cwd=runs,
                env=with_shared_folder(with_absolute_paths(os.environ)),
                start_new_session=True,
                pass_fds=inherited,
            )
    except OSError as error:
        raise storage_error(log, error) from error
    # It may end before this process, which would keep it as a zombie.
    threading.Thread(target=process.wait, name="detached-process", daemon=True).start()
    return process
