from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.storage import (
    examine_storage,
    judge_space,
    judge_writable,
)


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """Run a test without the rights of root; returns a folder for it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        root = os.geteuid() == 0
        if root:
            # os.access uses the real user id.
            os.setresuid(65534, 65534, 0)
        try:
            yield folder
        finally:
            if root:
                os.setresuid(0, 0, 0)


def test_does_not_change_an_existing_home(home: Path) -> None:
    assert judge_writable(home).state == "ok"
    assert list(home.iterdir()) == []


def test_does_not_create_a_missing_home(home: Path) -> None:
    new = home / "a" / "b"
    assert judge_writable(new).state == "ok"
    assert not (home / "a").exists()


@pytest.mark.parametrize("below", ["", "new/home"])
def test_read_only_home_is_broken(
    below: str, as_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = as_nobody / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    monkeypatch.setenv("HOME", str(as_nobody))
    observation = judge_writable(folder / below)
    assert observation.state == "broken"
    assert observation.detail.en == f"Could not write to {folder}: Permission denied."
    assert observation.repair == "chmod u+rwx ~/locked"


def test_home_in_an_inaccessible_folder_is_broken(as_nobody: Path) -> None:
    folder = as_nobody / "closed"
    (folder / "home").mkdir(parents=True)
    folder.chmod(0o000)
    observation = judge_writable(folder / "home")
    folder.chmod(0o700)
    assert observation.state == "broken"
    assert observation.repair == 'export PADDLE_WORKBENCH_HOME="$(mktemp -d)"'


def test_home_below_a_file_is_broken(home: Path) -> None:
    (home / "file").write_text("", encoding="utf-8")
    observation = judge_writable(home / "file" / "home")
    assert observation.state == "broken"
    assert "Not a directory" in observation.detail.en


def test_examines_the_users_own_home_too(
    home: Path, as_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = as_nobody / "own"
    own.mkdir()
    own.chmod(0o500)
    monkeypatch.setenv("HOME", str(own))
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(as_nobody))
    writable, _ = examine_storage()
    assert writable.state == "broken"
    assert str(own) in writable.detail.en


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        ({"warning_bytes": 0, "broken_bytes": 0}, "ok"),
        ({"warning_bytes": 1 << 62, "broken_bytes": 0}, "warning"),
        ({"warning_bytes": 1 << 62, "broken_bytes": 1 << 62}, "broken"),
    ],
)
def test_state_depends_on_free_space(limits: dict[str, int], state: str, home: Path) -> None:
    observation = judge_space(home / "not" / "there", **limits)
    assert observation.state == state
    assert "GB free on the disk of" in observation.detail.en
    assert bool(observation.repair) == (state != "ok")
