"""Records of waiting runs are read again only when they have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.contract import RunRecord
from paddle_workbench.errors import RunNotFoundError
from paddle_workbench.runs.queue.waiting_records import WaitingRecords
from paddle_workbench.runs.store.folders import CANCEL_FILE
from paddle_workbench.runs.store.records import write_record
from paddle_workbench.runs.trash import delete_run

from .test_records import record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    write_record(folder, waiting(folder))
    return folder


def waiting(folder: Path) -> RunRecord:
    return record(folder, state="queued", attached=False, process_id=None)


def test_unchanged_record_is_read_once(folder: Path) -> None:
    records = WaitingRecords()
    assert records.read(folder) is records.read(folder)


def test_change_is_seen(folder: Path) -> None:
    records = WaitingRecords()
    assert records.read(folder).parameters == {"lr": 0.1}
    write_record(folder, waiting(folder).model_copy(update={"parameters": {"lr": 0.2}}))
    assert records.read(folder).parameters == {"lr": 0.2}


def test_wish_to_cancel_is_seen(folder: Path) -> None:
    records = WaitingRecords()
    assert records.read(folder).state == "queued"
    (folder / CANCEL_FILE).touch()
    assert records.read(folder).state == "cancelled"


def test_process_of_a_run_that_has_begun_is_looked_for(folder: Path) -> None:
    records = WaitingRecords()
    write_record(folder, waiting(folder).model_copy(update={"process_id": 1}))
    assert records.read(folder).state == "lost"
    assert records.read(folder) is not records.read(folder)


def test_deleted_run_is_missing(folder: Path) -> None:
    records = WaitingRecords()
    records.read(folder)
    write_record(folder, record(folder))
    delete_run(folder)
    with pytest.raises(RunNotFoundError):
        records.read(folder)
