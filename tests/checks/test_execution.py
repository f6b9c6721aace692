"""Notebooks are executed side by side, within limits, on a fair share of the cores."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.checks.comparison.options import CheckOptions
from paddle_workbench.checks.comparison.outputs import compare_outputs
from paddle_workbench.checks.comparison.widgets import VIEW_MIME_TYPE
from paddle_workbench.checks.execution import (
    Execution,
    ExecutionQueue,
    shared_threads,
    thread_variables,
)
from paddle_workbench.settings import WARM_VARIABLE

from .conftest import code

pytestmark = pytest.mark.kernel

SLIDER = "import ipywidgets\nipywidgets.HBox([ipywidgets.FloatSlider(value={value})])"


@pytest.fixture(autouse=True)
def _cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WARM_VARIABLE, "0")


def execution(folder: Path, *sources: str, **options: Any) -> Execution:
    cells = [code(f"cell-{number}", source) for number, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    # Cold, but its ports are kept for it: others start kernels at the same time.
    notebook.metadata["kernelspec"] = {"name": "paddle", "display_name": "", "language": "python"}
    return Execution(
        notebook,
        folder=folder,
        cells=range(len(sources)),
        **{
            "limit_s": 60,
            "environment": os.environ | thread_variables(3),
            "log": folder / f"kernel-{options.get('name', 'a')}.log",
        }
        | {name: value for name, value in options.items() if name != "name"},
    )


def test_threads_are_divided_fairly() -> None:
    cores = shared_threads(1)
    assert shared_threads(cores) == 1
    assert shared_threads(100 * cores) == 1
    assert set(thread_variables(3).values()) == {"3"}
    assert "OMP_NUM_THREADS" in thread_variables(3)


def test_kernel_gets_its_share(tmp_path: Path) -> None:
    found = execution(tmp_path, "import os; os.environ['OMP_NUM_THREADS']")
    found.run()
    result = found.result(0)
    assert result is not None
    assert result.outputs[0].data["text/plain"] == "'3'"


def test_a_flood_of_output_ends_the_notebook(tmp_path: Path) -> None:
    flood = "for _ in range(200_000): print('x' * 1000)"
    found = execution(tmp_path, flood, "1", limit_bytes=5_000_000)
    found.run()
    first = found.result(0)
    assert first is not None
    assert first.stopped == "it gave more than 5 MB of output"
    assert first.outputs == []
    assert found.result(1) is None


def test_bytes_in_a_stream_are_text_like_any_other(tmp_path: Path) -> None:
    found = execution(tmp_path, "import sys; sys.stdout.write('a\\x00\\x1b[31m'); print('b')")
    found.run()
    first = found.result(0)
    assert first is not None
    assert first.stopped == ""
    text = "".join(output.text for output in first.outputs if output.output_type == "stream")
    assert text == "a\x00\x1b[31mb\n"
    assert compare_outputs(first.outputs, first.outputs, CheckOptions()) == []


def test_widgets_of_two_runs_are_compared(tmp_path: Path) -> None:
    runs = [execution(tmp_path, SLIDER.format(value=value)) for value in (0.5, 0.5, 0.75)]
    shown = []
    for run in runs:
        run.run()
        result = run.result(0)
        assert result is not None
        shown.append(result.outputs)
    same, other = (compare_outputs(shown[0], found, CheckOptions()) for found in shown[1:])
    assert same == []
    assert {(one.output, one.name) for one in other} == {
        ("text/plain", ""),
        (VIEW_MIME_TYPE, "traits.children[0].traits.value"),
    }


def test_queue_runs_in_order_with_a_limit_and_can_be_closed(tmp_path: Path) -> None:
    order: list[str] = []
    first_done = threading.Event()

    def execute(name: str, source: str) -> Execution:
        def through() -> None:
            order.append(name)
            first_done.set()

        return execution(tmp_path, source, name=name, listener=through)

    queue = ExecutionQueue(1)
    one, two = execute("one", "1"), execute("two", "import time; time.sleep(600)")
    queue.put(one)
    queue.put(two)
    assert one.result(0) is not None
    queue.close()
    assert order[0] == "one"
    stopped = two.result(0)
    assert stopped is None or stopped.stopped


def test_reports_kernel_that_cannot_start(tmp_path: Path) -> None:
    found = execution(tmp_path, "1")
    found.notebook.metadata.kernelspec.name = "pte"
    found.run()
    result = found.result(0)
    assert result is not None
    assert result.stopped == "the kernel did not start"
    assert "pte" in result.words


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_from_every_notebook(tmp_path: Path, jobs: int) -> None:
    queue = ExecutionQueue(jobs)
    found = [execution(tmp_path, f"{n} * 2", name=str(n)) for n in range(3)]
    for one in found:
        queue.put(one)
    values = [one.result(0) for one in found]
    queue.close()
    assert [value.outputs[0].data["text/plain"] for value in values if value] == ["0", "2", "4"]
