"""Provenance names the notebook, the commit and the versions, and no home."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from paddle_workbench.notebooks import Notebook
from paddle_workbench.runs.provenance import locate, portable_path, provenance_of

EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def notebook(tmp_path: Path, small_course: Path) -> Path:
    folder = tmp_path / "work tree"
    folder.mkdir()
    (folder / "a.ipynb").write_text(EMPTY, encoding="utf-8")
    return folder / "a.ipynb"


def test_without_git_there_is_no_commit(notebook: Path) -> None:
    found = provenance_of(Notebook.read(notebook))
    assert (found.git_commit, found.git_dirty) == (None, None)
    assert found.notebook_sha256 == hashlib.sha256(EMPTY.encode()).hexdigest()
    assert found.versions["papermill"]
    assert found.threads >= 1


def test_commit_and_dirtiness(notebook: Path) -> None:
    folder = notebook.parent
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "empty")
    # The notebook itself is in no commit yet.
    assert provenance_of(Notebook.read(notebook)).git_dirty is True
    git(folder, "add", "a.ipynb")
    git(folder, "commit", "-q", "-m", "notebook")
    found = provenance_of(Notebook.read(notebook))
    assert (found.git_commit, found.git_dirty) == (git(folder, "rev-parse", "HEAD"), False)
    notebook.write_text(EMPTY + " ", encoding="utf-8")
    assert provenance_of(Notebook.read(notebook)).git_dirty is True


def test_paths_name_neither_home_nor_course(
    small_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    mine = tmp_path / "anna" / "notes" / "b.ipynb"
    lesson = small_course / "01_basics" / "01_sums.ipynb"
    assert portable_path(mine) == "~/notes/b.ipynb"
    assert portable_path(lesson) == "01_basics/01_sums.ipynb"
    assert locate(portable_path(mine)) == mine
    assert locate(portable_path(lesson)) == lesson
