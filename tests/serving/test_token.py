"""Where servers and clients read their token."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.errors import ServingError, WorkbenchError
from paddle_workbench.serving.token import TOKEN_VARIABLE, read_token


def test_file_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "other")
    (tmp_path / "token").write_text(" a b\n", encoding="utf-8")
    assert read_token(tmp_path / "token") == "a b"
    assert read_token(None) == "other"
    monkeypatch.setenv(TOKEN_VARIABLE, "")
    assert read_token(None) is None


@pytest.mark.parametrize(("content", "message"), [(b" \n", "empty"), (b"a\nb\n", "several lines")])
def test_file_has_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ServingError, match=message):
        read_token(tmp_path / "token")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * 5000])
def test_file_that_is_not_a_token_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(WorkbenchError, match="token"):
        read_token(tmp_path / "token")


def test_device_is_not_to_be_moved_away() -> None:
    with pytest.raises(WorkbenchError, match="device") as caught:
        read_token(Path("/dev/null"))
    assert "mv" not in caught.value.hint
