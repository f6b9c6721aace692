"""Bundles that several modules share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from paddle_workbench.export.bundle import Bundle

from .sentiment import create


@pytest.fixture(scope="session")
def exported(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that was exported to every target; tests do not change it."""
    bundle = create(tmp_path_factory.mktemp("bundles") / "sentiment")
    for target in ("inference", "onednn", "onnx", "browser"):
        assert bundle.export(target).is_accepted
    return bundle


@pytest.fixture
def copy(exported: Bundle, tmp_path: Path) -> Bundle:
    shutil.copytree(exported.folder, tmp_path / "sentiment")
    return Bundle(tmp_path / "sentiment")
