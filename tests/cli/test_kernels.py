"""`workbench kernels status|start|stop`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from paddle_workbench.cli.kernels import command
from paddle_workbench.contract import KernelServerStatus
from paddle_workbench.environment.doctor.kernels import examine_warm_kernels
from paddle_workbench.settings import KERNELS_VARIABLE, WARM_VARIABLE, kernels_directory

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker
from ..kernels.conftest import directory  # noqa: F401 - a fixture

pytestmark = pytest.mark.kernel


def kernels(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


@pytest.mark.usefixtures("directory")
def test_starts_reports_and_stops() -> None:
    assert "next kernel starts cold" in kernels("status").output
    assert kernels("stop").output == "It was not running.\n"
    start = kernels("start", "--preload", "json,nothing_of_this_name")
    assert start.exit_code == 0
    assert "✓ json" in start.output
    assert "✗ nothing_of_this_name" in start.output
    assert "left out: ModuleNotFoundError: No module named 'nothing_of_this_name'" in start.output
    status = KernelServerStatus.model_validate_json(kernels("status", "--json").output)
    assert status.state == "ready"
    [finding] = examine_warm_kernels()
    assert finding.state == "warning"
    assert "nothing_of_this_name" in finding.detail.en
    assert finding.repair.endswith("--preload json")
    assert json.loads(kernels("stop", "--json").output) == {"stopped": True}
    assert "starts cold" in kernels("status").output


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(("make", "_reason"), NOT_JSON)
def test_non_json_status_means_no_server(make: Maker, _reason: str) -> None:
    folder = kernels_directory()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make(folder / "status.json")
    assert "next kernel starts cold" in kernels("status").output


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(("make", "_reason"), [*NOT_REGULAR, *NOT_JSON])
def test_doctor_treats_unreadable_status_as_no_server(make: Maker, _reason: str) -> None:
    path = kernels_directory() / "status.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make(path)
    [finding] = examine_warm_kernels()
    path.rename(path.with_name("broken"))
    assert finding.detail.en.startswith("Not running")


@pytest.mark.usefixtures("directory")
def test_explains_why_warm_kernels_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WARM_VARIABLE, "0")
    start = kernels("start")
    assert start.exit_code == 1
    assert WARM_VARIABLE in str(start.exception)
    [finding] = examine_warm_kernels()
    assert (finding.state, finding.detail.en) == ("ok", f"Switched off by {WARM_VARIABLE}=0.")


def test_doctor_reports_the_fork_server(directory: Path) -> None:  # noqa: F811 - the fixture
    [finding] = examine_warm_kernels()
    assert finding.detail.en == "Not running; starts with the first kernel."
    kernels("start", "--preload", "json")
    [finding] = examine_warm_kernels()
    assert finding.state == "ok"
    assert finding.detail.en.startswith("Ready after ")
    assert list(directory.rglob("status.json"))


@pytest.mark.usefixtures("directory")
def test_doctor_finds_a_folder_that_is_not_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KERNELS_VARIABLE, str(tmp_path))
    tmp_path.chmod(0o755)
    [finding] = examine_warm_kernels()
    assert finding.detail.en == f"Kernels start cold: {tmp_path} is not a private folder of yours."
    assert (finding.state, finding.repair) == ("warning", f"unset {KERNELS_VARIABLE}")
    tmp_path.chmod(0o700)
