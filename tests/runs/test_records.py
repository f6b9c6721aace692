"""Records of runs are complete, and lost runs and broken records are reported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.errors import (
    RunActiveError,
    RunNotFoundError,
    SchemaVersionError,
    StorageError,
    WorkbenchError,
)
from paddle_workbench.runs.cancellation import cancel_run
from paddle_workbench.runs.store.folders import find_run, new_run_folder, publish
from paddle_workbench.runs.store.ownership import owner_of, ownership
from paddle_workbench.runs.store.records import (
    append_event,
    end_abandoned_run,
    list_records,
    read_events,
    read_record,
    write_record,
)
from paddle_workbench.runs.trash import delete_run, restore_run

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
    }
    return RunRecord(**(fields | changes))


def create_run_folder(parent: Path, notebook: Path, now: datetime) -> Path:
    with new_run_folder(parent, notebook, now) as (folder, _lock):
        return publish(folder)


OWN = """
import sys
from pathlib import Path
from paddle_workbench.runs.store.ownership import ownership
with ownership(Path(sys.argv[1])):
    print("owned", flush=True)
    input()
"""


@contextmanager
def owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Own a run folder in another process."""
    command = [sys.executable, "-c", OWN, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "owned\n"
        try:
            yield process
        finally:
            process.kill()


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
    write_record(folder, record(folder, state="running", process_id=1))
    with owner(folder) as process:
        assert read_record(folder).state == "running"
        assert owner_of(folder, 1) == process.pid
        with pytest.raises(RunActiveError, match="is running"):
            delete_run(folder)


def test_run_whose_process_was_killed_is_lost(folder: Path) -> None:
    with owner(folder) as process:
        changes = {"state": "running", "process_id": process.pid}
        write_record(folder, record(folder, **changes))
        (folder / ".run.json.0123abcd").write_text("{", encoding="utf-8")
        process.kill()
        process.wait()
    lost = read_record(folder)
    assert lost.state == "lost"
    assert lost.error is not None
    assert str(process.pid) in lost.error.message
    written = end_abandoned_run(folder)
    assert written is not None
    assert written.finished_at is not None
    assert read_record(folder) == written
    assert sorted(path.name for path in folder.iterdir()) == ["events.jsonl", "run.json"]
    assert end_abandoned_run(folder) is None


@pytest.mark.parametrize("start", [None, NOW, NOW.replace(year=2099)])
def test_process_that_a_record_names_is_never_ended(folder: Path, start: datetime | None) -> None:
    future = NOW.replace(year=2099)
    changes = {"state": "running", "created_at": future, "process_started_at": start}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        write_record(folder, record(folder, process_id=child.pid, **changes))
        assert read_record(folder).state == "lost"
        with pytest.raises(WorkbenchError, match="has already ended: lost"):
            cancel_run(folder)
        child.communicate(b"\n")
    assert child.returncode == 0


def test_cancels_process_that_does_not_end_by_killing_it(folder: Path) -> None:
    with owner(folder) as process:
        write_record(folder, record(folder, state="running", process_id=1))
        cancelled = cancel_run(folder)
        process.wait()
    assert (cancelled.state, cancelled.stop) == ("cancelled", "killed")
    assert read_record(folder) == cancelled


def test_cancels_queued_run_without_a_process(folder: Path) -> None:
    queued = record(folder, state="queued", attached=False, process_id=None)
    write_record(folder, queued)
    assert read_record(folder) == queued
    cancelled = cancel_run(folder)
    assert (cancelled.state, cancelled.stop) == ("cancelled", "not_started")
    assert read_record(folder) == cancelled


def test_readers_do_not_disturb_a_process_that_takes_a_run(folder: Path) -> None:
    write_record(folder, record(folder, state="queued", attached=False))
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(lambda: [read_record(folder) for _ in range(200)]) for _ in range(4)]
        for _ in range(100):
            with ownership(folder):
                pass
        for reader in readers:
            reader.result()


def test_folder_whose_first_write_was_cut_off_is_lost_and_can_be_deleted(folder: Path) -> None:
    (records, problems) = list_records(folder.parent)
    assert [(each.id, each.state) for each in records] == [(folder.name, "lost")]
    assert "contains no run" in problems[0].message
    delete_run(find_run(folder.name, folder.parent))
    assert list_records(folder.parent) == ([], [])
    assert restore_run(folder.name, folder.parent) == folder
    assert folder.is_dir()


def test_leftovers_of_killed_processes_are_removed(folder: Path) -> None:
    leftover = folder.parent / f".new-{folder.name}"
    leftover.mkdir()
    create_run_folder(folder.parent, Path("other.ipynb"), NOW)
    assert not leftover.exists()


def test_restores_deleted_run(folder: Path) -> None:
    original = record(folder)
    write_record(folder, original)
    delete_run(folder)
    assert list_records(folder.parent) == ([], [])
    with pytest.raises(RunNotFoundError):
        restore_run("../runs", folder.parent)
    restore_run(folder.name, folder.parent)
    assert read_record(folder) == original


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
    assert [(each.id, each.state) for each in records] == [(folder.name, "lost")]
    assert "run.json is not a run record: " in problems[0].message
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
def test_reports_broken_record_and_lists_the_others(folder: Path, make: Maker, reason: str) -> None:
    path = folder / "run.json"
    make(path)
    other = create_run_folder(folder.parent, Path("other.ipynb"), NOW)
    write_record(other, record(other))
    records, (problem,) = list_records(folder.parent)
    assert {each.id: each.state for each in records} == {
        folder.name: "lost",
        other.name: "succeeded",
    }
    assert str(path) in problem.message
    assert reason in problem.message
    assert f"workbench runs delete {folder.name}" in problem.hint
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
