"""Folders for temporary files do not outlive their process for long."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_workbench.child_process import Limits, run_fork
from paddle_workbench.errors import StorageError
from paddle_workbench.scratch import ScratchFolder, remove_leftovers

MINUTE = Limits(time_s=60)
MAKE_ONE = "from paddle_workbench.scratch import ScratchFolder; folder = ScratchFolder('trial')"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    gc.collect()
    assert list(folder.glob("paddle-workbench-trial-*")) == []


def leave_one(folder: Path) -> Path:
    """Make a scratch folder in a process that is killed."""

    def work() -> None:
        scratch = ScratchFolder("trial")
        (scratch.path / "model.onnx").write_bytes(b"x")
        os.kill(os.getpid(), signal.SIGKILL)

    before = set(folder.iterdir())
    assert run_fork(work, limits=MINUTE, folder=folder).signal_name == "SIGKILL"
    (left,) = set(folder.iterdir()) - before
    return left


def test_is_private_and_removed_at_the_end(temporary: Path) -> None:
    with ScratchFolder("trial") as folder:
        assert folder.parent == temporary
        assert folder.name.startswith("paddle-workbench-trial-")
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "inner").mkdir()
    assert not folder.exists()


def test_folder_that_cannot_be_made_is_named(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))
    with pytest.raises(StorageError, match=f"No such file .*{temporary}/missing/") as caught:
        ScratchFolder("trial")
    assert "set TMPDIR" in caught.value.hint


def test_is_removed_with_its_object() -> None:
    scratch = ScratchFolder("trial")
    folder = scratch.path
    del scratch
    gc.collect()
    assert not folder.exists()


def test_is_removed_at_the_end_of_the_process(temporary: Path) -> None:
    subprocess.run([sys.executable, "-c", MAKE_ONE], check=True)
    assert list(temporary.iterdir()) == []


def test_next_one_replaces_that_of_a_killed_process(temporary: Path) -> None:
    left = leave_one(temporary)
    assert left.is_dir()
    with ScratchFolder("trial") as folder:
        assert list(temporary.iterdir()) == [folder]


def test_folder_of_a_running_process_stays(temporary: Path) -> None:
    code = f"{MAKE_ONE}; print(folder.path, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        running = Path(process.stdout.readline().strip())
        remove_leftovers()
        assert running.is_dir()
        process.communicate("\n")
    assert not running.exists()


def test_fork_does_not_remove_the_folder_of_its_parent(tmp_path: Path) -> None:
    scratch = ScratchFolder("trial")
    assert run_fork(scratch.close, limits=MINUTE, folder=tmp_path).status == 0
    assert scratch.path.is_dir()
    scratch.close()


def test_leaves_folders_that_are_not_ours(temporary: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (temporary / "paddle-workbench-trial-linked00.scratch").symlink_to(other)
    for name in (
        "paddle-workbench-0",
        "paddle-workbench-notes",
        "paddle-workbench-old-checkout",
        "paddle-workbench-export-20261130",
        "export_abcdefgh",
    ):
        (temporary / name).mkdir()
    before = set(temporary.iterdir())
    remove_leftovers()
    assert set(temporary.iterdir()) == before
    (temporary / "paddle-workbench-trial-linked00.scratch").unlink()


def test_leaves_folders_of_other_users(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = leave_one(temporary)
    with monkeypatch.context() as patches:
        patches.setattr(os, "geteuid", lambda: os.getuid() + 1)
        remove_leftovers()
    assert left.is_dir()
    remove_leftovers()
    assert not left.exists()
