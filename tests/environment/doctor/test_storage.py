from __future__ import annotations

import os
from collections import namedtuple
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.storage import (
    examine_storage,
    judge_space,
    judge_writable,
)


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
    # It need not be in the user's home: the owner may open it.
    assert observation.repair == f"chmod u+rwx {folder}"


def test_repair_of_a_read_only_disk_chooses_another_folder(
    as_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = as_nobody / "locked"
    folder.mkdir(mode=0o500)
    flags = namedtuple("flags", "f_flag")(os.ST_RDONLY)
    monkeypatch.setattr(os, "statvfs", lambda path: flags)
    monkeypatch.setenv("HOME", str(as_nobody))
    monkeypatch.delenv("PADDLE_WORKBENCH_HOME", raising=False)
    observation = judge_writable(folder / "home")
    assert observation.detail.en == f"Could not write to {folder}: Read-only file system."
    assert observation.repair == 'export PADDLE_WORKBENCH_HOME="$(mktemp -d)"'
    # The default is writable, and keeps files.
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(folder / "home"))
    assert judge_writable(folder / "home").repair == "unset PADDLE_WORKBENCH_HOME"


def test_folder_in_the_home_that_is_not_writable_is_broken(
    as_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(as_nobody))
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(as_nobody))
    (as_nobody / "lessons").mkdir(mode=0o500)
    # A data set of the user's may well be read-only.
    (as_nobody / "data").mkdir(mode=0o500)
    writable, _ = examine_storage()
    assert writable.detail.en == f"Could not write to {as_nobody}/lessons: Permission denied."
    assert writable.repair == "chmod u+rwx ~/lessons"
    (as_nobody / "lessons").chmod(0o700)
    assert next(iter(examine_storage())).state == "ok"


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
    # The workbench home is in it by default: one command repairs both.
    monkeypatch.delenv("PADDLE_WORKBENCH_HOME")
    writable, _ = examine_storage()
    assert writable.repair == "chmod u+rwx ~"


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


def test_repair_of_a_full_disk_names_nothing_on_another_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/proc/self")
    repair = judge_space(home, warning_bytes=1 << 62).repair
    assert repair == f"rm -rf {home}/cache && du -xh -d 2 {home} | sort -h | tail -n 20"
