"""Collect, run and compare notebooks in pytest, on top of nbval.

nbval collects the cells and reads their tags and comments. Texts are compared by `comparison`
instead. Cells are run by nbclient, since nbval waits half an hour for a kernel that has died,
continues after an error, and supports neither `clear_output` nor `update_display_data`.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import IPyNbCell, IPyNbFile

from ..contract import CheckDifference, IgnoredNoise
from ..errors import NotebookError
from ..execution import Execution, ExecutionQueue, kernel_for, shared_threads, thread_variables
from ..scratch import ScratchFolder
from ..terminal_text import printable
from .cell_runs import CellRun, CellRuns
from .comparison.options import CheckOptions, check_options
from .comparison.outputs import compare_outputs
from .results import EXECUTED_SUFFIX, FAILED, CellOutcome, CheckedCell

__all__ = ["RESULT_PROPERTY", "LessonCell", "LessonFile", "NbvalLayer"]

RESULT_PROPERTY = "workbench"
DEFAULT_LIMIT_S = 600.0
MAY_RAISE = "raises-exception"
SKIP_TAGS = ("skip-execution", "nbval-skip")


class NbvalLayer:
    """The hooks of pytest, also in the workers of xdist, which run complete notebooks."""

    def __init__(self, config: pytest.Config) -> None:
        self._is_worker = hasattr(config, "workerinput")
        self._results: Path | None = config.getoption("--workbench-results")
        jobs: int = config.getoption("--workbench-jobs")
        threads: int = config.getoption("--workbench-threads") or shared_threads(
            _workers(config) * jobs
        )
        self._environment = {**os.environ, **thread_variables(threads)}
        self._queue = ExecutionQueue(jobs)
        if threading.current_thread() is threading.main_thread():
            # Like Ctrl-C: a forked kernel does not notice that its parent has ended.
            signal.signal(signal.SIGTERM, signal.default_int_handler)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> LessonFile | None:
        """Collect notebooks; nbval does not, without its own option."""
        if file_path.suffix != ".ipynb":
            return None
        lesson: LessonFile = LessonFile.from_parent(parent, path=file_path)
        lesson.environment = self._environment
        lesson.queue = self._queue
        return lesson

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the longest notebooks first, and leave all other tests in place."""
        cells = [item for item in items if isinstance(item, LessonCell)]
        ordered = iter(sorted(cells, key=lambda cell: -cell.parent.minutes))
        items[:] = [next(ordered) if isinstance(item, LessonCell) else item for item in items]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start all notebooks; a worker of xdist starts each when it receives it."""
        if self._is_worker or session.config.option.collectonly:
            return
        if hasattr(session.config, "workerinput") or _workers(session.config) > 1:
            return
        for lesson in dict.fromkeys(
            item.parent for item in session.items if isinstance(item, LessonCell)
        ):
            lesson.begin()

    def pytest_sessionfinish(self) -> None:
        """Shut down all kernels, also after Ctrl-C."""
        self._queue.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write each result when it arrives; with xdist only in the controlling process."""
        if self._results is None or self._is_worker or report.when != "call":
            return
        for name, result in report.user_properties:
            if name == RESULT_PROPERTY:
                line = {"file": report.nodeid.split("::")[0], "result": json.loads(str(result))}
                with self._results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")


def _workers(config: pytest.Config) -> int:
    """Return the number of processes that xdist starts; 1 without it."""
    worker_count = getattr(config, "workerinput", {}).get("workercount")
    return int(worker_count or config.getoption("numprocesses", default=0) or 1)


class CellFailedError(Exception):
    """Reports to pytest that a cell failed; the result has the details."""


