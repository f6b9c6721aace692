"""The part of the contract about what is asked of runs: forms, and runs to start or resume."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from .model import ContentsPath, Model
from .runs import Parameter, ResumedFrom, RunBackend

__all__ = [
    "OpenedRun",
    "ResumeForm",
    "ResumePoint",
    "ResumeRequest",
    "RunForm",
    "RunFormRequest",
    "RunIds",
    "RunRequest",
    "StartedRuns",
]


class RunFormRequest(Model):
    """The notebook for which a form is wanted."""

    path: ContentsPath = Field(description="Its path in the contents API.")
    content: dict[str, Any] | None = Field(
        None, description="The notebook as it is in the editor; by default the file."
    )


class RunForm(Model):
    """The form for the parameters of a notebook."""

    path: str
    parameters: list[Parameter]
    kernel: str | None
    kernels: list[str] = Field(description="The kernels that are installed.")
    backends: list[RunBackend] = Field(description="Where it can run.")
    address: str = Field("", description="The address of the Ray cluster if none is given.")
    records_metrics: bool = Field(description="Whether a cell calls `record`.")
    expected_s: float | None = None
    hint: str = Field("", description="How to declare parameters, if there are none.")


class RunRequest(RunFormRequest):
    """Runs to start: one, or one for each combination of a sweep."""

    values: dict[str, str] = Field(
        {}, description="Texts by the names of parameters, as on the command line."
    )
    sweep: dict[str, str] = Field(
        {}, description="Values separated by commas, by the names of parameters."
    )
    samples: int | None = Field(
        None, ge=1, le=10_000, description="How many combinations are drawn at random."
    )
    kernel: str | None = None
    timeout_s: float | None = Field(None, gt=0)
    cell_timeout_s: float | None = Field(None, gt=0)
    retries: int = Field(0, ge=0, le=100)
    snapshots: bool = Field(
        default=False, description="Whether the kernel keeps snapshots to resume from."
    )
    backend: RunBackend = "local"
    address: str | None = Field(
        None, description="The address of the Ray cluster; by default that in RAY_ADDRESS."
    )
    only_count: bool = Field(default=False, description="Check the request and count the runs.")


class StartedRuns(Model):
    """The runs that a request has started, or would start."""

    ids: list[str]
    count: int
    group: str | None = None
    warnings: list[str] = []  # noqa: RUF012 - pydantic copies it
    resumed_from: ResumedFrom | None = None


class ResumeRequest(Model):
    """A run to resume."""

    id: str
    cell: str | None = Field(
        None, description="The id of the first cell to run; by default the one at which it ended."
    )
    content: dict[str, Any] | None = Field(
        None, description="The notebook as it is in the editor; by default the file."
    )


class ResumePoint(Model):
    """A cell before which the state of a run is kept."""

    cell: str
    code: str = Field(description="Its first line.")


class ResumeForm(Model):
    """Where a run can be resumed."""

    cell: str | None = Field(description="The id of the cell at which it ended.")
    reason: str = Field(
        description="Why all cells would run again, as a clause; empty if its state is kept."
    )
    points: list[ResumePoint] = Field(description="The cells where it can continue, in order.")


class OpenedRun(Model):
    """The notebook of a run, with its outputs."""

    path: str = Field(description="Its path in the contents API.")


class RunIds(Model):
    """Runs to cancel, delete, restore, repeat or compare."""

    ids: list[str] = Field(max_length=10_000)
    anyway: bool = Field(
        default=False, description="Repeat them though their notebook has changed."
    )
