from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_workbench.environment import system_libraries
from paddle_workbench.environment.system_libraries import (
    install_libraries_command,
    missing_libraries,
)


def run_alone(tmp_path: Path, *required: str) -> subprocess.CompletedProcess[str]:
    """Run the file as `make setup` does, with other requirements and a PATH without apt-get."""
    source = Path(system_libraries.__file__).read_text(encoding="utf-8")
    before, line, after = source.partition("REQUIRED_LIBRARIES = (")
    script = tmp_path / "libraries.py"
    script.write_text(f"{before}REQUIRED_LIBRARIES = {required!r} or ({after}", encoding="utf-8")
    assert line
    return subprocess.run(
        [sys.executable, "-I", "-S", script],
        env={"PATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )


def test_asks_the_loader() -> None:
    assert missing_libraries(["libc.so.6", "libnone.so.9"]) == ["libnone.so.9"]


def test_nothing_is_required_outside_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing_libraries(["libnone.so.9"]) == []


@pytest.mark.parametrize(("user", "sudo"), [(0, ""), (1000, "sudo ")])
def test_command_installs_debian_packages(
    monkeypatch: pytest.MonkeyPatch, user: int, sudo: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert install_libraries_command(["libgthread-2.0.so.0", "libglib-2.0.so.0", "libGL.so.1"]) == (
        f"{sudo}apt-get update && "
        f"{sudo}apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
    )


def test_command_searches_for_an_unknown_library() -> None:
    command = install_libraries_command(["libnone.so.9", "libgomp.so.1"])
    assert "libgomp1 && " in command
    assert command.endswith("apt-file search libnone.so.9")


def test_file_needs_only_the_standard_library(tmp_path: Path) -> None:
    result = run_alone(tmp_path, "libc.so.6")
    assert (result.returncode, result.stderr) == (0, "")


def test_stops_and_names_what_is_missing(tmp_path: Path) -> None:
    result = run_alone(tmp_path, "libc.so.6", "libnone.so.9")
    assert result.returncode == 1
    assert "cannot be loaded without libnone.so.9." in result.stderr


def test_root_installs_with_apt(tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\n', encoding="utf-8")
    apt.chmod(0o755)
    result = run_alone(tmp_path, "libgomp.so.999")
    calls = tmp_path / "calls"
    if os.geteuid() == 0:
        assert calls.read_text(encoding="utf-8").startswith("-qq update\n-qq install -y apt-file\n")
    else:
        assert not calls.exists()
    # The command did not help.
    assert result.returncode == 1
    assert "Run this, then make again: " in result.stderr
