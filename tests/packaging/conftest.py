"""The wheel, built once, and an environment for it without Node."""

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
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def empty_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs in an environment with the locked packages and the wheel."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    lock = REPOSITORY / "workbench" / "requirements" / "cpu.txt"
    for packages in (["--require-hashes", "-r", lock], [wheel]):
        command = [BIN / "uv", "pip", "install", "--quiet", "--no-deps", "--python"]
        subprocess.run([*command, folder / "bin" / "python", *packages], check=True)
    return folder / "bin"


@pytest.fixture
def plain_environ(
    empty_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment variables of a learner, without Node and the repository."""
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.chdir(home)
    tools = tmp_path / "tools"
    tools.mkdir()
    # Programs that Python and Paddle start; all others, Node in particular, are missing.
    for name in ("sh", "uname", "ldconfig", "gcc", "ld"):
        program = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
        if program is not None:
            (tools / name).symlink_to(program)
    variables = {name: os.environ[name] for name in ("TMPDIR", "CI") if name in os.environ}
    return variables | {
        "PATH": f"{empty_environment}{os.pathsep}{tools}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PADDLE_WORKBENCH_HOME": str(home / "paddle-workbench"),
    }
