"""Records of runs are complete, and lost runs and broken records are reported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.child_process import process_start
from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.errors import (
    RunNotFoundError,
    SchemaVersionError,
    StorageError,
    WorkbenchError,
)
from paddle_workbench.runs.cancellation import cancel_run
from paddle_workbench.runs.records import (
    append_event,
    create_run_folder,
    find_run,
    list_records,
    read_events,
    read_record,
    write_record,
)

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker

NOW = datetime(2026, 11, 23, 9, 15, 30, tzinfo=timezone.utc)


def record(folder: Path, **changes: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "id": folder.name,
        "notebook": "basics/sums.ipynb",
        "state": "succeeded",
        "parameters": {"lr": 0.1},
        "created_at": datetime.now(timezone.utc),
        "process_id": os.getpid(),
        "process_started_at": process_start(os.getpid()),
    }
    return RunRecord(**(fields | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create_run_folder(tmp_path / "runs", Path("01_text_classifier.ipynb"), NOW)


def test_id_starts_with_time_and_name_of_the_notebook(folder: Path) -> None:
    assert folder.name.startswith("20261123-091530-text-classifier-")


def test_id_of_a_notebook_with_a_chinese_name(tmp_path: Path) -> None:
    assert "-notebook-" in create_run_folder(tmp_path, Path("文本分类.ipynb"), NOW).name


def test_ids_created_at_the_same_time_differ(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        folders = list(
            pool.map(lambda _: create_run_folder(tmp_path, Path("a.ipynb"), NOW), range(500))
        )
    assert len(set(folders)) == 500


def test_record_round_trips(folder: Path) -> None:
    original = record(folder, metrics={"accuracy": 0.9})
    write_record(folder, original)
    assert read_record(folder) == original


def test_reads_folder_elsewhere(folder: Path, tmp_path: Path) -> None:
    original = record(folder)
    write_record(folder, original)
    elsewhere = Path(shutil.copytree(folder, tmp_path / "usb stick" / "my run"))
    assert read_record(find_run(str(elsewhere), tmp_path / "runs")) == original


def test_run_of_an_active_process_is_running(folder: Path) -> None:
    write_record(folder, record(folder, state="running"))
    assert read_record(folder).state == "running"


def test_run_whose_process_has_ended_is_lost(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    write_record(folder, record(folder, state="running", process_id=child.pid))
    lost = read_record(folder)
    assert lost.state == "lost"
    assert lost.error is not None
    assert str(child.pid) in lost.error.message


@pytest.mark.parametrize("start", [None, NOW, NOW.replace(year=2099)])
def test_process_with_the_id_of_another_is_not_that_of_the_run(
    folder: Path, start: datetime | None
) -> None:
    future = NOW.replace(year=2099)
    changes = {"state": "running", "created_at": future, "process_started_at": start}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        write_record(folder, record(folder, process_id=child.pid, **changes))
        assert read_record(folder).state == "lost"
        with pytest.raises(WorkbenchError, match="has already ended: lost"):
            cancel_run(folder)
        child.communicate(b"\n")
    assert child.returncode == 0


def test_finished_run_is_not_lost_without_its_process(folder: Path) -> None:
    write_record(folder, record(folder, state="failed", process_id=None))
    assert read_record(folder).state == "failed"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema_version": 1, "id": "a"}'])
def test_reports_broken_record_and_leaves_it_unchanged(folder: Path, content: str) -> None:
    path = folder / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StorageError, match=r"run\.json is not a run record: "):
        read_record(folder)
    records, problems = list_records(folder.parent)
    assert records == []
    assert "run.json is not a run record: " in problems[0].message
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
def test_reports_broken_record_and_lists_the_others(folder: Path, make: Maker, reason: str) -> None:
    path = folder / "run.json"
    make(path)
    other = create_run_folder(folder.parent, Path("other.ipynb"), NOW)
    write_record(other, record(other))
    records, (problem,) = list_records(folder.parent)
    assert [each.id for each in records] == [other.name]
    assert str(path) in problem.message
    assert reason in problem.message
    assert f"rm -r {folder}" in problem.hint
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("created_at", "2026-11-29T00:00:00", "input should have timezone info"),
        ("process_id", -1, "input should be greater than or equal to 1"),
        ("process_id", 10**20, "input should be less than 2147483648"),
        ("state", "asleep", "input should be 'queued', "),
    ],
)
def test_reports_invalid_field_of_a_record(
    folder: Path, field: str, value: object, reason: str
) -> None:
    content = json.loads(record(folder, state="running").model_dump_json()) | {field: value}
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StorageError) as caught:
        read_record(folder)
    assert f"run.json is not a run record: field {field!r} is {value!r} (" in caught.value.message
    assert reason in caught.value.message


def test_rejects_record_of_a_newer_version(folder: Path) -> None:
    content = json.loads(record(folder).model_dump_json()) | {"schema_version": 2, "new": 1}
    (folder / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SchemaVersionError) as caught:
        read_record(folder)
    assert "version 2" in caught.value.message
    assert "pip install --upgrade" in caught.value.hint


def test_finds_run_by_the_beginning_of_its_id(folder: Path) -> None:
    write_record(folder, record(folder))
    assert find_run("20261123", folder.parent) == folder
    other = create_run_folder(folder.parent, Path("other.ipynb"), NOW)
    write_record(other, record(other))
    with pytest.raises(RunNotFoundError, match="2 runs start"):
        find_run("20261123", folder.parent)
    with pytest.raises(RunNotFoundError, match="no run 'nothing'"):
        find_run("nothing", folder.parent)


def test_ignores_incomplete_event(folder: Path) -> None:
    first = RunEvent(time=NOW, event="queued", state="queued")
    append_event(folder, first)
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"time": "2026-')
    assert read_events(folder) == [first]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"time": "2026-11-23T09:15:30Z"}', "field 'event' is missing"),
        ('{"time": "2026-11-23T09:15:30", "event": "queued"}', "should have timezone info"),
        ("[" * 5000, "it is not a JSON object"),
    ],
)
def test_reports_broken_event(folder: Path, line: str, reason: str) -> None:
    (folder / "events.jsonl").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(StorageError, match=r"events\.jsonl is not a list of events: ") as caught:
        read_events(folder)
    assert reason in caught.value.message