class LessonFile(IPyNbFile):  # type: ignore[misc] # nbval is not typed
    """A notebook, its execution, and its time limit."""

    nb: nbformat.NotebookNode
    path: Path
    environment: dict[str, str]
    queue: ExecutionQueue

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stop_reason = ""
        self._runs: CellRuns | None = None
        self._cells: list[int] = []
        self._log = ScratchFolder("kernel-log")

    @property
    def minutes(self) -> float:
        """Return the minutes in the metadata of the lesson, by default ten."""
        metadata = self.nb.metadata.get("paddle_workbench", {})
        minutes = metadata.get("minutes") if isinstance(metadata, dict) else None
        return float(minutes) if isinstance(minutes, int) else DEFAULT_LIMIT_S / 60

    def collect(self) -> Iterator[LessonCell]:
        """Yield nbval's cells as cells of this layer."""
        for item in super().collect():
            cell = LessonCell.from_parent(
                self,
                name=item.cell.get("id", item.name),
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )
            if not cell.skip_reason:
                self._cells.append(cell.index)
            yield cell

    def setup(self) -> None:
        """Read nbval's own files of patterns; the kernel starts with the execution."""
        self.setup_sanitize_files()

    def begin(self) -> None:
        """Queue the notebook for execution."""
        kernel = self.config.getoption("--nbval-kernel-name", default=None)
        if self.config.getoption("--nbval-current-env", default=False):
            kernel = CURRENT_ENV_KERNEL_NAME
        kernel = kernel or kernel_for(self.nb)
        if kernel:
            self.nb.metadata.setdefault("kernelspec", nbformat.NotebookNode()).name = kernel
        limit_s: float | None = self.config.getoption("--workbench-limit")
        self._runs = CellRuns(self._cells, self.advance)
        execution = Execution(
            self.nb,
            folder=self.path.parent,
            kernel_log=self._log.path / "kernel.log",
            listener=self._runs,
            cells=self._cells,
            time_limit_s=self.minutes * 60 if limit_s is None else limit_s,
            grace_s=0.0,
            environment=self.environment,
            stops_at_limit=True,
        )
        self._runs.start(execution, self.queue)

    def result(self, index: int) -> CellRun | None:
        """Wait for a cell, and return its result; None if it did not run."""
        if self._runs is None:
            self.begin()
        assert self._runs is not None  # noqa: S101 - begin has just set it
        return self._runs.result(index)

    def advance(self) -> None:
        """Report another cell to `workbench check`."""
        progress: Path | None = self.config.getoption("--workbench-progress")
        if progress is not None:
            with progress.open("ab") as file:
                file.write(b".")

    def teardown(self) -> None:
        """Write the executed notebook next to the copy that `workbench check` made."""
        self._log.close()
        if self.config.getoption("--workbench-results") is not None:
            path = self.path.with_suffix(EXECUTED_SUFFIX)
            path.write_text(nbformat.writes(self.nb), encoding="utf-8")


