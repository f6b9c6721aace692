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
    """Run the test without the powers of root, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        root = os.geteuid() == 0
        if root:
            # os.access asks for the real user.
            os.setresuid(65534, 65534, 0)
        try:
            yield folder
        finally:
            if root:
                os.setresuid(0, 0, 0)


def test_check_of_existing_home_leaves_it_unchanged(home: Path) -> None:
    assert judge_writable(home).state == "ok"
    assert list(home.iterdir()) == []


def test_home_that_is_not_there_is_not_made(home: Path) -> None:
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
    assert observation.detail.en == f"{folder} cannot be written: Permission denied."
    assert observation.repair == "chmod u+rwx ~/locked"


def test_home_in_a_folder_that_may_not_be_entered_is_broken(as_nobody: Path) -> None:
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


def test_users_own_home_is_looked_at_too(
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
def test_free_space_is_judged(limits: dict[str, int], state: str, home: Path) -> None:
    observation = judge_space(home / "not" / "there", **limits)
    assert observation.state == state
    assert "GB free on the disk of" in observation.detail.en
    assert bool(observation.repair) == (state != "ok")
