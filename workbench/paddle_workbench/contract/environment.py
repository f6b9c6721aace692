"""The part of the contract about the environment: the doctor's findings, and kernels."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from .model import SCHEMA_VERSION, Model, Text

__all__ = [
    "DoctorReport",
    "Finding",
    "FindingState",
    "KernelReport",
    "KernelServerState",
    "KernelServerStatus",
    "Preload",
]

FindingState = Literal["ok", "warning", "broken"]


class Finding(Model):
    """The result of one of the doctor's checks."""

    check: str = Field(description="A name without spaces, for example `onednn`.")
    title: Text
    state: FindingState
    code: str = Field("", description="Of the page that explains it; empty when ok.")
    detail: str
    repair: str = Field("", description="The exact command that fixes it; empty when ok.")


class DoctorReport(Model):
    """All findings of the doctor, broken ones first."""

    findings: list[Finding]
    summary: Text
    created_at: AwareDatetime


class KernelReport(Model):
    """What a running kernel reports for the status bar."""

    paddle: str | None = Field(description="Version of Paddle; none if it is not installed.")
    device: str | None = Field(description="`cpu` or `gpu:0`; none until Paddle is imported.")
    python: str
    warm: bool = Field(description="Whether it was forked from a server that had imported Paddle.")


class Preload(Model):
    """One import of the fork server."""

    module: str
    seconds: float
    problem: str = Field(description="Why it was skipped; empty if it was imported.")


KernelServerState = Literal["preloading", "ready", "retired", "unfit", "ended"]


class KernelServerStatus(Model):
    """The status of the fork server of warm kernels, as in its file `status.json`."""

    schema_version: int = SCHEMA_VERSION
    state: KernelServerState = Field(
        description="`ready`: accepts requests. `retired`: waits for its kernels to end. `unfit`: "
        "forking is not safe here. `ended`: the process has ended."
    )
    pid: int = Field(ge=1, lt=2**31)
    started_at: float = Field(description="Seconds since the epoch.")
    preloads: list[Preload]
    waiting: list[str] = Field(description="Modules that are not imported yet.")
    problem: str = Field(description="Why it does not start kernels; empty if it does.")
    environment: str = Field(description="A digest of the packages it has imported.")
    kernels: int
    spares: int
    launched: int = Field(description="Number of kernels started so far.")
