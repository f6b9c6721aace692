"""Folders for temporary files do not outlive their process for long."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_workbench.child_process import Limits, run_fork
from paddle_workbench.errors import StorageError
from paddle_workbench.scratch import (
    KernelFolder,
    ScratchFolder,
    remove_leftovers,
    shared_folder,
    with_shared_folder,
)

MINUTE = Limits(time_s=60)
MAKE_ONE = "from paddle_workbench.scratch import ScratchFolder; folder = ScratchFolder('trial')"


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, with a path that is short enough for kernels."""
    folder = Path(tempfile.mkdtemp(prefix="pw-"))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    gc.collect()
    left = list(folder.glob("paddle-workbench-*.scratch"))
    shutil.rmtree(folder)
    assert left == []


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


def test_kernel_has_a_folder_of_its_own(temporary: Path) -> None:
    with KernelFolder({**os.environ, "LESSON": "1.1"}) as kernel:
        assert kernel.path is not None
        assert kernel.path.parent == temporary
        assert kernel.environment == {**os.environ, "LESSON": "1.1", "TMPDIR": str(kernel.path)}
        (kernel.path / "lesson_abcdefgh").mkdir()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["TMPDIR", "TEMP"])
def test_kernel_keeps_the_folder_that_its_caller_has_chosen(name: str) -> None:
    environment = {**os.environ, name: "/elsewhere"}
    with KernelFolder(environment) as kernel:
        assert kernel.path is None
        assert kernel.environment == environment


def test_kernel_has_no_folder_whose_path_is_too_long_for_sockets(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = temporary / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with KernelFolder() as kernel:
        assert kernel.path is None
        assert kernel.environment == dict(os.environ)


def test_kernel_that_is_started_in_a_kernel_has_a_folder_next_to_it(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KernelFolder() as outer:
        monkeypatch.setenv("TMPDIR", str(outer.path))
        monkeypatch.setattr(tempfile, "tempdir", None)
        assert shared_folder() == temporary
        assert with_shared_folder(os.environ) == {**os.environ, "TMPDIR": str(temporary)}
        with KernelFolder() as inner:
            assert inner.path is not None
            assert inner.path.parent == temporary


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_folder_stays_while_a_process_of_the_kernel_runs(temporary: Path) -> None:
    kernel = KernelFolder()
    with subprocess.Popen(
        [sys.executable, "-S", "-c", "input()"], env=kernel.environment, stdin=subprocess.PIPE
    ) as process:
        kernel.close()
        remove_leftovers()
        assert list(temporary.iterdir()) == [kernel.path]
        process.communicate(b"\n")
    remove_leftovers()
    assert list(temporary.iterdir()) == []


def test_kernels_share_the_caches_of_libraries(temporary: Path) -> None:
    with KernelFolder() as kernel:
        assert kernel.path is not None
        (kernel.path / "jieba.cache").write_bytes(b"made by the first kernel")
    shared = temporary / "jieba.cache"
    with KernelFolder() as kernel:
        assert kernel.path is not None
        cache = kernel.path / "jieba.cache"
        assert cache.read_bytes() == b"made by the first kernel"
    assert shared.read_bytes() == b"made by the first kernel"
    with KernelFolder() as kernel:
        assert kernel.path is not None
        # As jieba does.
        (kernel.path / "tmp").write_bytes(b"renewed")
        (kernel.path / "tmp").replace(kernel.path / "jieba.cache")
    assert shared.read_bytes() == b"renewed"
