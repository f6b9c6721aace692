"""Provenance has the notebook, the commit and the versions, and does not reveal the home."""

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
    provenance = provenance_of(Notebook.read(notebook))
    assert (provenance.git_commit, provenance.git_dirty) == (None, None)
    assert provenance.notebook_sha256 == hashlib.sha256(EMPTY.encode()).hexdigest()
    assert provenance.versions["papermill"]
    assert provenance.threads >= 1


def test_has_commit_and_whether_the_notebook_changed(notebook: Path) -> None:
    folder = notebook.parent
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "empty")
    # The notebook itself is not in a commit yet.
    assert provenance_of(Notebook.read(notebook)).git_dirty is True
    git(folder, "add", "a.ipynb")
    git(folder, "commit", "-q", "-m", "notebook")
    provenance = provenance_of(Notebook.read(notebook))
    assert (provenance.git_commit, provenance.git_dirty) == (
        git(folder, "rev-parse", "HEAD"),
        False,
    )
    notebook.write_text(EMPTY + " ", encoding="utf-8")
    assert provenance_of(Notebook.read(notebook)).git_dirty is True


def test_portable_paths_reveal_neither_home_nor_course(
    small_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    mine = tmp_path / "anna" / "notes" / "b.ipynb"
    lesson = small_course / "01_basics" / "01_sums.ipynb"
    assert portable_path(mine) == "~/notes/b.ipynb"
    assert portable_path(lesson) == "01_basics/01_sums.ipynb"
    assert locate(portable_path(mine)) == mine
    assert locate(portable_path(lesson)) == lesson
