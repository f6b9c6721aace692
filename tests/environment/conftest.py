"""Packages, distributions and programs on disk that take precedence over the real ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

MakePackage = Callable[[str, str], Path]
MakeDistribution = Callable[..., Path]


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePackage:
    """Create a package that child processes import instead of the installed one."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    )

    def make(name: str, code: str) -> Path:
        package = folder.joinpath(*name.split("."))
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(code, encoding="utf-8")
        return package

    return make


@pytest.fixture
def make_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeDistribution:
    """Create the metadata of a distribution that hides the installed one."""
    folder = tmp_path / "distributions"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def make(name: str, version: str, *lines: str) -> Path:
        information = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        information.mkdir()
        head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        (information / "METADATA").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
        return information

    return make


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a shell script `nvidia-smi` first on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(script: str) -> None:
        program = folder / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    return make


ONE_CARD = """
case "$1" in
  --query-gpu*) echo "550.54.15, 81559, NVIDIA H100 80GB HBM3" ;;
  *) echo "| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4 |" ;;
esac
"""
