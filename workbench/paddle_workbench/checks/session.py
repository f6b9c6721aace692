"""Checking notebooks: on copies, in a child process that runs pytest with the nbval layer."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..contract import ErrorMessage
from ..course.catalog import find_lesson
from ..course.companions import copy_companions
from ..course.kernelspec import require_kernel
from ..course.notebook import read_notebook
from ..errors import LessonNotFoundError, NotebookError
from ..settings import settings
from .cache import CheckCache, Lookup
from .execution import shared_threads
from .pytest_child import CheckListener, run_pytest
from .results import EXECUTED_SUFFIX, CheckedCell, NotebookReport, StructuralFinding
from .structure import check_structure

__all__ = ["CheckedNotebook", "check_notebooks", "find_notebooks", "read_notebooks"]

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
    path: Path
    name: str
    folder: Path
    findings: list[StructuralFinding]
    cells: list[str]
    lookup: Lookup

    @property
    def copy(self) -> Path:
        return self.folder / self.path.name


def find_notebooks(names: Sequence[str]) -> list[Path]:
    """Return the notebooks that paths, folders and lesson names mean; the course if there are none.

    Raises
    ------
    NotebookError
        If a name is none of these, or there is no notebook in it.
    """
    found: list[Path] = []
    for name in names or [str(settings().course)]:
        path = Path(name)
        if path.is_dir():
            notebooks = [
                notebook
                for notebook in sorted(path.rglob("*.ipynb"))
                if not any(part.startswith(".") for part in notebook.relative_to(path).parts)
            ]
            if not notebooks:
                raise NotebookError(f"There is no notebook in {path}.", "Check the path.")
            found += notebooks
        elif path.is_file():
            found.append(path)
        else:
            found.append(_lesson(name))
    return list(dict.fromkeys(path.resolve() for path in found))


def check_notebooks(
    paths: Sequence[Path],
    *,
    jobs: int = 1,
    limit_s: float | None = None,
    threads: int | None = None,
    cache: CheckCache | None = None,
    listener: CheckListener = lambda _done, _total: None,
) -> list[CheckedNotebook]:
    """Check notebooks and return what was found, in the order given.

    Parameters
    ----------
    paths : sequence of Path
        Never written; each is copied, with its assets, into a temporary folder and run there.
    jobs : int
        How many notebooks run at the same time; those that say they take longest begin.
    limit_s : float, optional
        Seconds for each notebook; else the minutes in its metadata, else ten minutes.
    threads : int, optional
        How many threads each notebook computes in; else a fair share of the cores.
    cache : CheckCache, optional
        Notebooks that passed and have not changed since are not run again; without it all are.
    listener : callable
        Told how many code cells are through, and of how many. If it raises, the check ends.
    """
    each = threads or shared_threads(min(jobs, max(1, len(paths))))
    options = {"threads": each, "limit_s": limit_s}
    done: dict[Path, CheckedNotebook] = {}
    runnable: dict[Path, _Job] = {}
    with tempfile.TemporaryDirectory(prefix="workbench-check-") as temporary:
        root = Path(temporary).resolve()
        for number, path in enumerate(paths):
            prepared = _prepare(path, root / f"{number:03}", cache, options)
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
            total=sum(len(job.cells) for job in runnable.values()),
            listener=listener,
        )
        for path, job in runnable.items():
            done[path] = checked = _collect(job, results, failure)
            if cache is not None:
                cache.store(path, job.lookup.key, options, checked.report)
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
        read = _read(path)
        report = read if isinstance(read, NotebookReport) else read.report
        checked.append(CheckedNotebook(path, report, None, _ONLY_READ))
    return checked


def _lesson(name: str) -> Path:
    try:
        return find_lesson(name).notebook
    except LessonNotFoundError as error:
        raise NotebookError(
            f"{name!r} is not a notebook, a folder or a lesson.", error.hint
        ) from error


@dataclass(frozen=True, slots=True)
class _Read:
    """A notebook that can run, and its problems."""

    notebook: nbformat.NotebookNode
    report: NotebookReport


def _read(path: Path) -> _Read | NotebookReport:
    """Read a notebook, or return why it cannot run."""
    name = _display_name(path)
    findings: list[StructuralFinding] = []
    try:
        with warnings.catch_warnings():
            # nbformat warns of missing and double cell ids, which are findings.
            warnings.simplefilter("ignore")
            notebook = read_notebook(path)
        findings = check_structure(notebook, path)
        require_kernel(notebook, path)
    except NotebookError as error:
        message = ErrorMessage(message=error.message, hint=error.hint)
        return NotebookReport(notebook=name, findings=findings, error=message)
    return _Read(notebook, NotebookReport(notebook=name, findings=findings))


def _prepare(
    path: Path, folder: Path, cache: CheckCache | None, options: Mapping[str, object]
) -> _Job | CheckedNotebook:
    """Copy a notebook to where it will run, or return why it cannot or need not."""
    read = _read(path)
    if isinstance(read, NotebookReport):
        return CheckedNotebook(path, read, None, Lookup("it cannot run", {}))
    lookup = cache.look_up(path, options) if cache is not None else Lookup("without a cache", {})
    if lookup.report is not None and not read.report.findings:
        report = lookup.report.model_copy(update={"notebook": read.report.notebook})
        return CheckedNotebook(path, report, None, lookup)
    copy_companions(path, folder)
    shutil.copyfile(path, folder / path.name)
    code = [cell for cell in read.notebook.cells if cell.cell_type == "code"]
    cells = [cell.get("id", f"cell {number}") for number, cell in enumerate(code)]
    return _Job(path, read.report.notebook, folder, read.report.findings, cells, lookup)


def _display_name(path: Path) -> str:
    course = settings().course
    return path.relative_to(course).as_posix() if path.is_relative_to(course) else str(path)


def _collect(job: _Job, results: Mapping[Path, list[CheckedCell]], failure: str) -> CheckedNotebook:
    cells = results.get(job.copy, [])
    if len(cells) < len(job.cells):
        error = ErrorMessage(
            message=f"pytest gave results for {len(cells)} of {len(job.cells)} code cells.",
            hint=failure.strip() or "It ended without saying why.",
        )
        report = NotebookReport(notebook=job.name, findings=job.findings, cells=cells, error=error)
        return CheckedNotebook(job.path, report, None, job.lookup)
    try:
        executed = read_notebook(job.copy.with_suffix(EXECUTED_SUFFIX))
    except NotebookError as unreadable:
        error = ErrorMessage(message=unreadable.message, hint=unreadable.hint)
        report = NotebookReport(notebook=job.name, findings=job.findings, cells=cells, error=error)
        return CheckedNotebook(job.path, report, None, job.lookup)
    report = NotebookReport(notebook=job.name, findings=job.findings, cells=cells)
    return CheckedNotebook(job.path, report, executed, job.lookup)
