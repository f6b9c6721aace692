"""What the handlers of one server share, made once by the first request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..course.workspace import Workspace
from ..jobs import EventLog, Jobs
from ..settings import Settings
from .course_watch import CourseWatch

__all__ = ["Services", "make_services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one server.

    Parameters
    ----------
    settings : Settings
    root : Path
        The folder that the Jupyter server shows.
    events : EventLog
    jobs : Jobs
    course_watch : CourseWatch
    """

    settings: Settings
    root: Path
    events: EventLog
    jobs: Jobs
    course_watch: CourseWatch

    @property
    def workspace(self) -> Workspace:
        """The course as the learner of this home has it."""
        return Workspace(self.settings)

    def close(self) -> None:
        """End what runs in the background; waits a few seconds at most."""
        self.jobs.close()


def make_services(settings: Settings, root: Path, *, workers: int) -> Services:
    """Return the services of a server that shows the folder `root`."""
    events = EventLog()
    return Services(
        settings=settings,
        root=root.expanduser().resolve(),
        events=events,
        jobs=Jobs(settings.jobs, events, workers=workers),
        course_watch=CourseWatch(settings, events),
    )
