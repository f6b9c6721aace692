"""Notebooks that fork, delete their folder or never stop printing end in a clear state."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import psutil
import pytest

from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.runs.running import journal
from paddle_workbench.runs.running.runner import Plan, run_notebook
from paddle_workbench.runs.store.records import read_record

from ..kernels.sessions import wait_until
from .conftest import NotebookMaker

pytestmark = pytest.mark.kernel


def ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Ignore the event."""


def test_children_of_a_notebook_end_with_its_run(lesson: NotebookMaker, runs: Path) -> None:
    fork = """
import os, time
child = os.fork()
if child == 0:
    time.sleep(600)
    os._exit(0)
print(child)
"""
    folder, record = run_notebook(Plan(lesson(("fork", fork), ("next", "1")), {}, runs), ignore)
    assert record.state == "succeeded"
    cells = json.loads((folder / "output.ipynb").read_text(encoding="utf-8"))["cells"]
    child = int("".join(cells[1]["outputs"][0]["text"]))
    wait_until(lambda: not psutil.pid_exists(child))


def test_notebook_that_deletes_its_folder_fails(lesson: NotebookMaker, runs: Path) -> None:
    delete = "import os, shutil\nshutil.rmtree(os.path.dirname(os.getcwd()), True)"
    folder, record = run_notebook(Plan(lesson(("delete", delete), ("next", "1")), {}, runs), ignore)
    assert record.state == "failed"
    assert record.error is not None
    assert "was deleted while the notebook ran" in record.error.message
    assert read_record(folder) == record


def test_output_without_end_is_cut(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_CELL_OUTPUT_MB", "1")
    source = lesson(("print", "for i in range(250): print('x' * 1_000_000)"), ("next", "1"))
    folder, record = run_notebook(Plan(source, {}, runs), ignore)
    assert record.state == "succeeded"
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
    assert sum(sizes.values()) < 8_000_000
    assert "Output cut here" in (folder / "output.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=365)])
def test_clock_that_is_set_changes_no_duration(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch, step: timedelta
) -> None:
    ticks = count()
    start = datetime.now(timezone.utc)
    monkeypatch.setattr(journal, "_now", lambda: start + next(ticks) * step)
    folder, record = run_notebook(Plan(lesson(("one", "1")), {}, runs), ignore)
    assert record.state == "succeeded"
    assert record.duration_s is not None
    assert 0 <= record.duration_s < 600
    assert read_record(folder) == record
