"""Where the workbench has its files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from paddle_workbench.settings import KERNELS_VARIABLE, is_private, kernels_directory


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders `shared`, the temporary one, and `user`, the home; nothing else is set."""
    for name in (KERNELS_VARIABLE, "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("shared", "user"):
        (tmp_path / name).mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "shared"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    return tmp_path


def test_fork_server_has_its_files_in_the_temporary_folder(folders: Path) -> None:
    own = kernels_directory().parent
    assert own.parent == folders / "shared"
    own.mkdir(mode=0o700)
    assert kernels_directory().parent == own


def test_folder_that_is_not_private_is_passed_over(folders: Path) -> None:
    taken = kernels_directory().parent
    taken.mkdir()
    taken.chmod(0o755)
    cache = folders / "user" / ".cache" / "paddle-workbench"
    assert kernels_directory().parent == cache
    taken.rmdir()
    taken.symlink_to(folders / "user")
    assert kernels_directory().parent == cache
    taken.unlink()
    assert kernels_directory().parent == taken


def test_runtime_folder_of_the_session_comes_first(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folders / "user"))
    assert kernels_directory().parent == folders / "user" / "paddle-workbench"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folders / "none"))
    assert kernels_directory().parent.parent == folders / "shared"


def test_only_a_closed_folder_of_this_user_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert not is_private(folder)
    folder.mkdir(mode=0o700)
    assert is_private(folder)
    folder.chmod(0o710)
    assert not is_private(folder)
    (tmp_path / "link").symlink_to(folder)
    assert not is_private(tmp_path / "link")
