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
    """One thing the doctor looked at."""

    check: str = Field(description="A name without spaces, for example `onednn`.")
    title: Text
    state: FindingState
    detail: str
    repair: str = Field("", description="The exact command that fixes it; empty when ok.")


class DoctorReport(Model):
    """Everything the doctor found, the broken first."""

    findings: list[Finding]
    summary: Text
    created_at: AwareDatetime


class KernelReport(Model):
    """What a running kernel says of itself for the status bar."""

    paddle: str | None = Field(description="Version of Paddle; none if it is not installed.")
    device: str | None = Field(description="`cpu` or `gpu:0`; none until Paddle is imported.")
    python: str
    warm: bool = Field(
        description="Whether it was forked from a process that had imported the stack."
    )


class Preload(Model):
    """One import of the fork server."""

    module: str
    seconds: float
    problem: str = Field(description="Why it was left out; empty if it was not.")


KernelServerState = Literal["preloading", "ready", "retired", "unfit", "ended"]


class KernelServerStatus(Model):
    """What the fork server of warm kernels says of itself, as in its file `status.json`."""

    schema_version: int = SCHEMA_VERSION
    state: KernelServerState = Field(
        description="`ready` takes requests; `retired` only waits for its kernels to end; `unfit` "
        "found that a fork is not safe here; `ended` is a process that is gone."
    )
    pid: int = Field(ge=1, lt=2**31)
    started_at: float = Field(description="Seconds since the epoch.")
    preloads: list[Preload]
    waiting: list[str] = Field(description="Modules that are not imported yet.")
    problem: str = Field(description="Why it starts no kernels; empty if it does.")
    environment: str = Field(description="A digest of the packages it has imported.")
    kernels: int
    spares: int
    launched: int = Field(description="Kernels that it has started so far.")
