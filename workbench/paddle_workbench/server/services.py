"""The objects that the handlers of one server share, created by the first request."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from ..contract import RunStatus
from ..course.workspace import Workspace
from ..errors import WorkbenchError
from ..jobs import EventLog, Jobs
from ..runs.queue import continue_queue
from ..runs.status.statuses import RunStatuses
from ..runs.status.watching import RunsWatch
from ..settings import Settings
from .course_watch import CourseWatch
from .kernel_connections import OutputKeeper

__all__ = ["Services", "make_services"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """The shared objects of one server.

    Parameters
    ----------
    settings : Settings
    root : Path
        The root folder of the Jupyter server.
    events : EventLog
    jobs : Jobs
    course_watch : CourseWatch
    runs : RunStatuses
    runs_watch : RunsWatch
    outputs : OutputKeeper or None
        None if outputs of cells are not kept.
    """

    settings: Settings
    root: Path
    events: EventLog
    jobs: Jobs
    course_watch: CourseWatch
    runs: RunStatuses
    runs_watch: RunsWatch
    outputs: OutputKeeper | None

    @property
    def workspace(self) -> Workspace:
        """The course with the working copies and the progress in the home."""
        return Workspace(self.settings)

    def close(self) -> None:
        """Cancel all jobs, and wait at most a few seconds for them to end; runs go on."""
        self.runs_watch.close()
        self.jobs.close()


def make_services(
    settings: Settings, root: Path, *, workers: int, outputs: OutputKeeper | None
) -> Services:
    """Create the services of a server, and continue the queue of runs.

    Parameters
    ----------
    settings : Settings
    root : Path
        The root folder of the Jupyter server.
    workers : int
        The number of jobs that run at the same time.
    outputs : OutputKeeper or None
    """
    events = EventLog()

    def publish(run_id: str, status: RunStatus | None) -> None:
        removed = run_id if status is None else None
        events.publish(f"run {run_id}", "run", run=status, removed_run=removed)

    runs = RunStatuses(settings.runs, publish)
    # It looks at all runs, and the first request need not wait for that.
    threading.Thread(
        target=_continue_queue, args=(settings.runs,), name="continue-queue", daemon=True
    ).start()
    return Services(
        settings=settings,
        root=root.expanduser().resolve(),
        events=events,
        jobs=Jobs(settings.jobs, events, workers=workers),
        course_watch=CourseWatch(settings, events),
        runs=runs,
        runs_watch=RunsWatch(runs),
        outputs=outputs,
    )


def _continue_queue(runs: Path) -> None:
    """Start the runs that wait in the queue, for example after a restart of the machine."""
    try:
        continue_queue(runs)
    except WorkbenchError as error:
        _log.warning("Queued runs were not started: %s", error)
