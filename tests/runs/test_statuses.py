"""The status of runs follows their files; each is read only when it has changed."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.contract import (
    Provenance,
    RunEvent,
    RunLive,
    RunRecord,
    RunState,
    RunStatus,
)
from paddle_workbench.runs.status import statuses as statuses_module
from paddle_workbench.runs.status.statuses import RunStatuses
from paddle_workbench.runs.store.folders import LIVE_FILE, REPORT_FILE
from paddle_workbench.runs.store.ownership import ownership
from paddle_workbench.runs.store.records import append_event, read_record, write_record
from paddle_workbench.storage import write_model

from .test_records import create_run_folder

START = datetime(2026, 11, 23, 9, 15, 30, tzinfo=timezone.utc)

Changes = list[tuple[str, RunStatus | None]]


class Runs:
    """Run folders that a test writes, as a runner does."""

    def __init__(self, parent: Path) -> None:
        self.parent = parent
        self.changes: Changes = []
        self.statuses = RunStatuses(parent, lambda *change: self.changes.append(change))
        self._time = START
        self._owned: dict[Path, ExitStack] = {}

    def add(self, state: RunState, *, sha256: str = "a", **fields: Any) -> Path:
        self._time += timedelta(minutes=1)
        folder = create_run_folder(self.parent, Path("training.ipynb"), self._time)
        record = RunRecord(
            id=folder.name,
            notebook="training.ipynb",
            state=state,
            parameters={"lr": 0.1},
            created_at=self._time,
            attached=False,
            provenance=provenance(sha256),
            **fields,
        )
        self.own(folder, state)
        write_record(folder, record)
        return folder

    def own(self, folder: Path, state: RunState | None) -> None:
        """Hold the lock of a folder while its run is running."""
        if state == "running":
            self._owned.setdefault(folder, ExitStack()).enter_context(ownership(folder))
        else:
            self._owned.pop(folder, ExitStack()).close()

    def add_succeeded(self, cells_s: dict[str, float], *, sha256: str = "a") -> Path:
        folder = self.add("succeeded", sha256=sha256, duration_s=sum(cells_s.values()) + 1)
        for cell, seconds in cells_s.items():
            self.note(folder, "cell_started", cell=cell)
            self.note(folder, "cell_finished", cell=cell, duration_s=seconds)
        return folder

    def note(self, folder: Path, event: Any, **fields: Any) -> None:
        append_event(folder, RunEvent(time=self._time, event=event, **fields))

    def change(self, folder: Path, **fields: Any) -> None:
        record = read_record(folder).model_copy(update=fields)
        if record.state == "running":
            self.own(folder, "running")
        write_record(folder, record)

    def status(self, folder: Path) -> RunStatus:
        (status,) = self.statuses.select([folder.name])
        return status


def provenance(sha256: str) -> Provenance:
    return Provenance(
        notebook="training.ipynb",
        notebook_sha256=sha256 * 64,
        lock_sha256=None,
        git_commit=None,
        git_dirty=None,
        versions={},
        python="3.11",
        platform="Linux",
        processor="",
        device="cpu",
        threads=2,
    )


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def test_lists_newest_first_and_without_provenance(runs: Runs) -> None:
    assert runs.statuses.all() == ([], [])
    first, second = runs.add("succeeded"), runs.add("failed")
    listed, problems = runs.statuses.all()
    assert [status.run.id for status in listed] == [second.name, first.name]
    assert [status.run.provenance for status in listed] == [None, None]
    assert problems == []


def test_reads_ended_runs_once(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        runs.add_succeeded({"train": 1.0})
    reads: list[Path] = []

    def read(folder: Path) -> RunRecord:
        reads.append(folder)
        return read_record(folder)

    monkeypatch.setattr(statuses_module, "read_record", read)
    for _ in range(3):
        runs.statuses.all()
        runs.statuses.refresh()
    assert len(reads) == 3
    assert runs.changes == []


def test_reports_new_changed_and_removed_runs(runs: Runs) -> None:
    runs.add("succeeded")
    runs.statuses.refresh()
    assert runs.changes == []
    folder = runs.add("queued")
    runs.statuses.refresh()
    runs.change(folder, state="running", cells_total=2)
    runs.statuses.refresh()
    runs.note(folder, "cell_started", cell="train", index=0)
    runs.note(folder, "cell_finished", cell="train", index=0, duration_s=1.0)
    runs.statuses.refresh()
    runs.statuses.refresh()
    runs.change(folder, state="succeeded", cells_done=2)
    runs.statuses.refresh()
    (folder / REPORT_FILE).touch()
    runs.statuses.refresh()
    runs.own(folder, None)
    shutil.rmtree(folder)
    runs.statuses.refresh()
    assert {run_id for run_id, _ in runs.changes} == {folder.name}
    seen = [
        status and (status.run.state, status.run.cells_done, status.has_report)
        for _, status in runs.changes
    ]
    assert seen == [
        ("queued", 0, False),
        ("running", 0, False),
        ("running", 1, False),
        ("succeeded", 2, False),
        ("succeeded", 2, True),
        None,
    ]
    assert runs.status(next(runs.parent.iterdir())).run.state == "succeeded"


def test_shows_what_happens_in_a_running_run(runs: Runs) -> None:
    runs.add_succeeded({"load": 2.0, "train": 8.0, "test": 4.0})
    folder = runs.add("running", cells_total=3)
    runs.note(folder, "started", state="running")
    runs.note(folder, "cell_started", cell="load", index=0)
    status = runs.status(folder)
    assert (status.expected_s, status.remaining_s, status.cell_expected_s) == (15.0, 14.0, 2.0)
    runs.note(folder, "cell_finished", cell="load", index=0, duration_s=2.5)
    runs.note(folder, "cell_started", cell="train", index=1)
    live = RunLive(cell="train", index=1, output="epoch 1", memory_bytes=10**8)
    write_model(folder / LIVE_FILE, live)
    runs.note(folder, "metric", cell="train", name="loss", value=0.5)
    status = runs.status(folder)
    assert (status.expected_s, status.remaining_s, status.cell_expected_s) == (15.0, 12.0, 8.0)
    assert (status.run.cells_done, status.live) == (1, live)
    assert status.series == {"loss": [[0.0, 0.5]]}
    runs.note(folder, "cell_finished", cell="train", index=1, duration_s=8.0)
    runs.note(folder, "cell_started", cell="test", index=2)
    live_now = runs.status(folder).live
    assert live_now is not None
    assert (live_now.cell, live_now.output, live_now.memory_bytes) == ("test", "", 10**8)
    # The rest follows from the records alone.
    runs.change(folder, state="failed")
    status = runs.status(folder)
    assert (status.live, status.expected_s, status.series) == (None, None, {"loss": [[0.0, 0.5]]})


def test_expected_times_are_those_of_the_same_version(runs: Runs) -> None:
    runs.add_succeeded({"train": 1.0}, sha256="a")
    runs.add_succeeded({"train": 2.0}, sha256="a")
    runs.add_succeeded({"train": 3.0}, sha256="b")
    assert runs.status(runs.add("queued", sha256="a")).expected_s == 3.0
    assert runs.status(runs.add("queued", sha256="b")).expected_s == 4.0
    # Of another version the newest.
    assert runs.status(runs.add("queued", sha256="c")).expected_s == 4.0
    assert runs.statuses.expected_s("training.ipynb") == 4.0
    assert runs.statuses.expected_s("other.ipynb") is None


def test_queued_runs_have_expected_times_once_one_has_succeeded(runs: Runs) -> None:
    folder = runs.add("queued")
    assert runs.status(folder).expected_s is None
    runs.add_succeeded({"train": 1.0})
    runs.statuses.refresh()
    runs.statuses.refresh()
    assert runs.status(folder).expected_s == 2.0


def test_first_list_has_expected_times_of_later_runs(runs: Runs) -> None:
    queued = runs.add("queued")
    runs.add_succeeded({"train": 1.0})
    listed, _ = runs.statuses.all()
    assert listed[-1].run.id == queued.name
    assert listed[-1].expected_s == 2.0


def test_ended_run_has_the_series_of_its_metrics(runs: Runs) -> None:
    folder = runs.add("succeeded", metrics={"loss": 0.25})
    runs.note(folder, "metric", name="loss", value=0.5)
    runs.note(folder, "metric", name="loss", value=0.25)
    assert runs.status(folder).series == {"loss": [[0.0, 0.5], [0.0, 0.25]]}


def test_broken_record_does_not_hide_the_others(runs: Runs) -> None:
    good, broken = runs.add("succeeded"), runs.add("succeeded")
    (broken / "run.json").write_text("{", encoding="utf-8")
    listed, problems = runs.statuses.all()
    assert [(status.run.id, status.run.state) for status in listed] == [
        (broken.name, "lost"),
        (good.name, "succeeded"),
    ]
    assert str(broken) in problems[0].message
    assert listed[0].run.error == problems[0]


def test_run_whose_process_ended_is_lost(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses_module, "LIVENESS_S", -1.0)
    folder = runs.add("running")
    runs.note(folder, "metric", name="loss", value=0.5)
    assert runs.status(folder).run.state == "running"
    runs.own(folder, None)
    runs.statuses.refresh()
    (change,) = runs.changes
    assert change[1] is not None
    assert (change[1].run.state, change[1].run.metrics) == ("lost", {"loss": 0.5})


def test_ignores_what_is_not_a_run(runs: Runs) -> None:
    runs.add("succeeded").rename(runs.parent / ".trash")
    (runs.parent / "notes.txt").touch()
    (runs.parent / "notes").mkdir()
    assert runs.statuses.all() == ([], [])
