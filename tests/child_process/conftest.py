"""Folders that children import from, or must not, and running code in a child."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.child_process import Limits, Outcome, run

from ..planted import plant
from .processes import MINUTE, Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    return path


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that children import modules from."""
    path = tmp_path / "modules"
    path.mkdir()
    inherited = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(path), inherited]))
    return path


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with modules in it that must not be imported."""
    folder = plant(tmp_path / "planted")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run_code(modules: Path, folder: Path) -> Run:
    """Run source code as a module in the folder."""

    def run_code(source: str, *arguments: str, limits: Limits = MINUTE, **options: Any) -> Outcome:
        (modules / "task.py").write_text(source, encoding="utf-8")
        return run("task", *arguments, limits=limits, folder=folder, **options)

    return run_code
