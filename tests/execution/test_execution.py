"""Notebooks run in kernels of their own, report events, keep to limits, and can be stopped."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.errors import WorkbenchError
from paddle_workbench.execution import (
    ExecutedCell,
    Execution,
    ExecutionQueue,
    shared_threads,
    thread_variables,
)
from paddle_workbench.settings import WARM_VARIABLE, OutputLimits, output_limits

pytestmark = pytest.mark.kernel

LIMIT_S = 300
"""Ends a test that hangs."""


class Recorder:
    """Records the events of an execution; a test can wait for the first output."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []
        self.cells: dict[int, ExecutedCell] = {}
        self.has_printed = threading.Event()

    def cell_started(self, index: int) -> None:
        self.events.append(("started", index))

    def output_received(self) -> None:
        self.has_printed.set()

    def cell_finished(self, cell: ExecutedCell) -> None:
        self.events.append(("finished", cell.index))
        self.cells[cell.index] = cell


@pytest.fixture(autouse=True)
def _cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WARM_VARIABLE, "0")


def execution(
    folder: Path, *sources: str, recorder: Recorder | None = None, **options: Any
) -> Execution:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    # This kernel reserves its ports: other tests start kernels at the same time.
    notebook.metadata["kernelspec"] = {"name": "paddle", "display_name": "", "language": "python"}
    return Execution(
        notebook,
        folder=folder,
        kernel_log=folder / f"kernel-{id(notebook)}.log",
        listener=recorder or Recorder(),
        **options,
    )


def outputs(execution: Execution, index: int) -> list[str]:
    cell = execution.notebook.cells[index]
    return [
        output.text if output.output_type == "stream" else output.data["text/plain"]
        for output in cell.outputs
        if output.output_type != "error"
    ]


MAKE_FOLDER = """
import tempfile
folder = tempfile.TemporaryDirectory()
with open("folder.txt", "w") as file:
    file.write(folder.name)
"""


def assert_temporary_folder_is_removed(working_folder: Path) -> None:
    """Check the folder that `MAKE_FOLDER` has made, and that of its kernel."""
    folder = Path((working_folder / "folder.txt").read_text())
    assert folder.parent != Path(tempfile.gettempdir())
    assert not folder.parent.exists()


def test_divides_threads_equally() -> None:
    cores = shared_threads(1)
    assert shared_threads(cores) == 1
    assert shared_threads(100 * cores) == 1
    assert set(thread_variables(3).values()) == {"3"}
    assert "OMP_NUM_THREADS" in thread_variables(3)


def test_runs_cells_in_order_and_reports_them(tmp_path: Path) -> None:
    recorder = Recorder()
    environment = os.environ | thread_variables(3)
    notebook = execution(
        tmp_path,
        "import os; os.environ['OMP_NUM_THREADS']",
        "  ",
        "print(open('data.txt').read())",
        recorder=recorder,
        environment=environment,
    )
    (tmp_path / "data.txt").write_text("7")
    assert notebook.run().state == "completed"
    assert outputs(notebook, 0) == ["'3'"]
    assert outputs(notebook, 2) == ["7\n"]
    assert recorder.events == [("started", 0), ("finished", 0), ("started", 2), ("finished", 2)]
    assert notebook.notebook.metadata.language_info.name == "python"


def test_stops_at_failing_cell(tmp_path: Path) -> None:
    recorder = Recorder()
    notebook = execution(tmp_path, "print('so far')\n{}['key']", "1", recorder=recorder)
    ending = notebook.run()
    assert (ending.state, ending.cell, ending.reason) == ("cell_failed", 0, "KeyError: 'key'")
    assert "{}['key']" in ending.details
    assert outputs(notebook, 0) == ["so far\n"]
    assert recorder.cells[0].ending == ending
    assert set(recorder.cells) == {0}


