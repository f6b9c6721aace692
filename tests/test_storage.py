"""Files in the home are read within limits and written atomically, with clear errors."""

from __future__ import annotations

import errno
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import AwareDatetime

from paddle_workbench.contract import SCHEMA_VERSION, Model
from paddle_workbench.errors import (
    FileBrokenError,
    FileMissingError,
    SchemaVersionError,
    StorageError,
)
from paddle_workbench.storage import (
    make_folder,
    read_model,
    read_or_set_aside,
    storage_error,
    write_model,
    write_whole,
)

from .broken_files import NOT_JSON, NOT_REGULAR, Maker, make_pipe


class Note(Model):
    schema_version: int = SCHEMA_VERSION
    text: str
    written_at: AwareDatetime | None = None
    more: dict[str, Any] = {}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "note.json"


def read_note(path: Path) -> Note:
    return read_model(path, Note, kind="note")


def test_model_round_trips(path: Path) -> None:
    note = Note(text="你好", more={"large": 1e308, "nested": [[[]]]})
    write_model(path, note)
    assert read_note(path) == note
    assert '"schema_version": 1' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
def test_error_for_broken_file_has_path_reason_and_hint(
    path: Path, make: Maker, reason: str
) -> None:
    make(path)
    with pytest.raises(FileBrokenError) as caught:
        read_note(path)
    assert str(path) in caught.value.message
    assert reason in caught.value.message
    assert f"mv {path} {path}.old" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "is not a note: field 'text' is missing."),
        ('{"text": "a", "colour": 1}', "is not a note: field 'colour' is unknown."),
        ('{"text": 3}', "is not a note: field 'text' is 3 (input should be a valid string)."),
        (
            '{"text": "", "written_at": "2026-11-29T00:00:00"}',
            "is not a note: field 'written_at' is '2026-11-29T00:00:00' "
            "(input should have timezone info).",
        ),
    ],
)
def test_reports_invalid_field(path: Path, content: str, message: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileBrokenError) as caught:
        read_note(path)
    assert caught.value.message == f"{path} {message}"


@pytest.mark.parametrize("version", ["2", "1.5", "99999999999999999999"])
def test_rejects_newer_schema_before_unknown_fields(path: Path, version: str) -> None:
    path.write_text(f'{{"schema_version": {version}, "colour": 1}}', encoding="utf-8")
    with pytest.raises(
        SchemaVersionError, match=f"version {version}, .* up to version 1"
    ) as caught:
        read_note(path)
    assert caught.value.hint == "Upgrade: pip install --upgrade paddle-workbench"
    with pytest.raises(SchemaVersionError):
        read_or_set_aside(path, Note, kind="note")
    assert path.exists()


def test_reports_missing_file(path: Path) -> None:
    with pytest.raises(FileMissingError) as caught:
        read_note(path)
    assert caught.value.message == f"There is no note {path}."
    path.symlink_to("nowhere")
    with pytest.raises(FileMissingError):
        read_note(path)


def test_sets_broken_file_aside_with_a_notice(path: Path) -> None:
    assert read_or_set_aside(path, Note, kind="note") == (None, None)
    path.write_text("{", encoding="utf-8")
    note, notice = read_or_set_aside(path, Note, kind="note")
    (backup,) = path.parent.iterdir()
    assert note is None
    assert notice is not None
    assert f"{path} is not a note: " in notice.message
    assert notice.hint == f"The file was set aside as {backup}."
    assert backup.read_text(encoding="utf-8") == "{"
    write_model(path, Note(text="a"))
    assert read_or_set_aside(path, Note, kind="note") == (Note(text="a"), None)


def test_sets_pipe_aside(path: Path) -> None:
    make_pipe(path)
    _note, notice = read_or_set_aside(path, Note, kind="note")
    assert notice is not None
    (backup,) = path.parent.iterdir()
    assert backup.is_fifo()


def test_value_without_json_leaves_the_old_file_unchanged(path: Path) -> None:
    write_model(path, Note(text="old"))
    with pytest.raises(StorageError, match=re.escape(f"{path} was not written: ")):
        write_model(path, Note(text="new", more={"half": "\ud83d"}))
    assert read_note(path).text == "old"


def test_new_file_follows_the_umask_and_existing_file_keeps_its_mode(path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_whole(path, "a")
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        write_whole(path, "b")
        assert path.stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(mask)


def test_writing_never_changes_the_umask(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "umask", lambda _mask: pytest.fail("The umask of all threads was set."))
    write_whole(path, "a")


def test_concurrent_writes_leave_a_complete_file(path: Path) -> None:
    contents = [str(number) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text(encoding="utf-8") in contents
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_makes_the_home_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    home = tmp_path / "user" / "workbench"
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(home))
    before = os.umask(umask)
    try:
        write_whole(home / "cache" / "file", "content")
        make_folder(tmp_path / "elsewhere")
    finally:
        os.umask(before)
    for folder in (home, home / "cache"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (home / "cache" / "file").stat().st_mode & 0o777 == 0o600
    for folder in (home.parent, tmp_path / "elsewhere"):
        assert folder.stat().st_mode & 0o777 == 0o777 & ~umask


def test_leaves_the_mode_of_an_existing_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path))
    tmp_path.chmod(0o750)
    make_folder(tmp_path / "lessons")
    assert tmp_path.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_advises_to_move_the_home_only_for_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path / "home"))
    error = OSError(number, os.strerror(number))
    assert "PADDLE_WORKBENCH_HOME" in storage_error(tmp_path / "home" / "file", error).hint
    assert "PADDLE_WORKBENCH_HOME" not in storage_error(tmp_path / "bundle", error).hint


def test_says_that_a_file_is_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(StorageError, match="something is a file and not a folder"):
            make_folder(folder)


def test_path_without_a_name_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError):
        write_whole(Path(), "content")
    assert not list(tmp_path.iterdir())
