"""How JupyterLab is started, alone and under a JupyterHub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_workbench.child_process import module_command
from paddle_workbench.server.launch import lab_command, lab_environment
from paddle_workbench.settings import settings

from ..planted import imported_from, plant


@pytest.fixture
def alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_URL", raising=False)


@pytest.fixture
def in_class(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:8888/user/ada/")


def enabled_extensions(environment: dict[str, str]) -> dict[str, bool]:
    """Which server extensions Jupyter itself would load with these settings."""
    code = (
        "import json\n"
        "from jupyter_server.serverapp import ServerApp\n"
        "app = ServerApp(); app.load_config_file(); app.find_server_extensions()\n"
        "print(json.dumps(dict(app.jpserver_extensions)))"
    )
    answer = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    found: dict[str, bool] = json.loads(answer)
    return found


def test_starts_jupyterlab_on_the_home(alone: None, home: Path) -> None:
    command = lab_command(settings(), ["--port=1234"])
    start = module_command("jupyterlab")
    assert command[: len(start)] == start
    assert f"--ServerApp.root_dir={home}" in command
    assert command[-1] == "--port=1234"


def test_starts_as_a_learners_server_under_a_hub(in_class: None) -> None:
    start = module_command("jupyterhub.singleuser")
    assert lab_command(settings(), [])[: len(start)] == start


def test_imports_nothing_from_its_start_folder(
    alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plant(tmp_path / "planted")
    monkeypatch.chdir(folder)
    output = subprocess.check_output(lab_command(settings(), ["--version"]), text=True)
    assert output[0].isdigit()
    assert imported_from(folder) == []


def test_grading_is_there_in_a_class(in_class: None) -> None:
    environment = lab_environment(settings(), "en")
    assert enabled_extensions(environment)["nbgrader.server_extensions.assignment_list"]
    page = settings().cache / "jupyter" / "labconfig" / "page_config.json"
    assert json.loads(page.read_text())["disabledExtensions"]["@jupyter/nbgrader"] is False


def test_single_learner_sees_no_grading(alone: None) -> None:
    environment = lab_environment(settings(), "en")
    found = enabled_extensions(environment)
    assert found["paddle_workbench"]
    grading = {name: on for name, on in found.items() if name.startswith("nbgrader")}
    assert len(grading) == 4
    assert not any(grading.values())
    page = settings().cache / "jupyter" / "labconfig" / "page_config.json"
    assert json.loads(page.read_text())["disabledExtensions"]["@jupyter/nbgrader"] is True


def test_keeps_the_search_path_of_the_caller(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/somewhere/else")
    first, second = lab_environment(settings(), "en")["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert first == str(settings().cache / "jupyter")
    assert second == "/somewhere/else"
