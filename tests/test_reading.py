"""A file that cannot be read is a clear error, and reading never blocks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paddle_workbench.errors import CourseError, FileBrokenError, FileMissingError, StorageError
from paddle_workbench.reading import (
    is_file,
    is_folder,
    parse_json,
    read_bytes,
    read_text,
    resolved,
    storage_errors_as,
)

from .broken_files import NOT_REGULAR, Maker

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "note.txt"


@pytest.mark.parametrize(("make", "reason"), NOT_REGULAR)
def test_rejects_non_text_and_too_large_file(path: Path, make: Maker, reason: str) -> None:
    make(path)
    with pytest.raises(FileBrokenError) as caught:
        read_text(path, kind="note", hint="Write it again.")
    assert str(path) in caught.value.message
    assert reason in caught.value.message
    assert caught.value.hint == "Write it again."


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "loop"])
def test_path_that_is_not_valid_is_neither_file_nor_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert not is_file(tmp_path / name)
    assert not is_folder(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a\0b", "embedded null byte"), ("loop/x", "its links lead in a circle")],
)
def test_rejects_path_that_cannot_be_resolved(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match=reason):
        resolved(tmp_path / name)


def test_reports_missing_file(path: Path) -> None:
    with pytest.raises(FileMissingError) as caught:
        read_text(path, kind="note")
    assert caught.value.message == f"There is no note {path}."


@pytest.mark.parametrize("name", ["note\0.json", "n" * 300, "file/note.json", "loop"])
def test_reports_path_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match="cannot be read: "):
        read_text(tmp_path / name, kind="note")


@contextmanager
def without_privileges() -> Iterator[None]:
    """Become another user for a while, since root may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def test_error_for_forbidden_file_has_a_repair(path: Path) -> None:
    path.touch(mode=0)
    with without_privileges(), pytest.raises(StorageError, match="Permission denied") as caught:
        read_text(path, kind="note")
    assert f"chmod u+r {path}" in caught.value.hint


def test_limit_is_exact(path: Path) -> None:
    path.write_text("12345", encoding="utf-8")
    assert read_text(path, kind="note", limit_bytes=5) == "12345"
    with pytest.raises(FileBrokenError, match="has 5 bytes; the limit for a note is 4 bytes"):
        read_bytes(path, kind="note", limit_bytes=4)
    assert read_bytes(path, kind="note", limit_bytes=4, start=1) == b"2345"
    assert read_bytes(path, kind="note", start=9) == b""


def test_limit_applies_to_file_that_reports_no_size() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert "Name:" in read_text(path, kind="status")
    with pytest.raises(FileBrokenError, match="the limit for a status is 10 bytes"):
        read_bytes(path, kind="status", limit_bytes=10)


def test_converts_error_to_that_of_a_room(path: Path) -> None:
    with (
        pytest.raises(CourseError, match="There is no note") as caught,
        storage_errors_as(CourseError),
    ):
        read_text(path, kind="note")
    assert caught.value.hint == "Check the path."


@pytest.mark.parametrize(
    "content", [b'{"a": [1, -2.5e-300, 1e308], "b": "\\ud83d\\ude00"}', b"3", b"null"]
)
def test_accepts_json_that_can_be_written_again(path: Path, content: bytes) -> None:
    assert parse_json(content, path, kind="note") == json.loads(content)


def test_digits_in_a_text_are_not_a_number(path: Path) -> None:
    digits = "1" * 5000
    assert parse_json(f'["{digits}"]'.encode(), path, kind="note") == [digits]
