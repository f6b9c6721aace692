"""Checking notebooks: on copies, in a child process that runs pytest with the nbval layer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
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
from .results import EXECUTED_SUFFIX, CellResult, NotebookReport, StructuralFinding
from .structure import check_structure

__all__ = ["CheckedNotebook", "check_notebooks", "find_notebooks", "read_notebooks"]

RESULTS_FILE = "results.jsonl"
POLL_S = 0.2
# pytest: all passed, or some failed. Anything else went wrong in pytest itself.
EXPECTED_EXITS = (0, 1)

CheckListener = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class CheckedNotebook:
    """A notebook, what was found, and what it gave when executed, if it came to that."""

    path: Path
    report: NotebookReport
    executed: nbformat.NotebookNode | None


@dataclass(frozen=True, slots=True)
class _Job:
    path: Path
    name: str
    folder: Path
    findings: list[StructuralFinding]
    cells: list[str]

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
    listener: CheckListener = lambda _done, _total: None,
) -> list[CheckedNotebook]:
    """Check notebooks and return what was found, in the order given.

    Parameters
    ----------
    paths : sequence of Path
        Never written; each is copied, with its assets, into a temporary folder and run there.
    jobs : int
        How many notebooks run at the same time.
    limit_s : float, optional
        Seconds for each notebook; else the minutes in its metadata, else ten minutes.
    listener : callable
        Told how many code cells are through, and of how many.
    """
    unreadable: dict[Path, NotebookReport] = {}
    runnable: dict[Path, _Job] = {}
    with tempfile.TemporaryDirectory(prefix="workbench-check-") as temporary:
        root = Path(temporary).resolve()
        for number, path in enumerate(paths):
            prepared = _prepare(path, root / f"{number:03}")
            if isinstance(prepared, NotebookReport):
                unreadable[path] = prepared
            else:
                runnable[path] = prepared
        results, failure = _run_pytest(root, list(runnable.values()), jobs, limit_s, listener)
        return [
            CheckedNotebook(path, unreadable[path], None)
            if path in unreadable
            else _collect(runnable[path], results, failure)
            for path in paths
        ]


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
        checked.append(CheckedNotebook(path, report, None))
    return checked


def _lesson(name: str) -> Path:
    try:
        return find_lesson(name).notebook
    except LessonNotFoundError as error:
        raise NotebookError(
            f"{name!r} is no notebook, no folder and no lesson.", error.hint
        ) from error


@dataclass(frozen=True, slots=True)
class _Read:
    """A notebook that can run, and what is wrong in it all the same."""

    notebook: nbformat.NotebookNode
    report: NotebookReport


def _read(path: Path) -> _Read | NotebookReport:
    """Read a notebook, or say why it cannot run."""
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


def _prepare(path: Path, folder: Path) -> _Job | NotebookReport:
    """Copy a notebook to where it will run, or say why it cannot."""
    read = _read(path)
    if isinstance(read, NotebookReport):
        return read
    copy_companions(path, folder)
    shutil.copyfile(path, folder / path.name)
    code = [cell for cell in read.notebook.cells if cell.cell_type == "code"]
    cells = [cell.get("id", f"cell {number}") for number, cell in enumerate(code)]
    name, findings = read.report.notebook, read.report.findings
    return _Job(path=path, name=name, folder=folder, findings=findings, cells=cells)


def _display_name(path: Path) -> str:
    course = settings().course
    return path.relative_to(course).as_posix() if path.is_relative_to(course) else str(path)


def _run_pytest(
    root: Path, jobs: Sequence[_Job], workers: int, limit_s: float | None, listener: CheckListener
) -> tuple[dict[Path, list[CellResult]], str]:
    """Run the child, and return the results by notebook and what went wrong with pytest itself."""
    if not jobs:
        return {}, ""
    # Nothing of what stands above the temporary folder, or in the caller's environment, takes part.
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    results = root / RESULTS_FILE
    results.touch()
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "--rootdir", str(root), "-q"]
    for plugin in ("nbval.plugin", "xdist.plugin", "paddle_workbench.checks.nbval_layer"):
        command += ["-p", plugin]
    command += ["-p", "no:cacheprovider", "--workbench-results", str(results)]
    if limit_s is not None:
        command += ["--workbench-limit", str(limit_s)]
    if workers > 1 and len(jobs) > 1:
        command += ["-n", str(min(workers, len(jobs))), "--dist", "loadfile"]
    command += [str(job.copy) for job in jobs]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    total = sum(len(job.cells) for job in jobs)
    log = root / "pytest.log"
    with log.open("w", encoding="utf-8") as output:
        child = subprocess.Popen(
            command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while True:
                listener(len(results.read_text(encoding="utf-8").splitlines()), total)
                try:
                    child.wait(POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if child.poll() is None:
                # Ctrl-C: pytest has got it too, and ends its kernels.
                child.terminate()
                child.wait()
    failure = "" if child.returncode in EXPECTED_EXITS else log.read_text(encoding="utf-8")
    return _read_results(results, root), failure


def _read_results(path: Path, root: Path) -> dict[Path, list[CellResult]]:
    results: dict[Path, list[CellResult]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        result = CellResult.model_validate(entry["result"])
        results.setdefault(root / entry["file"], []).append(result)
    return results


def _collect(job: _Job, results: Mapping[Path, list[CellResult]], failure: str) -> CheckedNotebook:
    cells = results.get(job.copy, [])
    if len(cells) < len(job.cells):
        error = ErrorMessage(
            message=f"pytest gave results for {len(cells)} of {len(job.cells)} code cells.",
            hint=failure.strip() or "It ended without saying why.",
        )
        report = NotebookReport(notebook=job.name, findings=job.findings, cells=cells, error=error)
        return CheckedNotebook(job.path, report, None)
    executed = nbformat.read(job.copy.with_suffix(EXECUTED_SUFFIX), as_version=4)
    report = NotebookReport(notebook=job.name, findings=job.findings, cells=cells)
    return CheckedNotebook(job.path, report, executed)
