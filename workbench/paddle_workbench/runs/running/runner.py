"""Running a notebook in a run folder with a record, events and a report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import nbformat

from ...contract import ResumedFrom, RunBackend, RunEvent, RunGroup, RunRecord
from ...course.companions import copy_companions
from ...errors import (
    NotebookError,
    ParameterError,
    RunNotFoundError,
    StorageError,
    WorkbenchError,
)
from ...notebooks import read_json, read_notebook
from ...reading import is_file
from ...storage import storage_error
from ..mlflow import MlflowMirror
from ..parameters.declarations import read_parameters
from ..parameters.given import as_json, defaults, given_values
from ..parameters.injection import injection_warnings
from ..store.folders import WORK_FOLDER, new_run_folder, publish
from ..store.provenance import locate, portable_path, provenance_of, sha256_of
from ..store.records import append_event, read_record, record_failure, write_record
from ..store.variables import variable_warnings
from .journal import Journal, RunListener
from .journaled import execute_journaled
from .snapshots import SNAPSHOTS_FOLDER
from .source import Source

__all__ = [
    "Plan",
    "execute_run",
    "new_run",
    "plan_like",
    "plan_rerun",
    "plan_retry",
    "recorded_values",
    "run_attempts",
    "run_notebook",
    "source_of",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """A notebook to run, and how.

    Parameters
    ----------
    notebook : Path
        The source, which is copied into the run folder and never changed.
    parameters : mapping
        Values for its parameters, of the declared types; the others keep their defaults.
    parent : Path
        The folder in which the run folder is created.
    timeout_s, cell_timeout_s : float, optional
        The time limits for the whole run and for each cell, in seconds.
    attempt : int
        The number of this attempt, from 1.
    retries : int
        The maximum number of further attempts if it fails, times out or is lost.
    kernel : str, optional
        The kernel to run it in; by default the one that the notebook names.
    secrets : mapping
        Values for secret parameters, which are never written.
    group : RunGroup, optional
        The sweep to which it belongs.
    previous : str, optional
        The run of the previous attempt.
    content : dict, optional
        The notebook as an editor has it; by default the file.
    backend : {"local", "ray"}
    address : str, optional
        The address of the Ray cluster.
    snapshots : bool
        Whether the kernel keeps snapshots from which the run can be resumed.
    resumed_from : ResumedFrom, optional
        The run that it continues.
    """

    notebook: Path
    parameters: Mapping[str, Any]
    parent: Path
    timeout_s: float | None = None
    attempt: int = 1
    kernel: str | None = None
    cell_timeout_s: float | None = None
    retries: int = 0
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    group: RunGroup | None = None
    previous: str | None = None
    content: Mapping[str, Any] | None = field(default=None, repr=False)
    backend: RunBackend = "local"
    address: str | None = None
    snapshots: bool = False
    resumed_from: ResumedFrom | None = None


def run_notebook(plan: Plan, listener: RunListener) -> tuple[Path, RunRecord]:
    """Run a notebook in this process, and return its folder and its final record.

    A copy of the notebook runs in `work/` inside the run folder, with its assets and its checker
    module next to it, so files that it writes to a relative path stay there. Ctrl-C and SIGTERM
    cancel the run: the kernel is interrupted, terminated after five seconds, and the notebook is
    kept with its outputs so far.

    Raises
    ------
    NotebookError
        If the notebook cannot be read, or the kernel is not installed.
    StorageError
        If the folder cannot be written.
    """
    with new_run(plan, attached=True) as (folder, _lock):
        record = read_record(folder)
        listener(RunEvent(time=record.created_at, event="queued", state="queued"), record)
        return folder, execute_run(folder, record, listener, plan.parameters, plan.secrets)


@contextmanager
def new_run(
    plan: Plan, *, attached: bool, source: Source | None = None
) -> Iterator[tuple[Path, int]]:
    """Make the folder of a run, which this process owns until the end of the block.

    Yields it with the descriptor that holds its lock.

    Parameters
    ----------
    plan : Plan
    attached : bool
        Whether this process, or one that inherits the lock, runs it. Otherwise it waits in the
        queue for another process.
    source : Source, optional
        The notebook of the plan, if it has been read.

    Raises
    ------
    NotebookError
        If the notebook cannot be read, or the kernel is not installed.
    StorageError
        If the folder cannot be written.
    """
    if source is None:
        source = Source.read(plan.notebook, kernel=plan.kernel, content=plan.content)
    notebook = source.notebook
    declared = [one for one in source.declared if not one.secret]
    values = defaults(declared) | dict(plan.parameters)
    values = {name: value for name, value in values.items() if name not in plan.secrets}
    now = datetime.now(timezone.utc)
    with new_run_folder(plan.parent, plan.notebook, now.astimezone()) as (hidden, lock):
        work = hidden / WORK_FOLDER
        texts = [value for value in values.values() if isinstance(value, str)]
        copy_companions(plan.notebook, work, notebook.node, texts)
        notebook.write_to(work)
        _make_private(work)
        record = RunRecord(
            id=hidden.name.removeprefix(".new-"),
            notebook=portable_path(plan.notebook),
            state="queued",
            kernel=source.kernel,
            parameters=as_json(values),
            given=list(plan.parameters),
            secrets=list(plan.secrets),
            group=plan.group,
            created_at=now,
            timeout_s=plan.timeout_s,
            cell_timeout_s=plan.cell_timeout_s,
            attempt=plan.attempt,
            retries=plan.retries,
            previous=plan.previous,
            resumed_from=plan.resumed_from,
            backend=plan.backend,
            address=plan.address,
            attached=attached,
            from_editor=plan.content is not None,
            process_id=os.getpid() if attached else None,
            warnings=[
                *injection_warnings(notebook.node, [*plan.parameters, *plan.secrets]),
                *([] if attached else variable_warnings(source.provenance["variables"])),
            ],
            provenance=provenance_of(notebook, values, common=source.provenance),
        )
        if plan.snapshots:
            (hidden / SNAPSHOTS_FOLDER).mkdir(mode=0o700)
        write_record(hidden, record)
        append_event(hidden, RunEvent(time=now, event="queued", state="queued"))
        yield publish(hidden), lock


def execute_run(
    folder: Path,
    record: RunRecord,
    listener: RunListener,
    parameters: Mapping[str, Any],
    secrets: Mapping[str, Any],
) -> RunRecord:
    """Execute a run whose folder this process owns, write its report, and return its record.

    Raises
    ------
    StorageError
        If the folder cannot be written.
    """
    from ..reports.report import make_exporter, write_report

    journal = Journal(folder, record, listener)
    try:
        # While the kernel starts, this process has nothing to do.
        with ThreadPoolExecutor(1) as thread:
            exporter = thread.submit(make_exporter)
            with MlflowMirror(folder) as mirror:
                execute_journaled(source_of(folder, record), dict(parameters), journal, secrets)
                write_report(folder, exporter.result())
                journal.save_warnings(mirror.close())
    except WorkbenchError as error:
        with suppress(StorageError):
            record_failure(folder, error)
        raise
    return journal.record


def source_of(folder: Path, record: RunRecord) -> Path:
    """Return the copy of the notebook in a run folder; it need not exist."""
    return folder / WORK_FOLDER / Path(record.notebook).name


def run_attempts(plan: Plan, *, listener: RunListener) -> tuple[Path, RunRecord]:
    """Run a notebook, retry it if it fails, times out or is lost, and return the last run.

    Every attempt has a folder of its own, so that a failed one is kept.

    Parameters
    ----------
    plan : Plan
    listener : callable
        As for `run_notebook`, which also lists the errors that this raises.
    """
    folder, record = run_notebook(plan, listener)
    while record.state in ("failed", "timed_out", "lost") and record.attempt <= plan.retries:
        plan = replace(plan, attempt=record.attempt + 1, previous=record.id)
        folder, record = run_notebook(plan, listener)
    return folder, record


def plan_rerun(folder: Path, *, parent: Path, anyway: bool) -> Plan:
    """Return the plan that repeats a run with the same notebook, parameters and kernel.

    If the notebook no longer exists, the copy in the run folder is used.

    Raises
    ------
    NotebookError
        If the notebook has changed since, unless `anyway` is true.
    ParameterError
        If it had secrets, which are not recorded.
    RunNotFoundError
        If neither the notebook nor the copy exists.
    """
    record = read_record(folder)
    if record.secrets:
        raise ParameterError(
            f"{record.id} had secrets, which are not recorded: {', '.join(record.secrets)}.",
            "Run the notebook again and give them.",
        )
    source = locate(record.notebook)
    copy = source_of(folder, record)
    if not is_file(source):
        source = copy
    if not is_file(source):
        raise RunNotFoundError(
            f"The notebook {record.notebook} and its copy in the run folder no longer exist.",
            "Restore one of them.",
        )
    content = None
    if record.from_editor and is_file(copy):
        content = read_json(copy)
    sha256 = record.provenance.notebook_sha256 if record.provenance is not None else None
    is_same = content is not None or sha256 in (None, sha256_of(source))
    # The copy is what ran, also if it was repaired.
    if source != copy and not is_same and not anyway:
        from ..reports.repetition import repeat_command

        old = repeat_command(record.model_copy(update={"notebook": str(copy)}))
        raise NotebookError(
            f"{record.notebook} has changed since {record.id} ran.",
            f"Add --anyway to run it as it is now, or run the old version: {old}",
        )
    declared_in = read_notebook(source if content is None else copy)
    plan = plan_like(record, source, parent, declared_in=declared_in)
    return replace(plan, content=content)


def plan_retry(folder: Path, record: RunRecord) -> Plan:
    """Return the plan for the next attempt of a run, with the notebook as it was.

    Raises
    ------
    NotebookError
        If the notebook and its copy in the run folder no longer exist.
    """
    source, copy = locate(record.notebook), source_of(folder, record)
    sha256 = record.provenance.notebook_sha256 if record.provenance is not None else None
    is_same = is_file(source) and sha256_of(source) == sha256
    declared_in = read_notebook(source if is_same else copy)
    plan = plan_like(record, source, folder.parent, declared_in=declared_in)
    return replace(
        plan,
        attempt=record.attempt + 1,
        group=record.group,
        previous=record.id,
        content=None if is_same else read_json(copy),
        snapshots=(folder / SNAPSHOTS_FOLDER).is_dir(),
    )


def plan_like(
    record: RunRecord, notebook: Path, parent: Path, *, declared_in: nbformat.NotebookNode
) -> Plan:
    """Return a plan with the parameters, limits, kernel and backend of an earlier run.

    Parameters
    ----------
    record : RunRecord
    notebook, parent : Path
        As for `Plan`.
    declared_in : NotebookNode
        The notebook with the types of the parameters.
    """
    return Plan(
        notebook,
        given_values(read_parameters(declared_in), record),
        parent,
        timeout_s=record.timeout_s,
        kernel=record.kernel,
        cell_timeout_s=record.cell_timeout_s,
        retries=record.retries,
        backend=record.backend,
        address=record.address,
    )


def recorded_values(source: Path, record: RunRecord) -> dict[str, Any]:
    """Return the values that a run was given, of the types that its notebook declares."""
    return given_values(read_parameters(read_notebook(source)), record)


def _make_private(folder: Path) -> None:
    """Let only this user read what was copied, which keeps the modes of its sources."""
    try:
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode & 0o700)
    except OSError as error:
        raise storage_error(folder, error) from error