def test_names_the_code_of_an_error_of_paddle(tmp_path: Path) -> None:
    notebook = execution(tmp_path, "raise RuntimeError('(Precondition) Tensor holds no memory.')")
    assert notebook.run().details.endswith("What this means: workbench explain PW-S102")


def test_reports_log_of_a_kernel_that_died(tmp_path: Path) -> None:
    # File descriptor 2, since the kernel replaces sys.stderr.
    notebook = execution(
        tmp_path, MAKE_FOLDER, "import os; os.write(2, b'last words'); os._exit(1)", "1"
    )
    ending = notebook.run()
    assert (ending.state, ending.cell, ending.reason) == ("kernel_died", 1, "the kernel died")
    assert_temporary_folder_is_removed(tmp_path)


def test_reports_kernel_that_does_not_start(tmp_path: Path) -> None:
    notebook = execution(tmp_path, "1")
    notebook.notebook.metadata.kernelspec.name = "pte"
    ending = notebook.run()
    assert (ending.state, ending.cell) == ("kernel_not_started", 0)
    assert "pte" in ending.details


# Short sleeps, since a signal that arrives just before a call to sleep does not end it.
SLEEP = "import time; print('asleep', flush=True)\nwhile True: time.sleep(0.1)"
STUBBORN = """
import time
print('on', flush=True)
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""


@pytest.mark.parametrize(
    ("source", "grace_s", "name"),
    [(SLEEP, 600.0, "KeyboardInterrupt"), (STUBBORN, 0.0, None)],
    ids=["interrupted", "killed"],
)
def test_stop_interrupts_or_kills_the_kernel(
    tmp_path: Path, source: str, grace_s: float, name: str | None
) -> None:
    recorder = Recorder()
    notebook = execution(tmp_path, MAKE_FOLDER, source, "2", recorder=recorder, grace_s=grace_s)
    queue = ExecutionQueue(1)
    future = queue.put(notebook)
    assert recorder.has_printed.wait(LIMIT_S)
    notebook.stop()
    ending = future.result(LIMIT_S)
    assert (ending.state, ending.cell) == ("cancelled", 1)
    errors = [out.ename for out in notebook.notebook.cells[1].outputs if out.output_type == "error"]
    assert errors == ([name] if name else [])
    assert set(recorder.cells) == {0, 1}
    queue.close()
    assert_temporary_folder_is_removed(tmp_path)


def test_second_stop_kills_the_kernel_at_once(tmp_path: Path) -> None:
    recorder = Recorder()
    notebook = execution(tmp_path, STUBBORN, recorder=recorder, grace_s=600.0)
    queue = ExecutionQueue(1)
    future = queue.put(notebook)
    assert recorder.has_printed.wait(LIMIT_S)
    notebook.stop()
    notebook.stop()
    assert future.result(LIMIT_S).state == "cancelled"
    queue.close()


def test_starts_no_kernel_after_stop(tmp_path: Path) -> None:
    recorder = Recorder()
    notebook = execution(tmp_path, "1", recorder=recorder)
    notebook.stop()
    assert notebook.run().state == "cancelled"
    assert recorder.events == []


def test_time_limit_covers_all_cells(tmp_path: Path) -> None:
    cells = ["import time", *["time.sleep(1)"] * 60]
    ending = execution(tmp_path, *cells, time_limit_s=6.0).run()
    assert (ending.state, ending.reason) == ("timed_out", "the notebook reached its time limit")


def test_exception_of_the_listener_ends_the_kernel(tmp_path: Path) -> None:
    class FailingRecorder(Recorder):
        def cell_started(self, index: int) -> None:
            if index == 1:
                raise WorkbenchError("the disk is full")
            super().cell_started(index)

    notebook = execution(tmp_path, "import os; os.getpid()", "1", recorder=FailingRecorder())
    with pytest.raises(WorkbenchError, match="full"):
        notebook.run()
    (kernel,) = outputs(notebook, 0)
    assert not Path(f"/proc/{kernel}").exists()


def test_cuts_output_with_a_note_and_continues(tmp_path: Path) -> None:
    limits = OutputLimits(cell_bytes=1_000_000, notebook_bytes=1_500_000)
    flood = "for _ in range(3): print('x' * 400_000, flush=True)"
    two = f"{flood.replace('3', '2')}\n1 / 0"
    notebook = execution(tmp_path, flood, two, "print('last')", limits=limits)
    ending = notebook.run()
    assert (ending.state, ending.cell) == ("cell_failed", 1)
    text, note = outputs(notebook, 0)
    assert len(text) == 1_000_000
    assert "Output cut here: this cell has printed more than 1 MB." in note
    assert "PADDLE_WORKBENCH_CELL_OUTPUT_MB" in note
    text, note = outputs(notebook, 1)
    assert len(text) == 500_000
    assert "the notebook has printed more than 1.5 MB" in note
    # An error is never cut.
    assert notebook.notebook.cells[1].outputs[-1].ename == "ZeroDivisionError"


def test_cleared_output_does_not_count(tmp_path: Path) -> None:
    animation = (
        "from IPython.display import clear_output\n"
        "for frame in range(5):\n"
        "    clear_output()\n"
        "    print(frame, 'x' * {size})"
    )
    limits = OutputLimits(cell_bytes=1_000_000)
    # The frames of the second one are beyond the limit, and the next cell's output is not.
    cells = [animation.format(size=400_000), animation.format(size=1_400_000), "print('last')"]
    notebook = execution(tmp_path, *cells, limits=limits)
    notebook.run()
    (last,) = outputs(notebook, 0)
    assert last.startswith("4 xxx")
    assert "Output cut here" in "".join(outputs(notebook, 1))
    assert outputs(notebook, 2) == ["last\n"]


@pytest.mark.parametrize(
    ("limits", "cell", "reason"),
    [
        (OutputLimits(5_000_000, 10**9), 1, "this cell has printed more than 5 MB"),
        (OutputLimits(10**9, 6_000_000), 1, "the notebook has printed more than 6 MB"),
    ],
    ids=["cell", "notebook"],
)
def test_stops_at_the_output_limit(
    tmp_path: Path, limits: OutputLimits, cell: int, reason: str
) -> None:
    cells = ["print('x' * 1_000_000)", "while True: print('x' * 100_000)", "1"]
    notebook = execution(tmp_path, *cells, limits=limits, stops_at_limit=True, grace_s=0.0)
    ending = notebook.run()
    assert (ending.state, ending.cell, ending.reason) == ("too_much_output", cell, reason)


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("PADDLE_WORKBENCH_CELL_OUTPUT_MB", raising=False)
    return monkeypatch


def test_reads_limits_in_megabytes(limit: pytest.MonkeyPatch) -> None:
    assert output_limits() == OutputLimits(20_000_000, 100_000_000)
    limit.setenv("PADDLE_WORKBENCH_CELL_OUTPUT_MB", "0.5")
    assert output_limits().cell_bytes == 500_000


@pytest.mark.parametrize("value", ["many", "-1", "0", "nan", "inf", "1e400"])
def test_rejects_invalid_limits(value: str, limit: pytest.MonkeyPatch) -> None:
    limit.setenv("PADDLE_WORKBENCH_CELL_OUTPUT_MB", value)
    with pytest.raises(WorkbenchError, match="is not a number of megabytes"):
        output_limits()


def test_closing_the_queue_stops_all_notebooks(tmp_path: Path) -> None:
    recorder = Recorder()
    queue = ExecutionQueue(1)
    running = queue.put(execution(tmp_path, SLEEP, recorder=recorder))
    waiting = queue.put(execution(tmp_path, "1"))
    assert recorder.has_printed.wait(LIMIT_S)
    queue.close()
    assert running.result().state == "cancelled"
    assert waiting.cancelled() or waiting.result().state == "cancelled"
