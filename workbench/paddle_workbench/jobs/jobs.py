"""The jobs of one server, which run in threads, a limited number at a time."""

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

# The number of finished jobs of each kind that are kept.
MAX_FINISHED = 50
# How long closing waits for jobs to stop.
STOP_S = 10.0

_log = logging.getLogger(__name__)


class JobCancelledError(Exception):
    """Raised in the work of a job that was cancelled."""


class JobControl:
    """The interface of a job to its work: to report progress, and to find out about cancellation.

    Parameters
    ----------
    report : callable
        Called with each new progress.
    """

    def __init__(self, report: Callable[[JobProgress], None]) -> None:
        self.stop = threading.Event()
        """Set when the job is cancelled."""
        self._report = report

    def advance(self, done: int, total: int, step: Text | None = None) -> None:
        """Report the progress of the work.

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
"""The work of a job: returns the result, or raises a `WorkbenchError`."""


class Jobs:
    """Starts jobs, keeps their states on disk, and publishes every change.

    Parameters
    ----------
    folder : Path
        The folder for jobs; those of earlier servers are read from it.
    events : EventLog
    workers : int
        The number of jobs that run at the same time; others wait in the order of their start.
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
        """Start a job, or return the active job of the same kind and subject.

        Parameters
        ----------
        kind : str
        subject : str
            What the job works on.
        work : callable
            Called in a thread with a `JobControl`.

        Raises
        ------
        StorageError
            If the job cannot be written to disk.
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
            If there is no job with this id.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise JobNotFoundError(f"There is no job {job_id!r}.", "Start it again.")
            return self._jobs[job_id]

    def find(self, kind: str | None = None, subject: str | None = None) -> list[Job]:
        """Return the jobs of a kind and subject, newest first; None stands for any."""
        with self._lock:
            return [
                job
                for job in reversed(self._jobs.values())
                if kind in (None, job.kind) and subject in (None, job.subject)
            ]

    def result(self, job_id: str) -> str:
        """Return the result of a job that has succeeded, as JSON.

        Raises
        ------
        JobNotFoundError
            If there is no job with this id, or it has no result.
        StorageError
            If the result cannot be read.
        """
        return self._files.read_result(self.get(job_id).id)

    def cancel(self, job_id: str) -> Job:
        """Cancel a job, and return it; a running job ends at its next step.

        Raises
        ------
        JobNotFoundError
            If there is no job with this id.
        """
        with self._lock:
            job = self.get(job_id)
            if job_id in self._controls:
                self._controls[job_id].stop.set()
                if job.state == "queued":
                    self._end(job, "cancelled")
            return self._jobs[job_id]

    def close(self) -> None:
        """Cancel all jobs, and wait at most a few seconds for running ones to end."""
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
            # A daemon, so that the process can exit without waiting for it.
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
            self._end(job, "failed", ErrorMessage(message=error.sentence, hint=error.hint))
        except Exception:
            _log.exception("The job %s failed.", job_id)
            message = ErrorMessage(
                message="An unexpected error occurred in the server.",
                hint="The log of the Jupyter server has the details.",
            )
            self._end(job, "failed", message)
        else:
            self._end(job, "succeeded")

    def _advance(self, job_id: str, progress: JobProgress) -> None:
        with self._lock:
            job = self._jobs[job_id]
            if job.progress != progress:
                # Not written to disk, since progress is useless once the server has ended.
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
            # The browser still receives the new state.
            _log.warning("%s %s", error.message, error.hint)
        self._publish(job)

    def _publish(self, job: Job) -> None:
        self._events.publish(job.id, "job", job=job)

    def _delete_old(self, kind: JobKind) -> None:
        finished = [job for job in self.find(kind) if not job.is_active]
        for job in finished[MAX_FINISHED:]:
            del self._jobs[job.id]
            self._events.forget(job.id)
            self._files.delete(job.id)


def _now() -> datetime:
    return datetime.now(timezone.utc)
