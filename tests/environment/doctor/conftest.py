"""Folders for Jupyter to search, and tests without the rights of root."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jupyter_core.paths
import pytest


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folders that Jupyter searches, empty: `own/`, the learner's, and `environment/`."""
    own, environment = tmp_path / "own", tmp_path / "environment"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(own))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(own))
    # The learner's own folders come first, as outside a virtual environment.
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ENV_JUPYTER_PATH", "ENV_CONFIG_PATH"):
        monkeypatch.setattr(jupyter_core.paths, name, [str(environment)])
    for name in ("SYSTEM_JUPYTER_PATH", "SYSTEM_CONFIG_PATH"):
        monkeypatch.setattr(jupyter_core.paths, name, [])
    # The environment is what is under sys.prefix.
    monkeypatch.setattr(sys, "prefix", str(environment))
    return tmp_path


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """Run a test without the rights of root; returns a folder for it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        root = os.geteuid() == 0
        if root:
            # os.access uses the real user id.
            os.setresuid(65534, 65534, 0)
        try:
            yield folder
        finally:
            if root:
                os.setresuid(0, 0, 0)


def write_json(file: Path, content: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file