class LessonCell(IPyNbCell):  # type: ignore[misc]
    """A code cell that is run, compared and reported."""

    parent: LessonFile
    cell: nbformat.NotebookNode

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cells = self.parent.nb.cells
        self.index = next(i for i, cell in enumerate(cells) if cell is self.cell)
        self._reference: list[nbformat.NotebookNode] = copy.deepcopy(self.cell.outputs)
        self._never_run = self.cell.execution_count is None
        if self.options["check_exception"]:
            # nbclient knows the tag, but not nbval's comment.
            tags = self.cell.metadata.setdefault("tags", [])
            tags += [] if MAY_RAISE in tags else [MAY_RAISE]

    @property
    def skip_reason(self) -> str:
        """Return why the cell is not run; empty if it is run."""
        tags = self.cell.metadata.get("tags", [])
        for tag in SKIP_TAGS:
            if tag in tags:
                return f"tagged {tag}"
        if self.options["skip"]:
            return "marked NBVAL_SKIP"
        return "" if self.cell.source.strip() else "empty"

    def setup(self) -> None:
        """Do nothing: after a timeout nbval would run the other cells, expecting them to fail."""

    def runtest(self) -> None:
        """Wait for the cell, and compare its outputs with the stored ones."""
        if self.skip_reason:
            self._skip(self.skip_reason)
        run = self.parent.result(self.index)
        if run is None:
            reason = self.parent.stop_reason or "the check was stopped"
            self._skip(reason)
        if run.ending is not None:
            reason = run.ending.reason
            self.parent.stop_reason = f"after `{self._cell_id}`: {reason}"
            self._fail("raised", reason, run, traceback=run.ending.details)
        self._compare(run)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Return the result for pytest's own output."""
        if isinstance(excinfo.value, CellFailedError):
            return printable(str(excinfo.value))
        return str(excinfo.getrepr(style="short"))

    @property
    def _cell_id(self) -> str:
        return str(self.cell.get("id", self.name))

    def _compare(self, run: CellRun) -> None:
        has_error = any(output.output_type == "error" for output in run.outputs)
        if self.options["check_exception"] and not has_error:
            self._fail("differs", "it is tagged raises-exception, and raised nothing", run)
        try:
            options = check_options(self.cell)
        except NotebookError as error:
            self._fail("unchecked", error.message, run)
        # The patterns of nbval's own --nbval-sanitize-with.
        comparison = compare_outputs(self._reference, run.outputs, options, super().sanitize)
        differences = comparison.differences
        has_output = bool(self._reference) or any(
            difference.kind == "extra" for difference in differences
        )
        if not self.options["check"]:
            self._report("not_compared", "tagged nbval-ignore-output", run, has_output=has_output)
        elif self._never_run and self._reference:
            self._fail("differs", "it has never been run, and has outputs", run)
        elif self._never_run and differences:
            self._fail("unchecked", "no reference output is stored", run, differences)
        elif differences and all(one.kind == "unreadable" for one in differences):
            self._fail("unchecked", "an output cannot be compared", run, differences)
        elif differences:
            self._fail(
                "differs", "the output differs", run, differences, ignored=comparison.ignored
            )
        else:
            self._report(
                "compared",
                _relaxations(options),
                run,
                has_output=has_output,
                ignored=comparison.ignored,
            )

    def _skip(self, reason: str) -> NoReturn:
        self._report("not_run", reason, has_output=bool(self._reference))
        # The execution reports the cells that it runs.
        self.parent.advance()
        pytest.skip(reason)

    def _fail(
        self,
        outcome: CellOutcome,
        reason: str,
        run: CellRun,
        differences: list[CheckDifference] | None = None,
        *,
        traceback: str = "",
        ignored: Sequence[IgnoredNoise] = (),
    ) -> NoReturn:
        assert outcome in FAILED  # noqa: S101 - the callers guarantee it
        self._report(outcome, reason, run, differences, traceback=traceback, ignored=ignored)
        lines = [reason, *(difference.message for difference in differences or []), traceback]
        raise CellFailedError("\n".join(line for line in lines if line))

    def _report(
        self,
        outcome: CellOutcome,
        reason: str = "",
        run: CellRun | None = None,
        differences: list[CheckDifference] | None = None,
        *,
        traceback: str = "",
        has_output: bool = True,
        ignored: Sequence[IgnoredNoise] = (),
    ) -> None:
        result = CheckedCell(
            cell=self._cell_id,
            outcome=outcome,
            reason=reason,
            has_output=has_output,
            duration_s=round(run.duration_s, 3) if run else None,
            differences=differences or [],
            ignored=list(ignored),
            traceback=traceback,
        )
        self.user_properties.append((RESULT_PROPERTY, result.model_dump_json()))


def _relaxations(options: CheckOptions) -> str:
    """Return how a cell's own options relaxed its comparison."""
    names = [name for name in ("numbers", "texts") if getattr(options, name) == "any"]
    parts = [f"whatever its {' and '.join(names)}"] if names else []
    parts += ["in any order"] if options.unordered else []
    parts += [] if options.likeness is None else [f"pictures alike to {options.likeness:g}"]
    return " and ".join(parts)
