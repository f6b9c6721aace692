from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_workbench.environment.doctor.extension import examine_extension
from paddle_workbench.environment.doctor.findings import Observation

from .conftest import write_json


def build(folder: Path, version: str) -> Path:
    extension = folder / "labextensions" / "paddle-workbench"
    load = "static/remoteEntry.js"
    package = {"version": version, "jupyterlab": {"_build": {"load": load}}}
    write_json(extension / "package.json", package)
    write_json(extension / load, {})
    return extension


def looks() -> tuple[Observation, Observation]:
    lab, server = examine_extension()
    return lab, server


def test_extension_of_the_same_version_is_ok(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    assert (looks()[0].state, looks()[0].detail.en) == ("ok", "0.1.0")


def test_missing_extension_is_broken(jupyter: Path, repository: Path) -> None:
    lab, _ = looks()
    assert (lab.state, lab.detail.en) == ("broken", "paddle-workbench was not found.")
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


def test_repair_removes_older_extension_that_hides_the_right_one(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    older = build(jupyter / "own", "0.0.9")
    lab, _ = looks()
    assert lab.state == "broken"
    assert "has version 0.0.9, but the Python package has 0.1.0" in lab.detail.en
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
    write_json(page, {"disabledExtensions": disabled})
    lab, _ = looks()
    assert lab.state == "broken"
    assert shlex.split(lab.repair)[-2:] == ["--level=sys_prefix", next(iter(disabled))]


def test_learners_configuration_takes_precedence(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    for place, off in (("environment", True), ("own", False)):
        page = {"disabledExtensions": {"paddle-workbench": off}}
        write_json(jupyter / place / "labconfig" / "page_config.json", page)
    assert looks()[0].state == "ok"


def test_server_extension_without_configuration_is_broken(jupyter: Path) -> None:
    _, server = looks()
    assert server.state == "broken"
    assert "No configuration enables it" in server.detail.en


def enable_server(folder: Path, *, enabled: bool, file: str) -> None:
    write_json(folder / file, {"ServerApp": {"jpserver_extensions": {"paddle_workbench": enabled}}})


def test_environment_enables_the_server_extension(jupyter: Path) -> None:
    enable_server(jupyter / "environment", enabled=True, file="jupyter_server_config.d/own.json")
    assert looks()[1].state == "ok"


def test_ignores_broken_configuration(jupyter: Path) -> None:
    enable_server(jupyter / "environment", enabled=True, file="jupyter_server_config.d/own.json")
    (jupyter / "environment" / "jupyter_server_config.json").write_text("[]", encoding="utf-8")
    assert looks()[1].state == "ok"


def test_repair_enables_disabled_server_extension(jupyter: Path) -> None:
    enable_server(jupyter / "own", enabled=True, file="jupyter_server_config.d/own.json")
    command = [sys.executable, "-m", "jupyter", "server", "extension"]
    subprocess.run([*command, "disable", "--user", "paddle_workbench"], check=True)
    _, server = looks()
    assert server.state == "broken"
    assert str(jupyter / "own") in server.detail.en
    subprocess.run(["sh", "-c", server.repair], check=True)
    assert looks()[1].state == "ok"


def test_repair_enables_disabled_extension(jupyter: Path) -> None:
    build(jupyter / "environment", "0.1.0")
    command = [sys.executable, "-m", "jupyter", "labextension", "disable", "--level=user"]
    subprocess.run([*command, "paddle-workbench"], check=True)
    lab, _ = looks()
    assert lab.state == "broken"
    subprocess.run(["sh", "-c", lab.repair], check=True)
    assert looks()[0].state == "ok"
