"""The cells of notebooks that run side by side, waited for one by one."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from paddle_workbench.checks.cell_runs import CellRun, CellRuns
from paddle_workbench.checks.comparison.options import CheckOptions
from paddle_workbench.checks.comparison.outputs import compare_outputs
from paddle_workbench.checks.comparison.widgets import VIEW_MIME_TYPE
from paddle_workbench.execution import Execution, ExecutionQueue

from .conftest import code

pytestmark = pytest.mark.kernel

SLIDER = "import ipywidgets\nipywidgets.HBox([ipywidgets.FloatSlider(value={value})])"


def start(queue: ExecutionQueue, folder: Path, *sources: str) -> CellRuns:
    cells = [code(f"cell-{number}", source) for number, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "paddle", "display_name": "", "language": "python"}
    runs = CellRuns(range(len(sources)), lambda: None)
    execution = Execution(
        notebook,
        folder=folder,
        kernel_log=folder / f"{id(runs)}.log",
        listener=runs,
        cells=range(len(sources)),
    )
    runs.start(execution, queue)
    return runs


def result(runs: CellRuns, index: int) -> CellRun:
    run = runs.result(index)
    assert run is not None
    return run


@pytest.mark.parametrize("jobs", [1, 2])
def test_returns_results_of_every_notebook(tmp_path: Path, jobs: int) -> None:
    queue = ExecutionQueue(jobs)
    notebooks = [start(queue, tmp_path, f"{n} * 2") for n in range(3)]
    values = [result(runs, 0).outputs[0].data["text/plain"] for runs in notebooks]
    queue.close()
    assert values == ["0", "2", "4"]


def test_cells_after_a_failure_have_no_result(tmp_path: Path) -> None:
    queue = ExecutionQueue(1)
    runs = start(queue, tmp_path, "1 / 0", "1")
    ending = result(runs, 0).ending
    assert ending is not None
    assert ending.reason == "ZeroDivisionError: division by zero"
    assert runs.result(1) is None
    queue.close()


def test_closing_the_queue_ends_every_wait(tmp_path: Path) -> None:
    queue = ExecutionQueue(1)
    first = start(queue, tmp_path, "1", "import time; time.sleep(600)")
    second = start(queue, tmp_path, "1")
    assert result(first, 0).ending is None
    queue.close()
    stopped = first.result(1)
    assert stopped is None or stopped.ending is not None
    assert second.result(0) is None


def test_control_characters_in_a_stream_are_text(tmp_path: Path) -> None:
    queue = ExecutionQueue(1)
    source = "import sys; sys.stdout.write('a\\x00\\x1b[31m'); print('b')"
    outputs = result(start(queue, tmp_path, source), 0).outputs
    queue.close()
    text = "".join(output.text for output in outputs if output.output_type == "stream")
    assert text == "a\x00\x1b[31mb\n"
    assert compare_outputs(outputs, outputs, CheckOptions()).differences == []


def test_widgets_of_two_runs_are_compared(tmp_path: Path) -> None:
    queue = ExecutionQueue(2)
    notebooks = [start(queue, tmp_path, SLIDER.format(value=value)) for value in (0.5, 0.5, 0.75)]
    shown = [result(runs, 0).outputs for runs in notebooks]
    queue.close()
    same, other = (
        compare_outputs(shown[0], again, CheckOptions()).differences for again in shown[1:]
    )
    assert same == []
    assert {(one.output, one.name) for one in other} == {
        ("text/plain", ""),
        (VIEW_MIME_TYPE, "traits.children[0].traits.value"),
    }
