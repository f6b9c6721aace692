"""The part of the contract about background work of the server, and its stream of events."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from .model import SCHEMA_VERSION, ErrorMessage, Model, Text

__all__ = ["Job", "JobKind", "JobList", "JobProgress", "JobRequest", "JobState", "ServerEvent"]

JobKind = Literal["check", "doctor"]
JobState = Literal["queued", "running", "succeeded", "failed", "cancelled", "lost"]


class JobProgress(Model):
    """How far a job is."""

    done: int = 0
    total: int = Field(0, description="0 as long as it is not known.")
    step: Text | None = Field(None, description="What is being done.")


class Job(Model):
    """Background work of the server, as in the file `job.json` of its folder."""

    schema_version: int = SCHEMA_VERSION
    id: str
    kind: JobKind
    subject: str = Field("", description="What it works on; of a check the path of the notebook.")
    state: JobState
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    process_id: int = Field(ge=1, lt=2**31)
    progress: JobProgress = JobProgress()
    error: ErrorMessage | None = None

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state in ("queued", "running")


class JobList(Model):
    """Jobs, the newest first."""

    jobs: list[Job]


class JobRequest(Model):
    """Which job to cancel."""

    id: str


class ServerEvent(Model):
    """One message of the stream of events.

    The stream is one of states, not of steps: a subject that has changed several times since the
    client last heard of it is reported once, as it is now.
    """

    id: str = Field(description="Where to resume: the `after` of the next connection.")
    topic: Literal["job", "course"] = Field(description="`course`: fetch the catalog again.")
    job: Job | None = None
