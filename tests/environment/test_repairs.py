from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_workbench.environment.repairs import (
    checkout,
    install_command,
    install_paddle_command,
    python_command,
    reinstall_command,
    shell_path,
    uninstall_command,
)

from .conftest import MakeDistribution


def in_shell(command: str) -> str:
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("name", ["plain", "with space", "it's", "深度 学习"])
def test_quoted_path_survives_the_shell(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    quoted = shell_path(tmp_path / name / "x")
    assert quoted.startswith("~/")
    assert in_shell(f"printf %s {quoted}") == str(tmp_path / name / "x")


def test_path_outside_the_home_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/li")
    assert shell_path("/home/lily/x") == "/home/lily/x"
    assert shell_path("/home/li") == "~"


def test_python_command_runs_this_interpreter() -> None:
    assert in_shell(python_command("-c", "'import sys; print(sys.prefix)'")) == sys.prefix


def test_install_command_runs_pip() -> None:
    words = shlex.split(install_command("--dry-run", "--no-deps", "--no-index", "jieba==0.42.1"))
    assert words[1:4] == ["-m", "pip", "install"]
    assert "already satisfied" in in_shell(shlex.join(words))


def test_repairs_environment_without_pip_with_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pip", raising=False)
    monkeypatch.setattr(sys, "path", [])
    assert install_command("jieba") == f"uv pip install --python {shell_path(sys.executable)} jieba"
    assert "-y" not in uninstall_command("jieba")


def test_setuptools_can_be_imported_after_a_repair() -> None:
    code = (
        "from paddle_workbench.environment.repairs import uninstall_command\n"
        "uninstall_command('jieba')\nimport setuptools"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("driver_cuda", "end"),
    [
        (None, "paddlepaddle==3.2.2"),
        ((11, 2), "/cu118/"),
        ((12, 4), "/cu118/"),
        ((12, 6), "/cu126/"),
        ((12, 8), "/cu126/"),
        ((13, 1), "/cu130/"),
    ],
)
def test_installs_the_newest_paddle_that_the_driver_supports(
    driver_cuda: tuple[int, int] | None, end: str
) -> None:
    assert install_paddle_command("3.2.2", driver_cuda).endswith(end)


def test_reinstalls_checkout_as_editable(make_distribution: MakeDistribution) -> None:
    information = make_distribution("paddle-workbench", "0.1.0")
    (information / "direct_url.json").write_text(
        '{"url": "file:///srv/my course/workbench", "dir_info": {"editable": true}}'
    )
    assert shlex.split(reinstall_command())[-2:] == ["-e", "/srv/my course/workbench"]


def test_reinstalls_from_the_same_wheel(make_distribution: MakeDistribution) -> None:
    information = make_distribution("paddle-workbench", "0.1.0")
    (information / "direct_url.json").write_text('{"url": "file:///srv/it.whl"}')
    assert reinstall_command().endswith("--force-reinstall --no-deps file:///srv/it.whl")


def test_reinstalls_the_same_version_from_an_index(
    make_distribution: MakeDistribution,
) -> None:
    make_distribution("paddle-workbench", "0.1.0")
    assert reinstall_command().endswith("--force-reinstall --no-deps paddle-workbench==0.1.0")


def test_finds_the_checkout(repository: Path) -> None:
    assert checkout() == repository
