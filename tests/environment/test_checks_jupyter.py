from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import jupyter_core.paths
import pytest

from paddle_workbench.environment.checks_extension import examine_extension
from paddle_workbench.environment.checks_jupyter import examine_jupyterlab, examine_kernel
from paddle_workbench.environment.findings import Observation

from .conftest import MakeDistribution


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty folders, all that Jupyter finds: `own/` is the learner's, `environment/` shared."""
    own, environment = tmp_path / "own", tmp_path / "environment"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(own))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(own))
    # As outside a virtual environment: the learner's own folders come first.
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ENV_JUPYTER_PATH", "ENV_CONFIG_PATH"):
        monkeypatch.setattr(jupyter_core.paths, name, [str(environment)])
    for name in ("SYSTEM_JUPYTER_PATH", "SYSTEM_CONFIG_PATH"):
        monkeypatch.setattr(jupyter_core.paths, name, [])
    # What is under sys.prefix belongs to the environment.
    monkeypatch.setattr(sys, "prefix", str(environment))
    return tmp_path


def write(file: Path, content: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def build(folder: Path, version: str) -> Path:
    extension = folder / "labextensions" / "paddle-workbench"
    load = "static/remoteEntry.js"
    package = {"version": version, "jupyterlab": {"_build": {"load": load}}}
    write(extension / "package.json", package)
    write(extension / load, {})
    return extension


def looks() -> tuple[Observation, Observation]:
    lab, server = examine_extension()
    return lab, server


def test_installed_jupyterlab_is_in_range() -> None:
    (observation,) = examine_jupyterlab()
    assert observation.state == "ok"


@pytest.mark.parametrize("version", ["4.5.9", "4.7.0"])
def test_jupyterlab_out_of_range_is_broken(
    version: str, make_distribution: MakeDistribution
) -> None:
    make_distribution("jupyterlab", version)
    (observation,) = examine_jupyterlab()
    assert observation.state == "broken"
    assert version in observation.detail.en
    assert observation.repair.endswith("install jupyterlab==4.6.4")


def test_extension_of_the_same_version_is_ok(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    assert (looks()[0].state, looks()[0].detail.en) == ("ok", "0.1.0")


def test_missing_extension_is_broken(jupyter: Path, repository: Path) -> None:
    lab, _ = looks()
    assert (lab.state, lab.detail.en) == ("broken", "paddle-workbench is not found.")
    assert lab.repair == f"make -C {repository} -W workbench/package.json setup"


def test_extension_without_a_build_is_broken(jupyter: Path) -> None:
    extension = build(jupyter / "environment", "0.1.0")
    (extension / "static" / "remoteEntry.js").unlink()
    lab, _ = looks()
    assert lab.state == "broken"
    assert "contains no build" in lab.detail.en


def test_unreadable_extension_is_broken(jupyter: Path) -> None:
    extension = build(jupyter / "environment", "0.1.0")
    (extension / "package.json").write_text("{", encoding="utf-8")
    assert looks()[0].state == "broken"


def test_older_extension_that_hides_the_right_one_is_to_be_removed(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    older = build(jupyter / "own", "0.0.9")
    lab, _ = looks()
    assert lab.state == "broken"
    assert "is version 0.0.9, the Python package 0.1.0" in lab.detail.en
    subprocess.run(["sh", "-c", lab.repair], check=True)
    assert not older.exists()
    assert looks()[0].state == "ok"


@pytest.mark.parametrize(
    "disabled",
    [{"paddle-workbench": True}, {"paddle-workbench:course": True}, ["paddle-workbench"]],
)
def test_disabled_extension_is_broken(disabled: object, jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    page = jupyter / "environment" / "labconfig" / "page_config.json"
    write(page, {"disabledExtensions": disabled})
    lab, _ = looks()
    assert lab.state == "broken"
    assert shlex.split(lab.repair)[-2:] == ["--level=sys_prefix", next(iter(disabled))]


def test_learner_has_the_last_word_on_disabling(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    for place, off in (("environment", True), ("own", False)):
        page = {"disabledExtensions": {"paddle-workbench": off}}
        write(jupyter / place / "labconfig" / "page_config.json", page)
    assert looks()[0].state == "ok"


def test_server_extension_that_nothing_enables_is_broken(jupyter: Path) -> None:
    _, server = looks()
    assert server.state == "broken"
    assert "No configuration enables it" in server.detail.en


def enable_server(folder: Path, *, enabled: bool, file: str) -> None:
    write(folder / file, {"ServerApp": {"jpserver_extensions": {"paddle_workbench": enabled}}})


def test_server_extension_is_enabled_by_the_environment(jupyter: Path) -> None:
    enable_server(jupyter / "environment", enabled=True, file="jupyter_server_config.d/own.json")
    assert looks()[1].state == "ok"


def test_broken_configuration_is_passed_over(jupyter: Path) -> None:
    enable_server(jupyter / "environment", enabled=True, file="jupyter_server_config.d/own.json")
    (jupyter / "environment" / "jupyter_server_config.json").write_text("[]", encoding="utf-8")
    assert looks()[1].state == "ok"


def test_disabled_server_extension_is_enabled_by_the_repair(jupyter: Path) -> None:
    enable_server(jupyter / "own", enabled=True, file="jupyter_server_config.d/own.json")
    command = [sys.executable, "-m", "jupyter", "server", "extension"]
    subprocess.run([*command, "disable", "--user", "paddle_workbench"], check=True)
    _, server = looks()
    assert server.state == "broken"
    assert str(jupyter / "own") in server.detail.en
    subprocess.run(["sh", "-c", server.repair], check=True)
    assert looks()[1].state == "ok"


def test_disabled_extension_is_enabled_by_the_repair(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    command = [sys.executable, "-m", "jupyter", "labextension", "disable", "--level=user"]
    subprocess.run([*command, "paddle-workbench"], check=True)
    lab, _ = looks()
    assert lab.state == "broken"
    subprocess.run(["sh", "-c", lab.repair], check=True)
    assert looks()[0].state == "ok"


def kernel(folder: Path, *argv: str) -> Path:
    return write(folder / "kernels" / "paddle" / "kernel.json", {"argv": argv}).parent


@pytest.mark.parametrize("program", ["python", "python3", sys.executable])
def test_kernel_of_this_environment_is_ok(program: str, jupyter: Path) -> None:
    kernel(jupyter / "environment", program, "-m", "ipykernel_launcher")
    (observation,) = examine_kernel()
    assert observation.state == "ok"


def test_missing_kernel_is_broken(jupyter: Path) -> None:
    (observation,) = examine_kernel()
    assert (observation.state, observation.detail.en) == ("broken", "There is no kernel paddle.")
    assert "--force-reinstall" in observation.repair


@pytest.mark.parametrize("argv", [["/opt/other/bin/python"], []])
def test_kernel_of_another_python_is_to_be_removed(argv: list[str], jupyter: Path) -> None:
    kernel(jupyter / "environment", "python")
    other = kernel(jupyter / "own", *argv)
    (observation,) = examine_kernel()
    assert observation.state == "broken"
    assert f"not {sys.executable}" in observation.detail.en
    subprocess.run(["sh", "-c", observation.repair], check=True)
    assert not other.exists()
    (observation,) = examine_kernel()
    assert observation.state == "ok"


def test_wrong_kernel_of_the_environment_is_installed_again(jupyter: Path) -> None:
    kernel(jupyter / "environment", "/opt/other/bin/python")
    (observation,) = examine_kernel()
    assert "--force-reinstall" in observation.repair
