"""The part of the contract about background jobs of the server and its event stream."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from .model import SCHEMA_VERSION, ErrorMessage, Model, Text
from .runs import RunStatus

__all__ = ["Job", "JobKind", "JobList", "JobProgress", "JobRequest", "JobState", "ServerEvent"]

JobKind = Literal["check", "doctor", "export", "preflight"]
JobState = Literal["queued", "running", "succeeded", "failed", "cancelled", "lost"]


class JobProgress(Model):
    """The progress of a job."""

    done: int = 0
    total: int = Field(0, description="0 if not known yet.")
    step: Text | None = Field(None, description="The current step.")


class Job(Model):
    """A background job of the server, as in the file `job.json` of its folder."""

    schema_version: int = SCHEMA_VERSION
    id: str
    kind: JobKind
    subject: str = Field(
        "",
        description="What it works on: for a check the path of the notebook, for an export or "
        "preflight `PATH#TARGET` with the path of the bundle.",
    )
    state: JobState
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    process_id: int = Field(ge=1, lt=2**31)
    progress: JobProgress = JobProgress()
    error: ErrorMessage | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is queued or running."""
        return self.state in ("queued", "running")


class JobList(Model):
    """Jobs, newest first."""

    jobs: list[Job]


class JobRequest(Model):
    """A job to cancel."""

    id: str = Field(max_length=100)


class ServerEvent(Model):
    """One message of the event stream.

    The stream reports states, not steps: a job that has changed several times since the client last
    received it is reported once, in its current state.
    """

    id: str = Field(description="The `after` with which the next connection resumes.")
    topic: Literal["job", "course", "run"] = Field(
        description="`course`: fetch the catalog again. `run`: a run has changed, or was removed."
    )
    job: Job | None = None
    run: RunStatus | None = None
    removed_run: str | None = Field(None, description="The id of a run that was removed.")
