"""The part of the contract about runs: parameters, records, events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from .model import SCHEMA_VERSION, ErrorMessage, Model

__all__ = ["Parameter", "Provenance", "RunEvent", "RunRecord", "RunState"]

RunState = Literal["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]


class Parameter(Model):
    """One parameter of a notebook, read from its `parameters` cell."""

    name: str
    type: Literal["int", "float", "bool", "str", "list", "dict", "none"]
    default: Any
    help: str = ""


class Provenance(Model):
    """What is needed to verify and repeat a run."""

    notebook: str
    notebook_sha256: str
    lock_sha256: str | None
    git_commit: str | None
    git_dirty: bool | None
    versions: dict[str, str]
    python: str
    platform: str
    processor: str
    device: str
    threads: int


class RunRecord(Model):
    """The file `run.json` of a run folder."""

    schema_version: int = SCHEMA_VERSION
    id: str
    notebook: str
    state: RunState
    kernel: str | None = Field(None, description="The kernel that it runs in.")
    parameters: dict[str, Any] = Field(
        description="Numbers that JSON cannot hold are texts: `inf`, `-inf`, `nan`."
    )
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    timeout_s: float | None = None
    attempt: int = 1
    process_id: int | None = Field(None, ge=1, lt=2**31)
    process_started_at: AwareDatetime | None = None
    cells_done: int = 0
    cells_total: int = 0
    metrics: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    error: ErrorMessage | None = None
    failed_cell: str | None = None
    provenance: Provenance | None = None


class RunEvent(Model):
    """One line of `events.jsonl`."""

    time: AwareDatetime
    event: Literal["queued", "started", "cell_started", "cell_finished", "finished"]
    cell: str | None = None
    index: int | None = None
    duration_s: float | None = None
    state: RunState | None = None
