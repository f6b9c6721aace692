"""The part of the contract about runs: parameters, records, events, and what the panel shows."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from .model import SCHEMA_VERSION, ErrorMessage, Model

__all__ = [
    "MetricAgreement",
    "MetricSummary",
    "OutputDifference",
    "Parameter",
    "ParameterType",
    "Provenance",
    "ResumedFrom",
    "RunAgreement",
    "RunBackend",
    "RunComparison",
    "RunDifference",
    "RunEvent",
    "RunGroup",
    "RunGroupPoint",
    "RunGroupRow",
    "RunGroupTable",
    "RunList",
    "RunLive",
    "RunRecord",
    "RunState",
    "RunStatus",
    "RunStop",
]

ParameterType = Literal["int", "float", "bool", "str", "list", "tuple", "dict", "none"]
RunState = Literal["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]
RunBackend = Literal["local", "ray"]
RunStop = Literal["not_started", "interrupted", "terminated", "killed"]


class Parameter(Model):
    """One parameter of a notebook, read from its `parameters` cell."""

    name: str
    type: ParameterType
    default: Any
    help: str = ""
    choices: list[Any] | None = Field(None, description="The values that it may have.")
    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = Field(default=False, description="Whether the minimum itself is excluded.")
    exclusive_maximum: bool = Field(
        default=False, description="Whether the maximum itself is excluded."
    )
    optional: bool = Field(default=False, description="Whether it may be None.")
    secret: bool = Field(
        default=False,
        description="Whether its value must not be written: its name is that of a secret.",
    )


class Provenance(Model):
    """What is needed to verify and repeat a run."""

    notebook: str
    notebook_sha256: str
    lock_sha256: str | None
    git_commit: str | None
    git_dirty: bool | None
    versions: dict[str, str]
    python: str
    interpreter: str | None = Field(
        None, description="The path of Python, from the home on, which tells environments apart."
    )
    platform: str
    processor: str
    device: str
    driver: str | None = Field(None, description="The version of the driver of the card.")
    threads: int = Field(description="The processor cores that the run may use.")
    thread_variables: dict[str, str] = Field(
        {}, description="The environment variables that limit the threads of libraries."
    )
    variables: dict[str, str] | None = Field(
        None,
        description="Further environment variables that change results, or where the run is "
        "mirrored; `[secret]` in place of a value that may hold a secret. Null in older records.",
    )
    seeds: dict[str, Any] = Field({}, description="The parameters that are seeds.")
    inputs: dict[str, str] = Field(
        {}, description="The SHA-256 of each input file, by its path as in the notebook."
    )


class RunGroup(Model):
    """The sweep to which a run belongs."""

    id: str
    axes: list[str] = Field(description="The parameters that are swept.")
    size: int = Field(description="The number of runs.")


class ResumedFrom(Model):
    """The run that this one continues."""

    run: str
    cell: str = Field(description="The id of the first cell that ran again.")
    state: Literal["snapshot", "start"] = Field(
        description="Whether the state before this cell was kept, or all cells ran again."
    )
    reason: str = Field("", description="Why all cells ran again, as a clause.")


class RunRecord(Model):
    """The file `run.json` of a run folder."""

    schema_version: int = SCHEMA_VERSION
    id: str
    notebook: str
    state: RunState
    kernel: str | None = Field(None, description="The kernel that it runs in.")
    parameters: dict[str, Any] = Field(
        description="With the defaults, and without secrets. Numbers that JSON cannot hold are "
        "texts: `inf`, `-inf`, `nan`."
    )
    given: list[str] | None = Field(
        None,
        description="The parameters that were set; the others have their defaults. Null in records "
        "of older versions.",
    )
    secrets: list[str] = Field([], description="The secret parameters that were set.")
    group: RunGroup | None = None
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    duration_s: float | None = Field(None, description="By a clock that is never set.")
    timeout_s: float | None = None
    cell_timeout_s: float | None = None
    attempt: int = 1
    retries: int = Field(0, description="The maximum number of further attempts.")
    previous: str | None = Field(None, description="The run of the previous attempt.")
    resumed_from: ResumedFrom | None = None
    backend: RunBackend = "local"
    address: str | None = Field(None, description="The address of the Ray cluster.")
    node: str | None = Field(None, description="Where it runs, if not on this machine.")
    attached: bool = Field(
        default=True,
        description="Whether it belongs to the process that created it; otherwise it waits in the "
        "queue until a process takes it.",
    )
    from_editor: bool = Field(
        default=False,
        description="Whether its notebook is that of an editor, which its file may not be.",
    )
    process_id: int | None = Field(None, ge=1, lt=2**31)
    process_started_at: AwareDatetime | None = Field(None, description="In older records.")
    cells_done: int = 0
    cells_total: int = 0
    metrics: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    warnings: list[str] = []  # noqa: RUF012 - pydantic copies it
    error: ErrorMessage | None = None
    stop: RunStop | None = Field(None, description="What it took to stop the kernel.")
    failed_cell: str | None = None
    provenance: Provenance | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is queued or running."""
        return self.state in ("queued", "running")


