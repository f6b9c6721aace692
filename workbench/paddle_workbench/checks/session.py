"""Checking notebooks: on copies, in a child process that runs pytest with the nbval layer."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..contract import ErrorMessage
from ..course.catalog import LessonFile
from ..course.companions import copy_companions
from ..course.notebook import METADATA_KEY
from ..errors import NotebookError, WorkbenchError
from ..execution import require_kernel, shared_threads
from ..notebooks import Notebook, read_notebook
from ..settings import settings
from .cache import CheckCache, Lookup
from .learner import LearnerCopy, is_working_copy, lesson_of, prepare_copy
from .pytest_child import CheckListener, run_pytest
from .results import EXECUTED_SUFFIX, CheckedCell, NotebookReport
from .structure import check_structure

__all__ = ["CheckedNotebook", "check_notebooks", "read_notebooks"]

_ONLY_READ = Lookup("it was only read", {})


@dataclass(frozen=True, slots=True)
class CheckedNotebook:
    """A notebook, what was found, and what it gave when executed, if it came to that.

    Parameters
    ----------
    path : Path
    report : NotebookReport
    executed : NotebookNode or None
    lookup : Lookup
        Why it was run, or was not.
    """

    path: Path
    report: NotebookReport
    executed: nbformat.NotebookNode | None
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class _Job:
    """A notebook that is to run, its copy, and what its pass will be remembered with."""

    notebook: Notebook
    copy: Path
    report: NotebookReport
    cells: list[str]
    lookup: Lookup
    options: Mapping[str, object]
    learner: LearnerCopy | None


def check_notebooks(
    paths: Sequence[Path],
    *,
    jobs: int = 1,
    limit_s: float | None = None,
    threads: int | None = None,
    kernel: str | None = None,
    cache: CheckCache | None = None,
    listener: CheckListener = lambda _done, _total: None,
) -> list[CheckedNotebook]:
    """Check notebooks and return what was found, in the order given.

    Parameters
    ----------
    paths : sequence of Path
        Never written; each is copied, with its assets, into a temporary folder and run there. A
        learner's working copy is compared with its lesson.
    jobs : int
        How many notebooks run at the same time; those that say they take longest begin.
    limit_s : float, optional
        Seconds for each notebook; else the minutes in its metadata, else ten minutes.
    threads : int, optional
        How many threads each notebook computes in; else a fair share of the cores.
    kernel : str, optional
        The kernel to run them in, instead of the one that each asks for.
    cache : CheckCache, optional
        Notebooks that passed and have not changed since are not run again; without it all are.
    listener : callable
        Told how many code cells are through, and of how many. If it raises, the check ends.
    """
    each = threads or shared_threads(min(jobs, max(1, len(paths))))
    options = {"threads": each, "limit_s": limit_s, "kernel": kernel}
    done: dict[Path, CheckedNotebook] = {}
    runnable: dict[Path, _Job] = {}
    with tempfile.TemporaryDirectory(prefix="workbench-check-") as temporary:
        root = Path(temporary).resolve()
        for number, path in enumerate(paths):
            prepared = _prepare(path, root / f"{number:03}", cache, options, kernel)
            if isinstance(prepared, CheckedNotebook):
                done[path] = prepared
            else:
                runnable[path] = prepared
        results, failure = run_pytest(
            root,
            [job.copy for job in runnable.values()],
            jobs=jobs,
            threads=each,
            limit_s=limit_s,
            kernel=kernel,
            total=sum(len(job.cells) for job in runnable.values()),
            listener=listener,
        )
        for path, job in runnable.items():
            done[path] = checked = _collect(job, results, failure)
            if cache is not None:
                cache.store(job.notebook, job.lookup.key, job.options, checked.report)
        return [done[path] for path in paths]


def read_notebooks(paths: Sequence[Path]) -> list[CheckedNotebook]:
    """Check what can be seen without running: the rules of `structure`, and that the kernel exists.

    Parameters
    ----------
    paths : sequence of Path
        Never written.
    """
    checked = []
    for path in paths:
        _notebook, report = _read(path)
        checked.append(CheckedNotebook(path, report, None, _ONLY_READ))
    return checked


def _read(path: Path, kernel: str | None = None) -> tuple[Notebook | None, NotebookReport]:
    """Read a notebook and its problems; None if it cannot run, with the error in the report."""
    report = NotebookReport(notebook=_display_name(path))
    try:
        notebook = Notebook.read(path)
        if _is_lesson(notebook):
            report = report.model_copy(update={"findings": check_structure(notebook)})
        if kernel is None:
            require_kernel(notebook.node, path)
        else:
            wanted = {"metadata": {"kernelspec": {"name": kernel}}}
            require_kernel(nbformat.from_dict(wanted), path)
    except NotebookError as error:
        message = ErrorMessage(message=error.message, hint=error.hint)
        return None, report.model_copy(update={"error": message})
    return notebook, report


def _is_lesson(notebook: Notebook) -> bool:
    """Return whether the rules for those who write lessons apply to a notebook."""
    in_course = notebook.path.is_relative_to(settings().course)
    has_metadata = METADATA_KEY in notebook.node.metadata
    return (in_course or has_metadata) and not is_working_copy(notebook.node)


def _prepare(
    path: Path,
    folder: Path,
    cache: CheckCache | None,
    options: Mapping[str, object],
    kernel: str | None,
) -> _Job | CheckedNotebook:
    """Copy a notebook to where it will run, or return why it cannot or need not."""
    notebook, report = _read(path, kernel)
    if notebook is None:
        return CheckedNotebook(path, report, None, Lookup("it cannot run", {}))
    lesson: LessonFile | None = None
    if is_working_copy(notebook.node):
        try:
            lesson = lesson_of(notebook)
        except WorkbenchError as error:
            message = ErrorMessage(message=error.message, hint=error.hint)
            report = report.model_copy(update={"error": message})
            return CheckedNotebook(path, report, None, Lookup("it cannot run", {}))
        options = {**options, "lesson": lesson.sha256}
    lookup = (
        cache.look_up(notebook, options) if cache is not None else Lookup("without a cache", {})
    )
    if lookup.report is not None and not report.findings:
        cached = lookup.report.model_copy(update={"notebook": report.notebook})
        return CheckedNotebook(path, cached, None, lookup)
    copy_companions(path, folder)
    learner = prepare_copy(notebook, lesson, folder) if lesson is not None else None
    copy = notebook.write_to(folder) if learner is None else learner.path
    cells = [cell.id for cell in notebook.node.cells if cell.cell_type == "code"]
    return _Job(notebook, copy, report, cells, lookup, options, learner)


def _display_name(path: Path) -> str:
    course = settings().course
    return path.relative_to(course).as_posix() if path.is_relative_to(course) else str(path)


def _collect(job: _Job, results: Mapping[Path, list[CheckedCell]], failure: str) -> CheckedNotebook:
    cells = results.get(job.copy, [])
    executed: nbformat.NotebookNode | None = None
    error: ErrorMessage | None = None
    if len(cells) < len(job.cells):
        error = ErrorMessage(
            message=f"pytest gave results for {len(cells)} of {len(job.cells)} code cells.",
            hint=failure.strip() or "It ended without saying why.",
        )
    else:
        try:
            executed = read_notebook(job.copy.with_suffix(EXECUTED_SUFFIX))
        except NotebookError as unreadable:
            error = ErrorMessage(message=unreadable.message, hint=unreadable.hint)
    report = job.report.model_copy(update={"cells": cells, "error": error})
    if job.learner is not None:
        report = report.model_copy(update={"cells": job.learner.cells(report)})
    return CheckedNotebook(job.notebook.path, report, executed, job.lookup)
