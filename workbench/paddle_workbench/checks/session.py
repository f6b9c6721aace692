"""Check notebooks: on copies, in a child process that runs pytest with the nbval layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..contract import ErrorMessage
from ..course.catalog import LessonFile
from ..course.companions import copy_companions
from ..course.notebook import METADATA_KEY
from ..errors import NotebookError, WorkbenchError
from ..execution import kernel_for, require_kernel, shared_threads
from ..notebooks import Notebook, read_notebook
from ..scratch import ScratchFolder
from ..settings import settings
from .cache import CheckCache, Lookup
from .learner import LearnerCopy, is_working_copy, lesson_of, prepare_copy
from .pytest_child import CheckListener, run_pytest
from .results import EXECUTED_SUFFIX, CheckedCell, NotebookReport
from .structure import check_code, check_structure

__all__ = ["CheckedNotebook", "check_notebooks", "read_notebooks"]

_ONLY_READ = Lookup("it was only read", {})


@dataclass(frozen=True, slots=True)
class CheckedNotebook:
    """A notebook, the report on it, and its executed copy if it ran.

    Parameters
    ----------
    path : Path
    report : NotebookReport
    executed : NotebookNode or None
    lookup : Lookup
        Why it was run, or why not.
    """

    path: Path
    report: NotebookReport
    executed: nbformat.NotebookNode | None
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class _PendingCheck:
    """A notebook that has to run, its copy, and what the cache needs to store its pass."""

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
    """Check notebooks and return the results in the same order.

    Parameters
    ----------
    paths : sequence of Path
        Never changed; each is copied, with its assets, into a temporary folder and run there. A
        learner's working copy is compared with its lesson.
    jobs : int
        How many notebooks run at the same time; those that take longest start first.
    limit_s : float, optional
        Seconds for each notebook; by default the minutes in its metadata, or else ten minutes.
    threads : int, optional
        How many threads each notebook computes in; by default a fair share of the cores.
    kernel : str, optional
        The kernel to run them in, instead of the one that each names.
    cache : CheckCache, optional
        Notebooks that passed and have not changed since are not run again; without it all are.
    listener : callable
        Called with the number of code cells that are done, and of all. If it raises, the check
        ends.
    """
    notebook_threads = threads or shared_threads(min(jobs, max(1, len(paths))))
    options = {"threads": notebook_threads, "limit_s": limit_s, "kernel": kernel}
    results: dict[Path, CheckedNotebook] = {}
    pending: dict[Path, _PendingCheck] = {}
    with ScratchFolder("check") as temporary:
        root = temporary.resolve()
        for number, path in enumerate(paths):
            check = _prepare(path, root / f"{number:03}", cache, options, kernel)
            if isinstance(check, CheckedNotebook):
                results[path] = check
            else:
                pending[path] = check
        cells, failure = run_pytest(
            root,
            [check.copy for check in pending.values()],
            jobs=jobs,
            threads=notebook_threads,
            limit_s=limit_s,
            kernel=kernel,
            total=sum(len(check.cells) for check in pending.values()),
            listener=listener,
        )
        for path, check in pending.items():
            results[path] = checked = _collect(check, cells, failure)
            if cache is not None:
                cache.store(check.notebook, check.lookup.key, check.options, checked.report)
        return [results[path] for path in paths]


def read_notebooks(paths: Sequence[Path]) -> list[CheckedNotebook]:
    """Check notebooks without running them: the rules of `structure`, and that the kernel exists.

    Parameters
    ----------
    paths : sequence of Path
        Never changed.
    """
    checked = []
    for path in paths:
        _notebook, report = _read(path)
        checked.append(CheckedNotebook(path, report, None, _ONLY_READ))
    return checked


def _read(path: Path, kernel: str | None = None) -> tuple[Notebook | None, NotebookReport]:
    """Read a notebook and report its problems; the notebook is None if it cannot run."""
    report = NotebookReport(notebook=_display_name(path))
    try:
        notebook = Notebook.read(path)
        findings = check_structure(notebook) if _is_lesson(notebook) else []
        report = report.model_copy(update={"findings": [*findings, *check_code(notebook)]})
        require_kernel(kernel or kernel_for(notebook.node), path)
    except NotebookError as error:
        message = ErrorMessage(message=error.message, hint=error.hint)
        return None, report.model_copy(update={"error": message})
    return notebook, report


def _is_lesson(notebook: Notebook) -> bool:
    """Return whether the rules for lessons apply to a notebook."""
    in_course = notebook.path.is_relative_to(settings().course)
    has_metadata = METADATA_KEY in notebook.node.metadata
    return (in_course or has_metadata) and not is_working_copy(notebook.node)


def _prepare(
    path: Path,
    folder: Path,
    cache: CheckCache | None,
    options: Mapping[str, object],
    kernel: str | None,
) -> _PendingCheck | CheckedNotebook:
    """Copy a notebook to where it will run, or return the result if it cannot or need not run."""
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
    copy_companions(path, folder, notebook.node)
    learner = prepare_copy(notebook, lesson, folder) if lesson is not None else None
    copy = notebook.write_to(folder) if learner is None else learner.path
    cells = [cell.id for cell in notebook.node.cells if cell.cell_type == "code"]
    return _PendingCheck(notebook, copy, report, cells, lookup, options, learner)


def _display_name(path: Path) -> str:
    course = settings().course
    return path.relative_to(course).as_posix() if path.is_relative_to(course) else str(path)


def _collect(
    check: _PendingCheck, results: Mapping[Path, list[CheckedCell]], failure: str
) -> CheckedNotebook:
    cells = results.get(check.copy, [])
    executed: nbformat.NotebookNode | None = None
    error: ErrorMessage | None = None
    if len(cells) < len(check.cells):
        error = ErrorMessage(
            message=f"pytest gave results for {len(cells)} of {len(check.cells)} code cells.",
            hint=failure.strip() or "It ended without a message.",
        )
    else:
        try:
            executed = read_notebook(check.copy.with_suffix(EXECUTED_SUFFIX))
        except NotebookError as unreadable:
            error = ErrorMessage(message=unreadable.message, hint=unreadable.hint)
    report = check.report.model_copy(update={"cells": cells, "error": error})
    if check.learner is not None:
        report = report.model_copy(update={"cells": check.learner.cells(report)})
    return CheckedNotebook(check.notebook.path, report, executed, check.lookup)