class RunEvent(Model):
    """One line of `events.jsonl`."""

    time: AwareDatetime
    event: Literal["queued", "started", "cell_started", "cell_finished", "metric", "finished"]
    cell: str | None = None
    index: int | None = None
    duration_s: float | None = None
    name: str | None = Field(None, description="The name of a metric.")
    value: Any = Field(None, description="The value of a metric.")
    state: RunState | None = None


class RunLive(Model):
    """The file `live.json` of a running run: what is replaced many times a second."""

    cell: str | None = None
    index: int | None = None
    cell_started_at: AwareDatetime | None = None
    output: str = Field("", description="The end of what the cell has printed.")
    memory_bytes: int | None = Field(None, description="Of the kernel with its children.")


class RunStatus(Model):
    """A run as lists show it."""

    run: RunRecord = Field(description="Without provenance.")
    live: RunLive | None = None
    expected_s: float | None = Field(
        None, description="How long an earlier run of the same notebook took."
    )
    remaining_s: float | None = Field(
        None,
        description="How long its remaining cells took in that run, the current one included.",
    )
    cell_expected_s: float | None = Field(None, description="The same for the current cell.")
    series: dict[str, list[list[float]]] = Field(
        {},
        description="The values of each metric so far, with the seconds since the start; thinned.",
    )
    has_report: bool = False


class RunList(Model):
    """Runs, newest first."""

    runs: list[RunStatus]
    problems: list[ErrorMessage] = []  # noqa: RUF012 - pydantic copies it
    limit: int = Field(description="How many runs of the queue may run at once.")


class RunDifference(Model):
    """A value that differs between runs."""

    kind: Literal["run", "parameter", "metric", "provenance"]
    name: str
    values: list[Any] = Field(description="The value in each run; null if a run lacks it.")


class OutputDifference(Model):
    """A cell whose outputs in a run are not those of the first run."""

    run: str = Field(description="The run that is compared with the first.")
    cell: str = Field(description="The id of the cell, in the first run if that has it.")
    kind: Literal["changed", "missing", "added"] = Field(
        description="Whether the outputs changed, or only one of the runs has the cell."
    )
    source_changed: bool = Field(
        default=False, description="Whether the code of the cell differs, too."
    )
    before: str = Field("", description="The outputs in the first run, as a shortened text.")
    after: str = Field("", description="The outputs in the other run, as a shortened text.")


class RunComparison(Model):
    """Two or more runs side by side."""

    runs: list[RunRecord] = Field(description="Without provenance.")
    differences: list[RunDifference] = Field(
        description="State first, then parameters, metrics and provenance."
    )
    series: dict[str, list[list[list[float]]]] = Field(
        {},
        description="For each metric that was recorded more than once its values in each run, "
        "with the seconds since the start; thinned.",
    )
    outputs: list[OutputDifference] = []  # noqa: RUF012 - pydantic copies it
    problems: list[ErrorMessage] = Field([], description="Why outputs of a run are not compared.")


class MetricSummary(Model):
    """A metric over runs that differ only in their seeds."""

    n: int = Field(description="The number of runs that recorded it as a number.")
    mean: float
    deviation: float | None = Field(
        None, description="The sample standard deviation; null for one run."
    )
    low: float | None = Field(
        None, description="The lower end of the 95 % interval of Student's t; null for one run."
    )
    high: float | None = None


class RunGroupRow(Model):
    """The runs of a sweep that differ only in their seeds."""

    parameters: dict[str, Any] = Field(description="The values of the axes that are not seeds.")
    runs: list[str] = Field(description="The ids, oldest first.")
    states: dict[RunState, int] = Field(description="The number of runs in each state.")
    metrics: dict[str, MetricSummary] = Field(description="Of the runs that succeeded.")


class RunGroupPoint(Model):
    """One run of a sweep, for plots."""

    run: str
    state: RunState
    parameters: dict[str, Any] = Field(description="The values of all axes.")
    metrics: dict[str, Any]


class RunGroupTable(Model):
    """The runs of a sweep in one table."""

    group: RunGroup
    notebook: str
    axes: list[str] = Field(description="The axes by which the rows differ.")
    seeds: list[str] = Field(description="The axes over which the rows take means.")
    metrics: list[str] = Field(description="The metrics that are numbers.")
    rows: list[RunGroupRow]
    points: list[RunGroupPoint] = Field(
        description="The last attempt for each combination, oldest first."
    )
    states: dict[RunState, int] = Field(description="The number of runs in each state.")
    missing: int = Field(description="How many runs of the sweep no longer exist.")
    confidence: float = 0.95


class MetricAgreement(Model):
    """A metric of a run (`after`) and of the run that it repeats; null if one lacks it."""

    name: str
    before: Any
    after: Any
    agrees: bool
    relative_difference: float | None = Field(
        None, description="By the larger of both; null unless both are numbers."
    )


class RunAgreement(Model):
    """Whether a repetition of a run came to the same metrics."""

    run: str
    repeats: str = Field(description="The earlier run.")
    tolerance: float = Field(
        description="The relative difference up to which numbers with a fraction agree."
    )
    metrics: list[MetricAgreement]
