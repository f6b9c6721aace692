"""A pytest plugin that puts lessons through nbval.

nbval collects the cells, reads their tags and compares outputs. Added to it are the sanitizers,
outputs that hold nothing but noise, missing pictures, and one result a cell that says what was and
what was not compared. Cells are executed by nbclient instead of nbval's own loop, which waits half
an hour for a kernel that has died, goes on after an error, and knows neither `clear_output` nor
`update_display_data`.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

from .rendering import output_difference, plain
from .results import EXECUTED_SUFFIX, CellOutcome, CellResult
from .sanitizers import sanitize

__all__ = ["RESULT_PROPERTY", "LessonCell", "LessonFile"]

RESULT_PROPERTY = "workbench"
LOG_SUFFIX = ".kernel.log"
START_TIMEOUT_S = 120
DEFAULT_LIMIT_S = 600.0
SKIP_TAGS = ("skip-execution", "nbval-skip")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that `session.py` gives."""
    group = parser.getgroup("paddle-workbench")
    group.addoption("--workbench-results", type=Path, help="File for one JSON line a cell.")
    group.addoption("--workbench-limit", type=float, help="Seconds for each notebook.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> LessonFile | None:
    """Collect notebooks; nbval does not, since it is not given its own option."""
    if file_path.suffix != ".ipynb":
        return None
    lesson: LessonFile = LessonFile.from_parent(parent, path=file_path)
    return lesson


class _Results:
    """Writes results as they arrive; with xdist that is in the controlling process only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, result in report.user_properties:
            if name == RESULT_PROPERTY and report.when == "call":
                line = {"file": report.nodeid.split("::")[0], "result": json.loads(str(result))}
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to write results."""
    path = config.getoption("--workbench-results")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Results(path), "workbench-results")


class CellFailedError(Exception):
    """Tells pytest that a cell failed; the result says how."""


class LessonFile(IPyNbFile):  # type: ignore[misc] # nbval is not typed
    """A notebook, its kernel, and how much time it has."""

    nb: nbformat.NotebookNode
    path: Path

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stopped_by = ""
        self._client: NotebookClient | None = None
        self._kernel = ExitStack()

    def collect(self) -> Iterator[LessonCell]:
        """Yield nbval's cells as cells of this layer."""
        for item in super().collect():
            yield LessonCell.from_parent(
                self,
                name=item.cell.get("id", item.name),
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )

    def setup(self) -> None:
        """Leave starting the kernel to the first cell, whose result can say why it failed."""

    def client(self) -> NotebookClient:
        """Return the client, with a kernel started."""
        if self._client is None:
            log = self._kernel.enter_context(
                self.path.with_suffix(LOG_SUFFIX).open("w", encoding="utf-8")
            )
            client = NotebookClient(
                self.nb,
                startup_timeout=START_TIMEOUT_S,
                coalesce_streams=True,
                shutdown_kernel="immediate",
            )
            end = time.monotonic() + self._limit_s()
            client.timeout_func = lambda _cell: max(1, math.ceil(end - time.monotonic()))
            self._kernel.enter_context(
                client.setup_kernel(cwd=str(self.path.parent), stdout=log, stderr=log)
            )
            self._client = client
        return self._client

    def last_words(self) -> str:
        """Return the end of what the kernel said outside of cells."""
        log = self.path.with_suffix(LOG_SUFFIX)
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])

    def teardown(self) -> None:
        """End the kernel and leave the executed notebook beside the copy."""
        self._kernel.close()
        executed = self.path.with_suffix(EXECUTED_SUFFIX)
        executed.write_text(nbformat.writes(self.nb), encoding="utf-8")

    def _limit_s(self) -> float:
        given: float | None = self.config.getoption("--workbench-limit")
        if given is not None:
            return given
        minutes = self.nb.metadata.get("paddle_workbench", {}).get("minutes")
        return minutes * 60.0 if isinstance(minutes, int) else DEFAULT_LIMIT_S


