"""Runs that continue another one: from a snapshot, and from the start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.contract import ResumedFrom, RunEvent, RunRecord
from paddle_workbench.errors import NotebookError
from paddle_workbench.runs.reports.description import describe, resumption_of
from paddle_workbench.runs.reports.sections import sections
from paddle_workbench.runs.running.resuming import plan_resume
from paddle_workbench.runs.running.runner import Plan, run_notebook
from paddle_workbench.runs.running.snapshots import cell_of, end_snapshots, kept_snapshots
from paddle_workbench.runs.store.records import read_record, write_record
from paddle_workbench.runs.trash import delete_run

from .conftest import NotebookMaker
from .folders import make_record

pytestmark = pytest.mark.kernel

COUNT = "import numpy as np\nnp.random.seed(num_epochs)\nopen('runs.txt', 'a').write('x')"
CELLS = [("count", COUNT), ("draw", "x = np.random.rand(); print('drawn')"), ("fail", "1 / 0")]


def ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Ignore the event."""


def repair(path: Path, cell: str, source: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    next(each for each in notebook.cells if each.id == cell).source = source
    nbformat.write(notebook, path)


@pytest.fixture
def failed(lesson: NotebookMaker, runs: Path) -> Iterator[tuple[Path, Path]]:
    """A notebook, and the folder of its run, which has failed and keeps snapshots."""
    source = lesson(*CELLS)
    folder, record = run_notebook(Plan(source, {"num_epochs": 5}, runs, snapshots=True), ignore)
    assert (record.state, record.warnings) == ("failed", [])
    yield source, folder
    end_snapshots(folder)


def test_continues_from_the_snapshot(failed: tuple[Path, Path]) -> None:
    source, folder = failed
    assert "fail" in [cell_of(each) for each in kept_snapshots(folder)]
    repair(source, "fail", "print(x, len(open('runs.txt').read()), num_epochs)")
    plan, reason = plan_resume(folder)
    assert reason == ""
    resumed, record = run_notebook(plan, ignore)
    assert record.state == "succeeded", record.error
    assert record.resumed_from is not None
    assert (record.resumed_from.run, record.resumed_from.cell) == (folder.name, "fail")
    assert record.resumed_from.state == "snapshot"
    assert record.cells_total == 1
    cells = {each.id: each for each in nbformat.read(resumed / "output.ipynb", as_version=4).cells}
    assert cells["draw"].outputs[0].text == "drawn\n"
    assert cells["fail"].outputs[0].text == "0.22199317108973948 1 5\n"
    assert read_record(folder).state == "failed"
    assert not kept_snapshots(folder)
    assert not kept_snapshots(resumed)


def test_a_lost_run_continues_at_the_cell_that_ran(failed: tuple[Path, Path]) -> None:
    source, folder = failed
    record = read_record(folder)
    write_record(folder, record.model_copy(update={"state": "lost", "failed_cell": None}))
    (folder / "work" / "module.py").write_text("broken", encoding="utf-8")
    (source.parent / "module.py").write_text("value = 7", encoding="utf-8")
    repair(source, "fail", "import module\nprint(module.value)")
    plan, reason = plan_resume(folder)
    assert reason == ""
    assert plan.resumed_from is not None
    assert plan.resumed_from.cell == "fail"
    resumed, record = run_notebook(plan, ignore)
    assert record.state == "succeeded", record.error
    assert (resumed / "work" / "module.py").read_text(encoding="utf-8") == "value = 7"


def test_begins_at_the_start_if_an_earlier_cell_has_changed(failed: tuple[Path, Path]) -> None:
    source, folder = failed
    repair(source, "draw", "x = 1")
    plan, reason = plan_resume(folder)
    assert "`draw`" in reason
    assert plan.resumed_from is not None
    assert (plan.resumed_from.state, plan.resumed_from.cell) == ("start", "parameters")
    assert plan.parameters == {"num_epochs": 5}
    assert plan.resumed_from.reason == reason
    with pytest.raises(NotebookError, match="no code cell `other`"):
        plan_resume(folder, cell="other")
    delete_run(folder)
    assert not kept_snapshots(folder.parent / ".trash" / folder.name)


def test_begins_at_the_start_if_the_snapshot_has_ended_since(failed: tuple[Path, Path]) -> None:
    source, folder = failed
    repair(source, "fail", "print(x)")
    plan, reason = plan_resume(folder)
    assert reason == ""
    end_snapshots(folder)
    _folder, record = run_notebook(plan, ignore)
    assert record.state == "succeeded", record.error
    assert record.cells_done == record.cells_total > 1
    assert resumption_of(record) == (
        f"Continues {folder.name} from the start: the snapshot before cell `fail` has ended."
    )


def test_tells_how_a_run_continues() -> None:
    resumed = ResumedFrom(run="a", cell="train", state="snapshot")
    record = make_record(id="b", resumed_from=resumed)
    assert resumption_of(record) == "Continues a from the snapshot before cell train."
    resumed = ResumedFrom(run="a", cell="load", state="start", reason="none is kept")
    record = make_record(id="b", resumed_from=resumed)
    sentence = "Continues a from the start: none is kept."
    assert ("resumed", sentence) in describe(record)["Run"]
    (results,) = (each for each in sections(record) if each.heading == "Results")
    assert ("resumed", sentence, "") in results.rows
    assert resumption_of(make_record()) == ""


def test_says_why_there_are_no_snapshots(lesson: NotebookMaker, runs: Path) -> None:
    source = lesson(
        ("wait", "import threading, time\nthreading.Thread(target=time.sleep, args=(3,)).start()"),
        ("fail", "1 / 0"),
    )
    folder, record = run_notebook(Plan(source, {}, runs, snapshots=True), ignore)
    assert any("thread" in warning for warning in record.warnings)
    _plan, reason = plan_resume(folder)
    assert reason == "no snapshot before cell `fail` is kept"
    end_snapshots(folder)
