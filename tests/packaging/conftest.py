"""The wheel, built once, in an environment of its own that has no Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [BIN / "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=REPOSITORY / "workbench",
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def empty_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the locked packages and the wheel; returns its folder of programs."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    lock = REPOSITORY / "workbench" / "requirements" / "cpu.txt"
    for what in (["--require-hashes", "-r", lock], [wheel]):
        command = [BIN / "uv", "pip", "install", "--quiet", "--no-deps", "--python"]
        subprocess.run([*command, folder / "bin" / "python", *what], check=True)
    return folder / "bin"


@pytest.fixture
def plain_environ(
    empty_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment variables of a learner: no Node, nothing of the repository."""
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.chdir(home)
    tools = tmp_path / "tools"
    tools.mkdir()
    # What Python and Paddle start; everything else, Node above all, is not there.
    for name in ("sh", "uname", "ldconfig", "gcc", "ld"):
        found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
        if found is not None:
            (tools / name).symlink_to(found)
    kept = {name: os.environ[name] for name in ("TMPDIR", "CI") if name in os.environ}
    return kept | {
        "PATH": f"{empty_environment}{os.pathsep}{tools}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PADDLE_WORKBENCH_HOME": str(home / "paddle-workbench"),
    }