class LessonCell(IPyNbCell):  # type: ignore[misc]
    """A code cell: executed, compared, and told about."""

    parent: LessonFile
    cell: nbformat.NotebookNode

    def setup(self) -> None:
        """Do nothing: nbval would run the cells after one that timed out, expecting failures."""

    def runtest(self) -> None:
        """Execute the cell and compare what came out with what is stored."""
        tags = self.cell.metadata.get("tags", [])
        skipping = [tag for tag in SKIP_TAGS if tag in tags]
        if skipping or self.options["skip"]:
            self._tell("not_run", f"tagged {skipping[0]}" if skipping else "marked NBVAL_SKIP")
        elif self.parent.stopped_by:
            self._tell("not_run", self.parent.stopped_by)
        elif not self.cell.source.strip():
            self._tell("not_run", "empty")
        else:
            reference = copy.deepcopy(self.cell.outputs)
            never_run = self.cell.execution_count is None and not reference
            self._execute()
            self._compare(reference, never_run=never_run)

    def sanitize(self, s: Any) -> Any:
        """Take the noise out of a text; nbval calls this for everything that it compares."""
        return sanitize(s) if isinstance(s, str) else s

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Say in pytest's own output what the result says."""
        return str(excinfo.value)

    def _execute(self) -> None:
        try:
            client = self.parent.client()
        except RuntimeError as error:
            self._stop("the kernel did not start", f"{error}\n{self.parent.last_words()}")
        index = next(i for i, cell in enumerate(self.parent.nb.cells) if cell is self.cell)
        try:
            client.execute_cell(self.cell, index)
        except CellTimeoutError:
            self._stop("the notebook reached its time limit", "")
        except DeadKernelError:
            self._stop("the kernel died", self.parent.last_words())
        except CellExecutionError as error:
            raised = next(out for out in self.cell.outputs if out.output_type == "error")
            self._stop(f"{error.ename}: {error.evalue}", plain("\n".join(raised.traceback)))

    def _compare(self, reference: list[nbformat.NotebookNode], *, never_run: bool) -> None:
        found = self.cell.outputs
        raised = any(output.output_type == "error" for output in found)
        if self.options["check_exception"] and not raised:
            self._fail("differs", "it is tagged raises-exception, and raised nothing", "")
        if not self.options["check"]:
            self._tell("not_compared", "tagged nbval-ignore-output")
            return
        if never_run:
            self._tell("not_compared", "no reference output is stored")
            return
        expected, found = _without_noise(reference), _without_noise(copy.deepcopy(found))
        # nbval skips pictures and widgets altogether, even one that is not there any more.
        same_kinds = _uncompared(expected) == _uncompared(found)
        if not same_kinds or not self.compare_outputs(found, expected):
            difference = output_difference(expected, found, sanitize)
            self._fail("differs", "the output differs", difference)
        kinds = _uncompared(expected)
        if kinds and len(kinds) == sum(len(output.get("data", {"": ""})) for output in expected):
            self._tell("not_compared", f"only {' and '.join(sorted(set(kinds)))}")
            return
        self._tell("compared", " and ".join(f"without {kind}" for kind in sorted(set(kinds))))

    def _stop(self, reason: str, difference: str) -> None:
        self.parent.stopped_by = f"after `{self.cell.get('id', self.name)}`: {reason}"
        self._fail("raised", reason, difference)

    def _fail(self, outcome: CellOutcome, reason: str, difference: str) -> None:
        self._tell(outcome, reason, difference)
        raise CellFailedError(f"{reason}\n{difference}")

    def _tell(self, outcome: CellOutcome, reason: str = "", difference: str = "") -> None:
        result = CellResult(
            cell=self.cell.get("id", self.name),
            outcome=outcome,
            reason=reason,
            difference=difference,
        )
        self.user_properties.append((RESULT_PROPERTY, result.model_dump_json()))


def _without_noise(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs with streams joined, and without streams that hold nothing but noise."""
    joined: list[nbformat.NotebookNode] = coalesce_streams(outputs)
    return [
        output
        for output in joined
        if output.output_type != "stream" or sanitize(output.text).strip()
    ]


def _uncompared(outputs: Sequence[nbformat.NotebookNode]) -> list[str]:
    """Return, for each representation that nbval does not compare, what it is."""
    kinds = {
        "image/png": "a picture",
        "image/jpeg": "a picture",
        "application/vnd.jupyter.widget-view+json": "a widget",
    }
    return [
        kinds[mime_type]
        for output in outputs
        for mime_type in sorted(output.get("data", {}))
        if mime_type in kinds
    ]
