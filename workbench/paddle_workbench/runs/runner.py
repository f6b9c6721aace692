"""Running a notebook in a run folder with a record, events and a report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..child_process import process_start
from ..contract import RunRecord
from ..course.companions import copy_companions
from ..errors import NotebookError, RunNotFoundError
from ..execution import kernel_of, require_kernel
from ..notebooks import Notebook, read_notebook
from ..reading import is_file
from .declarations import read_parameters
from .journal import Journal, RunListener, execute_journaled
from .parameters import as_json, changed_values, defaults
from .provenance import locate, portable_path, provenance_of, sha256_of
from .records import WORK_FOLDER, create_run_folder, read_record

__all__ = ["Plan", "plan_rerun", "run_attempts", "run_notebook"]


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
    timeout_s : float, optional
        The time limit for the whole run, in seconds.
    attempt : int
        The number of this attempt, from 1.
    kernel : str, optional
        The kernel to run it in; by default the one that the notebook names.
    """

    notebook: Path
    parameters: Mapping[str, Any]
    parent: Path
    timeout_s: float | None = None
    attempt: int = 1
    kernel: str | None = None


def run_notebook(plan: Plan, listener: RunListener) -> tuple[Path, RunRecord]:
    """Run a notebook and return its folder and its final record.

    A copy of the notebook runs in `work/` inside the run folder, with its assets and its checker
    module next to it, so files that it writes to a relative path stay there. Ctrl-C and SIGTERM
    cancel the run: the kernel is interrupted, killed after five seconds, and the notebook is kept
    with its outputs so far.

    Raises
    ------
    NotebookError
        If the notebook cannot be read, or the kernel is not installed.
    StorageError
        If the folder cannot be written.
    """
    from .report import make_exporter, write_report

    notebook = Notebook.read(plan.notebook)
    kernel = require_kernel(plan.kernel or kernel_of(notebook.node), plan.notebook)
    values = defaults(read_parameters(notebook.node)) | dict(plan.parameters)
    now = datetime.now(timezone.utc)
    folder = create_run_folder(plan.parent, plan.notebook, now.astimezone())
    work = folder / WORK_FOLDER
    copy_companions(plan.notebook, work)
    source = notebook.write_to(work)
    record = RunRecord(
        id=folder.name,
        notebook=portable_path(plan.notebook),
        state="queued",
        kernel=kernel,
        parameters=as_json(values),
        created_at=now,
        timeout_s=plan.timeout_s,
        attempt=plan.attempt,
        process_id=os.getpid(),
        process_started_at=process_start(os.getpid()),
        provenance=provenance_of(notebook),
    )
    journal = Journal(folder, record, listener)
    # While the kernel starts, this process has nothing to do.
    with ThreadPoolExecutor(1) as thread:
        exporter = thread.submit(make_exporter)
        execute_journaled(source, dict(plan.parameters), journal)
        write_report(folder, exporter.result())
    return folder, journal.record


def run_attempts(plan: Plan, *, retries: int, listener: RunListener) -> tuple[Path, RunRecord]:
    """Run a notebook, retry it if it fails or times out, and return the last run.

    Every attempt has a folder of its own, so that a failed one is kept.

    Parameters
    ----------
    plan : Plan
    retries : int
        The maximum number of further attempts.
    listener : callable
        As for `run_notebook`, which also lists the errors that this raises.
    """
    folder, record = run_notebook(plan, listener)
    for attempt in range(plan.attempt + 1, plan.attempt + 1 + retries):
        if record.state not in ("failed", "timed_out"):
            break
        folder, record = run_notebook(replace(plan, attempt=attempt), listener)
    return folder, record


def plan_rerun(folder: Path, *, parent: Path, anyway: bool) -> Plan:
    """Return the plan that repeats a run with the same notebook, parameters and kernel.

    If the notebook no longer exists, the copy in the run folder is used.

    Raises
    ------
    NotebookError
        If the notebook has changed since, unless `anyway` is true.
    RunNotFoundError
        If neither the notebook nor the copy exists.
    """
    record = read_record(folder)
    source = locate(record.notebook)
    copy = folder / WORK_FOLDER / source.name
    if not is_file(source):
        source = copy
    if not is_file(source):
        raise RunNotFoundError(
            f"The notebook {record.notebook} and its copy in the run folder no longer exist.",
            "Restore one of them.",
        )
    sha256 = record.provenance.notebook_sha256 if record.provenance is not None else None
    # The copy is what ran, also if it was repaired.
    if source != copy and sha256 not in (None, sha256_of(source)) and not anyway:
        raise NotebookError(
            f"{record.notebook} has changed since {record.id} ran.",
            f"Add --anyway to run it as it is now, or run the old version: workbench run {copy}",
        )
    values = changed_values(read_parameters(read_notebook(source)), record.parameters)
    return Plan(source, values, parent, timeout_s=record.timeout_s, kernel=record.kernel)
