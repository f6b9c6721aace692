"""Provenance has the notebook, the commit and the versions, and does not reveal the home."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.notebooks import Notebook
from paddle_workbench.runs.store.inputs import input_digests
from paddle_workbench.runs.store.provenance import (
    driver_version,
    is_seed,
    locate,
    portable_path,
    provenance_of,
)

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


def test_has_seeds_threads_and_digests_of_inputs(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    (notebook.parent / "assets").mkdir()
    for name in ("assets/words.txt", "reviews.csv", "rest.csv"):
        (notebook.parent / name).write_text(name, encoding="utf-8")
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("elsewhere", encoding="utf-8")
    values = {
        "path": "reviews.csv",
        "paths": ["rest.csv", str(elsewhere), "missing.csv"],
        "text": "\0",
        "long": "a" * 10_000,
        "split_seed": 7,
        "seedling": 1,
    }
    provenance = provenance_of(Notebook.read(notebook), values)
    assert provenance.seeds == {"split_seed": 7}
    assert provenance.thread_variables["OMP_NUM_THREADS"] == "2"
    expected = {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("assets/words.txt", "reviews.csv", "rest.csv")
    }
    expected[portable_path(elsewhere)] = hashlib.sha256(b"elsewhere").hexdigest()
    assert provenance.inputs == expected


def test_of_a_large_input_only_the_size_is_recorded(notebook: Path) -> None:
    (notebook.parent / "large.bin").write_bytes(bytes(11))
    values = {"path": "large.bin"}
    assert input_digests(notebook, values, limit_bytes=10) == {"large.bin": "size:11"}


def test_files_that_the_code_names_are_inputs(notebook: Path) -> None:
    for name in ("data/a.csv", "data/b.csv", "data/c.csv"):
        (notebook.parent / name).parent.mkdir(exist_ok=True)
        (notebook.parent / name).write_text(name, encoding="utf-8")
    new = nbformat.v4
    source = new.new_notebook(cells=[new.new_code_cell("read('data')")])
    assert len(input_digests(notebook, {}, source=source)) == 3
    few = input_digests(notebook, {}, source=source, limit_files=1)
    assert list(few) == ["data/a.csv", "and 2 more"]
    (notebook.parent / "data" / "c.csv").write_text("changed", encoding="utf-8")
    assert input_digests(notebook, {}, source=source, limit_files=1) != few


def test_an_input_that_changes_between_runs_has_another_digest(notebook: Path) -> None:
    path = notebook.parent / "reviews.csv"
    path.write_text("1", encoding="utf-8")
    first = input_digests(notebook, {"path": "reviews.csv"})
    path.write_text("1\n2", encoding="utf-8")
    assert input_digests(notebook, {"path": "reviews.csv"}) != first


@pytest.mark.parametrize(
    ("name", "expected"), [("seed", True), ("SEED", True), ("split_seed", True), ("seeds", False)]
)
def test_seeds_are_known_by_their_name(name: str, expected: bool) -> None:
    assert is_seed(name) is expected


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19", "535.104.05"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build",
            "550.54.15",
        ),
        ("something else", None),
    ],
)
def test_reads_the_version_of_the_driver(line: str, version: str | None) -> None:
    assert driver_version(line) == version
