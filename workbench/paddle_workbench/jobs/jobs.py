"""The jobs of one server: a few run at a time, each in a thread of its own."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic

from pydantic import BaseModel

from ..contract import ErrorMessage, Job, JobKind, JobProgress, Text
from ..errors import JobNotFoundError, StorageError, WorkbenchError
from .events import EventLog
from .files import JobFiles

__all__ = ["JobCancelledError", "JobControl", "Jobs", "Work"]

# Of each kind so many ended jobs are kept.
KEPT = 50
STOP_S = 10.0

_log = logging.getLogger(__name__)


class JobCancelledError(Exception):
    """Ends the work of a job that was cancelled."""


class JobControl:
    """What the work of a job has of it: reporting how far it is, and being told to stop.

    Parameters
    ----------
    report : callable
        Takes each new progress.
    """

    def __init__(self, report: Callable[[JobProgress], None]) -> None:
        self.stop = threading.Event()
        """Set when the job is cancelled."""
        self._report = report

    def advance(self, done: int, total: int, step: Text | None = None) -> None:
        """Report how far the work is.

        Raises
        ------
        JobCancelledError
            If the job was cancelled.
        """
        self.check()
        self._report(JobProgress(done=done, total=total, step=step))

    def check(self) -> None:
        """Raise `JobCancelledError` if the job was cancelled."""
        if self.stop.is_set():
            raise JobCancelledError


Work = Callable[[JobControl], BaseModel]
"""The work of a job: it returns the result, and raises a `WorkbenchError` if it fails."""


class Jobs:
    """Starts jobs, keeps their states on disk, and publishes every change.

    Parameters
    ----------
    folder : Path
        Where they are kept; the jobs of earlier servers are read from it.
    events : EventLog
    workers : int
        How many run at the same time; the others wait in the order they were started.
    """

    def __init__(self, folder: Path, events: EventLog, *, workers: int = 2) -> None:
        self._files = JobFiles(folder)
        self._events = events
        self._workers = workers
        self._jobs: dict[str, Job] = {}
        self._controls: dict[str, JobControl] = {}
        self._waiting: deque[tuple[str, Work]] = deque()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.RLock()
        for job in self._files.read_all():
            self._jobs[job.id] = job
            self._publish(job)

    def start(self, kind: JobKind, subject: str, work: Work) -> Job:
        """Start a job, or return the active one of this kind and subject.

        Raises
        ------
        StorageError
            If it cannot be kept on disk.
        """
        with self._lock:
            active = [job for job in self.find(kind, subject) if job.id in self._controls]
            if active:
                return active[0]
            job = Job(
                id=self._files.create(kind),
                kind=kind,
                subject=subject,
                state="queued",
                created_at=_now(),
                process_id=os.getpid(),
            )
            self._controls[job.id] = JobControl(lambda progress: self._advance(job.id, progress))
            self._set(job)
            self._delete_old(kind)
            self._waiting.append((job.id, work))
            self._start_next()
            return self._jobs[job.id]

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        JobNotFoundError
            If there is none with this id.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise JobNotFoundError(f"There is no job {job_id!r}.", "Start it again.")
            return self._jobs[job_id]

    def find(self, kind: str | None = None, subject: str | None = None) -> list[Job]:
        """Return the jobs of a kind and subject, the newest first."""
        with self._lock:
            return [
                job
                for job in reversed(self._jobs.values())
                if kind in (None, job.kind) and subject in (None, job.subject)
            ]

    def result(self, job_id: str) -> str:
        """Return the result of a job that has succeeded, as JSON; raises `JobNotFoundError`."""
        return self._files.read_result(self.get(job_id).id)

    def cancel(self, job_id: str) -> Job:
        """Tell a job to stop, and return it; one that has not started is cancelled at once.

        Raises
        ------
        JobNotFoundError
            If there is none with this id.
        """
        with self._lock:
            job = self.get(job_id)
            if job_id in self._controls:
                self._controls[job_id].stop.set()
                if job.state == "queued":
                    self._end(job, "cancelled")
            return self._jobs[job_id]

    def close(self) -> None:
        """Cancel every job, and wait for those that run, a few seconds at most."""
        with self._lock:
            for job_id in list(self._controls):
                self.cancel(job_id)
            threads = list(self._threads)
        end = monotonic() + STOP_S
        for thread in threads:
            thread.join(max(0.0, end - monotonic()))

    def _start_next(self) -> None:
        while self._waiting and len(self._threads) < self._workers:
            job_id, work = self._waiting.popleft()
            if job_id not in self._controls:
                continue  # cancelled before it started
            # A daemon: a process that is told to exit does not wait for it.
            thread = threading.Thread(
                target=self._run, args=(job_id, work), name=f"job-{job_id}", daemon=True
            )
            self._threads.add(thread)
            thread.start()

    def _run(self, job_id: str, work: Work) -> None:
        try:
            self._work(job_id, work)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
                self._start_next()

    def _work(self, job_id: str, work: Work) -> None:
        with self._lock:
            job = self._jobs[job_id]
            control = self._controls.get(job_id)
            if control is None:
                return
            self._set(job.model_copy(update={"state": "running", "started_at": _now()}))
        try:
            result = work(control)
            control.check()
            self._files.write_result(job, result)
        except JobCancelledError:
            self._end(job, "cancelled")
        except WorkbenchError as error:
            self._end(job, "failed", ErrorMessage(message=error.message, hint=error.hint))
        except Exception:
            _log.exception("The job %s failed.", job_id)
            message = ErrorMessage(
                message="The server met an unexpected error.",
                hint="The log of the Jupyter server has the details.",
            )
            self._end(job, "failed", message)
        else:
            self._end(job, "succeeded")

    def _advance(self, job_id: str, progress: JobProgress) -> None:
        with self._lock:
            job = self._jobs[job_id]
            if job.progress != progress:
                # Not written to disk: how far it was is of no use after the server's end.
                self._jobs[job_id] = job.model_copy(update={"progress": progress})
                self._publish(self._jobs[job_id])

    def _end(self, job: Job, state: str, error: ErrorMessage | None = None) -> None:
        with self._lock:
            self._controls.pop(job.id, None)
            changes = {"state": state, "error": error, "finished_at": _now()}
            self._set(self._jobs[job.id].model_copy(update=changes))

    def _set(self, job: Job) -> None:
        self._jobs[job.id] = job
        try:
            self._files.write(job)
        except StorageError as error:
            if job.state == "queued":
                del self._jobs[job.id], self._controls[job.id]
                raise
            # The browser hears of it all the same.
            _log.warning("%s %s", error.message, error.hint)
        self._publish(job)

    def _publish(self, job: Job) -> None:
        self._events.publish(job.id, "job", job=job)

    def _delete_old(self, kind: JobKind) -> None:
        ended = [job for job in self.find(kind) if not job.is_active]
        for job in ended[KEPT:]:
            del self._jobs[job.id]
            self._events.forget(job.id)
            self._files.delete(job.id)


def _now() -> datetime:
    return datetime.now(timezone.utc)
